import type { SeverityCounts } from '../../contract/assets.ts'
import { count, shortCount } from '../lib/format.ts'
import { severityColour, severityLabels, sumOf, worstFirst } from '../lib/severity.ts'
import styles from './severity-bar.module.css'
import { SeverityMark } from './severity-mark.tsx'

/** Open findings of one asset: how many of each severity, and their shares. */
export function SeverityBar({ counts }: { counts: SeverityCounts }) {
  const total = sumOf(counts)
  if (total === 0) return <span className="dim">none</span>
  const some = worstFirst.filter(severity => counts[severity] > 0)
  const words = some.map(severity => `${count(counts[severity])} ${severityLabels[severity].toLowerCase()}`).join(', ')
  return (
    <div title={words} className={styles.frame}>
      <span className="only-spoken">{words}</span>
      <div className={styles.numbers} aria-hidden="true">
        {some.map(severity => (
          <span key={severity} className={styles.number}>
            <SeverityMark severity={severity} isLabelled={false} />
            {shortCount(counts[severity])}
          </span>
        ))}
      </div>
      <div className={styles.bar} aria-hidden="true">
        {some.map(severity => (
          <span key={severity} style={{ flexGrow: counts[severity], background: severityColour(severity) }} />
        ))}
      </div>
    </div>
  )
}
