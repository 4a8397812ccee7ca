import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { AssetDetail } from '../../../contract/assets.ts'
import { Section } from '../../components/details-panel.tsx'
import { Facts } from '../../components/facts.tsx'
import { Ago } from '../../components/instant.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { count, counted } from '../../lib/format.ts'
import { scanRunsQuery } from '../../lib/queries.ts'
import styles from './asset-facts.module.css'
import { outside } from './lines.tsx'

const ago = (at: string | null) => (at === null ? null : <Ago at={at} />)

/** When the asset was seen and scanned, with what success, and how the scan that met it last has run. */
export function AssetScans({ asset }: { readonly asset: AssetDetail }) {
  return (
    <Section title="Seen and scanned">
      <Facts
        facts={[
          ['First seen', ago(asset.first_seen)],
          ['Last seen', ago(asset.last_seen)],
          ['First scan', ago(asset.first_scan_at)],
          ['Last scan', ago(asset.last_scan_at)],
          ['Target of the last scan', outside(asset.last_scan_target, true)],
          ['Last scan with credentials', ago(asset.last_authenticated_scan_at)],
          ['Last licensed scan', ago(asset.last_licensed_scan_at)],
          ['Last try to sign in', ago(asset.last_authentication_attempt_at)],
          ['Sign-in at the last try', outside(asset.last_authentication_status)],
          ['Last sign-in that worked', ago(asset.last_authentication_success_at)],
          ['Results with credentials', ago(asset.last_authenticated_results_at)],
          ['Results without', ago(asset.last_unauthenticated_results_at)],
          [
            'Has results of plugins',
            asset.has_plugin_results === null ? null : asset.has_plugin_results ? 'yes' : 'no',
          ],
          ['Made at the source', ago(asset.created_at)],
          ['Changed at the source', ago(asset.vendor_updated_at)],
          ['First read', ago(asset.recorded_at)],
          ['Last read', ago(asset.read_at)],
          ['Row changed', ago(asset.updated_at)],
        ]}
      />
      {asset.last_schedule_id !== null && <ScanHistory scanId={asset.last_schedule_id} />}
    </Section>
  )
}

function ScanHistory({ scanId }: { readonly scanId: string }) {
  const query = useQuery({ ...scanRunsQuery(scanId), retry: false })
  if (query.error) return <p className="dim">The scan that met it last is not among the scans that were read.</p>
  return (
    <QueryView
      query={query}
      skeleton={<Skeleton height={60} />}
      isEmpty={data => data.items.length === 0}
      empty={<p className="dim">No run of the scan that met it last was read.</p>}
    >
      {data => (
        <>
          <h4 className={styles.small}>Runs of the scan that met it last</h4>
          <ul className={styles.events}>
            {data.items.map(run => (
              <li key={run.id}>
                <Ago at={run.started_at} fallback="not started" />
                <span>
                  {outside(run.status) ?? 'status not said'}
                  {run.hosts !== null && `, ${counted(run.hosts, 'host')}`}
                </span>
              </li>
            ))}
          </ul>
          {data.total !== undefined && data.total > data.items.length && (
            <p className="dim">The latest of {count(data.total)}.</p>
          )}
        </>
      )}
    </QueryView>
  )
}
