import { Link } from '@tanstack/react-router'
import type { SourceFreshness } from '../../../contract/statistics.ts'
import { FreshnessDot } from '../../components/freshness-dot.tsx'
import { Ago } from '../../components/instant.tsx'
import { OutsideName } from '../../components/outside-text.tsx'
import { Panel } from '../../components/panel.tsx'
import { RunStatusLabel } from '../../components/run-status.tsx'
import styles from './overview.module.css'

/** How fresh each source is. */
export function SourcesPanel({ sources }: { sources: readonly SourceFreshness[] }) {
  return (
    <Panel title="Sources" aside={<Link to="/admin/tenable/sync">Sync</Link>}>
      <table className={styles.counts}>
        <caption className="only-spoken">Freshness of each source</caption>
        <thead>
          <tr>
            <th scope="col">Source</th>
            <th scope="col">Complete as of</th>
            <th scope="col">Last run</th>
          </tr>
        </thead>
        <tbody>
          {sources.map(source => (
            <tr key={source.source_id}>
              <th scope="row">
                <span className="sign" style={{ whiteSpace: 'normal', overflowWrap: 'anywhere' }}>
                  <FreshnessDot state={dotOf(source)} />
                  <OutsideName text={source.source} />
                </span>
              </th>
              <td>
                <Ago at={source.as_of} fallback="never" />
                {source.is_stale && source.as_of !== null && ', stale'}
              </td>
              <td>
                {source.last_run === null ? (
                  'none'
                ) : (
                  <Link to="/admin/tenable/sync/$id" params={{ id: String(source.last_run.id) }}>
                    <RunStatusLabel status={source.last_run.status} />
                  </Link>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  )
}

function dotOf(source: SourceFreshness) {
  if (!source.is_enabled) return 'off'
  if (source.as_of === null) return 'never'
  return source.is_stale ? 'stale' : 'fresh'
}
