import type { TraceEntry } from '../connectors/exchange.ts'
import type { Clock } from '../platform/clock.ts'
import { messageOf } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import type { Database } from '../store/database.ts'
import { addSourceCalls, latencySteps, type SourceCalls } from '../store/source-calls.ts'

/** What is counted of a call. Plain data that crosses threads. */
export type CountedCall = Pick<TraceEntry, 'status' | 'ms' | 'bytes' | 'error'>

/** Whether the time of a call is the source's own: one that carries rows is read no quicker than we merge. */
export type CallTiming = 'source' | 'rows'

const writeMs = 30_000
export const slowMs = 5_000
const hourMs = 3_600_000

export interface CallCounterDeps {
  readonly database: Database
  readonly clock: Clock
  readonly log: Log
  readonly allowedPerMinute: number
}

type Counts = { -readonly [K in keyof SourceCalls]: SourceCalls[K] }

/** Counts calls to each source by the hour, and writes them down every half minute. */
export class CallCounter {
  readonly #deps: CallCounterDeps
  readonly #stopping = new AbortController()
  #counts = new Map<string, Counts>()
  #writing: Promise<void> | undefined

  constructor(deps: CallCounterDeps) {
    this.#deps = deps
  }

  start(): void {
    this.#writing ??= this.#keepWriting()
  }

  /** Writes down what is left. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#writing
    await this.write()
  }

  /** @param allowedPerMinute the source's own limit, where it has one */
  count(sourceId: number, call: CountedCall, timing: CallTiming, allowedPerMinute = this.#deps.allowedPerMinute): void {
    const counts = this.#countsOf(sourceId)
    counts.allowedPerMinute = allowedPerMinute
    counts.calls += 1
    counts.bytes += call.bytes
    // A call that we gave up ourselves says nothing of the source.
    if (call.error !== null && call.error !== 'cancelled') counts.failed += 1
    if (call.status === 429) counts.refused += 1
    if (timing !== 'source') return
    counts.timed += 1
    counts.totalMs += Math.round(call.ms)
    counts.longestMs = Math.max(counts.longestMs, Math.round(call.ms))
    if (call.ms > slowMs) counts.slow += 1
    const step = latencySteps.findIndex(atMost => call.ms <= atMost)
    const place = step < 0 ? latencySteps.length : step
    counts.latencies = counts.latencies.with(place, (counts.latencies[place] ?? 0) + 1)
  }

  async write(): Promise<void> {
    const counts = [...this.#counts.values()]
    this.#counts = new Map()
    if (counts.length === 0) return
    const { database, log } = this.#deps
    try {
      await database.transaction(connection => addSourceCalls(connection, counts))
    } catch (error) {
      // Numbers for people to look at: no reason to end a run.
      log.warn({ error: messageOf(error) }, 'the calls to sources could not be written down')
    }
  }

  async #keepWriting(): Promise<void> {
    const { clock } = this.#deps
    const signal = this.#stopping.signal
    while (!signal.aborted) {
      await clock.sleep(writeMs, signal).catch(() => undefined)
      await this.write()
    }
  }

  #countsOf(sourceId: number): Counts {
    const hour = Math.floor(this.#deps.clock.now().getTime() / hourMs) * hourMs
    const key = `${sourceId} ${hour}`
    const known = this.#counts.get(key)
    if (known) return known
    const counts: Counts = {
      sourceId,
      hour: new Date(hour),
      calls: 0,
      failed: 0,
      refused: 0,
      timed: 0,
      slow: 0,
      totalMs: 0,
      longestMs: 0,
      bytes: 0,
      latencies: Array.from({ length: latencySteps.length + 1 }, () => 0),
      allowedPerMinute: this.#deps.allowedPerMinute,
    }
    this.#counts.set(key, counts)
    return counts
  }
}
