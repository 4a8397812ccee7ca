import type {
  Connector,
  ExportRecord,
  FindingTarget,
  KnownFamily,
  Part,
  ReadRequest,
  StreamSpec,
} from '../connectors/connector.ts'
import { isEverything, type SourceScope } from '../domain/scope.ts'
import type { Clock } from '../platform/clock.ts'
import { CancelledError, codeOf, SourceError } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import type { Database, Queryable } from '../store/database.ts'
import * as ledger from '../store/ledger.ts'
import { noCounts, type PartCounts } from '../store/merge/counts.ts'
import { loadHeldScans } from '../store/merge/held-scans.ts'
import { failureOf } from './failure.ts'
import { beginningsAtMost, type PartReader } from './part-desk.ts'
import type { Window } from './window.ts'

export interface StreamDeps {
  readonly database: Database
  readonly connector: Connector
  readonly parts: PartReader
  readonly clock: Clock
  readonly log: Log
}

export interface StreamContext {
  readonly runId: number
  readonly fence: number
  readonly sourceId: number
  readonly sourceRank: number
  readonly isFirstLoad: boolean
  readonly isFull: boolean
  readonly spec: StreamSpec
  readonly window: Window
  readonly scope: SourceScope
  readonly target: FindingTarget | null
  /** Whether the stream is known complete up to this reading; what a targeted run reads is only a part of it. */
  readonly movesWatermark: boolean
  /** What was found before it and is new to us was outside the scope: it is no news. ISO 8601. */
  readonly unseenBefore: string | null
  /** Streams that the source offers, in order; an earlier one's parts go first. */
  readonly priority: number
  /** Resolves when the streams that go first have been read. */
  readonly gate: Promise<void>
  /** The source had rows of this stream before: nothing at all would be an alarm. */
  readonly expectsRows: boolean
  /** For the plugins, when families are to be read with them: those that need not be told again. */
  readonly families: readonly KnownFamily[] | null
}

export type StreamOutcome =
  | { readonly status: 'completed'; readonly watermarkAt: string; readonly counts: PartCounts }
  | { readonly status: 'skipped' | 'incomplete' | 'failed'; readonly error: StreamError; readonly counts: PartCounts }

interface StreamError {
  readonly code: string
  readonly message: string
}

// The same window is asked again this often when the source gives up on an export; what was read meanwhile stays.
const exportsAtMost = 3
const readsOfOnePartAtMost = 4

/** Reads one stream of a run to its end, over as many exports as its budget allows. Throws only what ends the run. */
export async function readStream(
  deps: StreamDeps,
  context: StreamContext,
  signal: AbortSignal,
): Promise<StreamOutcome> {
  const { database } = deps
  const { runId, fence, spec } = context
  if (spec.plansAfter) await context.gate
  await ledger.updateStream(database, runId, spec.name, {
    status: 'planning',
    window: windowShown(context.window),
    fence,
  })
  const counts = noCounts()
  let last: StreamError = { code: 'export_failed', message: 'The export was not completed.' }
  for (let attempt = await nextAttempt(deps, context); attempt <= exportsAtMost; attempt++) {
    const export_ = new StreamExport(deps, context, counts, attempt)
    try {
      const problem = await export_.read(signal)
      if (problem === undefined) return await complete(deps, context, export_, counts)
      last = problem
    } catch (error) {
      if (endsTheRun(error, signal)) throw error
      last = failureOf(error)
      deps.log.warn({ run_id: runId, stream: spec.name, code: last.code, attempt }, 'an export did not complete')
      if (error instanceof SourceError && error.retry === 'never') {
        await export_.end('incomplete', last.message)
        return await fail(database, context, isRefusal(error) && !spec.required ? 'skipped' : 'failed', last, counts)
      }
    }
    await export_.end(last.code === 'export_expired' ? 'expired' : 'incomplete', last.message)
    if (isDeadly.has(last.code)) break
  }
  return await fail(database, context, 'incomplete', last, counts)
}

/** Asked again the part would come again, and take the next thread or process with it. */
const isDeadly = new Set(['part_set_aside', 'worker_lost'])

function windowShown({ since, overlapSeconds }: Window) {
  return { since: since === null ? null : new Date(since * 1000).toISOString(), overlapSeconds }
}

/** Goes on counting where a process that died left off. */
async function nextAttempt({ database }: StreamDeps, { runId, spec }: StreamContext): Promise<number> {
  const exports = await ledger.listExports(database, runId, spec.name)
  const attempts = exports.map(({ attempt, status }) => (status === 'open' ? attempt : attempt + 1))
  // At least once more: the budget of a run that is taken up must not be used up before it has asked.
  return Math.min(exportsAtMost, Math.max(1, ...attempts))
}

/**
 * One transaction: between an export that is complete and a stream that is not yet, a process that dies would leave a run
 * whose next life asks for everything again.
 */
async function complete(
  { database }: StreamDeps,
  context: StreamContext,
  export_: StreamExport,
  counts: PartCounts,
): Promise<StreamOutcome> {
  const { runId, spec, fence, movesWatermark, scope } = context
  const { watermarkAt } = export_
  return database.transaction(async connection => {
    await export_.complete(connection)
    if (context.expectsRows && counts.received === 0) {
      return fail(
        connection,
        context,
        'incomplete',
        {
          code: 'empty_answer',
          message: `The source answered with no ${spec.name} at all, where it had some before. Nothing was ended. Check what the key may see${isEverything(scope) ? '' : ', and the tags and networks of the scope'} (tenfold check).`,
        },
        counts,
      )
    }
    await ledger.updateStream(connection, runId, spec.name, {
      status: 'completed',
      fence,
      ...(movesWatermark ? { watermarkAt } : {}),
    })
    return { status: 'completed', watermarkAt, counts }
  })
}

async function fail(
  database: Queryable,
  context: StreamContext,
  status: 'skipped' | 'incomplete' | 'failed',
  error: StreamError,
  counts: PartCounts,
): Promise<StreamOutcome> {
  await ledger.updateStream(database, context.runId, context.spec.name, { status, error, fence: context.fence })
  // The run is complete without it, so nothing else would say that it is missing.
  if (status === 'skipped') await ledger.addNote(database, context.runId, `${context.spec.name}: ${error.message}`)
  return { status, error, counts }
}

function isRefusal(error: SourceError): boolean {
  return error.status === 403 || error.status === 404
}

/** Fencing, cancelling, a revoked key and a lost database concern the whole run. */
function endsTheRun(error: unknown, signal: AbortSignal): boolean {
  return (
    signal.aborted ||
    error instanceof CancelledError ||
    !(error instanceof SourceError) ||
    error.code === 'bad_credentials'
  )
}

/** One export of a stream: the vendor's job, or several where the API needs them. */
class StreamExport {
  readonly #deps: StreamDeps
  readonly #context: StreamContext
  readonly #counts: PartCounts
  readonly #attempt: number
  readonly #jobs = new Map<string, number>()
  readonly #parts: Promise<void>[] = []
  readonly #failed: StreamError[] = []
  readonly #records: ExportRecord[] = []
  readonly #giveUp = new AbortController()

  constructor(deps: StreamDeps, context: StreamContext, counts: PartCounts, attempt: number) {
    this.#attempt = attempt
    this.#deps = deps
    this.#context = context
    this.#counts = counts
  }

  /** The oldest instant that the rows of this export speak for. */
  get watermarkAt(): string {
    return (
      this.#records.map(({ readAt }) => readAt).sort((a, b) => Date.parse(a) - Date.parse(b))[0] ??
      this.#deps.clock.now().toISOString()
    )
  }

  /** Answers what is missing, or undefined when everything was read. */
  async read(signal: AbortSignal): Promise<StreamError | undefined> {
    const all = AbortSignal.any([signal, this.#giveUp.signal])
    let problem: StreamError | undefined
    try {
      problem = await this.#follow(all)
      await Promise.all(this.#parts)
    } catch (error) {
      // Parts still running would write into a run that has moved on.
      this.#giveUp.abort()
      const ended = await Promise.allSettled(this.#parts)
      // A part that cannot be read has the plan given up, which then only says that it was cancelled.
      const reasons = ended.flatMap(part => (part.status === 'rejected' ? [part.reason as unknown] : []))
      const own = reasons.find(reason => !(reason instanceof CancelledError))
      throw error instanceof CancelledError && !signal.aborted ? (own ?? error) : error
    }
    return this.#failed[0] ?? problem ?? (await this.#unconfirmed(signal))
  }

  /** Nothing of it is missing. */
  async complete(connection: Queryable): Promise<void> {
    for (const job of this.#jobs.values()) await ledger.endExport(connection, job, 'complete', null)
  }

  /** Pages of something that moved meanwhile may have passed rows over: it is as if they had not been read. */
  async #unconfirmed(signal: AbortSignal): Promise<StreamError | undefined> {
    const moved = await this.#deps.connector.confirm?.(this.#records, signal)
    return moved === undefined ? undefined : { code: 'source_moved', message: moved }
  }

  #step(message: string, part?: string): void {
    this.#deps.log.debug({ run_id: this.#context.runId, stream: this.#context.spec.name, part }, message)
  }

  async end(status: 'incomplete' | 'expired', reason: string): Promise<void> {
    for (const job of this.#jobs.values()) await ledger.endExport(this.#deps.database, job, status, reason)
  }

  async #follow(signal: AbortSignal): Promise<StreamError | undefined> {
    const { database, connector } = this.#deps
    const { runId, spec } = this.#context
    const request = await this.#request()
    this.#step(request.resume ? 'an export is resumed' : 'an export is asked for')
    for await (const step of connector.plan(request, signal)) {
      switch (step.kind) {
        case 'export':
          await this.#open(step.record, step.echoed, step.notes)
          break
        case 'progress':
          this.#step('an export was polled')
          await ledger.updateStream(database, runId, spec.name, {
            vendorStatus: step.status,
            partsTotal: step.partsTotal,
          })
          break
        case 'part':
          await this.#take(step.part, signal)
          break
        case 'end':
          for (const note of step.notes ?? []) await ledger.addNote(database, runId, `${spec.name}: ${note}`)
          if (step.outcome === 'complete') return undefined
          await this.#recordUnmade(step.failed, step.cancelled)
          return { code: 'export_incomplete', message: step.reason ?? 'The source did not complete the export.' }
      }
    }
    return { code: 'export_incomplete', message: 'The export ended without saying whether it is complete.' }
  }

  /** Goes on with the export a killed process left open, when there is one. */
  async #request(): Promise<ReadRequest> {
    const { runId, spec, window, families, scope, target } = this.#context
    const { since, foundSince, readBefore } = window
    const open = (await ledger.listExports(this.#deps.database, runId, spec.name)).filter(row => row.status === 'open')
    const last = open.at(-1)
    // Ours from here on, so that it is ended in the ledger even when the source no longer knows it.
    if (last && open.length === 1) this.#jobs.set(last.export_id, last.export_job_id)
    return {
      stream: spec.name,
      scope,
      target,
      mode: since === null ? 'full' : 'delta',
      since,
      foundSince,
      readBefore,
      families,
      ...(spec.name === 'scans' ? { held: await loadHeldScans(this.#deps.database, this.#context.sourceId) } : {}),
      // Of several that make one answer together, none stands for the rest: they are asked again.
      resume: last && open.length === 1 ? { exportId: last.export_id, asked: last.asked, readAt: last.read_at } : null,
    }
  }

  async #open(record: ExportRecord, echoed: unknown, notes: readonly string[]): Promise<void> {
    const { runId, spec } = this.#context
    const job = await ledger.recordExport(this.#deps.database, runId, spec.name, {
      ...record,
      echoed,
      notes,
      attempt: this.#attempt,
    })
    this.#jobs.set(record.exportId, job)
    this.#records.push(record)
    for (const note of notes) await ledger.addNote(this.#deps.database, runId, `${spec.name}: ${note}`)
    await ledger.updateStream(this.#deps.database, runId, spec.name, { status: 'reading', fence: this.#context.fence })
  }

  async #take(part: Part, signal: AbortSignal): Promise<void> {
    const job = this.#jobs.get(part.exportId)
    if (job === undefined) throw new Error(`part ${part.partId} belongs to no export we know`)
    const beginnings = await ledger.recordPart(this.#deps.database, job, part.partId, part.detail)
    if (beginnings === undefined) return this.#countDone(job, part.partId)
    if (beginnings >= beginningsAtMost) return this.#setAside(job, part.partId, beginnings)
    const read = this.#context.gate.then(() => this.#readPart(job, part, signal))
    read.catch(() => this.#giveUp.abort())
    this.#parts.push(read)
  }

  /** Others must be read though whoever reads this one dies of it. */
  async #setAside(job: number, partId: string, beginnings: number): Promise<void> {
    const failure = {
      code: 'part_set_aside',
      message: `Part ${partId} was begun ${beginnings} times and never read to its end, as if the process died of it. It was set aside; the rest was read.`,
    }
    this.#failed.push(failure)
    await ledger.failPart(this.#deps.database, job, partId, 'failed', failure)
  }

  /** Reads one part, again when trying again can help; a part that cannot be read is written down and the rest goes on. */
  async #readPart(job: number, part: Part, signal: AbortSignal): Promise<void> {
    const { database, parts, clock } = this.#deps
    for (let attempt = 1; ; attempt++) {
      try {
        const task = { part, context: this.#partContext(job, part) }
        this.#add((await parts.run(task, this.#context.priority, signal)).counts)
        return
      } catch (error) {
        if (signal.aborted || isFatal(error)) throw error
        const failure = failureOf(error)
        if (failure.code === 'list_refused') {
          // All of the list, and so the stream: the first page of it says so.
          await ledger.failPart(database, job, part.partId, 'failed', failure)
          throw error
        }
        const isExpired = failure.code === 'export_expired'
        const mayRetry = !(error instanceof SourceError && error.retry === 'never') && !isExpired
        if (!mayRetry || attempt >= readsOfOnePartAtMost) {
          this.#failed.push(isExpired ? failure : { ...failure, message: `Part ${part.partId}: ${failure.message}` })
          await ledger.failPart(database, job, part.partId, 'failed', failure)
          return
        }
        const asked = error instanceof SourceError ? error.retryAfterMs : undefined
        const waitMs = asked ?? Math.min(30_000, 250 * 2 ** attempt) * (0.5 + Math.random() / 2)
        await ledger.failPart(database, job, part.partId, 'available', failure, waitMs)
        await clock.sleep(waitMs, signal)
      }
    }
  }

  #partContext(job: number, part: Part) {
    const { runId, fence, sourceId, sourceRank, isFirstLoad, isFull, unseenBefore } = this.#context
    return {
      unseenBefore,
      isBeside: !this.#context.movesWatermark,
      runId,
      fence,
      sourceId,
      sourceRank,
      isFirstLoad,
      isFull,
      exportJobId: job,
      exportId: part.exportId,
      partId: part.partId,
      readAt: part.readAt,
    }
  }

  /** A part that an earlier life of this run has read counts for the run, not again for the data. */
  async #countDone(job: number, partId: string): Promise<void> {
    this.#add(await ledger.partCounts(this.#deps.database, job, partId))
  }

  #add(counts: PartCounts): void {
    for (const key of Object.keys(counts) as (keyof PartCounts)[]) this.#counts[key] += counts[key]
  }

  async #recordUnmade(failed: readonly string[], cancelled: readonly string[]): Promise<void> {
    const job = [...this.#jobs.values()].at(-1)
    if (job === undefined) return
    await ledger.recordUnmadeParts(this.#deps.database, job, failed, 'failed')
    await ledger.recordUnmadeParts(this.#deps.database, job, cancelled, 'cancelled')
  }
}

// Classes of SQLSTATE that trying again in a moment can help: conflicts, resources, interventions by an operator.
const passing = /^(40|53|55|57)/

function isFatal(error: unknown): boolean {
  if (error instanceof SourceError) return error.code === 'bad_credentials'
  const code = codeOf(error)
  // A record that PostgreSQL refuses is a fault of that part alone; a lost connection is everybody's.
  return !(code === 'worker_lost' || passing.test(code) || /^(22|23)/.test(code)) || code === '57P01'
}
