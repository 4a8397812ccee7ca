import { randomUUID } from 'node:crypto'
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts'
import { finishedScanStatuses } from '../../domain/scan.ts'
import type { ExportRecord, Held, PlanStep, ReadRequest } from '../connector.ts'
import { clean } from '../formats/clean-text.ts'
import { identify } from './check.ts'
import type { ExportDeps } from './export-job.ts'
import { encodeCursor, isSettled } from './scan-cursor.ts'
import { readHistory, type ScanHistory } from './scan-history.ts'

export const scansPath = '/scans'

export interface ScanPlanDeps extends ExportDeps {
  readonly scanCallsPerRun: number
}

/**
 * The list of scans in one call, then the history of the scans that ran since we looked, then the details of finished
 * runs, newest first: each a call. One run of ours spends so many and leaves the rest to the next.
 */
export async function* planScans(
  deps: ScanPlanDeps,
  request: ReadRequest,
  signal: AbortSignal,
): AsyncGenerator<PlanStep> {
  const record = request.resume ?? newListing(deps)
  const list = await deps.client.json({ method: 'GET', path: scansPath }, signal)
  const listedNowMs = deps.client.sourceNowMs()
  yield { kind: 'export', record, echoed: null, notes: [] }
  yield partStep(record, 'list', { path: scansPath })
  const held = request.held ?? { cursors: new Map(), members: [] }
  const budget = new Budget(callsFor(held, deps.scanCallsPerRun))
  const notes: string[] = []
  const histories = yield* planHistories(deps, record, unsettled(list, held, listedNowMs), budget, notes, signal)
  yield* planDetails(deps, record, wantedDetails(held, histories), budget, notes, signal)
  yield { kind: 'end', outcome: 'complete', reason: null, failed: [], cancelled: [], notes }
}

function newListing({ client }: ScanPlanDeps): ExportRecord {
  return { exportId: `scans:${randomUUID()}`, asked: {}, readAt: new Date(client.sourceNowMs()).toISOString() }
}

/** The first sync of a source is waited for: half of them, which the burst of a key's rate allows at once. */
function callsFor({ cursors, members }: Held, perRun: number): number {
  return cursors.size === 0 && members.length === 0 ? Math.ceil(perRun / 2) : perRun
}

/** Calls that this run may still make. */
class Budget {
  readonly calls: number
  #left: number

  constructor(calls: number) {
    this.calls = calls
    this.#left = calls
  }

  get left(): number {
    return this.#left
  }

  take(): boolean {
    if (this.#left <= 0) return false
    this.#left -= 1
    return true
  }
}

export interface ListedScan {
  readonly nativeId: number
  readonly scheduleUuid: string | null
  readonly wire: JsonObject
  readonly cursor: string | undefined
}

/** Scans whose history says more than we hold, those that ran last first. One that never ran has none. */
function unsettled(list: Json, held: Held, nowMs: number): ListedScan[] {
  // It goes into the ledger, and PostgreSQL takes not every text.
  const { value } = clean(list, { nul: true, surrogate: true, utf8: false })
  const scans = isJsonObject(value) && Array.isArray(value.scans) ? (value.scans as readonly Json[]) : []
  return scans
    .filter(isJsonObject)
    .filter(({ id, status }) => typeof id === 'number' && status !== 'empty')
    .map(wire => ({
      nativeId: wire.id as number,
      scheduleUuid: typeof wire.schedule_uuid === 'string' ? wire.schedule_uuid : null,
      wire,
      cursor: held.cursors.get(String(wire.id)),
    }))
    .filter(({ wire, cursor }) => !isSettled(cursor, wire, nowMs))
    .sort((a, b) => lastRun(b.wire) - lastRun(a.wire))
}

function lastRun(wire: JsonObject): number {
  return typeof wire.last_modification_date === 'number' ? wire.last_modification_date : 0
}

/** A share of the calls is kept for details: many scans must not keep them waiting for days. */
const historyShare = 2 / 3

async function* planHistories(
  deps: ScanPlanDeps,
  record: ExportRecord,
  scans: readonly ListedScan[],
  budget: Budget,
  notes: string[],
  signal: AbortSignal,
): AsyncGenerator<PlanStep, ScanHistory[]> {
  const histories: ScanHistory[] = []
  const keep = Math.floor(budget.calls * (1 - historyShare))
  const take = () => budget.left > keep && budget.take()
  let refused = 0
  for (const scan of scans) {
    if (budget.left <= keep) break
    const history = await readHistory(deps.client, scan, take, signal)
    histories.push(history)
    if (history.refused !== null) refused += 1
    if (history.cut === 'length')
      notes.push(`Of scan ${scan.nativeId} only the newest ${history.runs.length} runs were read.`)
    const { nativeId, scheduleUuid, wire } = scan
    const cursor =
      history.cut === 'calls' ? null : encodeCursor(wire, history.runs, scan.cursor, deps.client.sourceNowMs())
    // With the scan itself: this part may be merged before the list.
    const detail = { scan: nativeId, schedule: scheduleUuid, definition: wire, history: history.runs, cursor }
    yield partStep(record, `history:${nativeId}`, detail)
  }
  const waiting = scans.length - histories.filter(history => history.cut !== 'calls').length
  if (waiting > 0)
    notes.push(
      `The history of ${waiting} scans is left to the next run: this one made ${budget.calls} calls for scans.`,
    )
  if (refused > 0) notes.push(`The history of ${refused} scans was refused to this key: it needs Can View on them.`)
  return histories
}

interface WantedRun {
  readonly scan: number
  readonly uuid: string
}

/** Finished runs whose results the source still gives and whose details we never asked for, newest first. */
function wantedDetails({ members }: Held, histories: readonly ScanHistory[]): WantedRun[] {
  const known = new Map(members.map(member => [member.id, member]))
  const wanted = new Map<string, WantedRun & { readonly startedAt: number }>()
  for (const { scan, runs } of histories) {
    for (const run of runs) {
      const uuid = run.scan_uuid
      if (typeof uuid !== 'string' || known.get(uuid)?.isWhole || run.is_archived === true) continue
      if (typeof run.status !== 'string' || !finishedScanStatuses.has(run.status.toLowerCase())) continue
      const startedAt = typeof run.time_start === 'number' ? run.time_start : 0
      wanted.set(uuid, { scan: scan.nativeId, uuid, startedAt })
    }
  }
  const listed = new Set(histories.flatMap(({ runs }) => runs.map(run => run.scan_uuid)))
  const fromHistory = [...wanted.values()].sort((a, b) => b.startedAt - a.startedAt)
  // What an earlier run left; of scans just listed the list knows better.
  const left = members.filter(member => !member.isWhole && !listed.has(member.id))
  return [...fromHistory, ...left.map(({ parentId, id }) => ({ scan: Number(parentId), uuid: id }))]
}

async function* planDetails(
  deps: ScanPlanDeps,
  record: ExportRecord,
  wanted: readonly WantedRun[],
  budget: Budget,
  notes: string[],
  signal: AbortSignal,
): AsyncGenerator<PlanStep> {
  if (wanted.length === 0) return
  if (!(await mayReadDetails(deps, signal))) {
    notes.push('The details of runs were refused to this key: they need the Scan Operator [24] role.')
    return
  }
  let planned = 0
  for (const { scan, uuid } of wanted) {
    if (!budget.take()) break
    planned += 1
    yield partStep(record, `details:${uuid}`, { scan, run: uuid })
  }
  const waiting = wanted.length - planned
  if (waiting > 0) notes.push(`The details of ${waiting} runs are left to the next run, the oldest ones.`)
}

const scanOperator = 24

/** Asked of the role, not tried: a refused call for each run would be many. Where the role is not told, each is tried. */
async function mayReadDetails(deps: ScanPlanDeps, signal: AbortSignal): Promise<boolean> {
  const { permissions } = await identify(deps, signal)
  return permissions === null || permissions >= scanOperator
}

export function detailsPath(scan: number, uuid: string): string {
  return `${scansPath}/${scan}?${new URLSearchParams({ history_uuid: uuid })}`
}

function partStep({ exportId, readAt }: ExportRecord, partId: string, detail: JsonObject): PlanStep {
  return { kind: 'part', part: { stream: 'scans', exportId, partId, readAt, detail } }
}
