import type { Connector, KnownFamily, StreamName, StreamSpec } from '../connectors/connector.ts'
import { directoryStreams } from '../domain/directory.ts'
import type { Clock } from '../platform/clock.ts'
import { CancelledError, SourceError, StoreError } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import type { Database } from '../store/database.ts'
import { followRuleDates } from '../store/groups/regroup.ts'
import * as ledger from '../store/ledger.ts'
import { settledFamilies } from '../store/plugin-families.ts'
import { rollUpDailyTotals } from '../store/rollups/daily-totals.ts'
import { dropSecondaryIndexes, ensureSecondaryIndexes } from '../store/secondary-indexes.ts'
import { recordIdentity, type Source } from '../store/sources.ts'
import { sweepComplianceAfter } from './compliance-sweep.ts'
import { pluginRank } from './connection.ts'
import type { PartReader } from './part-desk.ts'
import { noteEmptyAddresses, type PlannedRun, planRun } from './plan-run.ts'
import { readStream, type StreamOutcome } from './stream.ts'
import { sweepAfter } from './sweep.ts'
import { toldError } from './told-error.ts'

export interface RunDeps {
  readonly database: Database
  readonly connector: Connector
  readonly parts: PartReader
  readonly clock: Clock
  readonly log: Log
}

/** A run that this process holds: its row, and the fence that makes it ours. */
export interface HeldRun {
  readonly row: ledger.RunRow
  readonly fence: number
  readonly source: Source
}

export interface RunEnd {
  readonly status: ledger.FinalStatus
  readonly error: { readonly code: string; readonly message: string } | null
}

/** The source's rows are asked again this far back: what was found earlier may be indexed later. */
const overlapSeconds = 3600

/**
 * Reads every stream of a run and says how it ended. The rows read are true by themselves; nothing is ended here.
 * @throws what concerns the whole run: cancelled, fenced, the database gone
 */
export async function executeRun(deps: RunDeps, held: HeldRun, signal: AbortSignal): Promise<RunEnd> {
  const { database, connector, log } = deps
  const run = await planRun(database, held)
  log.debug({ run_id: run.row.run_id, fence: run.fence }, 'a run is planned')
  await ledger.ensureEventPartitions(database)
  await recogniseSource(deps, run, signal)
  const isFirstLoad = !(await ledger.hasCompleteFindings(database, run.source.id))
  if (isFirstLoad && (await ledger.isFindingEmpty(database))) await dropSecondaryIndexes(database)
  try {
    const outcomes = await readStreams(deps, run, isFirstLoad, connector.streams, signal)
    log.debug({ run_id: run.row.run_id }, 'a run is finished')
    if (run.target) await noteEmptyAddresses(database, run.row.run_id)
    await sweep(deps, run, isFirstLoad, signal)
    await sweepComplianceAfter(deps, run, isFirstLoad)
    await rollUpDailyTotals(database, run.source.id)
    await followRuleDates(database, deps.clock.now())
    return endOf(outcomes)
  } finally {
    // Without them every list of findings would be slow; a run that was stopped leaves them to the one that resumes it.
    if (!signal.aborted) await ensureSecondaryIndexes(database)
  }
}

/**
 * After a full run of everything, wholly read: only then is what was not met known to be missing. A first load has
 * nothing that could be.
 */
async function sweep(
  { database, log, connector }: RunDeps,
  { row, source, fence, scope, isRescoped }: PlannedRun,
  isFirstLoad: boolean,
  signal: AbortSignal,
): Promise<void> {
  if (isFirstLoad || row.kind !== 'full') return
  const streams = await ledger.openStreams(database, row.run_id, [])
  const isRead = (name: StreamName) => streams.some(({ stream, status }) => stream === name && status === 'completed')
  if (!isRead('assets') || !isRead('findings')) return
  const rejected = await ledger.countRejected(database, row.run_id, ['assets', 'findings'])
  const why =
    rejected > 0 ? `${rejected} records could not be read; one of them may be what seems to be missing.` : undefined
  const findGone = (nativeIds: readonly string[]) => connector.findGone(nativeIds, signal)
  await sweepAfter(
    { database, log },
    { runId: row.run_id, sourceId: source.id, fence, scope, isRescoped, findGone },
    why,
  )
}

async function recogniseSource(deps: RunDeps, { row, source }: HeldRun, signal: AbortSignal): Promise<void> {
  const identity = await deps.connector.identify(signal)
  if (source.fingerprint !== null && identity.fingerprint !== null && source.fingerprint !== identity.fingerprint) {
    throw new SourceError(
      'other_source',
      'never',
      `${source.baseUrl} is another Tenable container (${identity.fingerprint}) than the one this source has mirrored (${source.fingerprint}). Nothing was read. Use the first container's key, or add a new source for this one.`,
    )
  }
  if (identity.fingerprint === null) {
    await ledger.addNote(
      deps.database,
      row.run_id,
      'The source did not say which container it is, so a change of container would not be noticed.',
    )
  }
  await ledger.recordPermissions(deps.database, row.run_id, identity.permissions)
  await recordIdentity(deps.database, source.id, { fingerprint: identity.fingerprint, role: identity.role })
}

async function readStreams(
  deps: RunDeps,
  run: PlannedRun,
  isFirstLoad: boolean,
  specs: readonly StreamSpec[],
  signal: AbortSignal,
): Promise<readonly StreamOutcome[]> {
  const { database } = deps
  const runId = run.row.run_id
  const isAsked = (stream: StreamName) => run.row.streams.includes(stream) && !hasNoTarget(run, stream)
  const wanted = specs.filter(spec => isAsked(spec.name))
  const rows = await ledger.openStreams(
    database,
    runId,
    wanted.map(spec => spec.name),
  )
  const known = await ledger.watermarks(database, run.source.id)
  const failure = new AbortController()
  const all = AbortSignal.any([signal, failure.signal])
  const reading = new Map<StreamName, Promise<StreamOutcome>>()
  for (const [priority, spec] of wanted.entries()) {
    if (rows.find(row => row.stream === spec.name)?.status === 'completed') continue
    const context = {
      runId,
      fence: run.fence,
      sourceId: run.source.id,
      sourceRank: pluginRank(run.source.kind, spec.name),
      isFirstLoad,
      isFull: run.row.kind === 'full',
      spec,
      since: sinceOf(run.row.kind, spec.name, known.get(spec.name)),
      scope: run.scope,
      target: spec.name === 'findings' ? run.target : null,
      movesWatermark: run.row.kind !== 'targeted',
      unseenBefore: run.isRescoped ? (known.get('findings') ?? null) : null,
      priority,
      gate: settled(spec.after.flatMap(name => reading.get(name) ?? [])),
      expectsRows:
        (run.row.kind === 'full' || isDirectory(spec.name)) &&
        known.has(spec.name) &&
        (await ledger.hasRows(database, run.source.id, spec.name, run.scope)),
      families: await familiesOf(database, run, spec.name, isFirstLoad),
    }
    const outcome = readStream(deps, context, all)
    // One stream that ends the run ends the others too.
    outcome.catch(() => failure.abort())
    reading.set(spec.name, outcome)
  }
  const results = await Promise.allSettled(reading.values())
  const thrown = results.filter(result => result.status === 'rejected').map(result => result.reason as unknown)
  const first = thrown.find(reason => !(reason instanceof CancelledError)) ?? thrown[0]
  if (first !== undefined) throw first
  return results.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []))
}

/** Read whole by every run, so that nothing at all in it is always odd. */
function isDirectory(stream: StreamName): boolean {
  return (Object.values(directoryStreams) as readonly StreamName[]).includes(stream)
}

/** Families take a call each: not in a first load, which is to be quick, nor with the changes of every few hours. */
async function familiesOf(
  database: Database,
  { row, source }: HeldRun,
  stream: StreamName,
  isFirstLoad: boolean,
): Promise<readonly KnownFamily[] | null> {
  if (stream !== 'plugins' || isFirstLoad || (row.kind === 'delta' && row.streams.includes('findings'))) return null
  return settledFamilies(database, source.id)
}

/** Assets without any address to ask about. */
function hasNoTarget({ target }: PlannedRun, stream: StreamName): boolean {
  return stream === 'findings' && target !== null && target.pluginIds.length + target.addresses.length === 0
}

/**
 * Everything, unless the run asks for what changed since a moment we know. The assets of a targeted run are among those
 * that changed: the vendor has no export of one.
 */
function sinceOf(kind: ledger.RunRow['kind'], stream: StreamName, watermark: string | undefined): number | null {
  const isDelta = kind === 'delta' || (kind === 'targeted' && stream === 'assets')
  if (!isDelta || watermark === undefined) return null
  return Math.max(1, Math.floor(Date.parse(watermark) / 1000) - overlapSeconds)
}

async function settled(streams: readonly Promise<unknown>[]): Promise<void> {
  await Promise.allSettled(streams)
}

function endOf(outcomes: readonly StreamOutcome[]): RunEnd {
  const bad = outcomes.filter(outcome => outcome.status === 'failed' || outcome.status === 'incomplete')
  const error = bad.find(outcome => 'error' in outcome)?.error ?? null
  const rejected = outcomes.reduce((sum, outcome) => sum + outcome.counts.rejected, 0)
  if (bad.length > 0) {
    const readNothing = outcomes.every(outcome => outcome.status !== 'completed' && outcome.counts.received === 0)
    return { status: readNothing ? 'failed' : 'partial', error }
  }
  if (rejected > 0) {
    return {
      status: 'partial',
      error: {
        code: 'records_rejected',
        message: `${rejected} records could not be read; they are kept aside with the reason (tenfold status, GET /api/rejected).`,
      },
    }
  }
  return { status: 'completed', error: null }
}

/** How a run that threw ended; undefined when it has not: somebody else goes on with it. */
export function endOfThrown(thrown: unknown, isStopping: boolean, isCancelled: boolean): RunEnd | undefined {
  if (isCancelled) return { status: 'cancelled', error: null }
  if (isStopping) return undefined
  if (thrown instanceof StoreError && thrown.code === 'fenced') return undefined
  return { status: 'failed', error: toldError(thrown) }
}
