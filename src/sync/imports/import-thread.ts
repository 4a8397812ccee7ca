import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { receiveError } from '../sent-error.ts'
import type { ImportJob } from './jobs.ts'
import type { FromImportThread, ImportThreadSetup, ToImportThread } from './thread.ts'

/** Heap of the thread: flat, whatever the size of the file. */
const heapMb = 384

/** The thread as the one who gives it work sees it. It is made at the first job; one that died is made again. */
export class ImportThread {
  readonly #setup: ImportThreadSetup
  #worker: Worker | undefined
  #pending: PromiseWithResolvers<void> | undefined
  #isStopping = false

  constructor(setup: ImportThreadSetup) {
    this.#setup = setup
  }

  /** One at a time. */
  async work(job: ImportJob): Promise<void> {
    const worker = this.#running()
    this.#pending = Promise.withResolvers<void>()
    worker.ref()
    try {
      worker.postMessage(job satisfies ToImportThread)
      await this.#pending.promise
    } finally {
      this.#pending = undefined
      // Whoever waits for its end must not be left with nothing that keeps the process.
      if (!this.#isStopping) worker.unref()
    }
  }

  /** Lets the step in hand come to a good end: what is applied is applied whole. */
  async stop(): Promise<void> {
    const worker = this.#worker
    if (!worker) return
    const exited = once(worker, 'exit')
    this.#isStopping = true
    worker.ref()
    worker.postMessage('stop' satisfies ToImportThread)
    await exited
  }

  #running(): Worker {
    if (this.#worker) return this.#worker
    const worker = new Worker(new URL('./thread.ts', import.meta.url), {
      workerData: this.#setup,
      resourceLimits: { maxOldGenerationSizeMb: heapMb },
    })
    worker.on('message', (result: FromImportThread) => {
      if (result === null) this.#pending?.resolve()
      else this.#pending?.reject(receiveError(result))
    })
    worker.on('error', error => this.#pending?.reject(error))
    worker.on('exit', code => {
      this.#worker = undefined
      this.#pending?.reject(new Error(`the thread of imports ended with code ${code}`))
    })
    this.#worker = worker
    return worker
  }
}
