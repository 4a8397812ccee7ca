import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts'
import { finishedScanStatuses } from '../../domain/scan.ts'

/** How far the history of one scan was read; instants in seconds. */
interface HistoryCursor {
  /** What the list said of the scan when its history was read. */
  readonly sign: string
  /** Runs that began at or before this are finished and read. */
  readonly settledTo: number
  /** Of those, the ones that began at or before this were archived already. */
  readonly archivedTo: number
  /** When the history was last read back to there. */
  readonly deepAt: number
  /** No run is left that will be archived one day. */
  readonly isArchived: boolean
}

/** The vendor archives results after 35 days; it is enough to notice within a week. */
const deepEverySeconds = 7 * 86_400
const archivedAfterSeconds = 35 * 86_400

/** What the list says of a scan's latest run. */
function signOf({ uuid, status, last_modification_date }: JsonObject): string {
  return JSON.stringify([uuid ?? null, status ?? null, last_modification_date ?? null])
}

/** @param runs the history as far as it was read, at `nowMs`, by somebody who held `before` */
export function encodeCursor(
  wire: JsonObject,
  runs: readonly JsonObject[],
  before: string | undefined,
  nowMs: number,
): string {
  const nowSeconds = nowMs / 1000
  const open = runs.filter(run => !isFinished(run)).map(startOf)
  const held = decodeCursor(before)
  const archived = runs.filter(run => run.is_archived === true).map(startOf)
  const cursor: HistoryCursor = {
    sign: signOf(wire),
    // Runs that go on are looked at again, and whatever began after the first of them.
    settledTo: open.length > 0 ? Math.min(...open) - 1 : Math.max(held?.settledTo ?? 0, ...runs.map(startOf)),
    archivedTo: Math.max(held?.archivedTo ?? 0, ...archived),
    deepAt: held && !isDeepDue(held, nowSeconds) ? held.deepAt : nowSeconds,
    isArchived: runs.every(run => run.is_archived === true || !isFinished(run)),
  }
  return JSON.stringify(cursor)
}

function decodeCursor(text: string | undefined): HistoryCursor | undefined {
  const value = text === undefined ? undefined : (JSON.parse(text) as Json)
  if (!isJsonObject(value)) return undefined
  const second = (name: string) => (typeof value[name] === 'number' ? value[name] : 0)
  return {
    sign: String(value.sign),
    settledTo: second('settledTo'),
    archivedTo: second('archivedTo'),
    deepAt: second('deepAt'),
    isArchived: value.isArchived === true,
  }
}

function isDeepDue({ deepAt }: HistoryCursor, nowSeconds: number): boolean {
  return nowSeconds - deepAt >= deepEverySeconds
}

/** Whether asking for the history would say nothing new. */
export function isSettled(text: string | undefined, wire: JsonObject, nowMs: number): boolean {
  const cursor = decodeCursor(text)
  if (!cursor || cursor.sign !== signOf(wire) || !isFinished(wire)) return false
  // Runs that have been archived since: the list says nothing of it.
  const mayBeArchived = !cursor.isArchived && cursor.settledTo < nowMs / 1000 - archivedAfterSeconds
  return !(mayBeArchived && isDeepDue(cursor, nowMs / 1000))
}

/** Of runs that began before this nothing new will be said: the history need not be read further back. */
export function knownBefore(text: string | undefined, nowMs: number): number {
  const cursor = decodeCursor(text)
  if (!cursor) return 0
  return isDeepDue(cursor, nowMs / 1000) ? Math.min(cursor.settledTo, cursor.archivedTo) : cursor.settledTo
}

export function startOf(run: JsonObject): number {
  return typeof run.time_start === 'number' ? run.time_start : 0
}

function isFinished({ status }: JsonObject): boolean {
  return typeof status === 'string' && finishedScanStatuses.has(status.toLowerCase())
}
