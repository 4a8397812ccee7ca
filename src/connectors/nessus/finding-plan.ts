import { randomUUID } from 'node:crypto'
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts'
import type { ScanReading } from '../../domain/scan.ts'
import { isEverything } from '../../domain/scope.ts'
import { SourceError } from '../../platform/errors.ts'
import type { ExportRecord, PlanStep, ReadRequest } from '../connector.ts'
import type { NessusClient } from './client.ts'
import { type ExportFile, prepareExport } from './export.ts'
import { type PlannedRun, type PlannedScan, plannedScanJson, plannedScanOf } from './planned.ts'
import { detailsOf, listedRuns, type ReadableRun, readableRuns, runsAtMost } from './runs.ts'
import { idOf, numberOf, objectsIn, textOf } from './wire.ts'

export interface PlanDeps {
  readonly client: NessusClient
  /** How long an export may take before it is given up. */
  readonly stuckAfterMs: number
  readonly pollDelayMs: { readonly firstMs: number; readonly maxMs: number }
}

/** The runs of scans since the last time, each exported, and a part for each scan when its exports are ready. */
export async function* planFindings(
  deps: PlanDeps,
  request: ReadRequest,
  signal: AbortSignal,
): AsyncGenerator<PlanStep> {
  refuseLimits(request)
  const notes: string[] = []
  const record = request.resume ?? (await newRecord(deps.client, request, notes, signal))
  yield { kind: 'export', record, echoed: null, notes }
  const scans = objectsIn(record.asked.scans).map(plannedScanOf)
  yield { kind: 'progress', status: 'READING', partsTotal: scans.length }
  let exportsAreRefused = false
  const gone = new Set<string>()
  for (const scan of scans) {
    const runs: PlannedRun[] = []
    for (const run of scan.runs) {
      const made = exportsAreRefused ? 'refused' : await madeExport(deps, scan, run, signal)
      if (made === 'refused') exportsAreRefused = true
      // The run was deleted after it had been listed: there is nothing to read any more.
      if (made === 'gone') gone.add(scan.name)
      else runs.push({ ...run, path: made === 'refused' ? null : made.path })
    }
    const detail = plannedScanJson({ ...scan, runs })
    const { exportId, readAt } = record
    yield { kind: 'part', part: { stream: request.stream, exportId, partId: `scan:${scan.scanId}`, readAt, detail } }
  }
  const afterwards = [
    ...(exportsAreRefused ? [refusedNote] : []),
    ...(gone.size > 0
      ? [`Runs of ${[...gone].join(', ')} were deleted after they had been listed; they were not read.`]
      : []),
  ]
  yield { kind: 'end', outcome: 'complete', reason: null, failed: [], cancelled: [], notes: afterwards }
}

const refusedNote =
  'The licence of this scanner does not allow exports: machines and plugins were read one by one, which takes a call for each.'

/** @throws SourceError `scope_not_offered`, `target_not_offered` */
function refuseLimits({ scope, target }: ReadRequest): void {
  if (!isEverything(scope)) {
    throw new SourceError(
      'scope_not_offered',
      'never',
      'Nessus knows neither tags nor networks, and what is left out of a scan cannot be told from what is fixed: a Nessus source is read whole. Take its scope away, or share fewer scans with its user.',
    )
  }
  if (target !== null) {
    throw new SourceError(
      'target_not_offered',
      'never',
      'Nessus cannot be asked about single machines or plugins: it tells what its scans have found, run by run. Start a sync.',
    )
  }
}

async function newRecord(
  client: NessusClient,
  { mode, since, readBefore = null }: ReadRequest,
  notes: string[],
  signal: AbortSignal,
): Promise<ExportRecord> {
  const from = mode === 'delta' ? since : null
  const list = await client.get(from === null ? '/scans' : `/scans?last_modification_date=${from}`, signal)
  if (!isJsonObject(list))
    throw new SourceError('truncated_body', 'now', 'GET /scans answered with something that is no list of scans.')
  const timestamp = numberOf(list.timestamp)
  const readAt = new Date(timestamp === null ? client.sourceNowMs() : timestamp * 1000).toISOString()
  const scans: JsonObject[] = []
  for (const wire of objectsIn(list.scans)) {
    const scanId = idOf(wire.id)
    if (scanId === null) continue
    const name = textOf(wire.name) ?? String(scanId)
    const details = await detailsIfThere(client, scanId, signal)
    if (details === undefined) continue
    const found = readableRuns(details, from, readBefore)
    if (found.length > runsAtMost) {
      notes.push(
        `Of ${name} the last ${runsAtMost} of ${found.length} new runs are read; what only the others saw is not known.`,
      )
    }
    const runs = found.slice(-runsAtMost).map(run => ({ ...run, path: null }))
    const told = detailsOf(scanId, details)
    const rows: ScanReading[] = [
      ...listedRuns(scanId, details).map(run => ({ kind: 'run' as const, run })),
      ...(told ? [{ kind: 'details' as const, details: told }] : []),
    ]
    if (runs.length + rows.length > 0) scans.push(plannedScanJson({ scanId, name, runs, rows }))
  }
  return { exportId: `findings:${randomUUID()}`, asked: { mode, since: from, scans }, readAt }
}

/** undefined for a scan that was deleted after it had been listed. */
async function detailsIfThere(client: NessusClient, scanId: number, signal: AbortSignal): Promise<Json | undefined> {
  try {
    return await client.get(`/scans/${scanId}`, signal)
  } catch (thrown) {
    if (thrown instanceof SourceError && thrown.code === 'not_found') return undefined
    throw thrown
  }
}

async function madeExport(
  deps: PlanDeps,
  { scanId, name }: PlannedScan,
  run: ReadableRun,
  signal: AbortSignal,
): Promise<ExportFile | 'refused' | 'gone'> {
  try {
    return await prepareExport(deps, { scanId, historyId: run.historyId, name }, signal)
  } catch (thrown) {
    if (!(thrown instanceof SourceError)) throw thrown
    if (thrown.code === 'not_found') return 'gone'
    if (thrown.code === 'export_refused' || thrown.code === 'no_api') return 'refused'
    throw thrown
  }
}
