import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ArchiveClass } from '../../domain/archive-class.ts'
import { ConfigError, messageOf, StoreError } from '../../platform/errors.ts'
import type { Log } from '../../platform/log.ts'
import { type Actor, recordAudit } from '../audit.ts'
import type { Connection, Database } from '../database.ts'
import { manifestName, removeArchiveFiles, type WrittenFile, writeArchiveFile, writeWhole } from './archive-file.ts'
import { classSpecs } from './classes.ts'
import {
  type ArchiveFile,
  beginArchiveFile,
  forgetArchiveFile,
  listArchiveFiles,
  loadStoreId,
  noteWritten,
} from './files.ts'
import { countOldRows, findOldRows, type MonthOfRows, removeRows, rowsOfMonth } from './old-rows.ts'
import { type ArchivedColumn, archivedColumns } from './row-texts.ts'
import { inMaintenance, transactionOn } from './session.ts'

// Old rows leave in this order: a line in archive_file, the file, its manifest, both on the disk and read back equal, the
// line says so, and only then one transaction takes the rows out and says that it has. Killed anywhere before that, the
// rows are all here and the next archive begins the month anew; killed after, they are all in the file.

export interface ArchiveDeps {
  readonly database: Database
  readonly log: Log
  /** Where the files are. */
  readonly folder: string
  readonly programVersion: string
}

export interface ArchiveRequest {
  /** The class and up to when its rows are old; the first instant of a month in UTC. */
  readonly parts: readonly { readonly class: ArchiveClass; readonly horizon: string }[]
  readonly actor: Actor
  readonly onProgress?: ((step: string, done: number, total: number) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/** What was archived, or would be. */
export interface ArchivedMonth extends MonthOfRows {
  readonly class: ArchiveClass
  readonly horizon_at: string
  /** Null for a dry run. */
  readonly file_name: string | null
  readonly file_bytes: number | null
}

/** The first instant of the month, in UTC, in which so many days ago was: whole months alone are archived. */
export function horizonOf(now: Date, keepDays: number): string {
  const then = new Date(now.getTime() - keepDays * 86_400_000)
  return new Date(Date.UTC(then.getUTCFullYear(), then.getUTCMonth(), 1)).toISOString()
}

/** What an archive would take out; writes nothing. */
export async function previewArchive(database: Database, request: ArchiveRequest): Promise<readonly ArchivedMonth[]> {
  const months: ArchivedMonth[] = []
  for (const [done, { class: name, horizon }] of request.parts.entries()) {
    request.signal?.throwIfAborted()
    request.onProgress?.(name, done, request.parts.length)
    for (const month of await countOldRows(database, name, horizon)) {
      months.push({ ...month, class: name, horizon_at: horizon, file_name: null, file_bytes: null })
    }
  }
  return months
}

/** @throws ConfigError `maintenance_busy`, `archive_folder_unusable`; StoreError `archive_damaged`, `archive_changed` */
export async function archiveRows(deps: ArchiveDeps, request: ArchiveRequest): Promise<readonly ArchivedMonth[]> {
  return inMaintenance(deps.database, async connection => {
    const months: ArchivedMonth[] = []
    await forgetUnfinished(deps, connection)
    for (const [done, { class: name, horizon }] of request.parts.entries()) {
      request.onProgress?.(name, done, request.parts.length)
      for (const month of await findOldRows(connection, name, horizon)) {
        request.signal?.throwIfAborted()
        await prepareFolder(deps.folder)
        request.onProgress?.(`${name} ${month.month.slice(0, 7)}`, done, request.parts.length)
        const file = await archiveMonth(deps, connection, { name, horizon, month, actor: request.actor })
        months.push({ ...month, class: name, horizon_at: horizon, ...file })
      }
    }
    return months
  })
}

async function prepareFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
    throw new ConfigError(
      'archive_folder_unusable',
      `The archive folder ${folder} cannot be made: ${messageOf(cause)}. Let TENFOLD_ARCHIVE_DIR name one that can be written.`,
      { cause, context: { folder } },
    )
  })
}

/** What a crash left: the rows are all still here, so the files are worth nothing. */
async function forgetUnfinished(deps: ArchiveDeps, connection: Connection): Promise<void> {
  for (const file of await listArchiveFiles(connection, { status: ['writing', 'written'] })) {
    await removeArchiveFiles(deps.folder, file.file_name)
    await forgetArchiveFile(connection, file.archive_file_id)
  }
}

interface Month {
  readonly name: ArchiveClass
  readonly horizon: string
  readonly month: MonthOfRows
  readonly actor: Actor
}

async function archiveMonth(
  deps: ArchiveDeps,
  connection: Connection,
  { name, horizon, month, actor }: Month,
): Promise<{ readonly file_name: string; readonly file_bytes: number }> {
  const file = await beginArchiveFile(connection, name, month.month, horizon)
  deps.log.debug({ class: name, month: month.month }, 'an archive file is begun')
  const written = await writeMonth(deps, connection, file)
  deps.log.debug({ class: name, month: month.month, rows: written.rows }, 'an archive file is whole')
  await noteWritten(connection, file.archive_file_id, written, month)
  deps.log.debug({ class: name, month: month.month }, 'archived rows are to be removed')
  await transactionOn(connection, async () => {
    const removed = await removeRows(connection, name, month.month)
    if (removed > written.rows || (removed < written.rows && !classSpecs[name].isUnchanged))
      throw new StoreError(
        'archive_changed',
        `Rows of ${name} changed while they were archived: ${written.rows} are in the file and ${removed} would go. Nothing was taken out; archive again.`,
      )
    await noteArchived(connection, file, removed, actor)
    deps.log.debug({ class: name, month: month.month, rows: removed }, 'archived rows are removed')
  })
  deps.log.info({ class: name, month: month.month, rows: written.rows }, 'old rows are in the archive')
  return { file_name: file.file_name, file_bytes: written.bytes }
}

async function writeMonth(deps: ArchiveDeps, connection: Connection, file: ArchiveFile): Promise<WrittenFile> {
  const columns = await archivedColumns(connection, file.class)
  const about = { store_id: await loadStoreId(connection), class: file.class, month: file.month }
  const path = join(deps.folder, file.file_name)
  const rows = rowsOfMonth(connection, file.class, columns, file.month)
  const written = await transactionOn(
    connection,
    () => writeArchiveFile(path, columns, rows, about),
    'isolation level repeatable read read only',
  )
  await writeWhole(manifestName(path), `${JSON.stringify(manifestOf(deps, file, columns, written, about), null, 2)}\n`)
  return written
}

/** Beside each file, so that a folder says what is in it without a database. */
function manifestOf(
  deps: ArchiveDeps,
  file: ArchiveFile,
  columns: readonly ArchivedColumn[],
  written: WrittenFile,
  about: Readonly<Record<string, string>>,
) {
  return {
    format: 1,
    ...about,
    horizon_at: file.horizon_at,
    file_name: file.file_name,
    rows: written.rows,
    file_bytes: written.bytes,
    file_sha256: written.fileSha256,
    rows_sha256: written.rowsSha256,
    program_version: deps.programVersion,
    columns: columns.map(({ name, type, sqlType }) => ({ name, type, sql_type: sqlType })),
  }
}

async function noteArchived(connection: Connection, file: ArchiveFile, removed: number, actor: Actor): Promise<void> {
  await connection.query(
    `update archive_file set status = 'archived', removed_count = $2, archived_at = clock_timestamp()
     where archive_file_id = $1`,
    [file.archive_file_id, removed],
  )
  await recordAudit(connection, {
    actor,
    action: 'archive.written',
    subject: `archive:${file.file_name}`,
    detail: { class: file.class, month: file.month, rows: removed, horizon_at: file.horizon_at },
  })
}
