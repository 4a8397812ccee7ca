// What changed in a plugin, by which run, from what to what?

import type { Json } from '../../domain/json.ts'
import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { streamAsOf } from './directory-list.ts'
import { decodeCursor, type Order } from './keyset.ts'
import { findPlugin, pluginNotFound } from './plugin-detail.ts'
import { countUpTo, type PageRequest, type RowsPage, toPage, withoutKey } from './rows-page.ts'

export interface PluginChange {
  readonly run_id: number
  readonly recorded_at: string
  readonly changes: { readonly column: string; readonly before: Json; readonly after: Json }[]
}

export interface PluginChangesRequest extends PageRequest {
  readonly pluginId: number
  readonly sourceId?: number | undefined
}

const order: Order = {
  name: '-run_id',
  isDescending: true,
  sort: [],
  unique: [{ expression: sql`c.run_id`, type: 'bigint' }],
}

/**
 * Newest first. A change keeps what was before; what came after is what the next change of the column found, or what the
 * plugin says now.
 * @throws NotFoundError `plugin_not_found`; ConfigError `bad_cursor`
 */
export async function listPluginChanges(
  database: ScopedDatabase,
  request: PluginChangesRequest,
): Promise<RowsPage<PluginChange>> {
  const { pluginId, limit } = request
  const plugin = await findPlugin(database, pluginId, request.sourceId)
  if (!plugin) throw pluginNotFound(pluginId)
  const filter = { plugin_id: pluginId, owner_source_id: plugin.owner_source_id }
  const after = decodeCursor(request.cursor, order, filter)
  const ofPlugin = sql`c.plugin_id = ${pluginId} and c.owner_source_id = ${plugin.owner_source_id}`
  const wantsTotal = after === null && request.total !== false
  const rows = sql<PluginChange & Record<string, unknown>>`
select c.run_id, c.recorded_at, c.run_id as k0,
       (select jsonb_agg(jsonb_build_object('column', x.key, 'before', x.value, 'after', coalesce(
                 (select n.changed -> x.key
                  from plugin_change n
                  where n.plugin_id = c.plugin_id and n.owner_source_id = c.owner_source_id and n.run_id > c.run_id
                    and jsonb_exists(n.changed, x.key)
                  order by n.run_id
                  limit 1),
                 to_jsonb(p) -> x.key)) order by x.key collate "C")
        from jsonb_each(c.changed) as x) as changes
from plugin_change c
join plugin p using (plugin_id, owner_source_id)
where ${ofPlugin} and (${after?.[0] ?? null}::bigint is null or c.run_id < ${after?.[0] ?? null}::bigint)
order by c.run_id desc
limit ${sql.lit(limit + 1)}`.execute(database.kysely)
  const [found, asOf, total] = await Promise.all([
    rows,
    streamAsOf(database, 'plugins', undefined),
    wantsTotal ? countUpTo(database, sql`select from plugin_change c where ${ofPlugin}`) : null,
  ])
  return toPage(found.rows, { limit, order, filter, asOf, total, present: row => withoutKey(row) as PluginChange })
}
