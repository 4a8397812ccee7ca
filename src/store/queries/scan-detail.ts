// What is known of one scan and of its runs?

import type { JsonObject } from '../../domain/json.ts'
import type { ScanSeverities } from '../../domain/scan.ts'
import { NotFoundError } from '../../platform/errors.ts'
import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { loadAsOf } from './as-of.ts'
import { allOf } from './conditions.ts'
import { type StreamOptions, streamRows } from './export-rows.ts'
import { decodeCursor, inOrder, keyColumns, type Order, page } from './keyset.ts'
import { countUpTo, type PageRequest, type RowsPage, toPage, withoutKey } from './rows-page.ts'
import { presentScan, type ScanRow, type ScanView, scanColumns, scanJoins, severitiesOf } from './scan-view.ts'
import { ofWholeSources } from './scope.ts'

export interface ScanDetail extends ScanView {
  readonly policy_id: number | null
  readonly template_uuid: string | null
  readonly user_permissions: number | null
  readonly is_shared: boolean | null
  readonly extra: JsonObject | null
  readonly read_at: string
  readonly recorded_at: string
  readonly runs: ScanRunCounts
  /** Newest first, ten at most. */
  readonly last_runs: ScanRunView[]
}

export interface ScanRunCounts {
  readonly total: number
  readonly archived: number
  readonly with_details: number
  /** Finished, not archived, and their details not asked for yet. */
  readonly details_waiting: number
}

/** One run of a scan. */
export interface ScanRunView {
  readonly id: number
  readonly uuid: string | null
  readonly native_id: number | null
  readonly status: string | null
  readonly started_at: string | null
  readonly completed_at: string | null
  readonly duration_seconds: number | null
  readonly is_archived: boolean
  readonly details: ScanRunDetailsState
  readonly hosts: number | null
  readonly severities: ScanSeverities | null
  readonly policy: string | null
  readonly scanner: string | null
  readonly targets: string | null
  /** Assets whose latest scan it was. */
  readonly assets_last_met: number
}

export type ScanRunDetailsState = 'read' | 'waiting' | 'unfinished' | 'archived' | 'forbidden' | 'not_found'

/** @param key our id, or the schedule's uuid */
export async function getScanId(database: ScopedDatabase, key: string): Promise<number> {
  const id = /^\d{1,15}$/.test(key) ? Number(key) : null
  const { rows } = await sql<{ scan_id: number }>`
select n.scan_id
from scan n
where (n.scan_id = ${id}::bigint or n.schedule_uuid = ${key}) and ${allOf(ofWholeSources(database.access, 'n.source_id'))}
order by n.gone_at desc nulls first, n.scan_id
limit 1`.execute(database.kysely)
  const found = rows[0]?.scan_id
  if (found === undefined) throw new NotFoundError('scan_not_found', `There is no scan ${key}.`)
  return found
}

/** @throws NotFoundError `scan_not_found` */
export async function getScan(database: ScopedDatabase, key: string): Promise<ScanDetail> {
  const scanId = await getScanId(database, key)
  const { rows } = await sql<ScanRow & Omit<ScanDetail, keyof ScanView | 'runs' | 'last_runs'>>`
select ${scanColumns}, n.policy_id, n.template_uuid, n.user_permissions, n.is_shared, n.extra, n.read_at, n.recorded_at
from scan n
${scanJoins}
where n.scan_id = ${scanId}`.execute(database.kysely)
  const counts = await sql<ScanRunCounts>`
select count(*) as total, count(*) filter (where r.is_archived) as archived,
       count(*) filter (where ${detailsState} = 'read') as with_details,
       count(*) filter (where ${detailsState} = 'waiting') as details_waiting
from scan_run r
where r.scan_id = ${scanId}`.execute(database.kysely)
  const { items } = await listScanRuns(database, { scanId, limit: 10, total: false })
  return { ...presentScan(rows[0]!), runs: counts.rows[0]!, last_runs: items }
}

const detailsState = sql<ScanRunDetailsState>`
case when r.details_problem is not null then r.details_problem
     when r.details_at is not null then 'read'
     when r.is_archived then 'archived'
     when r.status in ('completed', 'canceled', 'aborted', 'imported', 'stopped') then 'waiting'
     else 'unfinished' end`

export interface ScanRunsRequest extends PageRequest {
  readonly scanId: number
}

const order: Order = {
  name: '-started_at',
  isDescending: true,
  sort: [{ expression: sql`coalesce(r.started_at, '-infinity')`, type: 'timestamptz' }],
  unique: [{ expression: sql`r.scan_run_id`, type: 'bigint' }],
}

/** @throws ConfigError `bad_cursor` */
export async function listScanRuns(database: ScopedDatabase, request: ScanRunsRequest): Promise<RowsPage<ScanRunView>> {
  const { scanId, limit } = request
  const filter = { scanId }
  const after = decodeCursor(request.cursor, order, filter)
  const conditions = [sql`r.scan_id = ${scanId}`]
  const select = sql`
select ${runColumns}, ${keyColumns(order)}
from scan_run r`
  const rows = sql<
    ScanRunView & Record<string, unknown>
  >`${page({ select, conditions, order, after, limit: limit + 1 })}`
  const wantsTotal = after === null && request.total !== false
  const [found, asOf, total] = await Promise.all([
    rows.execute(database.kysely),
    loadAsOf(database),
    wantsTotal ? countUpTo(database, sql`select from scan_run r where r.scan_id = ${scanId}`) : null,
  ])
  return toPage(found.rows, { limit, order, filter, asOf, total, present: row => withoutKey(row) as ScanRunView })
}

/** Every run of one scan, a batch at a time, newest first. @throws NotFoundError `scan_not_found` */
export async function* streamScanRuns(
  database: ScopedDatabase,
  key: string,
  options: StreamOptions,
): AsyncGenerator<ScanRunView[], void, undefined> {
  const scanId = await getScanId(database, key)
  const query = sql`
select ${runColumns}
from scan_run r
where r.scan_id = ${scanId}
order by ${inOrder(order)}`
  yield* streamRows<ScanRunView>(database, query.compile(database.kysely), options)
}

const runColumns = sql`
r.scan_run_id as id, r.scan_uuid as uuid, r.native_id, r.status, r.started_at, r.completed_at,
extract(epoch from r.completed_at - r.started_at)::float8 as duration_seconds, r.is_archived, ${detailsState} as details,
r.hosts, ${severitiesOf('r')} as severities, r.policy, r.scanner, r.targets,
(select count(*) from asset a where a.last_scan_id = r.scan_uuid and a.source_id = r.source_id) as assets_last_met`
