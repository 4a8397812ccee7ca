import { type Access, sourcesWithin } from '../access.ts'
import { sql } from '../database.ts'
import type { Fragment } from './conditions.ts'
import { isTagged } from './tagged.ts'

// The one place that says in SQL which rows somebody may see. Every list, statistic, export, detail and history takes its
// condition from here.

/**
 * On rows of an asset: `asset a`, `finding f`, `asset_total t`, `finding_event e`, whatever has `asset_id` and `source_id`.
 * No conditions when everything may be seen.
 */
export function visible(access: Access, alias: string): Fragment[] {
  if (access.isWhole) return []
  const source = sql.ref(`${alias}.source_id`)
  const either = [
    ...(access.wholeSources.length === 0 ? [] : [sql`${source} = any(${access.wholeSources}::integer[])`]),
    ...access.taggedSources.map(
      ({ sourceIds, tags }) =>
        sql`(${source} = any(${sourceIds}::integer[]) and ${isTagged(sql.ref(`${alias}.asset_id`), tags)})`,
    ),
  ]
  return [either.length === 0 ? sql`false` : sql`(${sql.join(either, sql` or `)})`]
}

/** Whether `visible` looks at single assets and not only at their source. */
export function looksAtTags(access: Access): boolean {
  return access.taggedSources.length > 0
}

/** On rows that belong to a source as such: the source itself, its runs, its schedules. */
export function ofVisibleSources(access: Access, column: string): Fragment[] {
  return access.isWhole ? [] : [sql`${sql.ref(column)} = any(${access.sources}::integer[])`]
}

/** On rows that tell of any asset of a source: records set aside, sweeps. Who sees some assets only sees none of these. */
export function ofWholeSources(access: Access, column: string): Fragment[] {
  return access.isWhole ? [] : [sql`${sql.ref(column)} = any(${access.wholeSources}::integer[])`]
}

/** Plugins of the vendor are everybody's; a source's own are of who sees the source. */
export function visiblePlugins(access: Access, alias = 'p'): Fragment[] {
  if (access.isWhole) return []
  return [sql`${sql.ref(`${alias}.owner_source_id`)} = any(${[0, ...access.sources]}::integer[])`]
}

/** A filter with no source in it but those that may be seen. */
export function withinSources<F extends { readonly source_id?: readonly number[] | undefined }>(
  access: Access,
  filter: F,
): F {
  return access.isWhole ? filter : { ...filter, source_id: sourcesWithin(access, filter.source_id) }
}
