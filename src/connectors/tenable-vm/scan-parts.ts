import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts'
import type { ScanReading, ScanRunDetails } from '../../domain/scan.ts'
import { SourceError } from '../../platform/errors.ts'
import type { Part, QualityIssue, Rejected, ScanBatch } from '../connector.ts'
import { clean } from '../formats/clean-text.ts'
import { maxRawBytes } from '../formats/json-array.ts'
import { type RecordNotes, UnreadableRecord } from '../formats/record.ts'
import type { ExportDeps } from './export-job.ts'
import { normaliseScan, normaliseScanDetails, normaliseScanRun, readFolders } from './normalise-scan.ts'
import { detailsPath, scansPath } from './scan-plan.ts'

/** Reads a part of scans: the list, what the plan found in one scan's history, or the details of one run. */
export async function* readScanPart(deps: ExportDeps, part: Part, signal: AbortSignal): AsyncGenerator<ScanBatch> {
  const { detail } = part
  if (Array.isArray(detail.history)) yield readRuns(detail, detail.history as readonly Json[])
  else if (typeof detail.run === 'string') yield await readDetails(deps, detail, detail.run, signal)
  else yield await readList(deps, signal)
}

/** Texts are few here: each is looked at. */
const anything = { nul: true, surrogate: true, utf8: false }

interface ReadRow {
  readonly row: ScanReading
  readonly notes: RecordNotes
}

class Rows {
  readonly rows: ScanReading[] = []
  readonly rejected: Rejected[] = []
  readonly issues: QualityIssue[] = []

  /** Takes one record, or keeps it aside. */
  add(value: Json, read: (wire: JsonObject) => ReadRow): void {
    const { value: whole, hadNul, hadSurrogate } = clean(value, anything)
    try {
      if (!isJsonObject(whole)) throw new UnreadableRecord('The record is not an object.')
      const { row, notes } = read(whole)
      notes.repaired({ nul: hadNul, surrogate: hadSurrogate, utf8: false })
      this.rows.push(row)
      if (notes.issues) this.issues.push(...notes.issues)
    } catch (thrown) {
      if (!(thrown instanceof UnreadableRecord)) throw thrown
      const raw = Buffer.from(JSON.stringify(whole)).subarray(0, maxRawBytes).toString('utf8')
      this.rejected.push({ reason: thrown.message, raw })
    }
  }

  batch(bytes: number): ScanBatch {
    const { rows, rejected, issues } = this
    return { stream: 'scans', rows, rejected, issues, bytes }
  }
}

async function readList({ client }: ExportDeps, signal: AbortSignal): Promise<ScanBatch> {
  const list = await client.json({ method: 'GET', path: scansPath }, signal)
  const wire = isJsonObject(list) ? list : {}
  // null where there are none.
  const scans = Array.isArray(wire.scans) ? (wire.scans as readonly Json[]) : []
  const rows = new Rows()
  for (const scan of scans) {
    rows.add(scan, readScan)
  }
  const listed = rows.rows.flatMap(row => (row.kind === 'scan' ? [row.scan.nativeId] : []))
  const folders = readFolders(clean(wire.folders ?? null, anything).value)
  // One that could not be read may be any of those we know: then none of them is gone.
  const whole = rows.rejected.length === 0 ? { listed } : {}
  return { ...rows.batch(JSON.stringify(list).length), folders, ...whole }
}

function readScan(wire: JsonObject): ReadRow {
  const { scan, notes } = normaliseScan(wire)
  return { row: { kind: 'scan', scan }, notes }
}

function readRuns(detail: JsonObject, history: readonly Json[]): ScanBatch {
  const owner = ownerOf(detail)
  const rows = new Rows()
  rows.add(detail.definition ?? null, readScan)
  for (const item of history) {
    rows.add(item, wire => {
      const { run, notes } = normaliseScanRun(owner, wire)
      return { row: { kind: 'run', run }, notes }
    })
  }
  const { cursor } = detail
  const read = typeof cursor === 'string' ? { cursor: { scanNativeId: owner.scanNativeId, value: cursor } } : {}
  return { ...rows.batch(JSON.stringify(history).length), ...read }
}

async function readDetails(
  { client }: ExportDeps,
  detail: JsonObject,
  uuid: string,
  signal: AbortSignal,
): Promise<ScanBatch> {
  const owner = ownerOf(detail)
  const rows = new Rows()
  let answer: Json
  try {
    answer = await client.json({ method: 'GET', path: detailsPath(owner.scanNativeId, uuid) }, signal)
  } catch (thrown) {
    const problem = problemOf(thrown)
    if (problem === undefined) throw thrown
    const details = { ...normaliseScanDetails(owner, uuid, {}), problem }
    return { ...rows.batch(0), rows: [{ kind: 'details', details }] }
  }
  const { value } = clean(answer, anything)
  const details = normaliseScanDetails(owner, uuid, isJsonObject(value) ? value : {})
  return { ...rows.batch(JSON.stringify(answer).length), rows: [{ kind: 'details', details }] }
}

/** A run that this key may not see, or that is gone since the history named it. */
function problemOf(thrown: unknown): ScanRunDetails['problem'] | undefined {
  if (!(thrown instanceof SourceError)) return undefined
  if (thrown.status === 403) return 'forbidden'
  return thrown.status === 404 ? 'not_found' : undefined
}

function ownerOf(detail: JsonObject): { readonly scanNativeId: number; readonly scheduleUuid: string | null } {
  return {
    scanNativeId: Number(detail.scan),
    scheduleUuid: typeof detail.schedule === 'string' ? detail.schedule : null,
  }
}
