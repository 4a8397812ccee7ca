import type { RunView, SyncEvent } from '../../contract/sync.ts'
import { isActive } from './runs.ts'

/** What is known of runs without asking: the events of the server, folded together. */
export interface LiveState {
  readonly runs: ReadonlyMap<number, RunView>
  /** Rows per second of `run.stream`, over the last seconds. */
  readonly rates: ReadonlyMap<string, number>
  /** Rows that runs have written since the page was opened. */
  readonly changed: { readonly assets: number; readonly findings: number }
  readonly samples: ReadonlyMap<string, readonly Sample[]>
}

interface Sample {
  readonly atMs: number
  readonly received: number
}

export const emptyLiveState: LiveState = {
  runs: new Map(),
  rates: new Map(),
  changed: { assets: 0, findings: 0 },
  samples: new Map(),
}

const rateWindowMs = 15_000

export function withEvent(state: LiveState, event: SyncEvent, nowMs: number): LiveState {
  const arrived = event.event === 'snapshot' ? event.data.jobs : [event.data]
  return arrived.reduce((before, run) => withRun(before, run, nowMs), state)
}

export function activeRuns(state: LiveState): readonly RunView[] {
  return [...state.runs.values()].filter(isActive).sort((one, other) => one.id - other.id)
}

/** Runs that were active before and have ended now. */
export function endedBetween(before: LiveState, after: LiveState): readonly RunView[] {
  return activeRuns(before).flatMap(run => {
    const now = after.runs.get(run.id)
    return now === undefined || isActive(now) ? [] : [now]
  })
}

export function rateKey(runId: number, stream: string): string {
  return `${runId}.${stream}`
}

function withRun(state: LiveState, run: RunView, nowMs: number): LiveState {
  const before = state.runs.get(run.id)
  const runs = new Map(state.runs).set(run.id, run)
  const samples = new Map(state.samples)
  const rates = new Map(state.rates)
  const changed = { ...state.changed }
  for (const stream of run.streams) {
    const key = rateKey(run.id, stream.stream)
    if (isActive(run)) {
      const recent = [...(samples.get(key) ?? []), { atMs: nowMs, received: stream.counts.received }].filter(
        sample => nowMs - sample.atMs <= rateWindowMs,
      )
      samples.set(key, recent)
      rates.set(key, rateOf(recent))
    } else {
      samples.delete(key)
      rates.delete(key)
    }
    const earlier = before?.streams.find(one => one.stream === stream.stream)
    if (earlier !== undefined && (stream.stream === 'assets' || stream.stream === 'findings')) {
      const written = stream.counts.inserted + stream.counts.changed
      changed[stream.stream] += Math.max(0, written - earlier.counts.inserted - earlier.counts.changed)
    }
  }
  return { runs, rates, samples, changed }
}

function rateOf(samples: readonly Sample[]): number {
  const first = samples[0]
  const last = samples.at(-1)
  if (first === undefined || last === undefined || last.atMs - first.atMs < 1_000) return 0
  return Math.max(0, ((last.received - first.received) * 1_000) / (last.atMs - first.atMs))
}
