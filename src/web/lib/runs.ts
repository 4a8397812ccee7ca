import type { RunStreamView, RunView } from '../../contract/sync.ts'

export function isActive(run: Pick<RunView, 'status'>): boolean {
  return run.status === 'pending' || run.status === 'running'
}

/** Records that could not be read, and chunks that failed. */
export function errorsOf(run: RunView): number {
  return run.counts.rejected + failedChunks(run)
}

export function errorsText(run: RunView): string {
  return `${run.counts.rejected.toLocaleString('en')} rejected records, ${failedChunks(run).toLocaleString('en')} failed chunks`
}

function failedChunks(run: RunView): number {
  return run.streams.reduce((sum, stream) => sum + stream.parts_failed, 0)
}

/** Whether it ended without everything it was asked for. */
export function isRetriable(run: RunView): boolean {
  return run.kind !== 'import' && (run.status === 'failed' || run.status === 'partial' || run.status === 'cancelled')
}

export const runStatusLabels = {
  pending: 'Waiting',
  running: 'Running',
  completed: 'Complete',
  partial: 'Partial',
  failed: 'Failed',
  cancelled: 'Cancelled',
} as const satisfies Record<RunView['status'], string>

export const streamStatusLabels = {
  pending: 'waiting',
  planning: 'asking the source',
  reading: 'reading',
  completed: 'complete',
  incomplete: 'incomplete',
  skipped: 'skipped',
  failed: 'failed',
  cancelled: 'cancelled',
} as const satisfies Record<RunStreamView['status'], string>

export const runKindLabels = {
  full: 'Full',
  delta: 'Delta',
  targeted: 'Targeted',
  import: 'Import',
} as const satisfies Record<RunView['kind'], string>

export const triggerLabels = {
  cli: 'command line',
  api: 'page or API',
  schedule: 'schedule',
  start: 'start of the server',
  demo: 'demonstration',
} as const satisfies Record<RunView['trigger'], string>

/** 0 to 1; undefined while the source has not said how many parts there are. */
export function shareDone(stream: RunStreamView): number | undefined {
  if (stream.status === 'completed' || stream.status === 'skipped') return 1
  if (stream.parts_total === null || stream.parts_total === 0) return undefined
  return Math.min(1, stream.parts_done / stream.parts_total)
}

/** `chunk 41 of about 60`: about, because the vendor adds chunks while its export runs. */
export function chunksDone(stream: RunStreamView): string {
  const done = stream.parts_done.toLocaleString('en')
  if (stream.parts_total === null) return `${done} ${stream.parts_done === 1 ? 'chunk' : 'chunks'}`
  const isFinal = stream.status !== 'planning' && stream.status !== 'reading'
  return `${done} of ${isFinal ? '' : 'about '}${stream.parts_total.toLocaleString('en')} chunks`
}
