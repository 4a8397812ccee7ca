// Which assets have a tag, now or at an instant of the past?

import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { type AssetRef, assetRefColumns } from './asset-view.ts'
import { allOf, type Fragment, isCounted } from './conditions.ts'
import { type EntryKey, findEntry, streamAsOf } from './directory-list.ts'
import { type StreamOptions, streamRows } from './export-rows.ts'
import { decodeCursor, type Order, page } from './keyset.ts'
import { type HistoryNote, isTold, loadHistoryNote, type Moment } from './moment.ts'
import { countUpTo, type PageRequest, type RowsPage, toPage, withoutKey } from './rows-page.ts'

export interface TagMember extends AssetRef {
  /** When it was given the tag, where the source says so; of the present alone. */
  readonly added_at: string | null
  readonly added_by: string | null
}

export interface TagMembersRequest extends PageRequest {
  readonly id: string
}

const order: Order = {
  name: 'asset_id',
  isDescending: false,
  sort: [],
  unique: [{ expression: sql`a.asset_id`, type: 'bigint' }],
}

/**
 * Members in the sense of the default count, now or then.
 * @throws NotFoundError `tag_not_found`; ConfigError `bad_cursor`, `several_sources`
 */
export async function listTagMembers(
  database: ScopedDatabase,
  request: TagMembersRequest,
  moment: Moment | undefined,
): Promise<RowsPage<TagMember> & { readonly history?: HistoryNote }> {
  const { limit } = request
  const key = await findEntry(database, 'tag', request.id)
  const filter = { ...key, ...moment }
  const after = decodeCursor(request.cursor, order, filter)
  const { from, conditions, columns } = moment ? membersThen(key, moment) : membersNow(key)
  const select = sql`select ${columns}, a.asset_id as k0 ${from}`
  const wantsTotal = after === null && request.total !== false
  const [found, asOf, total, history] = await Promise.all([
    sql<TagMember & Record<string, unknown>>`${page({ select, conditions, order, after, limit: limit + 1 })}`.execute(
      database.kysely,
    ),
    streamAsOf(database, 'assets', [key.source_id]),
    wantsTotal ? countUpTo(database, sql`select ${from} where ${allOf(conditions)}`) : null,
    moment ? loadHistoryNote(database, moment, [key.source_id]) : undefined,
  ])
  const answer = toPage(found.rows, { limit, order, filter, asOf, total, present: row => withoutKey(row) as TagMember })
  return history ? { ...answer, history } : answer
}

/** Every member, a batch at a time. @throws NotFoundError `tag_not_found` */
export async function* streamTagMembers(
  database: ScopedDatabase,
  id: string,
  moment: Moment | undefined,
  options: StreamOptions,
): AsyncGenerator<TagMember[], void, undefined> {
  const key = await findEntry(database, 'tag', id)
  const { from, conditions, columns } = moment ? membersThen(key, moment) : membersNow(key)
  const query = sql`
select ${columns}
${from}
where ${allOf(conditions)}
order by a.asset_id`
  yield* streamRows<TagMember>(database, query.compile(database.kysely), options)
}

interface Members {
  readonly columns: Fragment
  readonly from: Fragment
  readonly conditions: readonly Fragment[]
}

function membersNow({ source_id, native_id }: EntryKey): Members {
  return {
    columns: sql`${assetRefColumns}, m.added_at, m.added_by`,
    from: sql`
from tag t
join asset_tag m on m.tag_key = t.category and m.tag_value = t.value
join asset a on a.asset_id = m.asset_id and a.source_id = t.source_id
join source s on s.source_id = a.source_id`,
    conditions: [sql`t.source_id = ${source_id} and t.native_id = ${native_id}`, isCounted],
  }
}

/**
 * What each asset was told to be tagged with last, of what had happened by then. The tag may have had another name then:
 * each it ever had counts.
 */
function membersThen({ source_id, native_id }: EntryKey, moment: Moment): Members {
  const names = sql`
(select array_agg(distinct e.name)
 from directory_event e
 where e.source_id = ${source_id} and e.list = 'tag' and e.native_id = ${native_id})`
  const latest = (column: Fragment, kinds: Fragment) => sql`
(select ${column}
 from asset_event e
 where e.asset_id = a.asset_id and ${kinds} and ${isTold(moment, 'e')}
 order by e.recorded_at desc, e.event_id desc
 limit 1)`
  const tagged = latest(
    sql`jsonb_exists_any(case e.kind when 'tags' then e.after else e.after -> 'tags' end, ${names})`,
    sql`e.kind in ('appeared', 'tags')`,
  )
  const standing = latest(sql`asset_standing(e.status, e.is_licensed, e.is_tracked)`, sql`true`)
  return {
    columns: sql`${assetRefColumns}, null::timestamptz as added_at, null::text as added_by`,
    from: sql`
from asset a
join source s on s.source_id = a.source_id`,
    conditions: [sql`a.source_id = ${source_id}`, sql`${tagged}`, sql`${standing} = 'counted'`],
  }
}
