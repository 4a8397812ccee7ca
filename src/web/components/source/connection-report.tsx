import type { ConnectionReport, RightView } from '../../../contract/sources.ts'
import { Icon } from '../icons.tsx'
import { Notice } from '../notice.tsx'
import { OutsideName } from '../outside-text.tsx'
import styles from './source.module.css'

/** Who the key is and what it may read, with a remedy for each thing it may not. */
export function ConnectionReportView({ report }: { report: ConnectionReport }) {
  const refused = report.rights.filter(right => right.outcome === 'refused' || right.outcome === 'failed')
  return (
    <div className={styles.report}>
      {report.success ? (
        <Notice tone={refused.length === 0 ? 'good' : 'warn'} title={verdictOf(report, refused.length)}>
          <Who report={report} />
        </Notice>
      ) : (
        <Notice tone="bad" title="The connection failed">
          <OutsideName text={report.error ?? 'The source gave no reason.'} />
          {report.error_code !== null && <div className="mono dim">{report.error_code}</div>}
        </Notice>
      )}
      {report.rights.length > 0 && (
        <ul className={styles.rights} aria-label="What the key may do">
          {worstRightsFirst(report.rights).map(right => (
            <Right key={right.right} right={right} />
          ))}
        </ul>
      )}
    </div>
  )
}

function verdictOf(report: ConnectionReport, refused: number): string {
  if (refused === 0) return 'Connected. The key may read everything Tenfold mirrors.'
  const rights = report.rights.length
  return `Connected, but ${refused} of ${rights} rights ${refused === 1 ? 'is' : 'are'} missing.`
}

function Who({ report }: { report: ConnectionReport }) {
  const { user, container } = report
  const parts = [
    user.name === null ? null : `The key of ${user.name}`,
    user.role,
    container.name === null ? null : `container ${container.name}`,
    container.region,
  ].filter(part => part !== null)
  return parts.length === 0 ? null : <OutsideName text={parts.join(', ')} />
}

const outcomes = {
  granted: { icon: 'check', word: 'granted', colour: 'var(--good)' },
  refused: { icon: 'refused', word: 'refused', colour: 'var(--bad)' },
  failed: { icon: 'alert', word: 'failed', colour: 'var(--warn)' },
  not_offered: { icon: 'info', word: 'not offered by this source', colour: 'var(--mantine-color-dimmed)' },
} as const satisfies Record<RightView['outcome'], unknown>

function Right({ right }: { right: RightView }) {
  const outcome = outcomes[right.outcome]
  const isBad = right.outcome === 'refused' || right.outcome === 'failed'
  return (
    <li className={styles.right} data-bad={isBad || undefined}>
      <span style={{ color: outcome.colour, paddingTop: 2 }}>
        <Icon name={outcome.icon} />
      </span>
      <div>
        <div>
          {right.right} <span className="dim">{outcome.word}</span>
        </div>
        {isBad && right.cost !== null && <div>Without it: {right.cost}</div>}
        {isBad && right.remedy !== null && <div>Remedy: {right.remedy}</div>}
        {isBad && right.detail !== null && (
          <div className="dim">
            <OutsideName text={right.detail} />
          </div>
        )}
      </div>
      <span className="dim nowrap">{Math.round(right.latency_ms)} ms</span>
    </li>
  )
}

/** What needs doing before what is well. */
function worstRightsFirst(rights: readonly RightView[]): readonly RightView[] {
  const order = ['refused', 'failed', 'not_offered', 'granted'] as const
  return rights.toSorted((one, other) => order.indexOf(one.outcome) - order.indexOf(other.outcome))
}
