import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { from as copyFrom } from 'pg-copy-streams'
import type { ComplianceResult } from '../../domain/compliance.ts'
import type { Connection, Database } from '../database.ts'
import { type AssetDirectory, resolveAuditedAssets } from './asset-directory.ts'
import { type CheckDirectory, checkKey, resolveChecks } from './compliance-checks.ts'
import { type ComplianceRow, complianceRow, factColumns, newestOfEachResult } from './compliance-rows.ts'
import type { PartContext } from './context.ts'

export interface ComplianceMergeResult {
  readonly inserted: number
  readonly changed: number
  readonly unchanged: number
  /** Assets whose results may count differently now. */
  readonly writtenAssetIds: ReadonlySet<number>
}

export interface ComplianceMergeDeps {
  readonly database: Database
  readonly connection: Connection
  readonly directory: AssetDirectory
  readonly checks: CheckDirectory
}

/**
 * Merges a batch of results, inside the part's transaction. Safe to repeat: a replay writes nothing, and an older
 * version never beats a newer one.
 */
export async function mergeCompliance(
  deps: ComplianceMergeDeps,
  context: PartContext,
  results: readonly ComplianceResult[],
): Promise<ComplianceMergeResult> {
  if (results.length === 0) return { inserted: 0, changed: 0, unchanged: 0, writtenAssetIds: new Set() }
  const { database, connection, directory, checks } = deps
  await resolveAuditedAssets(database, directory, context, results)
  await resolveChecks(database, checks, context, results)
  const rows = results.map(result =>
    complianceRow(result, directory.ids.get(result.assetNativeId)!, checks.known.get(checkKey(result.check))!.id),
  )
  await stage(connection, newestOfEachResult(rows))
  const { readAt, runId, sourceId } = context
  await connection.query(insertEvents, [readAt, runId, sourceId])
  await connection.query(insertOutbox)
  const written = await connection.query<[boolean, number]>({
    text: upsertResults,
    values: [readAt, runId, sourceId],
    rowMode: 'array',
  })
  // A first load has nothing that could be missing.
  if (context.isFull && !context.isFirstLoad) await connection.query(noteSeen, [runId])
  const inserted = written.rows.filter(([isNew]) => isNew).length
  const changed = written.rows.length - inserted
  return {
    inserted,
    changed,
    unchanged: results.length - inserted - changed,
    writtenAssetIds: new Set(written.rows.map(([, assetId]) => assetId)),
  }
}

const createStaging = `
create temporary table if not exists staged_compliance (
  asset_id bigint not null,
  check_id bigint not null,
  state text not null,
  vendor_state text,
  first_seen timestamptz,
  last_seen timestamptz,
  last_fixed timestamptz,
  last_observed timestamptz,
  vendor_version_at timestamptz,
  actual_value text,
  expected_value text,
  check_error text,
  description text,
  extra jsonb,
  row_hash bigint not null
) on commit drop;
truncate staged_compliance;
set local enable_hashjoin = off; set local enable_mergejoin = off; set local enable_seqscan = off;`

const copyResults = `copy staged_compliance (asset_id, check_id, ${factColumns.join(', ')}, row_hash) from stdin`

// A write per line would cost more than the line.
const linesAtOnce = 200

async function stage(connection: Connection, rows: readonly ComplianceRow[]): Promise<void> {
  await connection.query(createStaging)
  await pipeline(Readable.from(blocks(rows)), connection.query(copyFrom(copyResults)))
}

function* blocks(rows: readonly ComplianceRow[]): Generator<Buffer> {
  for (let from = 0; from < rows.length; from += linesAtOnce) {
    yield Buffer.from(
      rows
        .slice(from, from + linesAtOnce)
        .map(row => row.line)
        .join(''),
    )
  }
}

// As for findings: the newer version wins where both have one; else the later read; at the same read the greater
// fingerprint.
const isNewer = (staged: 's' | 'excluded') => `
  case when ${staged}.vendor_version_at <> r.vendor_version_at then ${staged}.vendor_version_at > r.vendor_version_at
       else $1::timestamptz > r.read_at or $1::timestamptz = r.read_at and ${staged}.row_hash > r.row_hash
  end`

// The vendor gives no date of a change of outcome: it was seen at last_seen. One that it does not date, or dates before the
// version we hold, happened by the reading.
const insertEvents = `
insert into compliance_event (asset_id, happened_at, run_id, check_id, source_id, kind, state, before, cause)
select s.asset_id, e.happened_at, $2::bigint, s.check_id, $3::integer, e.kind, s.state, r.state, 'source'
from staged_compliance s
join compliance_result r using (asset_id, check_id)
cross join lateral (
  select 1 as step, 'returned' as kind, $1::timestamptz as happened_at
  where r.ended_at is not null
  union all
  select 2, 'changed', case when s.last_seen > r.last_seen then s.last_seen else $1::timestamptz end
  where r.ended_at is null and s.state <> r.state
) e
where ${isNewer('s')}`

// What widening the scope brings back is no news.
const insertOutbox = `
insert into outbox (topic, source_id, run_id, subject)
select 'compliance.failed', e.source_id, e.run_id, jsonb_build_object(
         'asset_id', e.asset_id, 'check_id', e.check_id, 'before', e.before, 'happened_at', e.happened_at)
from staged_compliance s
join compliance_event e on e.asset_id = s.asset_id and e.check_id = s.check_id and e.recorded_at = now()
join compliance_result r on r.asset_id = s.asset_id and r.check_id = s.check_id
where e.state = 'failed' and (e.kind <> 'returned' or r.end_cause <> 'out_of_scope')`

const facts = factColumns.join(', ')

const upsertResults = `
insert into compliance_result as r (asset_id, check_id, ${facts}, row_hash, source_id, read_at, run_id)
select s.asset_id, s.check_id, ${factColumns.map(column => `s.${column}`).join(', ')}, s.row_hash, $3::integer,
       $1::timestamptz, $2::bigint
from staged_compliance s
on conflict (asset_id, check_id) do update
set ${factColumns.map(column => `${column} = excluded.${column}`).join(', ')},
    row_hash = excluded.row_hash, read_at = excluded.read_at, run_id = excluded.run_id, changed_at = now(),
    ended_at = null, end_cause = null, unconfirmed_at = null, missed_runs = 0
where (r.row_hash is distinct from excluded.row_hash or r.ended_at is not null or r.missed_runs > 0)
  and (${isNewer('excluded')})
returning xmax = 0 as inserted, r.asset_id`

const noteSeen = `
insert into run_compliance_seen (run_id, asset_id, check_id)
select $1, asset_id, check_id from staged_compliance
on conflict do nothing`
