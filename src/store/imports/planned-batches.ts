import type { ObservedAsset } from '../../domain/asset.ts'
import type { Batch } from '../../domain/batch.ts'
import type { ComplianceResult } from '../../domain/compliance.ts'
import type { FileComplianceResult } from '../../domain/file-reading.ts'
import type { Finding, FindingState, SeverityModification } from '../../domain/finding.ts'
import type { JsonObject } from '../../domain/json.ts'
import type { Plugin, PluginDescription } from '../../domain/plugin.ts'
import type { Severity } from '../../domain/severity.ts'
import type { Connection } from '../database.ts'
import { loadHosts } from './known-assets.ts'

// What was staged, as the batches that every source hands to the merge. Findings come before assets: what they say of
// their assets is written in transactions of its own, which would wait for ours.

const rowsAtOnce = 2000
const hostsAtOnce = 500

/** @param plugins descriptions that are merged already, by their id */
export async function* plannedBatches(
  connection: Connection,
  importId: number,
  observedAt: string,
  plugins: (pluginId: number) => PluginDescription,
): AsyncGenerator<Batch> {
  yield* rejectedBatches(connection, importId)
  yield* findingBatches(connection, importId, plugins)
  yield* complianceBatches(connection, importId, observedAt)
  let after = ''
  for (;;) {
    const hosts = await loadHosts(connection, importId, observedAt, after, hostsAtOnce)
    const last = hosts.at(-1)
    if (!last) return
    yield { stream: 'assets', rows: hosts.map(host => host.asset), rejected: [], issues: [], bytes: 0 }
    after = last.asset.nativeId
  }
}

async function* rejectedBatches(connection: Connection, importId: number): AsyncGenerator<Batch> {
  const { rows: issues } = await connection.query<{ field: string; problem: string; record: string }>(
    `select field, problem, 'row ' || row_number as record from file_import_issue where import_id = $1
     order by row_number limit 10000`,
    [importId],
  )
  if (issues.length > 0) yield { stream: 'findings', rows: [], rejected: [], issues, bytes: 0 }
  let after = -1
  for (;;) {
    const { rows } = await connection.query<{ row_number: number; reason: string; raw: string }>(
      `select row_number, 'Row ' || row_number || ': ' || reason as reason, raw from file_import_rejected
       where import_id = $1 and row_number > $2 order by row_number limit 500`,
      [importId, after],
    )
    const last = rows.at(-1)
    if (!last) return
    const rejected = rows.map(({ reason, raw }) => ({ reason, raw }))
    yield { stream: 'findings', rows: [], rejected, issues: [], bytes: 0 }
    after = last.row_number
  }
}

interface PlannedFacts {
  readonly state: FindingState
  readonly severity: Severity
  readonly default_severity: Severity | null
  readonly severity_modification: SeverityModification
  readonly modification_reason: string | null
  readonly first_found: string | null
  readonly last_found: string | null
  readonly last_fixed: string | null
  readonly resurfaced_date: string | null
  readonly version_at: string | null
  readonly service: string | null
  readonly sensor: string | null
  readonly scan_target: string | null
  readonly native_id: string | null
  readonly scan_uuid: string | null
  readonly scan_schedule_uuid: string | null
  readonly scan_started_at: string | null
  readonly scan_completed_at: string | null
  readonly output: string | null
  readonly extra: JsonObject | null
}

interface PlannedRow {
  readonly step: number
  readonly known_as: string
  readonly plugin_id: number
  readonly port: number
  readonly protocol: string
  readonly instance: string
  readonly facts: PlannedFacts
}

async function* findingBatches(
  connection: Connection,
  importId: number,
  plugins: (pluginId: number) => PluginDescription,
): AsyncGenerator<Batch> {
  let after = 0
  for (;;) {
    const { rows } = await connection.query<PlannedRow & Record<string, unknown>>(
      `select step, known_as, plugin_id, port, protocol, instance, facts
       from file_import_plan
       where import_id = $1 and step > $2 and action not in ('same', 'older', 'absent', 'gone')
       order by step limit $3`,
      [importId, after, rowsAtOnce],
    )
    const last = rows.at(-1)
    if (!last) return
    const observed = await loadObserved(
      connection,
      importId,
      rows.map(row => row.known_as),
    )
    yield {
      stream: 'findings',
      rows: rows.map(row => findingOf(row, observed.get(row.known_as)!, plugins(row.plugin_id))),
      rejected: [],
      issues: [],
      bytes: 0,
    }
    after = last.step
  }
}

async function loadObserved(
  connection: Connection,
  importId: number,
  names: readonly string[],
): Promise<Map<string, ObservedAsset>> {
  const { rows } = await connection.query<{ known_as: string; observed: ObservedAsset }>(
    `select distinct on (known_as) known_as, observed
     from file_import_host
     where import_id = $1 and known_as = any($2::text[])
     order by known_as, asset ->> 'updatedAt' desc nulls last`,
    [importId, [...new Set(names)]],
  )
  return new Map(rows.map(row => [row.known_as, { ...row.observed, nativeId: row.known_as }]))
}

function findingOf(row: PlannedRow, asset: ObservedAsset, plugin: PluginDescription): Finding {
  const { facts } = row
  return {
    assetNativeId: row.known_as,
    asset,
    pluginId: row.plugin_id,
    plugin,
    port: row.port,
    protocol: row.protocol,
    instance: row.instance,
    state: facts.state,
    severity: facts.severity,
    defaultSeverity: facts.default_severity,
    severityModification: facts.severity_modification,
    modificationReason: facts.modification_reason,
    modificationRuleId: null,
    firstFound: facts.first_found,
    lastFound: facts.last_found,
    lastFixed: facts.last_fixed,
    resurfacedAt: facts.resurfaced_date,
    timeTakenToFixSeconds: null,
    indexedAt: facts.version_at,
    service: facts.service,
    sensor: facts.sensor,
    scanUuid: facts.scan_uuid,
    scanScheduleUuid: facts.scan_schedule_uuid,
    scanStartedAt: facts.scan_started_at,
    scanCompletedAt: facts.scan_completed_at,
    scanTarget: facts.scan_target,
    nativeId: facts.native_id,
    output: facts.output,
    extra: facts.extra,
  }
}

async function* complianceBatches(connection: Connection, importId: number, observedAt: string): AsyncGenerator<Batch> {
  let after = -1
  for (;;) {
    const { rows } = await connection.query<{
      row_number: number
      known_as: string
      result: Omit<FileComplianceResult, 'row' | 'nativeId'>
    }>(
      `select c.row_number, h.known_as, c.result
       from file_import_compliance c
       join file_import_host h using (import_id, native_id)
       where c.import_id = $1 and c.row_number > $2
       order by c.row_number limit $3`,
      [importId, after, rowsAtOnce],
    )
    const last = rows.at(-1)
    if (!last) return
    const observed = await loadObserved(
      connection,
      importId,
      rows.map(row => row.known_as),
    )
    const results = rows.map(
      (row): ComplianceResult => ({
        ...row.result,
        assetNativeId: row.known_as,
        asset: observed.get(row.known_as)!,
        vendorState: null,
        firstSeen: row.result.firstSeen,
        lastSeen: row.result.lastSeen ?? observedAt,
        lastFixed: null,
        lastObserved: row.result.lastSeen ?? observedAt,
        indexedAt: row.result.lastSeen ?? observedAt,
      }),
    )
    yield { stream: 'compliance', rows: results, rejected: [], issues: [], bytes: 0 }
    after = last.row_number
  }
}

/** Plugins of an import, a few at a time. */
export async function* stagedPlugins(connection: Connection, importId: number): AsyncGenerator<readonly Plugin[]> {
  let after = -1
  for (;;) {
    const { rows } = await connection.query<{ plugin_id: number; plugin: Plugin }>(
      'select plugin_id, plugin from file_import_plugin where import_id = $1 and plugin_id > $2 order by plugin_id limit 500',
      [importId, after],
    )
    const last = rows.at(-1)
    if (!last) return
    yield rows.map(row => row.plugin)
    after = last.plugin_id
  }
}
