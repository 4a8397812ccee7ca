// What changed in networks, scanners, agents and tags?

import type { StreamName } from '../../domain/batch.ts'
import { type DirectoryEventKind, type DirectoryList, directoryStreams } from '../../domain/directory.ts'
import type { Json } from '../../domain/json.ts'
import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { listDirectory } from './directory-list.ts'
import type { Order } from './keyset.ts'
import { happened } from './moment.ts'
import type { PageRequest, RowsPage } from './rows-page.ts'
import { ofWholeSources } from './scope.ts'

export interface DirectoryEventView {
  readonly event_id: number
  readonly list: DirectoryList
  readonly id: string
  readonly native_id: string
  readonly source_id: number
  readonly source: string
  readonly name: string
  readonly kind: DirectoryEventKind
  readonly happened_at: string | null
  readonly recorded_at: string
  readonly run_id: number | null
  readonly is_reconstructed: boolean
  readonly before: Json
  readonly after: Json
}

export interface DirectoryEventFilter {
  readonly list?: readonly DirectoryList[] | undefined
  readonly source_id?: readonly number[] | undefined
  readonly native_id?: readonly string[] | undefined
  readonly kind?: readonly DirectoryEventKind[] | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
}

export interface DirectoryEventRequest extends PageRequest {
  readonly filter: DirectoryEventFilter
}

const order: Order = {
  name: '-event_id',
  isDescending: true,
  sort: [],
  unique: [{ expression: sql`e.event_id`, type: 'bigint' }],
}

const columns = sql`
e.event_id, e.list, concat(e.source_id, '-', e.native_id) as id, e.native_id, e.source_id, s.name as source, e.name, e.kind,
e.happened_at, e.recorded_at, e.run_id, e.is_reconstructed, e.before, e.after`

const from = sql`
from directory_event e
join source s on s.source_id = e.source_id`

/** Newest first. @throws ConfigError `bad_cursor` */
export function listDirectoryEvents(
  database: ScopedDatabase,
  request: DirectoryEventRequest,
): Promise<RowsPage<DirectoryEventView>> {
  const { filter } = request
  const conditions = [
    ...ofWholeSources(database.access, 'e.source_id'),
    ...(filter.list ? [sql`e.list = any(${filter.list}::text[])`] : []),
    ...(filter.source_id ? [sql`e.source_id = any(${filter.source_id}::integer[])`] : []),
    ...(filter.native_id ? [sql`e.native_id = any(${filter.native_id}::text[])`] : []),
    ...(filter.kind ? [sql`e.kind = any(${filter.kind}::text[])`] : []),
    ...(filter.from === undefined ? [] : [sql`${happened('e')} >= ${filter.from}::timestamptz`]),
    ...(filter.to === undefined ? [] : [sql`${happened('e')} < ${filter.to}::timestamptz`]),
    sql`true`,
  ]
  const stream: StreamName = directoryStreams[filter.list?.[0] ?? 'network']
  const sourceIds = filter.source_id
  return listDirectory(database, { columns, from, conditions, order, filter, stream, sourceIds }, request)
}
