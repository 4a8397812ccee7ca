import type { Queryable } from './database.ts'

/** The indexes of findings and their events that a first load drops and builds when it ends, as the migrations make them. */
export const secondaryIndexes = [
  {
    name: 'finding_open_idx',
    on: "finding (severity_rank(severity), last_found, asset_id, plugin_id) where state <> 'fixed' and ended_at is null",
  },
  { name: 'finding_plugin_idx', on: 'finding (plugin_id, asset_id)' },
  {
    name: 'finding_plugin_first_idx',
    on: "finding (plugin_id, first_found) where state <> 'fixed' and ended_at is null",
  },
  {
    name: 'finding_plugin_last_idx',
    on: "finding (plugin_id, last_found) where state <> 'fixed' and ended_at is null",
  },
  {
    name: 'finding_since_idx',
    on: "finding (severity_rank(severity), coalesce(resurfaced_date, first_found), asset_id) include (severity, resurfaced_date, first_found) where state <> 'fixed' and ended_at is null",
  },
  {
    name: 'finding_fixed_order_idx',
    on: "finding (severity_rank(severity), last_found, asset_id, plugin_id) where state = 'fixed' and ended_at is null",
  },
  {
    name: 'finding_ended_idx',
    on: 'finding (severity_rank(severity), last_found, asset_id, plugin_id) where ended_at is not null',
  },
  {
    name: 'finding_modified_idx',
    on: "finding (severity_modification, severity_rank(severity), last_found) where severity_modification <> 'none'",
  },
  { name: 'finding_changed_idx', on: 'finding (changed_at)' },
  { name: 'finding_native_idx', on: 'finding using hash (native_id)' },
  { name: 'finding_found_idx', on: 'finding (first_found, asset_id) include (severity) where ended_at is null' },
  {
    name: 'finding_fixed_idx',
    on: "finding (last_fixed, asset_id) include (first_found, time_taken_to_fix, severity) where state = 'fixed' and ended_at is null",
  },
  {
    name: 'finding_resurfaced_idx',
    on: "finding (resurfaced_date, asset_id) include (severity) where state = 'reopened' and ended_at is null",
  },
  { name: 'finding_event_finding_idx', on: 'finding_event (asset_id, plugin_id)' },
  { name: 'finding_event_happened_idx', on: 'finding_event (source_id, coalesce(happened_at, recorded_at))' },
  {
    name: 'finding_event_scope_idx',
    on: "finding_event (source_id) where cause = 'out_of_scope' or before ->> 'end_cause' = 'out_of_scope'",
  },
] as const

/** Call only while no finding is stored: readers would miss them. */
export async function dropSecondaryIndexes(database: Queryable): Promise<void> {
  await database.query(`drop index if exists ${secondaryIndexes.map(index => index.name).join(', ')}`)
}

/** Builds what is missing; cheap when nothing is. */
export async function ensureSecondaryIndexes(database: Queryable): Promise<readonly string[]> {
  const { rows } = await database.query<{ name: string }>(
    `select name from unnest($1::text[]) as wanted (name) where to_regclass('public.' || quote_ident(name)) is null`,
    [secondaryIndexes.map(index => index.name)],
  )
  const missing = secondaryIndexes.filter(index => rows.some(row => row.name === index.name))
  for (const index of missing) await database.query(`create index if not exists ${index.name} on ${index.on}`)
  // The first reader must not wait for autovacuum to notice that the table is no longer empty.
  if (missing.length > 0) await database.query('analyze finding, finding_output, asset, asset_total, plugin')
  return missing.map(index => index.name)
}
