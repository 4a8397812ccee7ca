import type { ArchiveClass } from '../../domain/archive-class.ts'
import type { Queryable } from '../database.ts'
import type { WrittenFile } from './archive-file.ts'

export type ArchiveStatus = 'writing' | 'written' | 'archived' | 'restored'

/** One line of what `tenfold archive list` shows. */
export interface ArchiveFile {
  readonly archive_file_id: number
  readonly class: ArchiveClass
  /** The first day of the month that its rows are of. */
  readonly month: string
  readonly horizon_at: string
  readonly file_name: string
  readonly status: ArchiveStatus
  readonly row_count: number
  readonly removed_count: number
  readonly file_bytes: number
  readonly file_sha256: string | null
  readonly rows_sha256: string | null
  readonly first_at: string | null
  readonly last_at: string | null
  readonly created_at: string
  readonly archived_at: string | null
  readonly restored_at: string | null
}

const columns = `archive_file_id, class, month::text as month, horizon_at, file_name, status, row_count, removed_count,
  file_bytes, file_sha256, rows_sha256, first_at, last_at, created_at, archived_at, restored_at`

export interface ArchiveFileFilter {
  readonly class?: ArchiveClass | undefined
  readonly month?: string | undefined
  readonly fileName?: string | undefined
  readonly status?: readonly ArchiveStatus[] | undefined
}

/** Oldest month first. */
export async function listArchiveFiles(
  queryable: Queryable,
  filter: ArchiveFileFilter = {},
): Promise<readonly ArchiveFile[]> {
  const { rows } = await queryable.query<ArchiveFile>(
    `select ${columns} from archive_file
     where ($1::text is null or class = $1) and ($2::date is null or month = $2::date)
       and ($3::text is null or file_name = $3) and ($4::text[] is null or status = any($4))
     order by class, month, archive_file_id`,
    [filter.class ?? null, filter.month ?? null, filter.fileName ?? null, filter.status ?? null],
  )
  return rows
}

/** The name says what is in it, and is never given twice. */
export async function beginArchiveFile(
  queryable: Queryable,
  name: ArchiveClass,
  month: string,
  horizon: string,
): Promise<ArchiveFile> {
  const { rows } = await queryable.query<ArchiveFile>(
    `with next as (select nextval(pg_get_serial_sequence('archive_file', 'archive_file_id')) as id)
     insert into archive_file (archive_file_id, class, month, horizon_at, file_name)
     overriding system value
     select id, $1, $2::date, $3, concat($1::text, '-', to_char($2::date, 'YYYY-MM'), '-', id, '.parquet') from next
     returning ${columns}`,
    [name, month, horizon],
  )
  return rows[0]!
}

export async function noteWritten(
  queryable: Queryable,
  archiveFileId: number,
  written: WrittenFile,
  span: { readonly first_at: string | null; readonly last_at: string | null },
): Promise<void> {
  await queryable.query(
    `update archive_file
     set status = 'written', row_count = $2, file_bytes = $3, file_sha256 = $4, rows_sha256 = $5, first_at = $6, last_at = $7
     where archive_file_id = $1`,
    [archiveFileId, written.rows, written.bytes, written.fileSha256, written.rowsSha256, span.first_at, span.last_at],
  )
}

export async function forgetArchiveFile(queryable: Queryable, archiveFileId: number): Promise<void> {
  await queryable.query("delete from archive_file where archive_file_id = $1 and status in ('writing', 'written')", [
    archiveFileId,
  ])
}

export async function loadStoreId(queryable: Queryable): Promise<string> {
  const { rows } = await queryable.query<{ id: string }>('select store_id::text as id from archive_store')
  return rows[0]?.id ?? ''
}

/** What was before it cannot be told by the events that are here; null when they are all here. */
export async function loadHistoryHorizon(queryable: Queryable): Promise<string | null> {
  const { rows } = await queryable.query<{ horizon: string | null }>('select history_horizon() as horizon')
  return rows[0]?.horizon ?? null
}
