import type { ComplianceCheck, ComplianceResult } from '../../domain/compliance.ts'
import { textHash } from '../copy-text.ts'
import type { Database } from '../database.ts'
import { microseconds } from './compliance-rows.ts'
import type { PartContext } from './context.ts'

/** What this worker knows of checks. */
export interface CheckDirectory {
  /** Our ids of them, and the newest version of each that it has met. */
  readonly known: Map<string, KnownCheck>
  /** Met again in the same words with a newer version, which is not written yet. */
  readonly moved: Map<string, CheckRow>
}

export function createCheckDirectory(): CheckDirectory {
  return { known: new Map(), moved: new Map() }
}

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
 * describes its check, whatever the order in which they come; one that only says the same again is noted, and written by
 * `settleChecks`.
 */
export async function resolveChecks(
  database: Database,
  directory: CheckDirectory,
  context: PartContext,
  results: readonly ComplianceResult[],
): Promise<void> {
  const { known, moved } = directory
  if (known.size > remembered) {
    await settleChecks(database, directory, context)
    known.clear()
  }
  const news: CheckRow[] = []
  for (const row of newChecks(known, results)) {
    const before = known.get(row.key)
    if (before?.version.hash === row.version.hash) {
      known.set(row.key, { id: before.id, version: row.version })
      moved.set(row.key, row)
    } else {
      moved.delete(row.key)
      news.push(row)
    }
  }
  if (news.length > 0) await writeChecks(database, known, context, news)
}

async function writeChecks(
  database: Database,
  known: CheckDirectory['known'],
  { sourceId, runId }: PartContext,
  checks: readonly CheckRow[],
): Promise<void> {
  const json = JSON.stringify(checks.map(row => columnsOf(row)))
  const { rows } = await database.transaction(async connection => {
    await connection.query(upsertChecks, [json, sourceId, runId])
    return connection.query<{ audit_file: string; native_id: string; check_id: number }>(selectIds, [
      sourceId,
      checks.map(({ check }) => check.auditFile),
      checks.map(({ check }) => check.nativeId),
    ])
  })
  const ids = new Map(rows.map(row => [`${row.audit_file}\t${row.native_id}`, row.check_id]))
  for (const { key, version } of checks) known.set(key, { id: ids.get(key)!, version })
}

/**
 * Writes the versions of checks that were met again in the same words, or else an older result could describe them later.
 * At the end of each part: of the words, which are long, nothing is written again, unless another worker has met others.
 */
export async function settleChecks(
  database: Database,
  { known, moved }: CheckDirectory,
  context: PartContext,
): Promise<void> {
  if (moved.size === 0) return
  const rows = inOrder([...moved.values()])
  const keys = [
    rows.map(({ key }) => known.get(key)?.id ?? null),
    rows.map(({ version }) => version.hash.toString()),
    rows.map(({ version }) => version.at),
  ]
  await database.query(moveVersions, [...keys, context.runId])
  const { rows: others } = await database.query<{ place: number }>(selectOthers, keys)
  const told = others.map(({ place }) => rows[place - 1]!)
  if (told.length > 0) await writeChecks(database, known, context, told)
  moved.clear()
}

function newChecks(known: CheckDirectory['known'], results: readonly ComplianceResult[]): CheckRow[] {
  const hashes = new Map<ComplianceCheck, bigint>()
  const newest = new Map<string, CheckRow>()
  for (const { check, indexedAt } of results) {
    const key = checkKey(check)
    const hash = hashes.get(check) ?? BigInt(textHash(JSON.stringify(check)))
    hashes.set(check, hash)
    const version = { at: indexedAt, hash }
    const other = newest.get(key)?.version ?? known.get(key)?.version
    if (!other || isNewer(version, other)) newest.set(key, { key, version, check })
  }
  return inOrder([...newest.values()])
}

/** So that two writers do not wait for each other in a ring. */
function inOrder(rows: readonly CheckRow[]): CheckRow[] {
  return rows.toSorted((a, b) => (a.key < b.key ? -1 : 1))
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

const namedVersions = `
unnest($1::bigint[], $2::bigint[], $3::timestamptz[]) with ordinality as n (check_id, row_hash, version_at, place)
join compliance_check c using (check_id)`

const moveVersions = `
with moved as (
  select c.check_id, n.version_at
  from ${namedVersions}
  where c.row_hash = n.row_hash and coalesce(c.vendor_version_at < n.version_at, true)
  order by n.place
  for update of c
)
update compliance_check c
set vendor_version_at = m.version_at, run_id = $4::bigint
from moved m
where c.check_id = m.check_id`

const selectOthers = `select n.place::integer as place from ${namedVersions} where c.row_hash <> n.row_hash order by n.place`

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
