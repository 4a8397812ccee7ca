import { join } from 'node:path'
import type { ArchiveClass } from '../../domain/archive-class.ts'
import { ConfigError, NotFoundError, StoreError } from '../../platform/errors.ts'
import { type Actor, recordAudit } from '../audit.ts'
import type { Connection, Queryable } from '../database.ts'
import { recountEstate } from '../identity/recount.ts'
import { openParquet } from '../parquet/read.ts'
import { rebuildOn } from '../rollups/daily-totals.ts'
import type { ArchiveDeps } from './archive.ts'
import { checkArchiveFile, readArchiveFile } from './archive-file.ts'
import { classSpecs } from './classes.ts'
import { type ArchiveFile, type ArchiveFileFilter, listArchiveFiles, loadHistoryHorizon, loadStoreId } from './files.ts'
import { type ArchivedColumn, archiveDamaged, archivedColumns, asText, fromText, type RowTexts } from './row-texts.ts'
import { inMaintenance, transactionOn } from './session.ts'

// Rows come back in the transaction that says so: never half a file. Rows that are here already stay as they are.

export interface RestoreRequest extends Pick<ArchiveFileFilter, 'class' | 'month' | 'fileName'> {
  readonly actor: Actor
  readonly onProgress?: ((step: string, done: number, total: number) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

export interface RestoredFile {
  readonly file_name: string
  readonly class: ArchiveClass
  readonly month: string
  readonly rows: number
  /** Put back now; the others were here. */
  readonly returned: number
  /** What they belong to is here no more, or has changed since. */
  readonly left_out: number
}

/** Files that a restore would put back; with their checksums compared, nothing written. */
export async function previewReturn(deps: ArchiveDeps, request: RestoreRequest): Promise<readonly RestoredFile[]> {
  const files = await wantedFiles(deps.database, request)
  for (const [done, file] of files.entries()) {
    request.signal?.throwIfAborted()
    request.onProgress?.(file.file_name, done, files.length)
    await checkFile(deps, file)
  }
  return files.map(file => ({ ...nameOf(file), returned: file.removed_count, left_out: 0 }))
}

/**
 * Puts rows back, file by file.
 * @throws NotFoundError `archive_file_not_found`; StoreError `archive_damaged`; ConfigError `archive_of_other_store`,
 *   `maintenance_busy`
 */
export async function returnRows(deps: ArchiveDeps, request: RestoreRequest): Promise<readonly RestoredFile[]> {
  return inMaintenance(deps.database, async connection => {
    const files = await wantedFiles(connection, request)
    const restored: RestoredFile[] = []
    for (const [done, file] of files.entries()) {
      request.signal?.throwIfAborted()
      request.onProgress?.(file.file_name, done, files.length)
      await checkFile(deps, file)
      restored.push(await returnFile(deps, connection, file, request.actor))
    }
    if (files.some(file => classSpecs[file.class].isHistory)) await recountEstate(deps.database)
    return restored
  })
}

/** @throws NotFoundError `archive_file_not_found` */
export async function wantedFiles(
  queryable: Queryable,
  request: Pick<RestoreRequest, 'class' | 'month' | 'fileName'>,
): Promise<readonly ArchiveFile[]> {
  const { class: name, month, fileName } = request
  const files = await listArchiveFiles(queryable, { class: name, month, fileName })
  const archived = files.filter(file => file.status === 'archived' || file.status === 'restored')
  if (archived.length > 0) return archived.filter(file => file.status === 'archived' || fileName !== undefined)
  const what = fileName ?? [name, month?.slice(0, 7)].filter(Boolean).join(' ')
  throw new NotFoundError(
    'archive_file_not_found',
    `The archive has no file of ${what === '' ? 'anything' : what}. "tenfold archive list" shows what there is.`,
  )
}

const nameOf = (file: ArchiveFile) => ({
  file_name: file.file_name,
  class: file.class,
  month: file.month,
  rows: file.row_count,
})

/** @throws StoreError `archive_damaged`; ConfigError `archive_of_other_store` */
export async function checkFile(deps: ArchiveDeps, file: ArchiveFile): Promise<void> {
  const path = join(deps.folder, file.file_name)
  await checkArchiveFile(path, await columnsOfFile(deps, file, path), {
    rows: file.row_count,
    fileSha256: file.file_sha256 ?? '',
    rowsSha256: file.rows_sha256 ?? '',
  })
}

/** The columns that the file has, by today's types: a later version may have added some. */
async function columnsOfFile(deps: ArchiveDeps, file: ArchiveFile, path: string): Promise<readonly ArchivedColumn[]> {
  const { columns, about } = await openParquet(path).catch((cause: unknown) => {
    throw archiveDamaged(path, cause instanceof Error ? cause.message : String(cause), cause)
  })
  if (about.store_id !== (await loadStoreId(deps.database)))
    throw new ConfigError(
      'archive_of_other_store',
      `${path} was archived by another database, where its numbers name other rows. It can be read with any tool for Parquet, but not put back here.`,
      { context: { file: path } },
    )
  const known = await archivedColumns(deps.database, file.class)
  const unknown = columns.filter(name => !known.some(column => column.name === name))
  if (unknown.length > 0) throw archiveDamaged(path, `this version does not know its ${unknown.join(', ')}`)
  return known.filter(column => columns.includes(column.name))
}

async function returnFile(
  deps: ArchiveDeps,
  connection: Connection,
  file: ArchiveFile,
  actor: Actor,
): Promise<RestoredFile> {
  const path = join(deps.folder, file.file_name)
  const columns = await columnsOfFile(deps, file, path)
  const spec = classSpecs[file.class]
  return transactionOn(
    connection,
    async () => {
      // Before the first look at anything: a part of a run that is being merged now has counted without these rows.
      if (spec.isHistory)
        await connection.query('lock table daily_span, asset_step_change, daily_change in exclusive mode')
      const horizon = await loadHistoryHorizon(connection)
      await makeReturning(connection, file.class, columns)
      const returning = await putBack(connection, file.class, columns, readArchiveFile(path, columns), path)
      await connection.query(
        `update archive_file set status = 'restored', restored_at = clock_timestamp() where archive_file_id = $1`,
        [file.archive_file_id],
      )
      // Days that were settled can be told again.
      if (horizon !== (await loadHistoryHorizon(connection))) await rebuildOn(connection, {})
      await recordAudit(connection, {
        actor,
        action: 'archive.restored',
        subject: `archive:${file.file_name}`,
        detail: { class: file.class, month: file.month, rows: returning.returned },
      })
      deps.log.info({ class: file.class, month: file.month, rows: returning.returned }, 'archived rows are back')
      return { ...nameOf(file), ...returning }
    },
    spec.isHistory ? 'isolation level repeatable read' : '',
  )
}

/** For the keys of the file, and for its rows, a group at a time. */
async function makeReturning(
  connection: Connection,
  name: ArchiveClass,
  columns: readonly ArchivedColumn[],
): Promise<void> {
  const key = columns.filter(column => classSpecs[name].key.includes(column.name))
  await connection.query('drop table if exists archive_row')
  await connection.query(
    `create temporary table archive_row (${key.map(column => `${column.name} ${column.sqlType}`).join(', ')}) on commit drop`,
  )
}

async function putBack(
  connection: Connection,
  name: ArchiveClass,
  columns: readonly ArchivedColumn[],
  groups: AsyncIterable<readonly RowTexts[]>,
  path: string,
): Promise<{ readonly returned: number; readonly left_out: number }> {
  const { key, belongs, beforeReturn } = classSpecs[name]
  const own = columns.filter(column => !column.isBeside).map(column => column.name)
  const texts = columns.map((_column, index) => `$${index + 1}::text[]`).join(', ')
  const values = columns.map((column, index) => `${fromText(column, `x.c${index}`)} as ${column.name}`)
  const rows = `(select ${values.join(', ')} from unnest(${texts}) as x (${columns.map((_c, index) => `c${index}`).join(', ')}))`
  let returned = 0
  let leftOut = 0
  for await (const group of groups) {
    const parameters = columns.map((_column, index) => group.map(row => row[index] ?? null))
    if (beforeReturn) {
      await connection.query(
        `insert into archive_row select ${key.map(one => `n.${one}`).join(', ')} from ${rows} as n`,
        parameters,
      )
      await connection.query(beforeReturn)
      await connection.query('truncate archive_row')
    }
    const inserted = await connection.query(
      `insert into ${name} (${own.join(', ')}) overriding system value
       select ${own.map(one => `n.${one}`).join(', ')} from ${rows} as n where ${belongs}
       on conflict do nothing`,
      parameters,
    )
    returned += inserted.rowCount ?? 0
    leftOut += await leftOutOf(connection, name, rows, parameters)
    await compare(connection, name, columns, { rows, parameters, group }, path)
  }
  return { returned, left_out: leftOut }
}

async function leftOutOf(
  connection: Connection,
  name: ArchiveClass,
  rows: string,
  parameters: readonly unknown[],
): Promise<number> {
  const found = await connection.query<{ left: number }>(
    `select count(*) as left from ${rows} as n where not (${classSpecs[name].belongs})`,
    [...parameters],
  )
  return found.rows[0]?.left ?? 0
}

interface Group {
  readonly rows: string
  readonly parameters: unknown[]
  readonly group: readonly RowTexts[]
}

/** What is here under the keys of the file must be what the file says, to the character. */
async function compare(
  connection: Connection,
  name: ArchiveClass,
  columns: readonly ArchivedColumn[],
  { rows, parameters, group }: Group,
  path: string,
): Promise<void> {
  const { key, isUnchanged } = classSpecs[name]
  // Of a class whose rows change the newer one stays.
  if (isUnchanged) return
  const own = columns.filter(column => !column.isBeside)
  const found = await connection.query<(string | null)[]>({
    text: `select ${own.map(column => asText(column, `t.${column.name}`)).join(', ')}
           from ${rows} as n join ${name} t using (${key.join(', ')})`,
    values: parameters,
    rowMode: 'array',
  })
  const expected = new Set(group.map(row => JSON.stringify(row)))
  const other = found.rows.find(row => !expected.has(JSON.stringify(row)))
  if (other)
    throw new StoreError(
      'archive_differs',
      `A row of ${name} is here already and is not the one in ${path}. Nothing of the file was put back.`,
      { context: { file: path } },
    )
}
