import type { SourceCalls } from '../../../contract/statistics.ts'
import type { RunView } from '../../../contract/sync.ts'
import { count, duration, exact } from '../../lib/format.ts'
import { errorsOf, runKindLabels, runStatusLabels } from '../../lib/runs.ts'

/** One bar of a chart over time. */
export interface Bar {
  readonly at: string
  readonly value: number
  readonly tone: 'usual' | 'good' | 'warn' | 'bad'
  /** All of it in words. */
  readonly words: string
  readonly runId?: number
}

const tones = {
  pending: 'usual',
  running: 'usual',
  completed: 'good',
  partial: 'warn',
  failed: 'bad',
  cancelled: 'warn',
} as const satisfies Record<RunView['status'], Bar['tone']>

/** A measure of runs: its bars, and its words. */
export interface RunMeasure {
  readonly key: 'duration' | 'volume' | 'errors'
  readonly title: string
  readonly unit: string
  /** Undefined: the run has none, and is left out. */
  readonly valueOf: (run: RunView) => number | undefined
  readonly text: (value: number) => string
}

export const runMeasures: readonly RunMeasure[] = [
  {
    key: 'duration',
    title: 'Duration of runs',
    unit: 'seconds',
    valueOf: run => (run.finished_at === null || run.duration_ms === null ? undefined : run.duration_ms / 1_000),
    text: value => duration(value * 1_000),
  },
  {
    key: 'volume',
    title: 'Rows read',
    unit: 'rows',
    valueOf: run => (run.started_at === null ? undefined : run.counts.received),
    text: value => count(value),
  },
  {
    key: 'errors',
    title: 'Errors: rejected records and failed chunks',
    unit: 'errors',
    valueOf: run => (run.started_at === null ? undefined : errorsOf(run)),
    text: value => count(value),
  },
]

export function runBars(runs: readonly RunView[], measure: RunMeasure): readonly Bar[] {
  return runs
    .flatMap((run): Bar[] => {
      const value = measure.valueOf(run)
      if (value === undefined || run.started_at === null) return []
      const words = `Run ${run.id} of ${run.source}, ${runKindLabels[run.kind].toLowerCase()}, ${runStatusLabels[run.status].toLowerCase()}\n${measure.text(value)}\n${exact(run.started_at)}`
      return [{ at: run.started_at, value, tone: tones[run.status], words, runId: run.id }]
    })
    .toReversed()
}

/** Share of the calls that our own limit allows; an hour without calls has no bar. */
export function callBars({ source, hours }: SourceCalls): readonly Bar[] {
  return hours.map(hour => ({
    at: hour.hour,
    value: hour.utilisation * 100,
    tone: hour.refused > 0 ? 'bad' : hour.utilisation > 0.8 ? 'warn' : 'usual',
    words: `${source}: ${percentText(hour.utilisation * 100)} of the limit, ${count(hour.calls)} calls, ${count(hour.refused)} refused\n${exact(hour.hour)}`,
  }))
}

export function percentText(value: number): string {
  if (value > 0 && value < 0.1) return '< 0.1 %'
  return `${value >= 10 || value === 0 ? Math.round(value) : value.toFixed(1)} %`
}
