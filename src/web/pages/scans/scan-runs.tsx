import { Skeleton } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ScanRunView } from '../../../contract/scans.ts'
import { Section } from '../../components/details-panel.tsx'
import { Ago } from '../../components/instant.tsx'
import { ExportMenu } from '../../components/list/export-menu.tsx'
import { LoadMore } from '../../components/list/load-more.tsx'
import { OutsideName } from '../../components/outside-text.tsx'
import { PlainTable } from '../../components/plain-table.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { SeverityBar } from '../../components/severity-bar.tsx'
import { api } from '../../lib/api.ts'
import { count, duration } from '../../lib/format.ts'
import { rowsOf } from '../../lib/queries.ts'
import { scanRunsQuery } from '../../lib/scan-queries.ts'
import styles from './scans.module.css'

const whyNone = {
  read: '',
  waiting: 'details come with a next sync',
  unfinished: 'not finished',
  archived: 'archived: the source gives only a file',
  forbidden: 'the key may not read its details',
  not_found: 'the source no longer has its details',
} as const satisfies Record<ScanRunView['details'], string>

/** A run without a state is in no list of the source: findings name it. */
function whyNoResults({ status, details }: ScanRunView): string {
  return status === null && details === 'unfinished' ? 'known only by what it found' : whyNone[details]
}

/** The history of a scan, newest first. */
export function ScanRuns({ id }: { id: string }) {
  const query = useInfiniteQuery(scanRunsQuery(id))
  return (
    <Section
      title="Runs"
      aside={
        <ExportMenu
          label="Export runs"
          href={format => api.url('exportScanRuns', { params: { id }, query: { format } })}
        />
      }
    >
      <QueryView
        query={query}
        skeleton={<Skeleton height={160} />}
        isEmpty={data => data.pages[0]?.items.length === 0}
        empty={<p className="dim">No run yet.</p>}
      >
        {data => (
          <>
            <PlainTable
              label="Runs of the scan"
              className={styles.runs}
              columns={['Started', 'Status', 'Took', ['Hosts'], 'Results', ['Met last']]}
            >
              {rowsOf(data).rows.map(run => (
                <Run key={run.id} run={run} />
              ))}
            </PlainTable>
            <LoadMore more={query} mt="sm" />
          </>
        )}
      </QueryView>
    </Section>
  )
}

function Run({ run }: { run: ScanRunView }) {
  return (
    <tr>
      <td data-label="Started">
        <Ago at={run.started_at} fallback="not known" />
      </td>
      <td data-label="Status">
        {run.status === null ? <span className="dim">–</span> : <OutsideName text={run.status} />}
        {run.is_archived && <span className="dim"> · archived</span>}
      </td>
      <td data-label="Took" className="nowrap">
        {run.duration_seconds === null ? '–' : duration(run.duration_seconds * 1_000)}
      </td>
      <td data-label="Hosts" className="number">
        {run.hosts === null ? '–' : count(run.hosts)}
      </td>
      <td data-label="Results">
        {run.severities === null ? (
          <span className="dim">{whyNoResults(run)}</span>
        ) : (
          <SeverityBar counts={run.severities} />
        )}
      </td>
      <td data-label="Met last" className="number">
        <MetLast run={run} />
      </td>
    </tr>
  )
}

/** Assets that no later scan has met. */
function MetLast({ run }: { run: ScanRunView }) {
  if (run.uuid === null || run.assets_last_met === 0) return <>{count(run.assets_last_met)}</>
  return (
    <Link to="/assets/tenable" search={{ last_scan_id: [run.uuid], include: ['all'] }}>
      {count(run.assets_last_met)}
    </Link>
  )
}
