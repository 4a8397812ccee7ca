// Which assets fail most checks?

import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { loadAsOf } from './as-of.ts'
import { assetRefColumns } from './asset-view.ts'
import type { ComplianceGroupsRequest } from './compliance-checks.ts'
import { complianceTables } from './compliance-results.ts'
import { type ComplianceAssetView, countsByState } from './compliance-view.ts'
import { allOf, complianceConditions, type Fragment } from './conditions.ts'
import { decodeCursor, keyColumns, type Order, page } from './keyset.ts'
import { type RowsPage, toPage, withoutKey } from './rows-page.ts'

const order: Order = {
  name: '-failed',
  isDescending: true,
  sort: [{ expression: sql`g.failed`, type: 'bigint' }],
  unique: [{ expression: sql`g.asset_id`, type: 'bigint' }],
}

/**
 * One row for each asset that has results, those that fail most first.
 * @throws ConfigError `bad_cursor`
 */
export async function listComplianceAssets(
  database: ScopedDatabase,
  request: ComplianceGroupsRequest,
): Promise<RowsPage<ComplianceAssetView>> {
  const { limit } = request
  const filter = { ...request.filter, as_of: request.asOf }
  const after = decodeCursor(request.cursor, order, filter)
  const groups = sql`with ${assetGroups(database, request)}`
  const select = sql`
select ${complianceAssetColumns}, ${keyColumns(order)}
${complianceAssetTables}`
  const wantsTotal = after === null && request.total !== false
  const [found, asOf, total] = await Promise.all([
    sql<ComplianceAssetView & Record<string, unknown>>`
${groups}
${page({ select, conditions: [sql`true`], order, after, limit: limit + 1 })}`.execute(database.kysely),
    loadAsOf(database, filter.source_id),
    wantsTotal ? sql<{ total: number }>`${groups} select count(*) as total from g`.execute(database.kysely) : null,
  ])
  return toPage(found.rows, {
    limit,
    order,
    filter,
    asOf,
    total: total && { total: total.rows[0]!.total, total_is_exact: true },
    present: row => withoutKey(row) as ComplianceAssetView,
  })
}

/** The results on each asset counted, as `g`; what is selected of it, and from where, is below. */
export function assetGroups(
  database: ScopedDatabase,
  { filter, asOf }: Pick<ComplianceGroupsRequest, 'filter' | 'asOf'>,
): Fragment {
  return sql`
g as materialized (
  select r.asset_id, count(*) filter (where r.state = 'failed') as failed, ${countsByState} as counts,
         count(*) as checks, max(r.last_seen) as last_seen
  ${complianceTables(asOf, 'whole')}
  where ${allOf(complianceConditions(database.access, filter))}
  group by r.asset_id
)`
}

export const complianceAssetColumns = sql`${assetRefColumns}, g.counts, g.checks, g.last_seen`

export const complianceAssetTables = sql`
from g
join asset a on a.asset_id = g.asset_id
join source s on s.source_id = a.source_id`
