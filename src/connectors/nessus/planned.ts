import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts'
import type { ScanReading, ScanRun, ScanRunDetails } from '../../domain/scan.ts'
import type { ReadableRun } from './runs.ts'
import { booleanOf, idOf, memberOf, numberOf, objectsIn, textOf } from './wire.ts'

// What a plan says of a scan, as plain data: the ledger keeps it, and a part that is opened, perhaps by another process of
// another version, reads it again.

/** A scan whose runs are read together, oldest first: each is compared with what those before it left. */
export interface PlannedScan {
  readonly scanId: number
  readonly name: string
  readonly runs: readonly PlannedRun[]
  /** Rows about its runs. */
  readonly rows: readonly ScanReading[]
}

export interface PlannedRun extends ReadableRun {
  /** Where its export lies; null where machines are asked for one by one, or it is not made yet. */
  readonly path: string | null
}

export function plannedScanJson({ scanId, name, runs, rows }: PlannedScan): JsonObject {
  return { scanId, name, runs: runs.map(plannedRunJson), rows: rows.map(rowJson) }
}

function plannedRunJson({ path, ...run }: PlannedRun): JsonObject {
  return { ...run, file: path === null ? null : { path } }
}

function rowJson(row: ScanReading): JsonObject {
  switch (row.kind) {
    case 'scan':
      return { kind: 'scan', scan: { ...row.scan } }
    case 'run':
      return { kind: 'run', run: { ...row.run } }
    case 'details': {
      const { severities } = row.details
      return { kind: 'details', details: { ...row.details, severities: severities && { ...severities } } }
    }
  }
}

/** @throws Error when it is no scan that a plan has named */
export function plannedScanOf(value: Json): PlannedScan {
  const scanId = idOf(memberOf(value, 'scanId'))
  if (!isJsonObject(value) || scanId === null) throw new Error('the plan of a part names no scan')
  return {
    scanId,
    name: textOf(value.name) ?? String(scanId),
    runs: objectsIn(value.runs).map(plannedRunOf),
    rows: objectsIn(value.rows).flatMap(rowOf),
  }
}

function plannedRunOf(value: JsonObject): PlannedRun {
  return {
    historyId: idOf(value.historyId),
    uuid: textOf(value.uuid),
    isWhole: value.isWhole === true,
    startedAt: textOf(value.startedAt),
    endedAt: textOf(value.endedAt),
    path: textOf(memberOf(value.file, 'path')),
  }
}

/** What is not understood is left out: the list of scans is read with each sync. */
function rowOf(value: JsonObject): ScanReading[] {
  if (value.kind === 'run') {
    const run = runOf(value.run)
    return run ? [{ kind: 'run', run }] : []
  }
  const details = value.kind === 'details' ? runDetailsOf(value.details) : undefined
  return details ? [{ kind: 'details', details }] : []
}

function runOf(value: Json | undefined): ScanRun | undefined {
  const scanNativeId = idOf(memberOf(value, 'scanNativeId'))
  if (!isJsonObject(value) || typeof value.uuid !== 'string' || scanNativeId === null) return undefined
  return {
    uuid: value.uuid,
    scanNativeId,
    scheduleUuid: textOf(value.scheduleUuid),
    nativeId: idOf(value.nativeId),
    status: textOf(value.status),
    startedAt: textOf(value.startedAt),
    completedAt: textOf(value.completedAt),
    isArchived: booleanOf(value.isArchived) ?? false,
    extra: isJsonObject(value.extra) ? value.extra : null,
  }
}

function runDetailsOf(value: Json | undefined): ScanRunDetails | undefined {
  const scanNativeId = idOf(memberOf(value, 'scanNativeId'))
  if (!isJsonObject(value) || typeof value.uuid !== 'string' || scanNativeId === null) return undefined
  const { severities, problem } = value
  const countOf = (level: string) => numberOf(memberOf(severities, level)) ?? 0
  return {
    uuid: value.uuid,
    scanNativeId,
    scheduleUuid: textOf(value.scheduleUuid),
    problem: problem === 'forbidden' || problem === 'not_found' ? problem : null,
    isArchived: booleanOf(value.isArchived) ?? false,
    startedAt: textOf(value.startedAt),
    hosts: numberOf(value.hosts),
    severities: isJsonObject(severities)
      ? {
          info: countOf('info'),
          low: countOf('low'),
          medium: countOf('medium'),
          high: countOf('high'),
          critical: countOf('critical'),
        }
      : null,
    policy: textOf(value.policy),
    scanner: textOf(value.scanner),
    targets: textOf(value.targets),
    folderId: idOf(value.folderId),
  }
}
