import { parentPort, workerData } from 'node:worker_threads'
import type { UnpackLimits } from '../../connectors/files/index.ts'
import { systemClock } from '../../platform/clock.ts'
import { createLog } from '../../platform/log.ts'
import { openDatabase } from '../../store/database.ts'
import { sendError } from '../sent-error.ts'
import type { SentError } from '../worker-messages.ts'
import { type ImportJob, workImport } from './jobs.ts'

// The thread that works imports, one step after the other, over its own connections, so that a large file does not keep a
// server from answering.

export interface ImportThreadSetup {
  readonly connectionString: string
  readonly applicationName: string
  readonly logLevel: string
  readonly owner: string
  readonly unpackLimits: UnpackLimits
}

export type ToImportThread = ImportJob | 'stop'
/** How a step ended; null when it ended well. */
export type FromImportThread = SentError | null

const port = parentPort
if (port === null) throw new Error('sync/imports/thread.ts runs in a worker thread only')

const setup = workerData as ImportThreadSetup
const log = createLog(setup.logLevel)
const database = openDatabase(setup.connectionString, {
  max: 4,
  applicationName: setup.applicationName,
  onIdleError: error => log.warn({ error: error.message }, 'an idle database connection broke'),
})
const stopping = new AbortController()
let working: Promise<void> = Promise.resolve()

async function work(job: ImportJob): Promise<FromImportThread> {
  const { owner, unpackLimits } = setup
  try {
    await workImport({ database, clock: systemClock, log, owner, unpackLimits }, job, stopping.signal)
    return null
  } catch (error) {
    return sendError(error)
  }
}

async function stop(): Promise<void> {
  stopping.abort()
  await working
  await database.close()
  port!.close()
}

port.on('message', (message: ToImportThread) => {
  if (message === 'stop') void stop()
  else working = work(message).then(result => port.postMessage(result))
})
