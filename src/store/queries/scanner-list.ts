// Which scanners are there, and how are they?

import type { Access, ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { pattern } from './conditions.ts'
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

export interface ScannerView {
  readonly id: string
  readonly native_id: string
  readonly uuid: string | null
  readonly source_id: number
  readonly source: string
  readonly name: string
  readonly type: string | null
  readonly status: string | null
  readonly is_linked: boolean | null
  readonly is_group: boolean | null
  readonly network_name: string | null
  readonly hostname: string | null
  readonly ip_addresses: string[]
  readonly groups: string[]
  readonly platform: string | null
  readonly distro: string | null
  readonly engine_version: string | null
  readonly plugin_set: string | null
  readonly owner_name: string | null
  readonly scan_count: number | null
  readonly created_at: string | null
  readonly modified_at: string | null
  readonly last_connect_at: string | null
  readonly gone_at: string | null
  readonly updated_at: string
}

export type ScannerFilter = DirectoryFilter & {
  readonly status?: readonly string[] | undefined
  readonly type?: readonly string[] | undefined
  readonly is_linked?: boolean | undefined
  readonly network_name?: readonly string[] | undefined
}
export type ScannerSortKey = 'name' | 'last_connect_at' | 'updated_at'
export type ScannerSort = ScannerSortKey | `-${ScannerSortKey}`

export interface ScannerListRequest extends PageRequest {
  readonly filter: ScannerFilter
  readonly sort: ScannerSort
}

const sortColumns: Record<ScannerSortKey, readonly KeyColumn[]> = {
  name: [{ expression: sql`lower(c.name) collate "C"`, type: 'text' }],
  last_connect_at: [{ expression: sql`coalesce(c.last_connect_at, '-infinity')`, type: 'timestamptz' }],
  updated_at: [{ expression: sql`c.changed_at`, type: 'timestamptz' }],
}

const columns = sql`
${entryId('c')} as id, c.native_id, c.uuid, c.source_id, s.name as source, c.name, c.type, c.status, c.is_linked,
c.is_group, c.network_name, c.hostname, c.ip_addresses, c.groups, c.platform, c.distro, c.engine_version, c.plugin_set,
c.owner_name, c.scan_count, c.created_at, c.modified_at, c.last_connect_at, c.gone_at, c.changed_at as updated_at`

const from = sql`
from scanner c
join source s on s.source_id = c.source_id`

/** @throws ConfigError `bad_cursor` */
export function listScanners(database: ScopedDatabase, request: ScannerListRequest): Promise<RowsPage<ScannerView>> {
  return listDirectory(database, scannerListing(database.access, request), request)
}

/** What the list and the file of them read. */
export function scannerListing(
  access: Access,
  { filter, sort }: Pick<ScannerListRequest, 'filter' | 'sort'>,
): DirectoryListing {
  const conditions = [
    ...ofWholeSources(access, 'c.source_id'),
    ...gone(filter, 'c'),
    ...ofSources(filter, 'c'),
    ...(filter.q === undefined
      ? []
      : [
          sql`concat_ws(' ', c.name, c.hostname, c.native_id, c.uuid, array_to_string(c.ip_addresses, ' '))
              ilike ${pattern(filter.q)}`,
        ]),
    ...(filter.status ? [sql`c.status = any(${filter.status}::text[])`] : []),
    ...(filter.type ? [sql`c.type = any(${filter.type}::text[])`] : []),
    ...(filter.network_name ? [sql`c.network_name = any(${filter.network_name}::text[])`] : []),
    ...(filter.is_linked === undefined ? [] : [sql`c.is_linked = ${filter.is_linked}`]),
  ]
  const order = directoryOrder(sort, sortColumns, 'c')
  return { columns, from, conditions, order, filter, stream: 'scanners', sourceIds: filter.source_id }
}
