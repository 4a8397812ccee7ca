// Which sources are compared with which, how did it come out, and who gave the files up?

import type { JsonObject } from '../../domain/json.ts'
import { NotFoundError } from '../../platform/errors.ts'
import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { isOut } from '../reconciliation/gate.ts'
import { allOf, type Fragment } from './conditions.ts'
import { decodeCursor, keyColumns, type Order, page } from './keyset.ts'
import { countUpTo, type PageRequest, type RowsPage, toPage, withoutKey } from './rows-page.ts'
import { ofWholeSources } from './scope.ts'

export interface ComparisonView {
  readonly id: number
  readonly kind: 'files' | 'counts'
  readonly pair_id: number | null
  readonly files_source_id: number | null
  readonly files_source: string | null
  readonly api_source_id: number
  readonly api_source: string
  readonly trigger: 'import' | 'sync' | 'api' | 'cli'
  readonly status: 'running' | 'completed' | 'failed'
  readonly started_by: string
  readonly started_at: string
  readonly finished_at: string | null
  readonly files_at: string | null
  readonly api_at: string | null
  readonly previous_id: number | null
  readonly totals: JsonObject | null
  readonly has_differences: boolean
  readonly error_code: string | null
  readonly error_message: string | null
}

const comparisonColumns = sql`
r.reconciliation_id as id, r.kind, r.pair_id, r.files_source_id, fs.name as files_source, r.api_source_id,
ps.name as api_source, r.trigger, r.status, r.started_by, r.started_at, r.finished_at, r.files_at, r.api_at,
r.previous_id, r.totals, r.has_differences, r.error_code, r.error_message`

const comparisons = sql`
from reconciliation r
join source ps on ps.source_id = r.api_source_id
left join source fs on fs.source_id = r.files_source_id`

/** Who sees some assets only of one of the two sees no comparison: it tells of any. */
function ofBoth({ access }: ScopedDatabase, alias: string): Fragment[] {
  if (access.isWhole) return []
  const files = ofWholeSources(access, `${alias}.files_source_id`)
  return [
    ...ofWholeSources(access, `${alias}.api_source_id`),
    sql`(${sql.ref(`${alias}.files_source_id`)} is null or ${allOf(files)})`,
  ]
}

export interface ComparisonListRequest extends PageRequest {
  readonly filter: {
    readonly pair_id?: number | undefined
    readonly source_id?: number | undefined
    readonly kind?: 'files' | 'counts' | undefined
  }
}

const newestFirst: Order = {
  name: '-id',
  isDescending: true,
  sort: [],
  unique: [{ expression: sql`r.reconciliation_id`, type: 'bigint' }],
}

/** @throws ConfigError `bad_cursor` */
export async function listComparisons(
  database: ScopedDatabase,
  { filter, limit, cursor, total: wants }: ComparisonListRequest,
): Promise<RowsPage<ComparisonView>> {
  const after = decodeCursor(cursor, newestFirst, filter)
  const conditions = [
    sql`true`,
    ...ofBoth(database, 'r'),
    ...(filter.pair_id === undefined ? [] : [sql`r.pair_id = ${filter.pair_id}`]),
    ...(filter.source_id === undefined ? [] : [sql`${filter.source_id} in (r.api_source_id, r.files_source_id)`]),
    ...(filter.kind === undefined ? [] : [sql`r.kind = ${filter.kind}`]),
  ]
  const select = sql`select ${comparisonColumns}, ${keyColumns(newestFirst)} ${comparisons}`
  const rows = page({ select, conditions, order: newestFirst, after, limit: limit + 1 })
  const found = await sql<Record<string, unknown>>`${rows}`.execute(database.kysely)
  const total =
    after === null && wants !== false
      ? await countUpTo(database, sql`select ${comparisons} where ${allOf(conditions)}`)
      : null
  const present = (row: Record<string, unknown>) => withoutKey(row) as unknown as ComparisonView
  return toPage(found.rows, { limit, order: newestFirst, filter, asOf: null, total, present })
}

/** @throws NotFoundError `comparison_not_found` */
export async function getComparison(database: ScopedDatabase, comparisonId: number): Promise<ComparisonView> {
  const { rows } = await sql<ComparisonView>`
select ${comparisonColumns} ${comparisons}
where r.reconciliation_id = ${comparisonId}::bigint and ${allOf(ofBoth(database, 'r'))}`.execute(database.kysely)
  if (rows[0]) return rows[0]
  throw new NotFoundError(
    'comparison_not_found',
    `There is no comparison ${comparisonId}. The list of comparisons shows their ids.`,
  )
}

export interface CutoverView {
  readonly id: number
  readonly pair_id: number
  readonly files_source_id: number
  readonly files_source: string
  readonly api_source_id: number
  readonly api_source: string
  readonly comparison_id: number
  readonly status: 'signed' | 'undone'
  readonly signed_by: string
  readonly signed_at: string
  readonly numbers: JsonObject
  readonly open_differences: number
  readonly accepted_reason: string | null
  readonly restore_point: JsonObject
  readonly reopened_by: string | null
  readonly reopened_at: string | null
  readonly reopen_reason: string | null
  readonly undone_by: string | null
  readonly undone_at: string | null
  readonly undo_reason: string | null
  readonly undo_numbers: JsonObject | null
  /** Whether files are taken now, and why although it is signed. */
  readonly imports_open: boolean
  readonly imports_open_because: 'outage' | 'reopened' | null
}

const cutoverColumns = sql`
c.cutover_id as id, c.pair_id, c.files_source_id, fs.name as files_source, c.api_source_id, ps.name as api_source,
c.reconciliation_id as comparison_id, c.status, c.signed_by, c.signed_at, c.numbers, c.open_differences, c.accepted_reason,
c.restore_point, c.reopened_by, c.reopened_at, c.reopen_reason, c.undone_by, c.undone_at, c.undo_reason, c.undo_numbers,
c.status = 'undone' or c.reopened_at is not null or s.is_out as imports_open,
case when c.status = 'undone' then null
     when c.reopened_at is not null then 'reopened'
     when s.is_out then 'outage' end as imports_open_because`

const cutovers = sql`
from cutover c
join source fs on fs.source_id = c.files_source_id
join source ps on ps.source_id = c.api_source_id
cross join lateral (
  select ${sql.raw(isOut)} as is_out
  from source s left join source_health h using (source_id)
  where s.source_id = c.api_source_id
) s`

/** The newest first. */
export async function listCutovers(database: ScopedDatabase): Promise<CutoverView[]> {
  const { rows } = await sql<CutoverView>`
select ${cutoverColumns} ${cutovers}
where ${allOf(ofBoth(database, 'c'))}
order by c.cutover_id desc
limit 500`.execute(database.kysely)
  return rows
}

/** @throws NotFoundError `cutover_not_found` */
export async function getCutoverView(database: ScopedDatabase, cutoverId: number): Promise<CutoverView> {
  const { rows } = await sql<CutoverView>`
select ${cutoverColumns} ${cutovers}
where c.cutover_id = ${cutoverId} and ${allOf(ofBoth(database, 'c'))}`.execute(database.kysely)
  if (rows[0]) return rows[0]
  throw new NotFoundError(
    'cutover_not_found',
    `There is no cut-over ${cutoverId}. The list of cut-overs shows their ids.`,
  )
}

export interface PairView {
  readonly id: number
  readonly files_source_id: number
  readonly files_source: string
  readonly api_source_id: number
  readonly api_source: string
  readonly is_automatic: boolean
  readonly created_by: string
  readonly created_at: string
  /** Completed last. */
  readonly comparison: ComparisonView | null
  /** Begun last, where it is another. */
  readonly latest: ComparisonView | null
  readonly cutover: CutoverView | null
}

/** With the latest comparison of each, and the cut-over that stands. */
export async function listPairs(database: ScopedDatabase, pairId?: number): Promise<PairView[]> {
  const { rows } = await sql<
    Omit<PairView, 'comparison' | 'latest' | 'cutover'> & {
      readonly completed_id: number | null
      readonly latest_id: number | null
      readonly cutover_id: number | null
    }
  >`
select p.pair_id as id, p.files_source_id, fs.name as files_source, p.api_source_id, ps.name as api_source, p.is_automatic,
       p.created_by, p.created_at,
       (select max(r.reconciliation_id) from reconciliation r where r.pair_id = p.pair_id and r.status = 'completed')
         as completed_id,
       (select max(r.reconciliation_id) from reconciliation r where r.pair_id = p.pair_id) as latest_id,
       (select c.cutover_id from cutover c where c.pair_id = p.pair_id and c.status = 'signed') as cutover_id
from reconciliation_pair p
join source fs on fs.source_id = p.files_source_id
join source ps on ps.source_id = p.api_source_id
where p.removed_at is null and (${pairId ?? null}::integer is null or p.pair_id = ${pairId ?? null}::integer)
  and ${allOf(ofBoth(database, 'p'))}
order by p.pair_id
limit 200`.execute(database.kysely)
  return Promise.all(
    rows.map(async ({ completed_id, latest_id, cutover_id, ...pair }) => ({
      ...pair,
      comparison: completed_id === null ? null : await getComparison(database, completed_id),
      latest: latest_id === null || latest_id === completed_id ? null : await getComparison(database, latest_id),
      cutover: cutover_id === null ? null : await getCutoverView(database, cutover_id),
    })),
  )
}

/** @throws NotFoundError `pair_not_found` also for one of sources that may not be seen whole */
export async function getPairView(database: ScopedDatabase, pairId: number): Promise<PairView> {
  const [pair] = await listPairs(database, pairId)
  if (pair) return pair
  throw new NotFoundError('pair_not_found', `There is no pair ${pairId}. The list of pairs shows their ids.`)
}
