// What is there for people to decide about machines, and what did they decide?

import { NotFoundError } from '../../platform/errors.ts'
import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { loadAsOf } from './as-of.ts'
import { allOf, type Fragment } from './conditions.ts'
import { type DeviceLink, linkColumns, linksFrom } from './device-links.ts'
import { decodeCursor, keyColumns, type Order, page } from './keyset.ts'
import { countUpTo, type PageRequest, type RowsPage, toPage, withoutKey } from './rows-page.ts'
import { visible } from './scope.ts'

const reviewOrder: Order = {
  name: '-score',
  isDescending: true,
  sort: [{ expression: sql`e.score`, type: 'double precision' }],
  unique: [
    { expression: sql`e.asset_a`, type: 'bigint' },
    { expression: sql`e.asset_b`, type: 'bigint' },
  ],
}

/** @throws ConfigError `bad_cursor` */
export async function listReviews(database: ScopedDatabase, request: PageRequest): Promise<RowsPage<DeviceLink>> {
  const from = linksFrom(database)
  return pageOf(database, request, {
    select: sql`select ${linkColumns}, ${keyColumns(reviewOrder)} ${from}`,
    from,
    conditions: [sql`e.is_asked`],
    order: reviewOrder,
  })
}

export interface DecisionView {
  readonly id: number
  readonly asset_ids: [number, number]
  readonly names: [string | null, string | null]
  readonly is_same: boolean
  readonly reason: string | null
  readonly decided_by: string
  readonly decided_at: string
  readonly act_id: number
  readonly undone_by: string | null
  readonly undone_at: string | null
}

const decisionColumns = sql`
n.decision_id as id, jsonb_build_array(n.asset_a, n.asset_b) as asset_ids,
jsonb_build_array((select a.name from asset a where a.asset_id = n.asset_a),
                  (select a.name from asset a where a.asset_id = n.asset_b)) as names, n.is_same, n.reason, n.decided_by, n.decided_at,
coalesce(n.act_id, n.decision_id) as act_id, n.undone_by, n.undone_at`

const decisionOrder: Order = {
  name: '-id',
  isDescending: true,
  sort: [],
  unique: [{ expression: sql`n.decision_id`, type: 'bigint' }],
}

/** @throws ConfigError `bad_cursor` */
export async function listDecisions(database: ScopedDatabase, request: PageRequest): Promise<RowsPage<DecisionView>> {
  const from = sql`from device_decision n`
  return pageOf(database, request, {
    select: sql`select ${decisionColumns}, ${keyColumns(decisionOrder)} ${from}`,
    from,
    conditions: ofVisiblePairs(database),
    order: decisionOrder,
  })
}

/** @throws NotFoundError `decision_not_found` also for one on assets that may not be seen */
export async function getDecision(database: ScopedDatabase, decisionId: number): Promise<DecisionView> {
  const { rows } = await sql<DecisionView>`
select ${decisionColumns}
from device_decision n
where n.decision_id = ${decisionId}::bigint and ${allOf(ofVisiblePairs(database))}`.execute(database.kysely)
  if (!rows[0]) throw new NotFoundError('decision_not_found', `There is no decision ${decisionId}.`)
  return rows[0]
}

export interface ActView {
  readonly act_id: number
  readonly device_ids: number[]
  readonly decisions: DecisionView[]
}

/** What was decided together, and what became of the machines. */
export async function getAct(database: ScopedDatabase, actId: number): Promise<ActView> {
  const { rows: decisions } = await sql<DecisionView>`
select ${decisionColumns}
from device_decision n
where coalesce(n.act_id, n.decision_id) = ${actId}::bigint and ${allOf(ofVisiblePairs(database))}
order by n.decision_id`.execute(database.kysely)
  const assetIds = decisions.flatMap(decision => decision.asset_ids)
  const { rows } = await sql<{ device_id: number }>`
select distinct device_id from device_asset where asset_id = any(${assetIds}::bigint[]) order by device_id`.execute(
    database.kysely,
  )
  return { act_id: actId, device_ids: rows.map(row => row.device_id), decisions }
}

export async function decisionsOn(database: ScopedDatabase, assetIds: readonly number[]): Promise<DecisionView[]> {
  const { rows } = await sql<DecisionView>`
select ${decisionColumns}
from device_decision n
where (n.asset_a = any(${assetIds}::bigint[]) or n.asset_b = any(${assetIds}::bigint[]))
  and ${allOf(ofVisiblePairs(database))}
order by n.decision_id desc`.execute(database.kysely)
  return rows
}

function ofVisiblePairs({ access }: ScopedDatabase): Fragment[] {
  if (access.isWhole) return []
  const sees = (column: string) =>
    sql`exists (select from asset a where a.asset_id = ${sql.ref(column)} and ${allOf(visible(access, 'a'))})`
  return [sees('n.asset_a'), sees('n.asset_b')]
}

interface Listing {
  readonly select: Fragment
  readonly from: Fragment
  readonly conditions: readonly Fragment[]
  readonly order: Order
}

async function pageOf<Row>(
  database: ScopedDatabase,
  { limit, cursor, total: wants }: PageRequest,
  { select, from, conditions, order }: Listing,
): Promise<RowsPage<Row>> {
  const after = decodeCursor(cursor, order, {})
  const all = conditions.length === 0 ? [sql`true`] : conditions
  const rows = page({ select, conditions: all, order, after, limit: limit + 1 })
  const [found, asOf, total] = await Promise.all([
    sql<Record<string, unknown>>`${rows}`.execute(database.kysely),
    loadAsOf(database),
    after === null && wants !== false ? countUpTo(database, sql`select ${from} where ${allOf(all)}`) : null,
  ])
  return toPage(found.rows, { limit, order, filter: {}, asOf, total, present: row => withoutKey(row) as Row })
}
