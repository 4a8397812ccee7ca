import type { ComplianceCheck, ComplianceResult } from '../../domain/compliance.ts'
import { textHash } from '../copy-text.ts'
import type { Database } from '../database.ts'
import { microseconds } from './compliance-rows.ts'
import type { PartContext } from './context.ts'

/** Our ids of checks, and which version of each this worker has written. */
export type CheckDirectory = Map<string, KnownCheck>

interface KnownCheck {
  readonly id: number
  readonly version: Version
}

interface Version {
  readonly at: string | null
  readonly hash: bigint
}

// About 200 bytes each; a large audit file has a thousand.
const remembered = 50_000

export function checkKey({ auditFile, nativeId }: ComplianceCheck): string {
  return `${auditFile}\t${nativeId}`
}

interface CheckRow {
  readonly key: string
  readonly version: Version
  readonly check: ComplianceCheck
}

/**
 * Writes down the checks that some results name, in a transaction of their own: chunks share them. The newest result
 * describes its check, whatever the order in which they come.
 */
export async function resolveChecks(
  database: Database,
  directory: CheckDirectory,
  context: PartContext,
  results: readonly ComplianceResult[],
): Promise<void> {
  if (directory.size > remembered) directory.clear()
  const news = newChecks(directory, results)
  if (news.length === 0) return
  const json = JSON.stringify(news.map(row => columnsOf(row)))
  const { rows } = await database.transaction(async connection => {
    await connection.query(upsertChecks, [json, context.sourceId, context.runId])
    return connection.query<{ audit_file: string; native_id: string; check_id: number }>(selectIds, [
      context.sourceId,
      news.map(({ check }) => check.auditFile),
      news.map(({ check }) => check.nativeId),
    ])
  })
  const ids = new Map(rows.map(row => [`${row.audit_file}\t${row.native_id}`, row.check_id]))
  for (const { key, version } of news) directory.set(key, { id: ids.get(key)!, version })
}

function newChecks(directory: CheckDirectory, results: readonly ComplianceResult[]): CheckRow[] {
  const hashes = new Map<ComplianceCheck, bigint>()
  const newest = new Map<string, CheckRow>()
  for (const { check, indexedAt } of results) {
    const key = checkKey(check)
    const hash = hashes.get(check) ?? BigInt(textHash(JSON.stringify(check)))
    hashes.set(check, hash)
    const version = { at: indexedAt, hash }
    const other = newest.get(key)?.version ?? directory.get(key)?.version
    if (!other || isNewer(version, other)) newest.set(key, { key, version, check })
  }
  // In one order, so that two writers do not wait for each other in a ring.
  return [...newest.values()].sort((a, b) => (a.key < b.key ? -1 : 1))
}

function isNewer(one: Version, other: Version): boolean {
  const [a, b] = [one.at, other.at].map(at => (at === null ? Number.NEGATIVE_INFINITY : microseconds(at)))
  return a === b ? one.hash > other.hash : a! > b!
}

const columns = {
  name: 'text',
  info: 'text',
  solution: 'text',
  synopsis: 'text',
  see_also: 'text',
  plugin_id: 'integer',
  plugin_name: 'text',
  profile_name: 'text',
  benchmark_name: 'text',
  benchmark_version: 'text',
  vendor_check_id: 'text',
  control_id: 'text',
  functional_id: 'text',
  informational_id: 'text',
  metadata_id: 'text',
  db_type: 'text',
  refs: 'text[]',
  row_hash: 'bigint',
  vendor_version_at: 'timestamptz',
} as const
const names = Object.keys(columns)

// The version moves with each newer result, or else an older one could win later; our instant only with the text.
const upsertChecks = `
insert into compliance_check as c (source_id, audit_file, native_id, ${names.join(', ')}, run_id)
select $2::integer, n.audit_file, n.native_id, ${names.map(name => `n.${name}`).join(', ')}, $3::bigint
from jsonb_to_recordset($1) as n (audit_file text, native_id text, ${Object.entries(columns)
  .map(([name, type]) => `${name} ${type}`)
  .join(', ')})
on conflict (source_id, audit_file, native_id) do update
set ${names.map(name => `${name} = excluded.${name}`).join(', ')}, run_id = excluded.run_id,
    changed_at = case when c.row_hash = excluded.row_hash then c.changed_at else now() end
where (coalesce(excluded.vendor_version_at, '-infinity'), excluded.row_hash)
      > (coalesce(c.vendor_version_at, '-infinity'), c.row_hash)`

const selectIds = `
select c.audit_file, c.native_id, c.check_id
from unnest($2::text[], $3::text[]) as n (audit_file, native_id)
join compliance_check c on c.source_id = $1 and c.audit_file = n.audit_file and c.native_id = n.native_id`

function columnsOf({ check, version }: CheckRow) {
  return {
    audit_file: check.auditFile,
    native_id: check.nativeId,
    name: check.name,
    info: check.info,
    solution: check.solution,
    synopsis: check.synopsis,
    see_also: check.seeAlso,
    plugin_id: check.pluginId,
    plugin_name: check.pluginName,
    profile_name: check.profileName,
    benchmark_name: check.benchmarkName,
    benchmark_version: check.benchmarkVersion,
    vendor_check_id: check.vendorCheckId,
    control_id: check.controlId,
    functional_id: check.functionalId,
    informational_id: check.informationalId,
    metadata_id: check.metadataId,
    db_type: check.dbType,
    refs: check.refs,
    row_hash: version.hash.toString(),
    vendor_version_at: version.at,
  }
}
