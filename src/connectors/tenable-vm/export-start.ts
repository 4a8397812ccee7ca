import type { JsonObject } from '../../domain/json.ts'
import { messageOf, SourceError } from '../../platform/errors.ts'
import { backoffMs } from '../../platform/retry.ts'
import type { ExportRecord } from '../connector.ts'
import { ExportConflictError } from './client.ts'
import { compareEcho } from './echo.ts'
import {
  type ExportDeps,
  type ExportFamily,
  type ExportJob,
  failedStatuses,
  jobStatus,
  listJobs,
  runningStatuses,
  tryToCancel,
} from './export-job.ts'
import { type JobStatus, readCreatedExport } from './wire.ts'

/**
 * Asks for an export and makes sure that it is the one we meant.
 * @param asked the body of the request
 * @throws SourceError `filter_lost`, `export_conflict`, `forbidden`, `bad_request`, `rate_limited` …
 */
export async function startExport(
  deps: ExportDeps,
  family: ExportFamily,
  asked: JsonObject,
  signal: AbortSignal,
): Promise<ExportJob> {
  const asking: Asking = { askedAtMs: deps.client.sourceNowMs(), isUnanswered: false, exportId: null }
  try {
    return await startVerified(deps, family, asked, asking, signal)
  } catch (thrown) {
    if (signal.aborted) await abandon(deps, family, asked, asking)
    throw thrown
  }
}

/** How far asking has come: what is to be cancelled at the source when it is broken off. */
interface Asking {
  readonly askedAtMs: number
  /** A request went out, and whether it made a job is not known. */
  isUnanswered: boolean
  /** The job it made, which nobody else knows of yet. */
  exportId: string | null
}

async function startVerified(
  deps: ExportDeps,
  family: ExportFamily,
  asked: JsonObject,
  asking: Asking,
  signal: AbortSignal,
): Promise<ExportJob> {
  const created = await createExport(deps, family, asked, asking, signal)
  const described = await describeNewJob(deps, family, created.exportId, signal)
  const notes = [...created.notes, ...described.notes]
  const { filters, chunkSize, createdAtMs } = described.job
  if (filters === null) notes.push('The source did not repeat the filters, so they could not be verified.')
  else await demandFilters(deps, family, asked, filters, created, signal)
  const size = asked[family.sizeField]
  if (chunkSize !== null && typeof size === 'number' && chunkSize !== size) {
    notes.push(`The source changed ${family.sizeField} from ${size} to ${chunkSize}.`)
  }
  const readAt = new Date(createdAtMs ?? asking.askedAtMs).toISOString()
  return { record: { exportId: created.exportId, asked, readAt }, echoed: filters, notes, isOurs: !created.isAdopted }
}

/** A job that was made while the run was being stopped would go on for nobody, and fill one of the container's slots. */
async function abandon(deps: ExportDeps, family: ExportFamily, asked: JsonObject, asking: Asking): Promise<void> {
  const { askedAtMs, isUnanswered, exportId } = asking
  if (exportId === null && !isUnanswered) return
  const signal = AbortSignal.timeout(abandonMs)
  try {
    const made = exportId ?? (await findMade(deps, family, asked, askedAtMs, signal))?.exportId
    if (made) await tryToCancel(deps, family, made, signal)
  } catch (thrown) {
    deps.log.warn({ path: family.path, reason: messageOf(thrown) }, 'could not look for a job to cancel')
  }
}

/** For the answer that says which job was made, when the run is stopped meanwhile. */
const answerMs = 5_000
const abandonMs = 10_000

/** Takes up a job of an earlier attempt. @throws SourceError `export_expired` when the source has forgotten it */
export async function resumeExport(
  deps: ExportDeps,
  family: ExportFamily,
  record: ExportRecord,
  signal: AbortSignal,
): Promise<ExportJob> {
  const { filters } = await jobStatus(deps, family, record.exportId, signal)
  return { record, echoed: filters, notes: ['Resumed.'], isOurs: true }
}

interface CreatedExport {
  readonly exportId: string
  readonly isAdopted: boolean
  readonly notes: readonly string[]
}

async function createExport(
  deps: ExportDeps,
  family: ExportFamily,
  asked: JsonObject,
  asking: Asking,
  signal: AbortSignal,
): Promise<CreatedExport> {
  const { askedAtMs } = asking
  const onSend = () => {
    asking.isUnanswered = true
  }
  const giveUpAt = deps.clock.now().getTime() + deps.stuckAfterMs
  for (let attempt = 1; ; attempt++) {
    try {
      const call = { method: 'POST', path: family.createPath, body: asked, maxAttempts: 1 } as const
      const exportId = readCreatedExport(await deps.client.json({ ...call, onSend, graceMs: answerMs }, signal))
      if (exportId !== undefined) {
        asking.exportId = exportId
        return { exportId, isAdopted: false, notes: [] }
      }
      throw new SourceError(
        'bad_answer',
        'later',
        `POST ${family.createPath} was accepted, but no export id came back.`,
      )
    } catch (thrown) {
      if (!(thrown instanceof SourceError)) throw thrown
      if (!isAnswerLost(thrown)) asking.isUnanswered = false
      const found = await afterRefusedCreate(deps, family, asked, askedAtMs, thrown, signal)
      if (found) {
        if (!found.isAdopted) asking.exportId = found.exportId
        return found
      }
      const isWorthIt =
        thrown.code === 'rate_limited' ? deps.clock.now().getTime() < giveUpAt : attempt < deps.retry.maxAttempts
      if (!isWorthIt) throw thrown
      const waitMs = Math.max(thrown.retryAfterMs ?? 0, backoffMs(deps.retry, attempt))
      deps.log.warn(
        { code: thrown.code, path: family.createPath, attempt, wait_ms: waitMs },
        'export not started, trying again',
      )
      await deps.clock.sleep(waitMs, signal)
    }
  }
}

/** @returns the job to use instead, undefined to ask again; throws when asking again cannot help */
async function afterRefusedCreate(
  deps: ExportDeps,
  family: ExportFamily,
  asked: JsonObject,
  askedAtMs: number,
  error: SourceError,
  signal: AbortSignal,
): Promise<CreatedExport | undefined> {
  if (error instanceof ExportConflictError) return await adoptActive(deps, family, asked, error, signal)
  if (error.code === 'rate_limited') {
    return family.refusesTwinsWith429 ? await adoptTwin(deps, family, asked, signal) : undefined
  }
  if (!isAnswerLost(error)) throw error
  // The job may have been made though its answer did not arrive; a second one would take another slot of ten.
  const ours = await findMade(deps, family, asked, askedAtMs, signal).catch((thrown: unknown) => {
    signal.throwIfAborted()
    deps.log.warn({ path: family.path, reason: messageOf(thrown) }, 'could not look for a job whose answer was lost')
    return undefined
  })
  if (!ours?.exportId) return undefined
  const note = `The answer to the request was lost (${error.code}); the job it had made was found in the source's list.`
  return { exportId: ours.exportId, isAdopted: false, notes: [note] }
}

/** The job that a request of ours has made, whose answer did not arrive. */
async function findMade(
  deps: ExportDeps,
  family: ExportFamily,
  asked: JsonObject,
  askedAtMs: number,
  signal: AbortSignal,
): Promise<JobStatus | undefined> {
  const isSince = (job: JobStatus) => (job.createdAtMs ?? 0) >= askedAtMs - clockToleranceMs
  return newestFirst(await listJobs(deps, family, signal)).find(job => isSince(job) && isSame(family, asked, job))
}

/** `Date` headers have whole seconds, and the two clocks were compared over a network. */
const clockToleranceMs = 5_000

function isAnswerLost(error: SourceError): boolean {
  if (error.code === 'server_error') return error.status === 502 || error.status === 503 || error.status === 504
  return ['unreachable', 'timeout', 'connection_lost', 'truncated_body', 'bad_answer'].includes(error.code)
}

async function adoptActive(
  deps: ExportDeps,
  family: ExportFamily,
  asked: JsonObject,
  error: ExportConflictError,
  signal: AbortSignal,
): Promise<CreatedExport | undefined> {
  const { activeJobId } = error.conflict
  const job =
    activeJobId === null
      ? await runningTwin(deps, family, asked, signal)
      : await findJob(deps, family, activeJobId, signal)
  // It ended while we looked, or is not listed yet: ask again.
  if (!job || failedStatuses.has(job.status)) return undefined
  const exportId = job.exportId ?? activeJobId
  if (exportId === null) return undefined
  if (job.filters === null || !isSame(family, asked, job)) {
    const why = job.filters === null ? 'does not say with which filters' : 'was asked with other filters'
    throw new SourceError(
      'export_conflict',
      'later',
      `The source refuses this export because job ${exportId} is running, which ${why}, so its rows cannot stand for ` +
        'ours. Wait until it ends, or cancel it in Tenable.',
      { cause: error, context: { ...error.context, export_id: exportId } },
    )
  }
  return {
    exportId,
    isAdopted: true,
    notes: [`The same export was already running as job ${exportId}; it was adopted.`],
  }
}

/** A job of the same that runs already, where its refusal does not say so. */
async function adoptTwin(
  deps: ExportDeps,
  family: ExportFamily,
  asked: JsonObject,
  signal: AbortSignal,
): Promise<CreatedExport | undefined> {
  const twin = await runningTwin(deps, family, asked, signal)
  if (!twin?.exportId) return undefined
  const notes = [`The same export was already running as job ${twin.exportId}; it was adopted.`]
  return { exportId: twin.exportId, isAdopted: true, notes }
}

async function findJob(
  deps: ExportDeps,
  family: ExportFamily,
  exportId: string,
  signal: AbortSignal,
): Promise<JobStatus | undefined> {
  try {
    const job = await jobStatus(deps, family, exportId, signal)
    if (job.filters !== null) return { ...job, exportId }
    const listed = (await listJobs(deps, family, signal)).find(other => other.exportId === exportId)
    return listed ?? { ...job, exportId }
  } catch (thrown) {
    if (thrown instanceof SourceError && thrown.code === 'export_expired') return undefined
    throw thrown
  }
}

async function runningTwin(
  deps: ExportDeps,
  family: ExportFamily,
  asked: JsonObject,
  signal: AbortSignal,
): Promise<JobStatus | undefined> {
  const jobs = await listJobs(deps, family, signal)
  return newestFirst(jobs).find(job => runningStatuses.has(job.status) && isSame(family, asked, job))
}

/** Jobs of the source's list that ask the same, newest first, in whatever state. */
export async function sameJobs(
  deps: ExportDeps,
  family: ExportFamily,
  asked: JsonObject,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const jobs = newestFirst(await listJobs(deps, family, signal)).filter(job => isSame(family, asked, job))
  return jobs.flatMap(({ exportId }) => exportId ?? [])
}

function newestFirst(jobs: readonly JobStatus[]): JobStatus[] {
  return jobs.toSorted((a, b) => (b.createdAtMs ?? 0) - (a.createdAtMs ?? 0))
}

function isSame(family: ExportFamily, asked: JsonObject, job: JobStatus): boolean {
  if (job.filters === null) return false
  const { lost, added } = compareEcho(filtersOf(asked), job.filters)
  const size = asked[family.sizeField]
  const isSizeKnown = job.chunkSize !== null && typeof size === 'number'
  return lost.length === 0 && added.length === 0 && (!isSizeKnown || job.chunkSize === size)
}

function filtersOf(asked: JsonObject): JsonObject {
  return (asked.filters as JsonObject | undefined) ?? {}
}

async function demandFilters(
  deps: ExportDeps,
  family: ExportFamily,
  asked: JsonObject,
  echoed: JsonObject,
  created: CreatedExport,
  signal: AbortSignal,
): Promise<void> {
  const { lost, added } = compareEcho(filtersOf(asked), echoed)
  if (lost.length === 0 && added.length === 0) return
  if (!created.isAdopted) await tryToCancel(deps, family, created.exportId, signal)
  const parts = [
    ...(lost.length > 0 ? [`these filters did not arrive: ${lost.join(', ')}`] : []),
    ...(added.length > 0 ? [`these were added: ${added.join(', ')}`] : []),
  ]
  throw new SourceError(
    'filter_lost',
    'later',
    `The source runs another export than the one asked for (${parts.join('; ')}). It was cancelled and nothing was read; if ` +
      'this stays, report it with the request id.',
    { context: { export_id: created.exportId, path: family.createPath } },
  )
}

/** A new job's status may not be known at once everywhere. */
async function describeNewJob(
  deps: ExportDeps,
  family: ExportFamily,
  exportId: string,
  signal: AbortSignal,
): Promise<{ readonly job: JobStatus; readonly notes: readonly string[] }> {
  let job: JobStatus | undefined
  for (let attempt = 1; job === undefined; attempt++) {
    try {
      job = await jobStatus(deps, family, exportId, signal)
    } catch (thrown) {
      if (!(thrown instanceof SourceError) || thrown.code !== 'export_expired' || attempt >= 5) throw thrown
      await deps.clock.sleep(deps.pollDelay.firstMs * attempt, signal)
    }
  }
  if (job.filters !== null && job.createdAtMs !== null) return { job, notes: [] }
  try {
    const listed = (await listJobs(deps, family, signal)).find(other => other.exportId === exportId)
    if (!listed) return { job, notes: [] }
    return {
      job: {
        ...job,
        filters: job.filters ?? listed.filters,
        createdAtMs: job.createdAtMs ?? listed.createdAtMs,
        chunkSize: job.chunkSize ?? listed.chunkSize,
      },
      notes: [],
    }
  } catch (thrown) {
    signal.throwIfAborted()
    return { job, notes: [`The list of jobs could not be read: ${messageOf(thrown)}`] }
  }
}
