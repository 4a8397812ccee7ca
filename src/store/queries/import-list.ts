// Which files were brought, and what does each do to findings?

import type { ConfidenceMark, FilePast } from '../../domain/file-reading.ts'
import { NotFoundError } from '../../platform/errors.ts'
import type { ScopedDatabase } from '../access.ts'
import { textHash } from '../copy-text.ts'
import { sql } from '../database.ts'
import { type ImportNumbers, type ImportRow, type ImportStatus, importColumns } from '../imports/imports.ts'
import { whyNothingCloses } from '../imports/plan.ts'
import { allOf, type Fragment } from './conditions.ts'
import { decodeCursor, keyColumns, type Order, page } from './keyset.ts'
import { countUpTo, type PageRequest, type RowsPage, toPage, withoutKey } from './rows-page.ts'
import { ofWholeSources } from './scope.ts'

type Row = ImportRow & { readonly source: string; readonly same_as: number | null; readonly rejected: number }

/** What callers see of an import. */
export type ImportView = Omit<
  ImportRow,
  'import_id' | 'stored_at' | 'options' | 'facts' | 'undo_numbers' | 'owner' | 'silent_ms'
> & {
  readonly id: number
  readonly source: string
  readonly encoding: string | null
  readonly delimiter: string | null
  readonly columns: readonly string[]
  readonly unknown_columns: readonly string[]
  readonly notes: readonly string[]
  readonly confidence: readonly ConfidenceMark[]
  readonly past: ImportPast | null
  readonly incomplete: string | null
  readonly closes_nothing_because: string | null
  readonly token: string | null
  readonly undo: { readonly reverted: number; readonly kept: number } | null
  readonly same_as: number | null
}

export interface ImportPast {
  readonly total_days: number
  readonly first_day: string | null
  readonly last_day: string | null
  readonly snapshots: FilePast['snapshots']
  readonly left_out: FilePast['leftOut']
}

const select = sql`
select ${sql.raw(importColumns.replace(/\b(import_id|source_id|status|options|created_at|name)\b/g, 'x.$1'))},
       s.name as source,
       (select count(*) from file_import_rejected r where r.import_id = x.import_id) as rejected,
       (select max(o.import_id) from file_import o
        where o.sha256 = x.sha256 and o.source_id = x.source_id and o.import_id < x.import_id and o.status = 'applied')
         as same_as`

export interface ImportListRequest extends PageRequest {
  readonly filter: { readonly source_id?: number | undefined; readonly status?: readonly ImportStatus[] | undefined }
}

/** @throws ConfigError `bad_cursor` */
export async function listImports(
  database: ScopedDatabase,
  { filter, limit, cursor, total: counts }: ImportListRequest,
): Promise<RowsPage<ImportView>> {
  const order: Order = {
    name: '-id',
    isDescending: true,
    sort: [],
    unique: [{ expression: sql`x.import_id`, type: 'bigint' }],
  }
  const after = decodeCursor(cursor, order, filter)
  const conditions = [
    ...ofWholeSources(database.access, 'x.source_id'),
    ...(filter.source_id === undefined ? [] : [sql`x.source_id = ${filter.source_id}`]),
    ...(filter.status ? [sql`x.status = any(${filter.status}::text[])`] : []),
  ]
  const columns = sql`${select}, ${keyColumns(order)} from file_import x join source s on s.source_id = x.source_id`
  const { rows } = await sql<Row & Record<string, unknown>>`${page({
    select: columns,
    conditions,
    order,
    after,
    limit: limit + 1,
  })}`.execute(database.kysely)
  const total =
    after === null && counts !== false
      ? await countUpTo(database, sql`select from file_import x where ${allOf(conditions)}`)
      : null
  return toPage(rows, { limit, order, filter, asOf: null, total, present: row => presentImport(row) })
}

/** @throws NotFoundError `import_not_found` also for one of a source that may not be seen whole */
export async function getImportView(database: ScopedDatabase, importId: number): Promise<ImportView> {
  const { rows } = await sql<Row>`
${select}
from file_import x
join source s on s.source_id = x.source_id
where x.import_id = ${importId} and ${allOf(ofWholeSources(database.access, 'x.source_id'))}`.execute(database.kysely)
  if (rows[0]) return presentImport(rows[0])
  throw new NotFoundError('import_not_found', `There is no import ${importId}. The list of imports shows their ids.`)
}

function presentImport(row: Row): ImportView {
  const { facts, undo_numbers } = row
  const texts = (value: unknown) => (Array.isArray(value) ? value.map(String) : [])
  return {
    id: row.import_id,
    source_id: row.source_id,
    source: row.source,
    status: row.status,
    trigger: row.trigger,
    file_name: row.file_name,
    size_bytes: row.size_bytes,
    sha256: row.sha256,
    format: row.format,
    encoding: typeof facts.encoding === 'string' ? facts.encoding : null,
    delimiter: typeof facts.delimiter === 'string' ? facts.delimiter : null,
    columns: texts(facts.columns),
    unknown_columns: texts(facts.unknownColumns),
    notes: texts(facts.notes),
    confidence: (facts.confidence ?? []) as unknown as readonly ConfidenceMark[],
    past: facts.past ? presentPast(facts.past as unknown as FilePast) : null,
    incomplete: typeof facts.incomplete === 'string' ? facts.incomplete : null,
    closes_nothing_because: whyNothingCloses(row, row.rejected),
    scope: row.scope,
    observed_at: row.observed_at,
    observed_from: row.observed_from,
    rows_read: row.rows_read,
    bytes_read: row.bytes_read,
    numbers: row.numbers,
    token: row.numbers && tokenOf(row.numbers),
    undo: undo_numbers && { reverted: Number(undo_numbers.reverted), kept: Number(undo_numbers.kept) },
    same_as: row.same_as,
    run_id: row.run_id,
    undo_run_id: row.undo_run_id,
    error_code: row.error_code,
    error_message: row.error_message,
    created_by: row.created_by,
    created_at: row.created_at,
    ready_at: row.ready_at,
    applied_at: row.applied_at,
    undone_at: row.undone_at,
  }
}

function presentPast({ totalDays, firstDay, lastDay, snapshots, leftOut }: FilePast): ImportPast {
  return { total_days: totalDays, first_day: firstDay, last_day: lastDay, snapshots, left_out: leftOut }
}

/** Stands for the numbers of a preview, so that who applies shows what they have seen. */
export function tokenOf(numbers: ImportNumbers): string {
  const entries = Object.entries(numbers).sort(([a], [b]) => (a < b ? -1 : 1))
  return BigInt.asUintN(64, BigInt(textHash(JSON.stringify(entries)))).toString(36)
}

export interface PlanRow {
  readonly step: number
  readonly action: string
  readonly row_number: number | null
  readonly row_count: number
  readonly asset: string
  readonly asset_id: number | null
  readonly plugin_id: number
  readonly plugin: string | null
  readonly port: number
  readonly protocol: string
  readonly instance: string
  readonly state: string
  readonly severity: string
  readonly state_before: string | null
  readonly severity_before: string | null
  readonly undo: string | null
}

export interface PlanRequest extends PageRequest {
  readonly filter: { readonly action?: readonly string[] | undefined; readonly undo?: string | undefined }
}

/** Of an import whose reader was asked already whether it may be seen. */
export async function listPlanRows(
  database: ScopedDatabase,
  importId: number,
  { filter, limit, cursor, total: counts }: PlanRequest,
): Promise<RowsPage<PlanRow>> {
  const order: Order = {
    name: 'step',
    isDescending: false,
    sort: [],
    unique: [{ expression: sql`p.step`, type: 'bigint' }],
  }
  const after = decodeCursor(cursor, order, { ...filter, importId })
  const conditions = [
    sql`p.import_id = ${importId}`,
    ...(filter.action ? [sql`p.action = any(${filter.action}::text[])`] : []),
    ...(filter.undo === undefined ? [] : [sql`p.undo = ${filter.undo}`]),
  ]
  const columns = sql`
select p.step, p.action, p.row_number, p.row_count, p.port, p.protocol, p.instance, p.plugin_id, p.undo,
       coalesce(a.name, h.asset -> 'fqdns' ->> 0, h.asset -> 'hostnames' ->> 0, h.asset -> 'netbiosNames' ->> 0,
                h.asset -> 'ipv4s' ->> 0, p.known_as) as asset,
       a.asset_id, coalesce(g.name, i.plugin ->> 'name') as plugin,
       p.facts ->> 'state' as state, p.facts ->> 'severity' as severity,
       p.before #>> '{finding,state}' as state_before, p.before #>> '{finding,severity}' as severity_before,
       ${keyColumns(order)}
from file_import_plan p
join file_import x on x.import_id = p.import_id
left join asset_alias l on l.source_id = x.source_id and l.native_id = p.known_as
left join asset a on a.asset_id = coalesce(p.known_asset, l.asset_id)
left join file_import_host h on h.import_id = p.import_id and h.native_id = p.known_as
left join lateral (select q.name from plugin q
                   where q.plugin_id = p.plugin_id and q.owner_source_id in (0, x.source_id)
                   order by q.owner_source_id desc limit 1) g on true
left join file_import_plugin i on i.import_id = p.import_id and i.plugin_id = p.plugin_id`
  return rowsPage<PlanRow>(
    database,
    { columns, from: sql`file_import_plan p`, conditions, order, after },
    {
      limit,
      filter: { ...filter, importId },
      counts,
    },
  )
}

export interface RejectedFileRow {
  readonly row_number: number
  readonly reason: string
  readonly raw: string
}

export async function listRejectedRows(
  database: ScopedDatabase,
  importId: number,
  { limit, cursor, total: counts }: PageRequest,
): Promise<RowsPage<RejectedFileRow>> {
  const order: Order = {
    name: 'row',
    isDescending: false,
    sort: [],
    unique: [{ expression: sql`p.row_number`, type: 'bigint' }],
  }
  const after = decodeCursor(cursor, order, { importId })
  const conditions = [sql`p.import_id = ${importId}`]
  const columns = sql`select p.row_number, p.reason, p.raw, ${keyColumns(order)} from file_import_rejected p`
  return rowsPage<RejectedFileRow>(
    database,
    { columns, from: sql`file_import_rejected p`, conditions, order, after },
    {
      limit,
      filter: { importId },
      counts,
    },
  )
}

interface Chosen {
  readonly columns: Fragment
  readonly from: Fragment
  readonly conditions: readonly Fragment[]
  readonly order: Order
  readonly after: ReturnType<typeof decodeCursor>
}

async function rowsPage<R>(
  database: ScopedDatabase,
  { columns, from, conditions, order, after }: Chosen,
  { limit, filter, counts }: { readonly limit: number; readonly filter: object; readonly counts: boolean | undefined },
): Promise<RowsPage<R>> {
  const { rows } = await sql<Record<string, unknown>>`${page({
    select: columns,
    conditions,
    order,
    after,
    limit: limit + 1,
  })}`.execute(database.kysely)
  const total =
    after === null && counts !== false
      ? await countUpTo(database, sql`select from ${from} where ${allOf(conditions)}`)
      : null
  return toPage(rows, { limit, order, filter, asOf: null, total, present: row => withoutKey(row) as R })
}

export interface ImportedCves {
  readonly opened: number
  readonly closed: number
  /** Of open findings of the source, before the import was applied. */
  readonly before: number
}

/** CVEs of what an applied import opened and closed. Of an import whose reader was asked already. */
export async function countImportedCves(database: ScopedDatabase, importId: number): Promise<ImportedCves> {
  const { rows } = await sql<ImportedCves>`
with moved as (
  select distinct p.plugin_id, p.action in ('open', 'return', 'reopen') as is_opened
  from file_import_plan p
  where p.import_id = ${importId} and p.action in ('open', 'return', 'reopen', 'close', 'absent', 'gone')
), moved_cve as (
  select m.is_opened, c.cve
  from moved m
  join plugin p on p.plugin_id = m.plugin_id
  cross join lateral unnest(p.cves) as c (cve)
  where p.owner_source_id in (0, (select source_id from file_import where import_id = ${importId}))
), open_cve as (
  select distinct c.cve
  from (select distinct f.plugin_id
        from finding f
        where f.source_id = (select source_id from file_import where import_id = ${importId})
          and f.state <> 'fixed' and f.ended_at is null
        union
        select plugin_id from moved where not is_opened) q
  join plugin p on p.plugin_id = q.plugin_id and p.owner_source_id = 0
  cross join lateral unnest(p.cves) as c (cve)
)
select (select count(distinct cve) from moved_cve where is_opened) as opened,
       (select count(distinct cve) from moved_cve where not is_opened) as closed,
       (select count(*) from open_cve o
        where not exists (select from moved_cve m where m.is_opened and m.cve = o.cve)) as before`.execute(
    database.kysely,
  )
  return rows[0]!
}
