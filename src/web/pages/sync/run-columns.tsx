import { Link } from '@tanstack/react-router'
import type { RunView } from '../../../contract/sync.ts'
import { Ago } from '../../components/instant.tsx'
import cards from '../../components/list/card.module.css'
import type { Column } from '../../components/list/column.ts'
import { OutsideName } from '../../components/outside-text.tsx'
import { RunStatusLabel } from '../../components/run-status.tsx'
import { count, counted, duration } from '../../lib/format.ts'
import {
  errorsOf,
  errorsText,
  isActive,
  isRetriable,
  runKindLabels,
  runStatusLabels,
  triggerLabels,
} from '../../lib/runs.ts'
import { streamsText } from '../../lib/streams.ts'
import { Retry } from './retry.tsx'

export const runColumns: readonly Column<RunView>[] = [
  {
    id: 'run',
    header: 'Run',
    width: 150,
    cell: row => (
      <>
        <RunLink row={row} /> <OutsideName text={row.source} />
      </>
    ),
    text: row => `${row.id} ${row.source}`,
  },
  { id: 'kind', header: 'Type', width: 70, cell: row => runKindLabels[row.kind], text: row => row.kind },
  {
    id: 'trigger',
    header: 'By',
    hint: 'What asked for it',
    width: 130,
    from: 1300,
    cell: row => triggerLabels[row.trigger],
    text: row => row.trigger,
  },
  { id: 'status', header: 'Status', width: 104, cell: row => <RunState run={row} />, text: row => row.status },
  {
    id: 'started_at',
    header: 'Started',
    width: 104,
    cell: row => <Ago at={row.started_at} fallback="not yet" />,
    text: row => row.started_at,
  },
  {
    id: 'took',
    header: 'Took',
    width: 104,
    isNumber: true,
    cell: row => (row.duration_ms === null ? '–' : duration(row.duration_ms)),
    text: row => (row.duration_ms === null ? null : duration(row.duration_ms)),
  },
  number('received', 'Read', row => row.counts.received),
  number('inserted', 'New', row => row.counts.inserted, 860),
  number('changed', 'Changed', row => row.counts.changed, 860),
  {
    id: 'errors',
    header: 'Errors',
    hint: 'Records that could not be read, and chunks that failed',
    width: 72,
    isNumber: true,
    cell: row => (
      <span title={errorsText(row)}>{errorsOf(row) === 0 ? '0' : <strong>{count(errorsOf(row))}</strong>}</span>
    ),
    text: errorsOf,
  },
  {
    id: 'what',
    header: 'What happened',
    likes: 240,
    cell: row => <WhatHappened run={row} />,
    text: row => row.error_message ?? row.notes.join(' '),
  },
  {
    id: 'streams',
    header: 'Streams',
    width: 180,
    isExtra: true,
    cell: row => <span title={streamsOf(row)}>{streamsOf(row)}</span>,
    text: streamsOf,
  },
  {
    id: 'finished_at',
    header: 'Finished',
    width: 108,
    isExtra: true,
    cell: row => <Ago at={row.finished_at} fallback="not yet" />,
    text: row => row.finished_at,
  },
  number('unchanged', 'Unchanged', row => row.counts.unchanged, undefined, true),
]

/** The button stands in the row, for whoever may. */
export const againColumn: Column<RunView> = {
  id: 'again',
  header: 'Again',
  hint: 'Runs that ended without everything they were asked for',
  width: 112,
  cell: row => isRetriable(row) && <Retry run={row} />,
}

function number(
  id: string,
  header: string,
  value: (row: RunView) => number,
  from?: number,
  isExtra = false,
): Column<RunView> {
  return {
    id,
    header,
    width: 80,
    isNumber: true,
    isExtra,
    ...(from === undefined ? {} : { from }),
    cell: row => count(value(row)),
    text: value,
  }
}

function streamsOf({ streams }: RunView): string {
  return streamsText(streams.map(stream => stream.stream))
}

function RunLink({ row }: { row: RunView }) {
  return (
    <Link
      to="/admin/tenable/sync/$id"
      params={{ id: String(row.id) }}
      search={true}
      resetScroll={false}
      data-row-link=""
      title={`Run ${row.id} of ${row.source}`}
    >
      {row.id}
    </Link>
  )
}

function RunState({ run }: { run: RunView }) {
  return <RunStatusLabel status={run.status} isStopping={isActive(run) && run.cancel_requested_at !== null} />
}

function WhatHappened({ run }: { run: RunView }) {
  const told = run.error_message ?? run.notes.join(' ')
  if (told !== '') {
    return (
      <span title={told}>
        <OutsideName text={told} />
      </span>
    )
  }
  return run.status === 'completed' ? <span className="dim">Everything asked for was read.</span> : null
}

/** What matters of a run where there is no room for columns. */
export function RunCard({ row, mayRetry }: { row: RunView; mayRetry: boolean }) {
  const errors = errorsOf(row)
  return (
    <div>
      <div className={cards.title}>
        <span>
          Run <RunLink row={row} /> · <OutsideName text={row.source} />
        </span>
      </div>
      <div className={cards.line}>
        <RunState run={row} />
        <span className="dim">
          {runKindLabels[row.kind]} · <Ago at={row.started_at} fallback="not yet" />
        </span>
      </div>
      <div className={cards.line}>
        <span>
          {count(row.counts.received)} read, {count(row.counts.inserted)} new, {count(row.counts.changed)} changed
        </span>
        {errors > 0 && <strong>{counted(errors, 'error')}</strong>}
      </div>
      <div style={{ marginTop: 4, fontSize: '0.8125rem', overflowWrap: 'anywhere' }}>
        <WhatHappened run={row} />
      </div>
      {mayRetry && isRetriable(row) && (
        <div style={{ marginTop: 6 }}>
          <Retry run={row} />
        </div>
      )}
    </div>
  )
}

/** As people call a run when they hear of it. */
export function runName(run: RunView): string {
  return `run ${run.id} of ${run.source}, ${runStatusLabels[run.status].toLowerCase()}`
}
