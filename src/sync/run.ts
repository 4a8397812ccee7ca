import type { Connector, Identity, KnownFamily, StreamName, StreamSpec } from '../connectors/connector.ts'
import { directoryStreams } from '../domain/directory.ts'
import type { Clock } from '../platform/clock.ts'
import { CancelledError, SourceError, StoreError } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import type { Database } from '../store/database.ts'
import { followRuleDates } from '../store/groups/regroup.ts'
import * as ledger from '../store/ledger.ts'
import { settledFamilies } from '../store/plugin-families.ts'
import {
  findIndexingDelay,
  findWatermarks,
  learnIndexingDelay,
  recordClockOffset,
  type Watermark,
  widenRun,
} from '../store/reading-window.ts'
import { rollUpTotals } from '../store/rollups/roll-up.ts'
import { recordPermissions } from '../store/run-permissions.ts'
import { dropSecondaryIndexes, ensureSecondaryIndexes } from '../store/secondary-indexes.ts'
import { recordIdentity, type Source } from '../store/sources.ts'
import { sweepComplianceAfter } from './compliance-sweep.ts'
import { pluginRank } from './connection.ts'
import { failureOf } from './failure.ts'
import type { PartReader } from './part-desk.ts'
import { noteEmptyAddresses, type PlannedRun, planRun } from './plan-run.ts'
import { readStream, type StreamOutcome } from './stream.ts'
import { sweepAfter } from './sweep.ts'
import { clockOffsetMs, doubtOf, everything, type Window, windowSince } from './window.ts'

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

/**
 * Reads every stream of a run and says how it ended. The rows read are true by themselves; nothing is ended here.
 * @throws what concerns the whole run: cancelled, fenced, the database gone
 */
export async function executeRun(deps: RunDeps, held: HeldRun, signal: AbortSignal): Promise<RunEnd> {
  const { database, connector, log } = deps
  const runId = held.row.run_id
  const isBegun = (await ledger.openStreams(database, runId, [])).length > 0
  const asked = await planRun(database, held)
  log.debug({ run_id: runId, fence: asked.fence }, 'a run is planned')
  await ledger.ensureEventPartitions(database)
  const identity = await recogniseSource(deps, asked, signal)
  const run = await widenIfInDoubt(deps, asked, identity, isBegun, signal)
  const isFirstLoad = !(await ledger.hasCompleteFindings(database, run.source.id, runId))
  if (isFirstLoad && (await ledger.isFindingEmpty(database))) await dropSecondaryIndexes(database)
  try {
    const outcomes = await readStreams(deps, run, isFirstLoad, connector.streams, signal)
    log.debug({ run_id: runId }, 'a run is finished')
    if (run.target) await noteEmptyAddresses(database, runId)
    await learnIndexingDelay(database, runId)
    await sweep(deps, run, identity, isFirstLoad, signal)
    await sweepComplianceAfter(deps, run, isFirstLoad)
    log.debug({ run_id: runId }, 'totals are rolled up')
    await rollUpTotals(database, run.source.id)
    await followRuleDates(database, deps.clock.now())
    log.debug({ run_id: runId }, 'a run is closed')
    return endOf(outcomes, await ledger.countRejected(database, runId))
  } finally {
    // Without them every list of findings would be slow; a run that was stopped leaves them to the one that resumes it.
    if (!signal.aborted) await ensureSecondaryIndexes(database)
  }
}

const isAskedByTime = (stream: StreamName): boolean =>
  stream === 'assets' || stream === 'findings' || stream === 'compliance'

/** A delta whose start cannot be believed reads everything, and says why. One that is taken up stays what it is. */
async function widenIfInDoubt(
  deps: RunDeps,
  run: PlannedRun,
  identity: Identity,
  isBegun: boolean,
  signal: AbortSignal,
): Promise<PlannedRun> {
  const { database } = deps
  const { run_id: runId, kind, streams } = run.row
  if (!isBegun) await recordClockOffset(database, runId, clockOffsetMs(deps.clock, identity))
  if (kind !== 'delta' || isBegun) return run
  const known = await findWatermarks(database, run.source.id)
  // The catalogue of plugins is asked for by days, and a plugin says itself which version it is; lists are read whole.
  const concerned = [...known].filter(([stream]) => isAskedByTime(stream) && streams.includes(stream))
  const doubt = await doubtOf(deps, run, identity, new Map(concerned), signal)
  if (!doubt) return run
  const note = `Everything is read instead of what changed: ${doubt.text} [${doubt.code}]`
  await ledger.addNote(database, runId, note)
  deps.log.warn({ run_id: runId, code: doubt.code }, 'a delta was made a full run')
  if (!(await widenRun(database, runId, run.fence))) {
    throw new StoreError('fenced', `Run ${runId} was taken over or ended.`)
  }
  return { ...run, row: { ...run.row, kind: 'full' } }
}

/**
 * After a full run of everything, wholly read: only then is what was not met known to be missing. A first load has
 * nothing that could be.
 */
async function sweep(
  { database, clock, log, connector }: RunDeps,
  { row, source, fence, scope, isRescoped }: PlannedRun,
  identity: Identity,
  isFirstLoad: boolean,
  signal: AbortSignal,
): Promise<void> {
  if (isFirstLoad || row.kind !== 'full') return
  const streams = await ledger.openStreams(database, row.run_id, [])
  const isRead = (name: StreamName) => streams.some(({ stream, status }) => stream === name && status === 'completed')
  const isRequired = (name: StreamName) => connector.streams.some(stream => stream.name === name && stream.required)
  const tells = (['assets', 'findings'] as const).filter(name => connector.streams.some(stream => stream.name === name))
  if (!tells.every(isRead)) return
  log.debug({ run_id: row.run_id }, 'a sweep begins')
  const rejected = await ledger.countRejected(database, row.run_id, ['assets', 'findings'])
  const why =
    isRequired('networks') && !isRead('networks')
      ? 'the repositories were not read, so that one which the key no longer sees would look empty.'
      : isRequired('scans') && !isRead('scans')
        ? 'the scans were not read, so that it is not known which of them are gone.'
        : whyNoSweep(identity, source, rejected)
  const findGone = (nativeIds: readonly string[]) => connector.findGone(nativeIds, signal)
  await sweepAfter(
    { database, clock, log },
    { runId: row.run_id, sourceId: source.id, fence, scope, isRescoped, findGone },
    why,
    signal,
  )
}

function whyNoSweep(identity: Identity, source: Source, rejected: number): string | undefined {
  if (rejected > 0) {
    return `${rejected} records could not be read; one of them may be what seems to be missing.`
  }
  if (identity.fingerprint === null && source.fingerprint !== null) {
    return 'the source did not say which container it is, so what seems to be missing may be in another one.'
  }
  return undefined
}

async function recogniseSource(deps: RunDeps, { row, source }: HeldRun, signal: AbortSignal): Promise<Identity> {
  const said = await deps.connector.identify(signal)
  const identity = isOfOtherForm(said.fingerprint, source.fingerprint) ? { ...said, fingerprint: null } : said
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
  for (const warning of identity.warnings ?? []) await ledger.addNote(deps.database, row.run_id, warning)
  await recordPermissions(deps.database, row.run_id, identity.permissions)
  await recordIdentity(deps.database, source.id, { fingerprint: identity.fingerprint, role: identity.role })
  return identity
}

/** A container and a server name themselves in identifiers of other lengths: one says nothing about the other. */
function isOfOtherForm(said: string | null, known: string | null): boolean {
  return said !== null && known !== null && said.length !== known.length
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
  const known = await findWatermarks(database, run.source.id)
  const indexingDelay = await findIndexingDelay(database, run.source.id)
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
      window: windowOf(run.row.kind, spec.name, known.get(spec.name), indexingDelay),
      scope: run.scope,
      target: spec.name === 'findings' ? run.target : null,
      movesWatermark: run.row.kind !== 'targeted',
      unseenBefore: run.isRescoped ? (known.get('findings')?.at ?? null) : null,
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
function windowOf(
  kind: ledger.RunRow['kind'],
  stream: StreamName,
  watermark: Watermark | undefined,
  indexingDelay: number | null,
): Window {
  const isDelta = kind === 'delta' || (kind === 'targeted' && stream === 'assets')
  if (!watermark) return everything
  const since = windowSince(watermark.at, indexingDelay)
  return isDelta ? since : { ...everything, readBefore: since.readBefore }
}

async function settled(streams: readonly Promise<unknown>[]): Promise<void> {
  await Promise.allSettled(streams)
}

/** @param rejected records of the whole run, also of processes that died before it ended */
function endOf(outcomes: readonly StreamOutcome[], rejected: number): RunEnd {
  const bad = outcomes.filter(outcome => outcome.status === 'failed' || outcome.status === 'incomplete')
  const error = bad.find(outcome => 'error' in outcome)?.error ?? null
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
  return { status: 'failed', error: failureOf(thrown) }
}
