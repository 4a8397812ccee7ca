import { parentPort, workerData } from 'node:worker_threads'
import type { Connector, RequestLimiter } from '../connectors/connector.ts'
import { systemClock } from '../platform/clock.ts'
import { CancelledError } from '../platform/errors.ts'
import { createLog } from '../platform/log.ts'
import { type Database, openDatabase } from '../store/database.ts'
import { correlateSourceTenant } from '../store/identity/correlate.ts'
import { createMergeMemory, type MergeMemory, mergePart } from '../store/merge/part.ts'
import { createConnector, type SourceConnection } from './connection.ts'
import { sendError } from './sent-error.ts'
import type { FromWorker, PartTask, ToWorker, WorkerSetup } from './worker-messages.ts'

// A worker thread: reads one part at a time and merges it over its own connections; looks at machines after a run. Besides
// the hub, the only place that constructs.

const port = parentPort
if (port === null) throw new Error('sync/worker.ts runs in a worker thread only')

const setup = workerData as WorkerSetup
const send = (message: FromWorker): void => port.postMessage(message)

const permits = new Map<number, () => void>()
let lastPermit = 0

/** Permits come from the engine's thread: one budget for all that use the key. */
const limiter: RequestLimiter = {
  acquire(signal) {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(new CancelledError())
      const permitId = ++lastPermit
      const onAbort = () => {
        permits.delete(permitId)
        reject(new CancelledError())
      }
      signal.addEventListener('abort', onAbort, { once: true })
      permits.set(permitId, () => {
        signal.removeEventListener('abort', onAbort)
        resolve()
      })
      send({ kind: 'ask-permit', permitId })
    })
  },
  pause: ms => send({ kind: 'pause', ms }),
}

const log = createLog(setup.logLevel)
const database: Database = openDatabase(setup.connectionString, {
  max: 3,
  applicationName: setup.applicationName,
  onIdleError: error => log.warn({ error: error.message }, 'an idle database connection broke'),
})

/** What this thread knows of the source whose part it reads: one at a time, so that memory does not grow with their number. */
interface Place {
  readonly key: string
  readonly connector: Connector
  readonly memory: MergeMemory
}

let place: Place | undefined
const running = new Map<number, AbortController>()

async function placeOf(source: SourceConnection): Promise<Place> {
  const key = JSON.stringify(source)
  if (place?.key === key) return place
  const before = place
  const connector = createConnector(source, {
    limiter,
    log,
    clock: systemClock,
    trace: ({ status, ms, bytes, error }) => send({ kind: 'call', call: { status, ms, bytes, error } }),
  })
  place = { key, connector, memory: createMergeMemory() }
  const taken = place
  await before?.connector.close()
  return taken
}

async function work(taskId: number, task: PartTask, source: SourceConnection): Promise<void> {
  const abort = new AbortController()
  running.set(taskId, abort)
  try {
    const { connector, memory } = await placeOf(source)
    const batches = connector.open(task.part, abort.signal)
    const onMerge = (rows: number) =>
      log.debug({ run_id: task.context.runId, part: task.part.partId, rows }, 'rows are merged')
    send({ kind: 'done', taskId, merged: await mergePart(database, memory, task.context, batches, onMerge) })
  } catch (error) {
    send({ kind: 'failed', taskId, error: sendError(abort.signal.aborted ? new CancelledError() : error) })
  } finally {
    running.delete(taskId)
  }
}

async function look(taskId: number, sourceId: number): Promise<void> {
  try {
    send({ kind: 'correlated', taskId, outcome: await correlateSourceTenant(database, sourceId) })
  } catch (error) {
    send({ kind: 'failed', taskId, error: sendError(error) })
  }
}

async function close(): Promise<void> {
  await place?.connector.close()
  await database.close()
  port?.close()
}

port.on('message', (message: ToWorker) => {
  switch (message.kind) {
    case 'task':
      void work(message.taskId, message.task, message.source)
      break
    case 'correlate':
      void look(message.taskId, message.sourceId)
      break
    case 'cancel':
      running.get(message.taskId)?.abort()
      break
    case 'permit':
      permits.get(message.permitId)?.()
      permits.delete(message.permitId)
      break
    case 'close':
      void close()
      break
  }
})

// A thread that is caught in a part says nothing any more. The timer is no reason to stay.
setInterval(() => send({ kind: 'alive' }), 5_000).unref()

send({ kind: 'ready' })
