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
  /** Of an asset with several tags each counts it. */
  readonly by_tag: (CoverageCounts & { readonly tag: string })[]
  /** The asset list with such a filter, and that of the question, has the rows of each count. */
  readonly filters: GapFilters
}

export interface CoverageRequest {
  readonly filter: AssetFilter
  readonly days: number
  readonly now: Date
}

/** As many groups as a person can look at; the worst come first. */
const groupsAtMost = 200

export async function loadScanCoverage(database: ScopedDatabase, request: CoverageRequest): Promise<ScanCoverage> {
  const { filter, days, now } = request
  const since = new Date(now.getTime() - days * 86_400_000).toISOString()
  const filters = filtersOf(since)
  const where = allOf(assetConditions(database.access, filter))
  const counts = countsOf(filters)
  const from = sql`from asset a left join asset_total t on t.asset_id = a.asset_id`
  const worst = sql`order by not_scanned + never_scanned desc, 1 limit ${sql.lit(groupsAtMost)}`
  const [asOf, total, networks, tags] = await Promise.all([
    loadAsOf(database, filter.source_id),
    sql<CoverageCounts>`select ${counts} ${from} where ${where}`.execute(database.kysely),
    sql<ScanCoverage['by_network'][number]>`
select * from (
  select a.network_id, max(a.network_name) as network, ${counts}
  ${from}
  where ${where}
  group by a.network_id
) as g
${worst}`.execute(database.kysely),
    sql<ScanCoverage['by_tag'][number]>`
select * from (
  select g.tag_key || ':' || g.tag_value as tag, ${counts}
  ${from}
  join asset_tag g on g.asset_id = a.asset_id
  where ${where}
  group by g.tag_key, g.tag_value
) as g
${worst}`.execute(database.kysely),
  ])
  return {
    as_of: asOf,
    days,
    since,
    total: total.rows[0]!,
    by_network: networks.rows,
    by_tag: tags.rows,
    filters,
  }
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
function countsOf(filters: GapFilters): Fragment {
  const gaps = Object.entries<AssetFilter>({ ...filters }).map(
    ([name, filter]) =>
      sql`count(*) filter (where ${allOf(assetConditions(wholeAccess, { ...filter, include: ['all'] }))}) as ${sql.ref(name)}`,
  )
  return sql`count(*) as assets, ${sql.join(gaps, sql`, `)}`
}
