// Which assets were not scanned lately, or not with credentials, or never?

import { type ScopedDatabase, wholeAccess } from '../access.ts'
import { sql } from '../database.ts'
import { loadAsOf } from './as-of.ts'
import { allOf, assetConditions, type Fragment } from './conditions.ts'
import type { AssetFilter } from './filters.ts'

export interface CoverageCounts {
  readonly assets: number
  readonly never_scanned: number
  readonly not_scanned: number
  readonly never_scanned_with_credentials: number
  readonly not_scanned_with_credentials: number
}

/** What to ask the list of assets for, to have the rows of each count. */
interface GapFilters {
  readonly never_scanned: { readonly never_scanned: boolean }
  readonly not_scanned: { readonly last_scan_to: string }
  readonly never_scanned_with_credentials: { readonly never_scanned_with_credentials: boolean }
  readonly not_scanned_with_credentials: { readonly last_authenticated_scan_to: string }
}

export interface ScanCoverage {
  readonly as_of: string | null
  readonly days: number
  /** What "not scanned" means: the last scan was before this. */
  readonly since: string
  readonly total: CoverageCounts
  readonly by_network: (CoverageCounts & {
    readonly network_id: string | null
    readonly network: string | null
  })[]
  /** Of an asset with several each counts it; null: of those with none. */
  readonly by_os: (CoverageCounts & { readonly os: string | null })[]
  readonly by_owner: (CoverageCounts & { readonly owner: string | null })[]
  /** Of an asset with several tags each counts it. */
  readonly by_tag: (CoverageCounts & { readonly tag: string })[]
  /** The asset list with such a filter, and that of the question, has the rows of each count. */
  readonly filters: GapFilters
}

export type CoverageDimension = 'network' | 'os' | 'owner' | 'tag'

export interface CoverageRequest {
  readonly filter: AssetFilter
  readonly days: number
  readonly now: Date
}

/** As many groups as a person can look at; the worst come first. */
const groupsAtMost = 200

export async function loadScanCoverage(database: ScopedDatabase, request: CoverageRequest): Promise<ScanCoverage> {
  const { filter, days } = request
  const since = sinceOf(request)
  const groups = (by: CoverageDimension) => sql`
(select coalesce(jsonb_agg(g), '[]') from (${groupsOf(by, since, shownAssets, sql`true`)} limit ${sql.lit(groupsAtMost)}) as g)`
  // The assets are read once for all of it: their rows are wide.
  const [asOf, { rows }] = await Promise.all([
    loadAsOf(database, filter.source_id),
    sql<Pick<ScanCoverage, 'total' | 'by_network' | 'by_os' | 'by_owner' | 'by_tag'>>`
with shown as materialized (
  select a.asset_id, a.network_id, a.network_name, a.operating_systems, a.last_scan_at, a.last_authenticated_scan_at, ag.owner
  ${tables}
  where ${allOf(assetConditions(database.access, filter))}
)
select (select to_jsonb(t) from (select ${countsOf(since)} ${shownAssets}) as t) as total, ${groups('network')} as by_network,
       ${groups('os')} as by_os, ${groups('owner')} as by_owner, ${groups('tag')} as by_tag`.execute(database.kysely),
  ])
  return { as_of: asOf, days, since, ...rows[0]!, filters: filtersOf(since) }
}

const shownAssets = sql`
from shown a
cross join lateral (select a.owner) as ag`

/** Every group of a dimension, those with most gaps first; all of them unless a limit follows. */
export function coverageGroups(database: ScopedDatabase, request: CoverageRequest, by: CoverageDimension): Fragment {
  return groupsOf(by, sinceOf(request), tables, allOf(assetConditions(database.access, request.filter)))
}

function groupsOf(by: CoverageDimension, since: string, from: Fragment, condition: Fragment): Fragment {
  const { columns, join, key } = dimensions[by]
  return sql`
select * from (
  select ${columns}, ${countsOf(since)}
  ${from}${join}
  where ${condition}
  group by ${key}
) as g
order by not_scanned + never_scanned desc, 1`
}

const tables = sql`
from asset a
left join asset_total t on t.asset_id = a.asset_id
left join asset_group ag on ag.asset_id = a.asset_id`

interface Dimension {
  readonly columns: Fragment
  readonly join: Fragment
  readonly key: Fragment
}

const dimensions: Readonly<Record<CoverageDimension, Dimension>> = {
  network: { columns: sql`a.network_id, max(a.network_name) as network`, join: sql``, key: sql`a.network_id` },
  os: {
    columns: sql`os.name as os`,
    join: sql`
left join lateral (select distinct name from unnest(a.operating_systems) as u (name)) as os on true`,
    key: sql`os.name`,
  },
  owner: { columns: sql`ag.owner`, join: sql``, key: sql`ag.owner` },
  tag: {
    columns: sql`g.tag_key || ':' || g.tag_value as tag`,
    join: sql`
join asset_tag g on g.asset_id = a.asset_id`,
    key: sql`g.tag_key, g.tag_value`,
  },
}

function sinceOf({ days, now }: CoverageRequest): string {
  return new Date(now.getTime() - days * 86_400_000).toISOString()
}

function filtersOf(since: string): GapFilters {
  return {
    never_scanned: { never_scanned: true },
    not_scanned: { last_scan_to: since },
    never_scanned_with_credentials: { never_scanned_with_credentials: true },
    not_scanned_with_credentials: { last_authenticated_scan_to: since },
  }
}

/** Each count asks what the filter asks that stands for it, in the same words. */
function countsOf(since: string): Fragment {
  const gaps = Object.entries<AssetFilter>({ ...filtersOf(since) }).map(
    ([name, filter]) =>
      sql`count(*) filter (where ${allOf(assetConditions(wholeAccess, { ...filter, include: ['all'] }))}) as ${sql.ref(name)}`,
  )
  return sql`count(*) as assets, ${sql.join(gaps, sql`, `)}`
}
