import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { Clock } from '../platform/clock.ts'
import { messageOf } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import type { Database } from '../store/database.ts'
import { loadStoreMetrics, type StoreMetrics } from '../store/queries/metrics.ts'

/** Numbers for Prometheus. Labels are ids and closed sets: no name, no address, nothing that grows with the estate. */
export interface Metrics {
  readonly contentType: string
  text(): Promise<string>
}

/** Several monitors, or one in a hurry, are answered from the same look at the database. */
const freshMs = 5_000

export function createMetrics(database: Database, clock: Clock, log: Log): Metrics {
  const register = new Registry()
  collectDefaultMetrics({ register })
  const numbers = createNumbers(register)
  let readAt = Number.NEGATIVE_INFINITY
  let reading: Promise<void> | undefined
  const read = async () => {
    try {
      numbers.set(await loadStoreMetrics(database))
      numbers.databaseUp.set(1)
    } catch (error) {
      // The process is still there to be told of, and that the database is not.
      log.warn({ error: messageOf(error) }, 'numbers could not be read from the database')
      numbers.databaseUp.set(0)
    }
    readAt = clock.now().getTime()
  }
  return {
    contentType: register.contentType,
    async text() {
      if (clock.now().getTime() - readAt > freshMs) {
        reading ??= read().finally(() => {
          reading = undefined
        })
        await reading
      }
      const { totalCount, idleCount, waitingCount } = database.pool
      numbers.pool.set({ state: 'open' }, totalCount)
      numbers.pool.set({ state: 'idle' }, idleCount)
      numbers.pool.set({ state: 'waiting' }, waitingCount)
      return register.metrics()
    },
  }
}

function createNumbers(register: Registry) {
  const gauge = (name: string, help: string, labelNames: readonly string[] = []) =>
    new Gauge({ name: `tenfold_${name}`, help, labelNames: [...labelNames], registers: [register] })
  const counter = (name: string, help: string, labelNames: readonly string[]) =>
    new Counter({ name: `tenfold_${name}`, help, labelNames: [...labelNames], registers: [register] })

  const databaseUp = gauge('database_up', 'Whether the database answered.')
  const pool = gauge(
    'pool_connections',
    'Connections to the database of this process, and callers that wait for one.',
    ['state'],
  )
  const runs = gauge('runs', 'Runs by status, all that the ledger has.', ['status'])
  const queue = gauge('queue_length', 'Runs that wait or are at work.')
  const undelivered = gauge('outbox_undelivered', 'Events that wait for delivery; 100000 when there are more.')
  const success = gauge('source_success_age_seconds', 'Time since a run of the source last completed.', ['source_id'])
  const calls = counter('source_calls_total', 'Calls to the source that the ledger has.', ['source_id'])
  const failures = counter('source_call_failures_total', 'Of those, without an answer or answered with an error.', [
    'source_id',
  ])
  const refusals = counter('source_call_refusals_total', 'Of those, answered with 429.', ['source_id'])
  const callSeconds = counter('source_call_seconds_total', 'Time that the timed calls took.', ['source_id'])
  const timed = counter('source_calls_timed_total', 'Calls whose time is the source’s own.', ['source_id'])
  const chunks = counter('chunks_total', 'Chunks read, by what became of them.', ['stream', 'status'])
  const chunkSeconds = counter('chunk_seconds_total', 'Time that chunks took, by phase.', ['stream', 'phase'])
  const rows = counter('rows_total', 'Rows received, by what the merge made of them.', ['stream', 'outcome'])
  const kept = [runs, success, calls, failures, refusals, callSeconds, timed, chunks, chunkSeconds, rows]

  return {
    databaseUp,
    pool,
    /** Counters tell what the ledger has: they are set to it, and fall when old parts of it go to the archive. */
    set(metrics: StoreMetrics): void {
      for (const one of kept) one.reset()
      for (const { status, runs: count } of metrics.runs) runs.set({ status }, count)
      queue.set(
        metrics.runs
          .filter(({ status }) => status === 'pending' || status === 'running')
          .reduce((sum, one) => sum + one.runs, 0),
      )
      undelivered.set(metrics.undelivered)
      for (const { source_id, seconds_since_success } of metrics.sources) {
        if (seconds_since_success !== null) success.set({ source_id }, Math.max(0, seconds_since_success))
      }
      for (const { source_id, ...one } of metrics.calls) {
        calls.inc({ source_id }, one.calls)
        failures.inc({ source_id }, one.failed)
        refusals.inc({ source_id }, one.refused)
        callSeconds.inc({ source_id }, one.seconds)
        timed.inc({ source_id }, one.timed)
      }
      for (const { stream, ...one } of metrics.parts) {
        chunks.inc({ stream, status: 'done' }, one.parts)
        chunks.inc({ stream, status: 'failed' }, one.failed)
        for (const phase of ['decode', 'stage', 'merge'] as const)
          chunkSeconds.inc({ stream, phase }, one[`${phase}_seconds`])
        for (const outcome of ['inserted', 'changed', 'unchanged', 'rejected'] as const)
          rows.inc({ stream, outcome }, one[outcome])
      }
    },
  }
}
