import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { RequestLimiter } from '../connectors/connector.ts'
import { CancelledError, StoreError } from '../platform/errors.ts'
import type { MergedPart } from '../store/merge/part.ts'
import type { CountedCall } from './call-counter.ts'
import { receiveError } from './sent-error.ts'
import type { FromWorker, PartTask, ToWorker, WorkerSetup } from './worker-messages.ts'

export interface WorkerPoolOptions {
  readonly size: number
  readonly setup: WorkerSetup
  readonly limiter: RequestLimiter
  /** Told of each call that a worker made to the source. */
  readonly onCall?: (call: CountedCall) => void
  /** Heap of one worker, MB. A worker that needs more dies and its part is read again. */
  readonly heapMb?: number
  /** What a thread runs. */
  readonly entry?: URL
  /** A thread that says nothing for so long while it has a part is ended, and the part is read again. */
  readonly silenceMs?: number
}

const silenceMs = 60_000

interface Job {
  readonly task: PartTask
  /** Lower goes first. */
  readonly priority: number
  readonly signal: AbortSignal
  readonly onStart: () => Promise<void>
  readonly resolve: (merged: MergedPart) => void
  readonly reject: (error: Error) => void
}

interface Slot {
  readonly worker: Worker
  heardAt: number
  taskId: number
  job: Job | undefined
}

/** A few threads that each read and merge one part at a time. */
export class WorkerPool {
  readonly #options: WorkerPoolOptions
  readonly #slots: Slot[] = []
  readonly #queue: Job[] = []
  readonly #stop = new AbortController()
  readonly #watch: NodeJS.Timeout
  #lastTask = 0

  constructor(options: WorkerPoolOptions) {
    this.#options = options
    this.#watch = setInterval(() => this.#endSilent(), (options.silenceMs ?? silenceMs) / 4).unref()
  }

  /**
   * Reads and merges one part when a worker is free.
   * @param onStart called just before the part goes to its worker
   */
  run(task: PartTask, priority: number, signal: AbortSignal, onStart: () => Promise<void>): Promise<MergedPart> {
    return new Promise((resolve, reject) => {
      if (signal.aborted || this.#stop.signal.aborted) return reject(new CancelledError())
      const job: Job = { task, priority, signal, onStart, resolve, reject }
      signal.addEventListener('abort', () => this.#cancel(job), { once: true })
      const after = this.#queue.findIndex(other => other.priority > priority)
      this.#queue.splice(after < 0 ? this.#queue.length : after, 0, job)
      this.#dispatch()
    })
  }

  /** A thread that is caught in a part hears nothing, so it can only be ended. */
  #endSilent(): void {
    const longest = this.#options.silenceMs ?? silenceMs
    for (const slot of this.#slots) {
      if (slot.job !== undefined && performance.now() - slot.heardAt > longest) void slot.worker.terminate()
    }
  }

  /** Lets running parts be cancelled, and ends every thread. */
  async close(): Promise<void> {
    this.#stop.abort()
    clearInterval(this.#watch)
    for (const job of this.#queue.splice(0)) job.reject(new CancelledError())
    await Promise.all(this.#slots.splice(0).map(slot => closeWorker(slot.worker)))
  }

  #cancel(job: Job): void {
    const waiting = this.#queue.indexOf(job)
    if (waiting >= 0) {
      this.#queue.splice(waiting, 1)
      job.reject(new CancelledError())
      return
    }
    const slot = this.#slots.find(candidate => candidate.job === job)
    if (slot) post(slot.worker, { kind: 'cancel', taskId: slot.taskId })
  }

  #dispatch(): void {
    while (this.#queue.length > 0) {
      const slot = this.#slots.find(candidate => candidate.job === undefined) ?? this.#grow()
      const job = slot && this.#queue.shift()
      if (!slot || !job) return
      slot.job = job
      slot.heardAt = performance.now()
      slot.taskId = ++this.#lastTask
      const { taskId } = slot
      void job.onStart().then(
        () => post(slot.worker, { kind: 'task', taskId, task: job.task }),
        error => this.#settle(slot, taskId, () => job.reject(error)),
      )
    }
  }

  #grow(): Slot | undefined {
    if (this.#slots.length >= this.#options.size || this.#stop.signal.aborted) return undefined
    const worker = new Worker(this.#options.entry ?? new URL('./worker.ts', import.meta.url), {
      workerData: this.#options.setup,
      resourceLimits: { maxOldGenerationSizeMb: this.#options.heapMb ?? 256, maxYoungGenerationSizeMb: 16 },
      // The parent's flags (a test runner's, a profiler's) are not the worker's.
      execArgv: ['--disable-warning=ExperimentalWarning'],
    })
    const slot: Slot = { worker, heardAt: performance.now(), taskId: 0, job: undefined }
    worker.on('message', (message: FromWorker) => this.#hear(slot, message))
    worker.on('error', error => this.#lose(slot, error))
    worker.on('exit', () => this.#lose(slot, undefined))
    this.#slots.push(slot)
    return slot
  }

  #hear(slot: Slot, message: FromWorker): void {
    slot.heardAt = performance.now()
    switch (message.kind) {
      case 'ready':
      case 'alive':
        break
      case 'done': {
        const job = slot.job
        this.#settle(slot, message.taskId, () => job?.resolve(message.merged))
        break
      }
      case 'failed': {
        const job = slot.job
        this.#settle(slot, message.taskId, () => job?.reject(receiveError(message.error)))
        break
      }
      case 'ask-permit':
        void this.#options.limiter.acquire(this.#stop.signal).then(
          () => post(slot.worker, { kind: 'permit', permitId: message.permitId }),
          () => undefined,
        )
        break
      case 'pause':
        this.#options.limiter.pause(message.ms)
        break
      case 'call':
        this.#options.onCall?.(message.call)
        break
    }
  }

  #settle(slot: Slot, taskId: number, settle: () => void): void {
    if (slot.taskId !== taskId || slot.job === undefined) return
    slot.job = undefined
    settle()
    this.#dispatch()
  }

  #lose(slot: Slot, error: Error | undefined): void {
    const place = this.#slots.indexOf(slot)
    if (place < 0) return
    this.#slots.splice(place, 1)
    const reason = error?.message ?? 'it ended'
    slot.job?.reject(new StoreError('worker_lost', `The worker that read this part was lost: ${reason}.`))
    slot.job = undefined
    this.#dispatch()
  }
}

function post(worker: Worker, message: ToWorker): void {
  worker.postMessage(message)
}

async function closeWorker(worker: Worker): Promise<void> {
  const exited = once(worker, 'exit')
  post(worker, { kind: 'close' })
  const patience = setTimeout(() => void worker.terminate(), 3000)
  await exited
  clearTimeout(patience)
}
