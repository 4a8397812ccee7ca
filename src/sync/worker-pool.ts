import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { RequestLimiter } from '../connectors/connector.ts'
import { CancelledError, StoreError } from '../platform/errors.ts'
import type { CorrelationOutcome } from '../store/identity/correlate.ts'
import type { MergedPart } from '../store/merge/part.ts'
import type { CountedCall } from './call-counter.ts'
import type { SourceConnection } from './connection.ts'
import type { EndedRun } from './correlation.ts'
import { receiveError } from './sent-error.ts'
import type { FromWorker, PartTask, ToWorker, WorkerSetup } from './worker-messages.ts'

export interface WorkerPoolOptions {
  /** Threads over all runs. Beside them each run may have one, so that none waits for the parts of another. */
  readonly size: number
  readonly setup: WorkerSetup
  /** Heap of one worker, MB. A worker that needs more dies and its part is read again. */
  readonly heapMb?: number
  /** What a thread runs. */
  readonly entry?: URL
  /** A thread that says nothing for so long while it has a part is ended, and the part is read again. */
  readonly silenceMs?: number
}

const silenceMs = 60_000

/** Whose parts they are: one run, with what it takes to talk to its source. */
export interface Customer {
  readonly runId: number
  readonly source: SourceConnection
  readonly limiter: RequestLimiter
  /** Told of each call that a worker made to the source. */
  readonly onCall?: (call: CountedCall) => void
}

export interface PoolJob {
  readonly task: PartTask
  /** Lower goes first. */
  readonly priority: number
  readonly signal: AbortSignal
  /** Takes the part in the ledger, just before it goes to its worker; undefined when another process has it. */
  readonly claim: () => Promise<number | undefined>
}

/** What became of a part: merged here, or in the hands of another process. */
export type PoolOutcome = MergedPart | 'elsewhere'

type Done = Extract<FromWorker, { kind: 'done' | 'correlated' }>

interface Job {
  readonly priority: number
  readonly signal: AbortSignal
  readonly runId: number
  /** None for work that asks no source. */
  readonly customer: Customer | undefined
  /** What its thread is told, made when there is one; undefined when another process has it. */
  readonly tell: (taskId: number) => Promise<ToWorker | undefined>
  readonly resolve: (done: Done | undefined) => void
  readonly reject: (error: Error) => void
}

/** Before all parts: the run has ended, and nothing of it is read. */
const afterRun = -1

interface Slot {
  readonly worker: Worker
  heardAt: number
  taskId: number
  job: Job | undefined
  /** Whose part it read last: another of the same source needs no new beginning. */
  customer: Customer | undefined
}

/**
 * The threads of this process. Each reads and merges one part at a time, of whichever run has the fewest in hand, or looks at
 * machines after one.
 */
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

  /** Threads that have nothing to do and nothing waiting for them. */
  get spare(): number {
    return this.#options.size - this.#busy() - this.#queue.length
  }

  /** Reads and merges one part when a thread is free. */
  run(customer: Customer, { task, priority, signal, claim }: PoolJob): Promise<PoolOutcome> {
    return new Promise((resolve, reject) => {
      this.#enqueue({
        priority,
        signal,
        runId: customer.runId,
        customer,
        tell: async taskId => {
          const attempt = await claim()
          if (attempt === undefined) return undefined
          const claimed = { ...task, context: { ...task.context, attempt } }
          return { kind: 'task', taskId, task: claimed, source: customer.source }
        },
        resolve: done => resolve(done?.kind === 'done' ? done.merged : 'elsewhere'),
        reject,
      })
    })
  }

  /** Looks which assets are one machine, after a run of a source. It is not stopped half-way. */
  correlate({ runId, sourceId }: EndedRun): Promise<CorrelationOutcome> {
    return new Promise((resolve, reject) => {
      this.#enqueue({
        priority: afterRun,
        signal: new AbortController().signal,
        runId,
        customer: undefined,
        tell: taskId => Promise.resolve({ kind: 'correlate', taskId, sourceId }),
        resolve: done => resolve(done?.kind === 'correlated' ? done.outcome : { changed: 0, looked: 0 }),
        reject,
      })
    })
  }

  #enqueue(job: Job): void {
    const { signal, priority } = job
    if (signal.aborted || this.#stop.signal.aborted) {
      job.reject(new CancelledError())
      return
    }
    signal.addEventListener('abort', () => this.#cancel(job), { once: true })
    const after = this.#queue.findIndex(other => other.priority > priority)
    this.#queue.splice(after < 0 ? this.#queue.length : after, 0, job)
    this.#dispatch()
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
    for (;;) {
      const job = this.#next()
      const slot = job && this.#slotFor(job)
      if (!job || !slot) return
      this.#queue.splice(this.#queue.indexOf(job), 1)
      this.#start(slot, job)
    }
  }

  /** The first of the run with the fewest parts in hand. Beyond the size only a run that has none. */
  #next(): Job | undefined {
    const isFull = this.#busy() >= this.#options.size
    const held = new Map<number, number>()
    for (const { job } of this.#slots) {
      if (job) held.set(job.runId, (held.get(job.runId) ?? 0) + 1)
    }
    let best: Job | undefined
    let fewest = Number.POSITIVE_INFINITY
    for (const job of this.#queue) {
      const count = held.get(job.runId) ?? 0
      if (count >= fewest || (isFull && count > 0)) continue
      best = job
      fewest = count
    }
    return best
  }

  #slotFor(job: Job): Slot | undefined {
    const idle = this.#slots.filter(slot => slot.job === undefined)
    const { customer } = job
    if (!customer) return idle[0] ?? this.#grow()
    const same = idle.find(slot => slot.customer?.source === customer.source)
    if (same) return same
    // Rather a new thread than one that must forget what it has learnt of another source.
    const fresh = this.#slots.length < this.#options.size ? this.#grow() : undefined
    return fresh ?? idle[0] ?? this.#grow()
  }

  #start(slot: Slot, job: Job): void {
    slot.job = job
    slot.customer = job.customer ?? slot.customer
    slot.heardAt = performance.now()
    slot.taskId = ++this.#lastTask
    const { taskId } = slot
    const begin = (message: ToWorker | undefined) => {
      if (message === undefined) return this.#settle(slot, taskId, () => job.resolve(undefined))
      post(slot.worker, message)
      // Cancelled while it was being taken: the thread did not know the part yet.
      if (job.signal.aborted) post(slot.worker, { kind: 'cancel', taskId })
    }
    void job.tell(taskId).then(begin, error => this.#settle(slot, taskId, () => job.reject(error)))
  }

  #grow(): Slot | undefined {
    if (this.#stop.signal.aborted) return undefined
    const worker = new Worker(this.#options.entry ?? new URL('./worker.ts', import.meta.url), {
      workerData: this.#options.setup,
      resourceLimits: { maxOldGenerationSizeMb: this.#options.heapMb ?? 256, maxYoungGenerationSizeMb: 16 },
      // The parent's flags (a test runner's, a profiler's) are not the worker's.
      execArgv: ['--disable-warning=ExperimentalWarning'],
    })
    const slot: Slot = { worker, heardAt: performance.now(), taskId: 0, job: undefined, customer: undefined }
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
      case 'done':
      case 'correlated': {
        const job = slot.job
        this.#settle(slot, message.taskId, () => job?.resolve(message))
        break
      }
      case 'failed': {
        const job = slot.job
        this.#settle(slot, message.taskId, () => job?.reject(receiveError(message.error)))
        break
      }
      case 'ask-permit':
        void slot.customer?.limiter.acquire(this.#stop.signal).then(
          () => post(slot.worker, { kind: 'permit', permitId: message.permitId }),
          () => undefined,
        )
        break
      case 'pause':
        slot.customer?.limiter.pause(message.ms)
        break
      case 'call':
        slot.customer?.onCall?.(message.call)
        break
    }
  }

  #settle(slot: Slot, taskId: number, settle: () => void): void {
    if (slot.taskId !== taskId || slot.job === undefined) return
    slot.job = undefined
    settle()
    this.#dispatch()
    this.#dismiss()
  }

  /** Threads that several runs needed at once are not kept when they have nothing to do. */
  #dismiss(): void {
    if (this.#slots.length <= this.#options.size) return
    const place = this.#slots.findIndex(slot => slot.job === undefined)
    const [slot] = place < 0 ? [] : this.#slots.splice(place, 1)
    if (slot) void closeWorker(slot.worker)
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

  #busy(): number {
    return this.#slots.filter(slot => slot.job !== undefined).length
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
