import { isDeepStrictEqual } from 'node:util'
import { firstCustomPluginId, type Plugin } from '../../domain/plugin.ts'
import { mergePlugin, type RankedPlugin } from '../../domain/plugin-merge.ts'
import { textHash } from '../copy-text.ts'
import type { Connection, Database } from '../database.ts'
import { type PluginKey, scorePlugins } from '../feeds/plugin-scores.ts'
import { locks } from '../locks.ts'
import type { PartContext } from './context.ts'
import { pluginColumns, pluginFields } from './plugin-columns.ts'

export interface PluginMergeResult {
  readonly inserted: number
  readonly changed: number
  readonly unchanged: number
}

// A plugin with its texts is about 3 kB.
const rowsAtOnce = 500

/**
 * Merges descriptions of plugins, in transactions of their own: chunks share plugins and must not wait for each other's
 * end. Each row is true by itself, so a part that fails afterwards leaves nothing wrong.
 */
export async function mergePlugins(
  database: Database,
  context: PartContext,
  plugins: Iterable<Plugin>,
): Promise<PluginMergeResult> {
  const result = { inserted: 0, changed: 0, unchanged: 0 }
  const incoming = combine(context, plugins)
  for (let from = 0; from < incoming.length; from += rowsAtOnce) {
    const slice = incoming.slice(from, from + rowsAtOnce)
    const done = await database.transaction(connection => mergeSlice(connection, context, slice))
    result.inserted += done.inserted
    result.changed += done.changed
    result.unchanged += done.unchanged
  }
  return result
}

interface Incoming extends RankedPlugin {
  readonly hash: string
}

/** One description for each plugin id. */
function combine(context: PartContext, plugins: Iterable<Plugin>): Incoming[] {
  const byId = new Map<number, RankedPlugin>()
  for (const plugin of plugins) {
    const ranked = { plugin, sourceRank: context.sourceRank, readAt: context.readAt }
    const other = byId.get(plugin.pluginId)
    byId.set(plugin.pluginId, other ? mergePlugin(other, ranked) : ranked)
  }
  return [...byId.values()].map(ranked => ({ ...ranked, hash: textHash(JSON.stringify(ranked.plugin)) }))
}

interface Change {
  readonly row: Record<string, unknown> & PluginKey
  readonly before: Record<string, unknown> | undefined
}

async function mergeSlice(
  connection: Connection,
  context: PartContext,
  slice: readonly Incoming[],
): Promise<PluginMergeResult> {
  await connection.query('select pg_advisory_xact_lock($1)', [locks.plugins])
  const news = await notAsLastMerged(connection, context.sourceId, slice)
  const stored = await loadStored(connection, context.sourceId, news)
  const changes = news.flatMap(incoming => changeOf(context, incoming, stored.get(incoming.plugin.pluginId)) ?? [])
  if (changes.length > 0) await write(connection, context, changes)
  const inserted = changes.filter(change => change.before === undefined).length
  return { inserted, changed: changes.length - inserted, unchanged: slice.length - changes.length }
}

const ofSource = `owner_source_id = case when plugin_id >= ${firstCustomPluginId} then $2::integer else 0 end`

/** Leaves out what was merged last, word for word: most plugins, most of the time, and their texts need not travel. */
async function notAsLastMerged(
  connection: Connection,
  sourceId: number,
  slice: readonly Incoming[],
): Promise<readonly Incoming[]> {
  const { rows } = await connection.query<{ plugin_id: number; incoming_hash: string }>(
    `select plugin_id, incoming_hash::text from plugin where plugin_id = any($1::integer[]) and ${ofSource}`,
    [slice.map(item => item.plugin.pluginId), sourceId],
  )
  const last = new Map(rows.map(row => [row.plugin_id, row.incoming_hash]))
  return slice.filter(item => last.get(item.plugin.pluginId) !== item.hash)
}

function ownerOf(pluginId: number, sourceId: number): number {
  return pluginId >= firstCustomPluginId ? sourceId : 0
}

const columns = pluginFields.map(field => pluginColumns[field])

const selectStored = `
select plugin_id, source_rank, read_at, ${pluginFields.map(field => `${pluginColumns[field]} as "${field}"`).join(', ')}
from plugin
where plugin_id = any($1::integer[])
  and ${ofSource}`

async function loadStored(
  connection: Connection,
  sourceId: number,
  slice: readonly RankedPlugin[],
): Promise<Map<number, RankedPlugin>> {
  type Stored = Omit<Plugin, 'pluginId'> & { plugin_id: number; source_rank: number; read_at: string }
  const { rows } = await connection.query<Stored>(selectStored, [slice.map(item => item.plugin.pluginId), sourceId])
  return new Map(
    rows.map(({ plugin_id, source_rank, read_at, ...facts }) => [
      plugin_id,
      { plugin: { pluginId: plugin_id, ...facts }, sourceRank: source_rank, readAt: read_at },
    ]),
  )
}

/** What to write, or undefined when the stored row already says it. */
function changeOf(context: PartContext, incoming: Incoming, stored: RankedPlugin | undefined): Change | undefined {
  const merged = stored ? mergePlugin(stored, incoming) : incoming
  const before: Record<string, unknown> = {}
  const row: Change['row'] = {
    plugin_id: merged.plugin.pluginId,
    owner_source_id: ownerOf(merged.plugin.pluginId, context.sourceId),
    source_rank: merged.sourceRank,
    read_at: merged.readAt,
    run_id: context.runId,
    incoming_hash: incoming.hash,
  }
  for (const field of pluginFields) {
    row[pluginColumns[field]] = merged.plugin[field]
    if (stored && !sameFact(stored.plugin[field], merged.plugin[field]))
      before[pluginColumns[field]] = stored.plugin[field]
  }
  if (!stored) return { row, before: undefined }
  return Object.keys(before).length > 0 ? { row, before } : undefined
}

const instantPattern = /^\d{4}-\d{2}-\d{2}T/

function sameFact(stored: unknown, merged: unknown): boolean {
  if (stored === merged) return true
  // One instant has many texts: the vendor's fraction digits are not PostgreSQL's.
  if (typeof stored === 'string' && typeof merged === 'string') {
    return instantPattern.test(stored) && instantPattern.test(merged) && Date.parse(stored) === Date.parse(merged)
  }
  return typeof stored === 'object' && isDeepStrictEqual(stored, merged)
}

const upsert = `
insert into plugin as p (plugin_id, owner_source_id, source_rank, read_at, run_id, incoming_hash, ${columns.join(', ')})
select plugin_id, owner_source_id, source_rank, read_at, run_id, incoming_hash, ${columns.join(', ')}
from jsonb_populate_recordset(null::plugin, $1)
on conflict (plugin_id, owner_source_id) do update
set source_rank = excluded.source_rank, read_at = excluded.read_at, run_id = excluded.run_id,
    incoming_hash = excluded.incoming_hash, changed_at = now(),
    ${columns.map(column => `${column} = excluded.${column}`).join(', ')}`

const insertChanges = `
insert into plugin_change (plugin_id, owner_source_id, run_id, changed)
select plugin_id, owner_source_id, $2, changed
from jsonb_to_recordset($1) as c (plugin_id integer, owner_source_id integer, changed jsonb)
on conflict (plugin_id, owner_source_id, run_id) do update
-- what was there before the run stays what was there before the run
set changed = excluded.changed || plugin_change.changed`

async function write(connection: Connection, context: PartContext, changes: readonly Change[]): Promise<void> {
  await connection.query(upsert, [JSON.stringify(changes.map(change => change.row))])
  await scorePlugins(
    connection,
    changes.filter(changesScore).map(change => change.row),
    context.runId,
  )
  const replaced = changes.filter(change => change.before !== undefined)
  if (replaced.length === 0) return
  const rows = replaced.map(({ row, before }) => ({
    plugin_id: row.plugin_id,
    owner_source_id: row.owner_source_id,
    changed: before,
  }))
  await connection.query(insertChanges, [JSON.stringify(rows), context.runId])
}

/** What the feeds make of a plugin hangs on its CVEs, and without them on what the vendor says. */
function changesScore({ before }: Change): boolean {
  return before === undefined || 'cves' in before || 'epss_score' in before || 'is_kev' in before
}
