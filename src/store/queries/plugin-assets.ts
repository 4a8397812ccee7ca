// Which assets have this plugin?

import type { FindingState } from '../../domain/finding.ts'
import type { Severity } from '../../domain/severity.ts'
import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { loadAsOf } from './as-of.ts'
import { type AssetRef, assetRefColumns } from './asset-view.ts'
import { allOf, assetOfFindingConditions, findingConditions, severityCondition } from './conditions.ts'
import type { FindingFilter } from './filters.ts'
import { decodeCursor, type Order } from './keyset.ts'
import { findPlugin, pluginNotFound } from './plugin-detail.ts'
import { countUpTo, type PageRequest, type RowsPage, toPage, withoutKey } from './rows-page.ts'

/** One asset that has the plugin, with its findings of it folded together. */
export interface PluginAsset extends AssetRef {
  readonly findings: number
  readonly ports: { readonly port: number; readonly protocol: string }[]
  readonly severity: Severity
  readonly state: FindingState
  readonly first_found: string | null
  readonly last_found: string | null
}

export interface PluginAssetsRequest extends PageRequest {
  readonly pluginId: number
  readonly filter: Pick<FindingFilter, 'source_id' | 'include' | 'state' | 'severity'>
}

const order: Order = {
  name: 'asset_id',
  isDescending: false,
  sort: [],
  unique: [{ expression: sql`f.asset_id`, type: 'bigint' }],
}

/**
 * @throws NotFoundError `plugin_not_found`
 * @throws ConfigError `bad_cursor`
 */
export async function listPluginAssets(
  database: ScopedDatabase,
  request: PluginAssetsRequest,
): Promise<RowsPage<PluginAsset>> {
  const { pluginId, limit } = request
  const filter: FindingFilter = { ...request.filter, plugin_id: [pluginId] }
  const after = decodeCursor(request.cursor, order, filter)
  if (!(await findPlugin(database, pluginId))) throw pluginNotFound(pluginId)
  const conditions = [
    ...findingConditions(database.access, filter),
    ...severityCondition(filter),
    ...assetOfFindingConditions(filter),
  ]
  const rows = sql<PluginAsset & Record<string, unknown>>`
with affected as (
  select f.asset_id, count(*) as findings,
         jsonb_agg(jsonb_build_object('port', f.port, 'protocol', f.protocol) order by f.port, f.protocol) as ports,
         (array['info', 'low', 'medium', 'high', 'critical'])[max(severity_rank(f.severity)) + 1] as severity,
         case when bool_or(f.state = 'open') then 'open'
              when bool_or(f.state = 'reopened') then 'reopened'
              else 'fixed' end as state,
         min(f.first_found) as first_found, max(f.last_found) as last_found
  from finding f
  join asset a on a.asset_id = f.asset_id
  where ${allOf(conditions)} and f.asset_id > ${after?.[0] ?? 0}
  group by f.asset_id
  order by f.asset_id
  limit ${sql.lit(limit + 1)}
)
select ${assetRefColumns}, c.findings, c.ports, c.severity, c.state, c.first_found, c.last_found, c.asset_id as k0
from affected c
join asset a on a.asset_id = c.asset_id
join source s on s.source_id = a.source_id
order by c.asset_id`.execute(database.kysely)
  const wantsTotal = after === null && request.total !== false
  const [found, asOf, total] = await Promise.all([
    rows,
    loadAsOf(database, filter.source_id),
    wantsTotal
      ? countUpTo(
          database,
          sql`select from finding f join asset a on a.asset_id = f.asset_id where ${allOf(conditions)} group by f.asset_id`,
        )
      : null,
  ])
  return toPage(found.rows, { limit, order, filter, asOf, total, present: row => withoutKey(row) as PluginAsset })
}
