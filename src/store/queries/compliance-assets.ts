// Which assets fail most checks?

import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { loadAsOf } from './as-of.ts'
import { assetRefColumns } from './asset-view.ts'
import type { ComplianceGroupsRequest } from './compliance-checks.ts'
import { complianceTables } from './compliance-results.ts'
import { type ComplianceAssetView, countsByState, type GroupRow, presentGroup, sumsByState } from './compliance-view.ts'
import { allOf, complianceConditions, type Fragment } from './conditions.ts'
import { keptCompliance } from './kept-compliance.ts'
import { decodeCursor, keyColumns, type Order, page } from './keyset.ts'
import { type RowsPage, toPage } from './rows-page.ts'

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
  const { groups, columns } = assetGroups(database, request)
  const select = sql`
select ${columns}, (select count(*) from g) as groups, ${keyColumns(order)}
${complianceAssetTables}`
  const [found, asOf] = await Promise.all([
    sql<GroupRow<ComplianceAssetView>>`
with ${groups}
${page({ select, conditions: [sql`true`], order, after, limit: limit + 1 })}`.execute(database.kysely),
    loadAsOf(database, filter.source_id),
  ])
  const wantsTotal = after === null && request.total !== false
  return toPage(found.rows, {
    limit,
    order,
    filter,
    asOf,
    total: wantsTotal ? { total: found.rows[0]?.groups ?? 0, total_is_exact: true } : null,
    present: presentGroup<ComplianceAssetView>,
  })
}

/**
 * The results on each asset counted, as `g`, and the columns of it; from the counts kept beside each asset where these can
 * tell.
 */
export function assetGroups(
  database: ScopedDatabase,
  { filter, asOf }: Pick<ComplianceGroupsRequest, 'filter' | 'asOf'>,
): { readonly groups: Fragment; readonly columns: Fragment } {
  const conditions = allOf(complianceConditions(database.access, filter))
  const kept = asOf === undefined ? keptCompliance(database.access, filter) : undefined
  if (!kept) {
    return {
      groups: sql`
g as materialized (
  select r.asset_id, count(*) filter (where r.state = 'failed') as failed, ${countsByState} as counts,
         count(*) as checks, max(r.last_seen) as last_seen
  ${complianceTables(asOf, 'whole')}
  where ${conditions}
  group by r.asset_id
)`,
      columns: sql`${assetRefColumns}, g.counts, g.checks, g.last_seen`,
    }
  }
  return {
    groups: sql`
${kept}, g as materialized (
  select asset_id, coalesce(sum(results) filter (where state = 'failed'), 0) as failed, ${sumsByState} as counts,
         sum(results) as checks
  from chosen
  ${filter.state ? sql`where state = any(${filter.state}::text[])` : sql``}
  group by asset_id
  having sum(results) > 0
)`,
    columns: sql`${assetRefColumns}, g.counts, g.checks,
(select max(r.last_seen) ${complianceTables(undefined)} where ${conditions} and r.asset_id = g.asset_id) as last_seen`,
  }
}

export const complianceAssetTables = sql`
from g
join asset a on a.asset_id = g.asset_id
join source s on s.source_id = a.source_id`
