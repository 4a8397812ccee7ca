import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import type { RunPage, RunView } from '../../../contract/sync.ts'
import { useLive } from '../../app/live.tsx'
import { Empty } from '../../components/empty.tsx'
import { Ago } from '../../components/instant.tsx'
import { LoadMore } from '../../components/list/load-more.tsx'
import { ListSkeleton } from '../../components/list/skeleton.tsx'
import { OutsideName } from '../../components/outside-text.tsx'
import { PlainTable } from '../../components/plain-table.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { RunStatusLabel } from '../../components/run-status.tsx'
import { count, counted, duration } from '../../lib/format.ts'
import { jobsQuery, rowsOf } from '../../lib/queries.ts'
import { errorsOf, errorsText, isActive, isRetriable, runKindLabels, triggerLabels } from '../../lib/runs.ts'
import { useHasRole } from '../../lib/session.ts'
import { hasRunFilter, runFilterOf, type SyncSearch } from '../../lib/sync-search.ts'
import { Retry, RetryFailed } from './retry.tsx'
import styles from './sync.module.css'

/** The runs of a filter, newest first; those that work move as they go. */
export function RunsList({ search }: { search: SyncSearch }) {
  const query = useInfiniteQuery(jobsQuery(runFilterOf(search)))
  const live = useLive().state.runs
  const may = useHasRole('operator')
  return (
    <QueryView
      query={query}
      skeleton={<ListSkeleton rows={6} rowHeight={40} />}
      isEmpty={data => data.pages[0]?.items.length === 0}
      empty={
        hasRunFilter(search) ? (
          <Empty title="No run matches.">Drop a part of the filter to see more.</Empty>
        ) : (
          <Empty title="No run yet.">Start one from a source above.</Empty>
        )
      }
    >
      {data => (
        <>
          <p className={styles.listHead}>
            <ListTotal page={data.pages[0]} />
            {may && <RetryFailed />}
          </p>
          <PlainTable
            label="Runs"
            className={styles.runs}
            columns={[
              'Run',
              'Type',
              'Status',
              'Started',
              'Took',
              ['Read'],
              ['New'],
              ['Changed'],
              ['Errors'],
              'What happened',
            ]}
            hasActs={may}
          >
            {rowsOf(data).rows.map(row => (
              <Row key={row.id} run={live.get(row.id) ?? row} mayRetry={may} />
            ))}
          </PlainTable>
          <LoadMore more={query} mt="sm" />
        </>
      )}
    </QueryView>
  )
}

function ListTotal({ page }: { page: RunPage | undefined }) {
  if (page?.total === undefined) return null
  return (
    <span>
      {counted(page.total, 'run')}
      {page.total_is_exact === false && ' or more'}
    </span>
  )
}

function Row({ run, mayRetry }: { run: RunView; mayRetry: boolean }) {
  const openId = useParams({ strict: false, select: params => params.id })
  return (
    <tr data-open={openId === String(run.id) || undefined}>
      <td data-label="Run">
        <Link to="/admin/tenable/sync/$id" params={{ id: String(run.id) }} search={true} resetScroll={false}>
          {run.id}
        </Link>{' '}
        <OutsideName text={run.source} />
      </td>
      <td data-label="Type">
        <div>
          {runKindLabels[run.kind]} <div className="dim">by {triggerLabels[run.trigger]}</div>
        </div>
      </td>
      <td data-label="Status">
        <RunStatusLabel status={run.status} isStopping={isActive(run) && run.cancel_requested_at !== null} />
      </td>
      <td data-label="Started">
        <Ago at={run.started_at} fallback="not yet" />
      </td>
      <td data-label="Took" className="nowrap">
        {run.duration_ms === null ? '–' : duration(run.duration_ms)}
      </td>
      <td data-label="Read" className="number">
        {count(run.counts.received)}
      </td>
      <td data-label="New" className="number">
        {count(run.counts.inserted)}
      </td>
      <td data-label="Changed" className="number">
        {count(run.counts.changed)}
      </td>
      <td data-label="Errors" className="number" title={errorsText(run)}>
        {errorsOf(run) === 0 ? '0' : <strong>{count(errorsOf(run))}</strong>}
      </td>
      <td data-label="What happened" className={styles.what}>
        <WhatHappened run={run} />
      </td>
      {mayRetry && <td>{isRetriable(run) && <Retry run={run} />}</td>}
    </tr>
  )
}

function WhatHappened({ run }: { run: RunView }) {
  if (run.error_message !== null) return <OutsideName text={run.error_message} />
  if (run.notes.length > 0) return <OutsideName text={run.notes.join(' ')} />
  return run.status === 'completed' ? <span className="dim">Everything asked for was read.</span> : null
}
