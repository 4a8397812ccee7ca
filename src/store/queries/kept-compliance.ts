// What is counted of compliance results beside each asset, and when may it be asked instead of the results?

import type { Access } from '../access.ts'
import { sql } from '../database.ts'
import { allOf, complianceAssetConditions, type Fragment } from './conditions.ts'
import type { ComplianceFilter } from './filters.ts'
import { visible } from './scope.ts'

/**
 * `chosen`, the steps of a filter's results by asset, audit file, day and outcome, whatever the outcome asked for; undefined
 * when only the results can tell: of single checks, of ended results, of dates.
 */
export function keptCompliance(access: Access, filter: ComplianceFilter): Fragment | undefined {
  const asked = Object.entries(filter).filter(([, value]) => value !== undefined)
  if (asked.some(([name]) => !toldBesideAssets.has(name))) return undefined
  if (filter.include?.some(one => one === 'all' || one === 'ended')) return undefined
  const conditions = [
    ...visible(access, 'r'),
    ...complianceAssetConditions(filter),
    ...(filter.source_id ? [sql`r.source_id = any(${filter.source_id}::integer[])`] : []),
    ...(filter.audit_file ? [sql`r.audit_file = any(${filter.audit_file}::text[])`] : []),
    ...(filter.asset_id ? [sql`r.asset_id = any(${filter.asset_id}::bigint[])`] : []),
  ]
  return sql`chosen as (
  select r.asset_id, r.audit_file, r.day, r.state, r.results
  from asset_compliance r
  join asset a on a.asset_id = r.asset_id
  where ${allOf(conditions)}
)`
}

const toldBesideAssets: ReadonlySet<string> = new Set<keyof ComplianceFilter>([
  'source_id',
  'include',
  'state',
  'audit_file',
  'asset_id',
  'tag',
  'network_id',
])
