// Which tags are there, and how many assets have each now?

import type { Access, ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { isCounted, pattern } from './conditions.ts'
import {
  type DirectoryFilter,
  type DirectoryListing,
  directoryOrder,
  entryId,
  gone,
  listDirectory,
  ofSources,
} from './directory-list.ts'
import type { KeyColumn } from './keyset.ts'
import type { PageRequest, RowsPage } from './rows-page.ts'
import { ofWholeSources } from './scope.ts'

export interface DirectoryTagView {
  readonly id: string
  readonly uuid: string
  readonly source_id: number
  readonly source: string
  readonly category: string
  readonly category_id: string | null
  readonly category_description: string | null
  readonly value: string
  readonly description: string | null
  readonly type: string | null
  readonly created_at: string | null
  readonly created_by: string | null
  readonly modified_at: string | null
  readonly modified_by: string | null
  readonly gone_at: string | null
  readonly updated_at: string
  /** Assets of the default count that have it now. */
  readonly members: number
}

export type TagFilter = DirectoryFilter & {
  readonly category?: readonly string[] | undefined
  readonly type?: readonly string[] | undefined
}
export type TagSortKey = 'name' | 'updated_at'
export type TagSort = TagSortKey | `-${TagSortKey}`

export interface TagListRequest extends PageRequest {
  readonly filter: TagFilter
  readonly sort: TagSort
}

const sortColumns: Record<TagSortKey, readonly KeyColumn[]> = {
  name: [
    { expression: sql`lower(t.category) collate "C"`, type: 'text' },
    { expression: sql`lower(t.value) collate "C"`, type: 'text' },
  ],
  updated_at: [{ expression: sql`t.changed_at`, type: 'timestamptz' }],
}

const columns = sql`
${entryId('t')} as id, t.native_id as uuid, t.source_id, s.name as source, t.category, t.category_id,
c.description as category_description, t.value, t.description, t.type, t.created_at, t.created_by,
t.updated_at as modified_at, t.updated_by as modified_by, t.gone_at, t.changed_at as updated_at,
(select count(*)
 from asset_tag m
 join asset a on a.asset_id = m.asset_id
 where m.tag_key = t.category and m.tag_value = t.value and a.source_id = t.source_id and ${isCounted}) as members`

const from = sql`
from tag t
join source s on s.source_id = t.source_id
left join tag_category c on c.source_id = t.source_id and c.native_id = t.category_id`

/** @throws ConfigError `bad_cursor` */
export function listTags(database: ScopedDatabase, request: TagListRequest): Promise<RowsPage<DirectoryTagView>> {
  return listDirectory(database, tagListing(database.access, request), request)
}

/** What the list and the file of them read. */
export function tagListing(
  access: Access,
  { filter, sort }: Pick<TagListRequest, 'filter' | 'sort'>,
): DirectoryListing {
  const conditions = [
    ...ofWholeSources(access, 't.source_id'),
    ...gone(filter, 't'),
    ...ofSources(filter, 't'),
    ...(filter.q === undefined
      ? []
      : [sql`concat_ws(' ', t.category || ':' || t.value, t.description, t.native_id) ilike ${pattern(filter.q)}`]),
    ...(filter.category ? [sql`t.category = any(${filter.category}::text[])`] : []),
    ...(filter.type ? [sql`t.type = any(${filter.type}::text[])`] : []),
  ]
  const order = directoryOrder(sort, sortColumns, 't')
  return { columns, from, conditions, order, filter, stream: 'tags', sourceIds: filter.source_id }
}
