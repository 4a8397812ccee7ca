import type { RunStreamView, RunView } from '../contract/sync.ts'
import { type ExitCode, exitCodes } from './exit.ts'
import type { ProgressRow } from './progress.ts'
import { count, counted, duration, size, table } from './text.ts'

interface Problem {
  readonly code: string
  readonly message: string
}

/** How a run ended, as `tenfold sync --wait --json` prints it: a public contract. */
export interface RunReport {
  readonly run_id: number
  readonly source: string
  readonly kind: RunView['kind']
  readonly status: RunView['status']
  readonly streams: Readonly<Record<string, StreamReport>>
  readonly duration_ms: number | null
  readonly bytes: number
  readonly error: Problem | null
  readonly notes: readonly string[]
}

interface StreamReport {
  readonly status: RunStreamView['status']
  readonly received: number
  readonly inserted: number
  readonly changed: number
  readonly unchanged: number
  readonly rejected: number
  readonly bytes: number
  readonly error: Problem | null
}

export function reportOf(run: RunView): RunReport {
  return {
    run_id: run.id,
    source: run.source,
    kind: run.kind,
    status: run.status,
    streams: Object.fromEntries(run.streams.map(stream => [stream.stream, streamReportOf(stream)])),
    duration_ms: run.duration_ms,
    bytes: run.counts.bytes,
    error: problemOf(run),
    notes: run.notes,
  }
}

function streamReportOf(stream: RunStreamView): StreamReport {
  const { received, inserted, changed, unchanged, rejected, bytes } = stream.counts
  return { status: stream.status, received, inserted, changed, unchanged, rejected, bytes, error: problemOf(stream) }
}

function problemOf(of: { readonly error_code: string | null; readonly error_message: string | null }): Problem | null {
  return of.error_code === null ? null : { code: of.error_code, message: of.error_message ?? '' }
}

/** The same for a person. */
export function describeRun(run: RunView): string {
  const report = reportOf(run)
  const rows = Object.entries(report.streams).map(([name, stream]) => ({ name, ...stream }))
  const rate = run.duration_ms ? `, ${count(Math.round((run.counts.received / run.duration_ms) * 1000))} records/s` : ''
  return [
    `Run ${run.id} of ${run.source}: ${statusWords[run.status]}, ${run.kind} sync`,
    '',
    table<(typeof rows)[number]>(
      [
        { title: '', value: row => row.name },
        { title: 'received', align: 'right', value: row => row.received },
        { title: 'new', align: 'right', value: row => row.inserted },
        { title: 'changed', align: 'right', value: row => row.changed },
        { title: 'unchanged', align: 'right', value: row => row.unchanged },
        { title: 'rejected', align: 'right', value: row => row.rejected },
        { title: 'read', align: 'right', value: row => size(row.bytes) },
        { title: '', value: row => (row.status === 'completed' ? '' : row.status) },
      ],
      rows,
    ),
    '',
    `${size(run.counts.bytes)} in ${run.duration_ms === null ? 'an unknown time' : duration(run.duration_ms)}${rate}`,
    ...problemsOf(run).map(problem => `\n${problem}`),
    ...run.notes.map(note => `\nNote: ${note}`),
  ].join('\n')
}

const statusWords: Record<RunView['status'], string> = {
  pending: 'waiting to start',
  running: 'running',
  completed: 'completed',
  partial: 'partly done',
  failed: 'failed',
  cancelled: 'cancelled',
}

function problemsOf(run: RunView): readonly string[] {
  const streams = run.streams.flatMap(stream =>
    stream.error_message === null ? [] : [`${stream.stream}: ${stream.error_message} [${stream.error_code}]`],
  )
  const ofRun = run.error_message
  const isSaid = run.streams.some(stream => stream.error_message === ofRun)
  return ofRun === null || isSaid ? streams : [`${ofRun} [${run.error_code}]`, ...streams]
}

export function exitCodeOfRun(run: RunView): ExitCode {
  switch (run.status) {
    case 'completed':
      return exitCodes.done
    case 'partial':
      return exitCodes.partial
    case 'failed':
    case 'cancelled':
      return exitCodes.failed
    case 'pending':
    case 'running':
      return exitCodes.done
  }
}

/** The worst of several: a failure beside a success is part of the work done. */
export function exitCodeOfRuns(runs: readonly RunView[]): ExitCode {
  const codes = new Set(runs.map(exitCodeOfRun))
  if (codes.size === 0) return exitCodes.done
  const [only] = codes
  return codes.size === 1 && only !== undefined ? only : exitCodes.partial
}

/** Where each stream of a run is at this instant. */
export function progressOf(run: RunView, elapsedMs: number): readonly ProgressRow[] {
  if (run.streams.length === 0) return [{ label: run.source, done: 0, total: null, text: statusWords[run.status] }]
  return run.streams.map(stream => {
    const { received } = stream.counts
    const rate = elapsedMs > 500 ? `, ${count(Math.round((received / elapsedMs) * 1000))}/s` : ''
    const parts = stream.parts_total === null ? '' : `, part ${stream.parts_done} of ${stream.parts_total}`
    const state = stream.status === 'reading' ? '' : ` (${stateOf(stream)})`
    return {
      label: stream.stream,
      done: stream.status === 'completed' ? 1 : stream.parts_done,
      total: stream.status === 'completed' ? 1 : stream.parts_total,
      text: `${counted(received, 'record')}${stream.status === 'completed' ? '' : `${rate}${parts}`}${state}`,
    }
  })
}

function stateOf(stream: RunStreamView): string {
  if (stream.status === 'planning')
    return stream.vendor_status ? `asked, ${stream.vendor_status.toLowerCase()}` : 'asking'
  return stream.status
}
