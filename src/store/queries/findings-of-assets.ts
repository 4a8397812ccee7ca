// Which findings does a filter mean that asks of them only their severity, and everything else of their asset?

import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { allOf, assetOfFindingConditions, type Fragment } from './conditions.ts'
import type { FindingFilter } from './filters.ts'
import { assetsLeftOut } from './finding-choice.ts'
import { looksAtTags, visible } from './scope.ts'

/** Whether an index has all that the filter asks of the finding itself. */
export function isOfAssets(filter: FindingFilter): boolean {
  return Object.entries(filter).every(([name, value]) => value === undefined || ofAssets.has(name))
}

const standing = ['source_id', 'include', 'state', 'severity', 'asset_status', 'is_licensed', 'is_tracked'] as const

const ofAssets: ReadonlySet<string> = new Set<keyof FindingFilter>([
  ...standing,
  ...(['has_agent', 'cloud', 'network_id', 'tag', 'owner', 'has_owner', 'group', 'assigned_criticality'] as const),
])
const asksStanding: ReadonlySet<string> = new Set(standing)

export interface FindingsOfAssets {
  /** On the finding `f`. The assets are hashed once for all rows, which only a condition that is no join can be. */
  readonly within: Fragment
  /** All other assets, where the filter leaves out only a few: most estates have few outside the default count. */
  readonly leftOut: readonly number[] | undefined
}

export async function assetsOf(database: ScopedDatabase, filter: FindingFilter): Promise<FindingsOfAssets> {
  const { access } = database
  const conditions = [
    ...visible(access, 'a'),
    ...assetOfFindingConditions(filter),
    ...(filter.source_id ? [sql`a.source_id = any(${filter.source_id}::integer[])`] : []),
  ]
  const isNarrow =
    looksAtTags(access) ||
    Object.entries(filter).some(([name, value]) => value !== undefined && !asksStanding.has(name))
  return {
    within: sql`(f.asset_id in (select a.asset_id from asset a where ${allOf(conditions)})) is true`,
    leftOut: isNarrow ? undefined : await assetsLeftOut(database, conditions),
  }
}
