// Which checks fail most, and what is known of one?

import { NotFoundError } from '../../platform/errors.ts'
import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { loadAsOf } from './as-of.ts'
import { byCheckIds } from './compliance-choice.ts'
import { listCompliance } from './compliance-list.ts'
import { complianceTables } from './compliance-results.ts'
import {
  type ComplianceCheckRef,
  type ComplianceCounts,
  type ComplianceView,
  countsByState,
  type GroupRow,
  presentGroup,
  sumsByState,
} from './compliance-view.ts'
import {
  allOf,
  complianceAssetConditions,
  complianceConditions,
  complianceResultConditions,
  type Fragment,
} from './conditions.ts'
import type { ComplianceFilter } from './filters.ts'
import { decodeCursor, keyColumns, type Order, page } from './keyset.ts'
import { type PageRequest, type RowsPage, toPage } from './rows-page.ts'
import { looksAtTags, ofVisibleSources, visible } from './scope.ts'

/** A check with its results counted over the assets of a filter. */
export interface ComplianceCheckView extends ComplianceCheckRef {
  readonly source: string
  readonly benchmark_name: string | null
  readonly benchmark_version: string | null
  readonly plugin_id: number | null
  readonly counts: ComplianceCounts
  readonly assets: number
  readonly last_seen: string | null
}

export interface ComplianceGroupsRequest extends PageRequest {
  readonly filter: ComplianceFilter
  /** The outcomes of then, instead of those of now. */
  readonly asOf?: string | undefined
}

const order: Order = {
  name: '-failed',
  isDescending: true,
  sort: [{ expression: sql`g.failed`, type: 'bigint' }],
  unique: [{ expression: sql`g.check_id`, type: 'bigint' }],
}

/**
 * One row for each check, those that fail most first.
 * @throws ConfigError `bad_cursor`
 */
export async function listComplianceChecks(
  database: ScopedDatabase,
  request: ComplianceGroupsRequest,
): Promise<RowsPage<ComplianceCheckView>> {
  const { limit } = request
  const filter = { ...request.filter, as_of: request.asOf }
  const after = decodeCursor(request.cursor, order, filter)
  const asked = { ...request, filter: await byCheckIds(database, request.filter) }
  const select = sql`
select ${checkColumns}, (select count(*) from g) as groups, ${keyColumns(order)}
${checkTables}`
  const rows = sql<GroupRow<ComplianceCheckView>>`
with ${checkGroups(database, asked)}
${page({ select, conditions: [sql`true`], order, after, limit: limit + 1 })}`
  const [found, asOf] = await Promise.all([rows.execute(database.kysely), loadAsOf(database, filter.source_id)])
  const wantsTotal = after === null && request.total !== false
  return toPage(found.rows, {
    limit,
    order,
    filter,
    asOf,
    total: wantsTotal ? { total: found.rows[0]?.groups ?? 0, total_is_exact: true } : null,
    present: presentGroup<ComplianceCheckView>,
  })
}

/** The results of each check counted, as `g`; what is selected of it, and from where, is below. */
export function checkGroups(
  database: ScopedDatabase,
  { filter, asOf }: Pick<ComplianceGroupsRequest, 'filter' | 'asOf'>,
): Fragment {
  const { access } = database
  // Of most assets compliance_result_check_idx alone has all that is asked, with the assets as a condition that is no join.
  const isNarrow =
    looksAtTags(access) || [filter.tag, filter.network_id, filter.asset_id].some(one => one !== undefined)
  const assets = allOf([...visible(access, 'a'), ...complianceAssetConditions(filter)])
  const results =
    asOf === undefined && !isNarrow
      ? sql`
  from compliance_result r
  ${filter.audit_file ? sql`join compliance_check c on c.check_id = r.check_id` : sql``}
  where ${allOf(complianceResultConditions(filter))}
    and (r.asset_id in (select a.asset_id from asset a where ${assets})) is true`
      : sql`
  ${complianceTables(asOf, 'whole')}
  where ${allOf(complianceConditions(access, filter))}`
  return sql`
outcome as (
  select r.check_id, r.state, count(*)::integer as results, max(r.last_seen) as last_seen
  ${results}
  group by r.check_id, r.state
), g as materialized (
  select check_id, coalesce(sum(results) filter (where state = 'failed'), 0) as failed, ${sumsByState} as counts,
         sum(results) as assets, max(last_seen) as last_seen
  from outcome
  group by check_id
)`
}

export const checkColumns = sql`
c.check_id as id, c.source_id, s.name as source, c.audit_file, c.name, c.refs as references, c.benchmark_name,
c.benchmark_version, c.plugin_id, g.counts, g.assets, g.last_seen`

export const checkTables = sql`
from g
join compliance_check c on c.check_id = g.check_id
join source s on s.source_id = c.source_id`

/** Everything known of a check. */
export interface ComplianceCheckDetail extends ComplianceCheckView {
  readonly native_id: string
  readonly info: string | null
  readonly solution: string | null
  readonly synopsis: string | null
  readonly see_also: string | null
  readonly plugin_name: string | null
  readonly profile_name: string | null
  readonly vendor_check_id: string | null
  readonly control_id: string | null
  readonly functional_id: string | null
  readonly informational_id: string | null
  readonly metadata_id: string | null
  readonly db_type: string | null
  readonly updated_at: string
  readonly recorded_at: string
}

export interface ComplianceCheckRequest extends PageRequest {
  readonly checkId: number
  readonly asOf?: string | undefined
  readonly filter: Pick<ComplianceFilter, 'include' | 'state' | 'tag' | 'network_id'>
}

/**
 * A check, and a page of what it found on each asset.
 * @throws NotFoundError `compliance_check_not_found`; ConfigError `bad_cursor`
 */
export async function getComplianceCheck(
  database: ScopedDatabase,
  { checkId, filter, ...request }: ComplianceCheckRequest,
): Promise<RowsPage<ComplianceView> & { readonly check: ComplianceCheckDetail }> {
  const whole = { ...filter, check_id: [checkId] }
  const counted = allOf(complianceConditions(database.access, { include: filter.include, check_id: [checkId] }))
  const { rows } = await sql<ComplianceCheckDetail>`
select c.check_id as id, c.source_id, s.name as source, c.audit_file, c.name, c.refs as references, c.benchmark_name,
       c.benchmark_version, c.plugin_id, g.counts, g.assets, g.last_seen, c.native_id, c.info, c.solution, c.synopsis,
       c.see_also, c.plugin_name, c.profile_name, c.vendor_check_id, c.control_id, c.functional_id, c.informational_id,
       c.metadata_id, c.db_type, c.changed_at as updated_at, c.recorded_at
from compliance_check c
join source s on s.source_id = c.source_id
cross join (
  select ${countsByState} as counts, count(*) as assets, max(r.last_seen) as last_seen
  ${complianceTables(request.asOf)}
  where ${counted}
) as g
where c.check_id = ${checkId} and ${allOf(ofVisibleSources(database.access, 'c.source_id'))}`.execute(database.kysely)
  const check = rows[0]
  if (!check) throw new NotFoundError('compliance_check_not_found', `There is no compliance check ${checkId}.`)
  return { ...(await listCompliance(database, { ...request, filter: whole, sort: 'asset_id' })), check }
}
