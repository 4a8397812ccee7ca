// What have full runs ended, what would they end, and what waits for a person?

import type { Severity } from '../../domain/severity.ts'
import { NotFoundError } from '../../platform/errors.ts'
import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { loadAsOf } from './as-of.ts'
import { allOf, type Fragment, pluginOfFinding } from './conditions.ts'
import { decodeCursor, keyColumns, type Order, page } from './keyset.ts'
import { countUpTo, type PageRequest, type RowsPage, toPage, withoutKey } from './rows-page.ts'
import { ofWholeSources } from './scope.ts'

export type SweepStatus = 'held' | 'confirmed' | 'applied' | 'rejected' | 'skipped'
export type SweepCause = 'aged_out' | 'asset_gone' | 'superseded' | 'withdrawn' | 'out_of_scope' | 'unconfirmed'

export interface SweepView {
  readonly run_id: number
  readonly source_id: number
  readonly source: string
  readonly status: SweepStatus
  readonly reason: string
  readonly assets_live: number
  readonly findings_open: number
  readonly would_end: {
    readonly assets: number
    readonly findings: number
    readonly asset_gone: number
    readonly superseded: number
    readonly withdrawn: number
  }
  readonly unconfirmed: number
  readonly out_of_scope: { readonly assets: number; readonly findings: number }
  readonly planned_at: string
  readonly decided_at: string | null
  readonly decided_by: string | null
  readonly applied_at: string | null
  readonly progress: { readonly assets_done: number; readonly assets: number } | null
  readonly error: string | null
}

/** One asset that would age out, or one finding that would end or be marked. */
export interface SweepRowView {
  readonly cause: SweepCause
  readonly asset_id: number
  readonly asset_uuid: string
  readonly asset_name: string
  readonly last_seen: string | null
  readonly plugin_id: number | null
  readonly plugin_name: string | null
  readonly port: number | null
  readonly protocol: string | null
  readonly instance: string | null
  readonly severity: Severity | null
  readonly last_found: string | null
}

export interface SweepDetail extends SweepView {
  readonly rows: RowsPage<SweepRowView>
}

export interface SweepFilter {
  readonly source_id?: readonly number[] | undefined
  readonly status?: readonly SweepStatus[] | undefined
}

export interface SweepListRequest extends PageRequest {
  readonly filter: SweepFilter
}

export interface SweepRowRequest extends PageRequest {
  readonly cause?: readonly SweepCause[] | undefined
}

const newestFirst: Order = {
  name: '-run_id',
  isDescending: true,
  sort: [],
  unique: [{ expression: sql`w.run_id`, type: 'bigint' }],
}

/** @throws ConfigError `bad_cursor` */
export async function listSweeps(database: ScopedDatabase, request: SweepListRequest): Promise<RowsPage<SweepView>> {
  const { filter, limit } = request
  const after = decodeCursor(request.cursor, newestFirst, filter)
  const conditions = [...conditionsOf(filter), ...ofWholeSources(database.access, 'w.source_id')]
  const [rows, asOf, total] = await Promise.all([
    sql<SweepRow>`${page({ select: sweepSelect, conditions, order: newestFirst, after, limit: limit + 1 })}`.execute(
      database.kysely,
    ),
    loadAsOf(database, filter.source_id),
    after === null && request.total !== false
      ? countUpTo(database, sql`select from sweep w where ${allOf(conditions)}`)
      : null,
  ])
  return toPage(rows.rows, { limit, order: newestFirst, filter, asOf, total, present: presentSweep })
}

/** @throws NotFoundError `sweep_not_found` */
export async function getSweep(database: ScopedDatabase, runId: number): Promise<SweepView> {
  const { rows } = await sql<SweepRow>`${sweepSelect}
where w.run_id = ${runId}::bigint and ${allOf(ofWholeSources(database.access, 'w.source_id'))}`.execute(database.kysely)
  if (!rows[0]) throw new NotFoundError('sweep_not_found', `Run ${runId} planned no sweep.`)
  return presentSweep(rows[0])
}

/** @throws NotFoundError `sweep_not_found`; ConfigError `bad_cursor` */
export async function getSweepDetail(
  database: ScopedDatabase,
  runId: number,
  request: SweepRowRequest,
): Promise<SweepDetail> {
  const sweep = await getSweep(database, runId)
  return { ...sweep, rows: await listRows(database, sweep, request) }
}

type SweepRow = Omit<SweepView, 'would_end' | 'unconfirmed' | 'out_of_scope' | 'progress' | 'error'> & {
  readonly assets_aged_out: number
  readonly findings_asset_gone: number
  readonly findings_superseded: number
  readonly findings_withdrawn: number
  readonly findings_unconfirmed: number
  readonly assets_out_of_scope: number
  readonly findings_out_of_scope: number
  readonly assets_to_do: number | null
  readonly assets_done: number | null
  readonly error_message: string | null
  readonly [key: `k${number}`]: unknown
}

const sweepSelect = sql`
select w.run_id, w.source_id, s.name as source, w.status, w.reason, w.assets_live, w.findings_open, w.assets_aged_out,
       w.findings_asset_gone, w.findings_superseded, w.findings_withdrawn, w.findings_unconfirmed, w.assets_out_of_scope,
       w.findings_out_of_scope, w.planned_at,
       w.decided_at, w.decided_by, w.applied_at, w.assets_to_do, w.assets_done, w.error_message, ${keyColumns(newestFirst)}
from sweep w
join source s on s.source_id = w.source_id`

function presentSweep(row: SweepRow): SweepView {
  const { findings_asset_gone: gone, findings_superseded: superseded, findings_withdrawn: withdrawn } = row
  return {
    run_id: row.run_id,
    source_id: row.source_id,
    source: row.source,
    status: row.status,
    reason: row.reason,
    assets_live: row.assets_live,
    findings_open: row.findings_open,
    would_end: {
      assets: row.assets_aged_out,
      findings: gone + superseded + withdrawn,
      asset_gone: gone,
      superseded,
      withdrawn,
    },
    unconfirmed: row.findings_unconfirmed,
    out_of_scope: { assets: row.assets_out_of_scope, findings: row.findings_out_of_scope },
    planned_at: row.planned_at,
    decided_at: row.decided_at,
    decided_by: row.decided_by,
    applied_at: row.applied_at,
    progress: row.assets_to_do === null ? null : { assets_done: row.assets_done ?? 0, assets: row.assets_to_do },
    error: row.error_message,
  }
}

function conditionsOf(filter: SweepFilter): Fragment[] {
  return [
    ...(filter.source_id ? [sql`w.source_id = any(${filter.source_id}::integer[])`] : []),
    ...(filter.status ? [sql`w.status = any(${filter.status}::text[])`] : []),
  ]
}

/** Asset by asset: the asset itself, which has no plugin, and then its findings. */
const byAsset: Order = {
  name: 'asset_id',
  isDescending: false,
  sort: [],
  unique: [
    { expression: sql`r.asset_id`, type: 'bigint' },
    { expression: sql`r.plugin_id`, type: 'integer' },
    { expression: sql`r.port`, type: 'integer' },
    { expression: sql`r.protocol`, type: 'text' },
    { expression: sql`r.instance`, type: 'text' },
  ],
}

async function listRows(
  database: ScopedDatabase,
  { run_id: runId, source_id: sourceId }: SweepView,
  { limit, cursor, cause, total: counts }: SweepRowRequest,
): Promise<RowsPage<SweepRowView>> {
  const filter = { runId, cause }
  const after = decodeCursor(cursor, byAsset, filter)
  const conditions = cause ? [sql`r.cause = any(${cause}::text[])`] : []
  const from = rowsOf(runId)
  const select = sql`
select r.cause, r.asset_id, a.native_id as asset_uuid, a.name as asset_name, a.last_seen,
       nullif(r.plugin_id, -1) as plugin_id, p.name as plugin_name, nullif(r.port, -1) as port,
       case when r.plugin_id <> -1 then r.protocol end as protocol,
       case when r.plugin_id <> -1 then r.instance end as instance, f.severity, f.last_found, ${keyColumns(byAsset)}
from ${from}
join asset a on a.asset_id = r.asset_id
left join finding f on f.asset_id = r.asset_id and f.plugin_id = r.plugin_id and f.port = r.port
  and f.protocol = r.protocol and f.instance = r.instance
left join lateral (
  select p.name
  from plugin p
  where ${pluginOfFinding}
  order by p.owner_source_id desc
  limit 1
) as p on true`
  const [rows, asOf, total] = await Promise.all([
    sql<
      SweepRowView & Record<string, unknown>
    >`${page({ select, conditions, order: byAsset, after, limit: limit + 1 })}`.execute(database.kysely),
    loadAsOf(database, [sourceId]),
    after === null && counts !== false
      ? countUpTo(database, sql`select from ${from} where ${allOf(conditions)}`)
      : null,
  ])
  return toPage(rows.rows, { limit, order: byAsset, filter, asOf, total, present: row => withoutKey(row) })
}

function rowsOf(runId: number): Fragment {
  return sql`(
  select asset_id, -1 as plugin_id, -1 as port, '' collate "C" as protocol, '' collate "C" as instance,
         'aged_out' as cause
  from sweep_asset
  where run_id = ${runId}::bigint
  union all
  select asset_id, plugin_id, port, protocol, instance, cause
  from sweep_finding
  where run_id = ${runId}::bigint
) as r`
}
