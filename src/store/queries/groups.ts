// Who owns what, which groups are there, how much of it is open; and who owned an asset on a day?

import type { AssignedCriticality, GroupCause } from '../../domain/group-rule.ts'
import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { loadAsOf } from './as-of.ts'
import { getAssetId } from './asset-detail.ts'
import { countsOf } from './asset-view.ts'
import { allOf, type Fragment, isCounted } from './conditions.ts'
import { visible } from './scope.ts'
import type { SeverityCounts } from './severity-counts.ts'

export interface GroupCount {
  /** null: assets without one. */
  readonly name: string | null
  readonly assets: number
  readonly open_findings: number
  readonly open: SeverityCounts
}

export interface GroupOverview {
  readonly as_of: string | null
  readonly level: 'source'
  readonly owners: GroupCount[]
  readonly groups: GroupCount[]
}

/** Over the default count, from the counts kept beside each asset. */
export async function loadGroups(database: ScopedDatabase): Promise<GroupOverview> {
  const [owners, groups, as_of] = await Promise.all([
    countBy(database, sql`cross join lateral (select ag.owner) as n (name)`),
    // An asset may be in several.
    countBy(database, sql`left join lateral unnest(ag.group_names) as n (name) on true`),
    loadAsOf(database),
  ])
  return { as_of, level: 'source', owners, groups }
}

async function countBy(database: ScopedDatabase, names: Fragment): Promise<GroupCount[]> {
  const sums = ['info', 'low', 'medium', 'high', 'critical'].flatMap(severity =>
    ['open', 'reopened'].map(state => `coalesce(sum(t.${state}_${severity}), 0)::float8 as ${state}_${severity}`),
  )
  const { rows } = await sql<Omit<GroupCount, 'open_findings'>>`
select t.name, t.assets, ${countsOf('open', 'reopened')} as open
from (
  select n.name, count(*) as assets, ${sql.raw(sums.join(', '))}
  from asset a
  left join asset_total t on t.asset_id = a.asset_id
  left join asset_group ag on ag.asset_id = a.asset_id
  ${names}
  where ${isCounted} and ${allOf(visible(database.access, 'a'))}
  group by n.name
) as t
order by t.name collate "C" nulls last`.execute(database.kysely)
  return rows.map(row => ({ ...row, open_findings: Object.values(row.open).reduce((sum, count) => sum + count, 0) }))
}

export interface Ownership {
  readonly owner: string | null
  readonly criticality: AssignedCriticality | null
  readonly groups: string[]
  /** The rules that the asset met, the first that goes first; some may be gone since. */
  readonly rule_ids: number[]
  /** The owner was given by a person. */
  readonly is_owner_set: boolean
}

export interface OwnershipEvent extends Ownership {
  readonly recorded_at: string
  readonly cause: GroupCause
}

export interface AssetOwnership extends Ownership {
  readonly asset_id: number
  /** The moment that was asked about; null: now. */
  readonly as_of: string | null
  /** Oldest first, up to that moment. */
  readonly history: OwnershipEvent[]
}

const nobody: Ownership = { owner: null, criticality: null, groups: [], rule_ids: [], is_owner_set: false }

/**
 * @param asOf an instant: what was said of the asset then
 * @throws NotFoundError `asset_not_found`
 */
export async function getAssetOwnership(database: ScopedDatabase, id: string, asOf?: string): Promise<AssetOwnership> {
  const assetId = await getAssetId(database, id)
  const { rows } = await sql<OwnershipEvent>`
select recorded_at, owner, criticality, group_names as groups, rule_ids, is_owner_set, cause
from asset_group_event
where asset_id = ${assetId} and (${asOf ?? null}::timestamptz is null or recorded_at <= ${asOf ?? null}::timestamptz)
order by recorded_at, event_id`.execute(database.kysely)
  const { recorded_at: _at, cause: _cause, ...then } = rows.at(-1) ?? { ...nobody, recorded_at: '', cause: 'asset' }
  return { asset_id: assetId, as_of: asOf ?? null, ...(then as Ownership), history: rows }
}
