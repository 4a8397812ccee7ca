import type { FileSummary, ReadOptions } from '../../domain/file-reading.ts'
import type { JsonObject } from '../../domain/json.ts'
import type { Severity } from '../../domain/severity.ts'
import { ConfigError, NotFoundError } from '../../platform/errors.ts'
import type { Queryable } from '../database.ts'

// The row of an import, from the file's arrival to its undoing.

export const importStatuses = [
  ...(['received', 'reading', 'ready', 'applying', 'applied', 'undoing', 'undone', 'abandoned', 'failed'] as const),
] as const
export type ImportStatus = (typeof importStatuses)[number]
export type ImportTrigger = 'cli' | 'api' | 'folder'

/**
 * What the person importing says that the file shows wholly. Nothing: it closes nothing. Hosts: of each machine in it, all
 * there is. Estate: every machine of the source.
 */
export interface ImportScope {
  readonly covers: 'nothing' | 'hosts' | 'estate'
  /** Only these severities were exported; all when left out. */
  readonly severities?: readonly Severity[] | undefined
  /** With `hosts`: machines by name or address that it covers too, though nothing was found on them. */
  readonly hosts?: readonly string[] | undefined
}

export interface ImportOptions extends ReadOptions {
  /** When the findings were true, if the file does not say or says it wrongly. ISO 8601. */
  readonly observedAt?: string | undefined
}

/** What an import does or did to findings, by the way it changes them. */
export interface ImportNumbers {
  readonly open: number
  readonly add_fixed: number
  readonly return: number
  readonly reopen: number
  readonly close: number
  readonly change: number
  readonly update: number
  readonly same: number
  readonly older: number
  readonly absent: number
  readonly gone: number
  readonly rejected: number
  readonly hosts: number
  readonly new_hosts: number
  readonly gone_hosts: number
  readonly plugins: number
  readonly compliance: number
}

export interface ImportRow {
  readonly import_id: number
  readonly source_id: number
  readonly status: ImportStatus
  readonly trigger: ImportTrigger
  readonly file_name: string
  readonly size_bytes: number
  readonly sha256: string
  readonly stored_at: string | null
  readonly options: ImportOptions
  readonly scope: ImportScope
  readonly format: string | null
  readonly facts: JsonObject
  readonly observed_at: string | null
  readonly observed_from: 'person' | 'file' | 'upload' | null
  readonly rows_read: number
  readonly bytes_read: number
  readonly numbers: ImportNumbers | null
  readonly undo_numbers: JsonObject | null
  readonly owner: string | null
  readonly silent_ms: number | null
  readonly run_id: number | null
  readonly undo_run_id: number | null
  readonly error_code: string | null
  readonly error_message: string | null
  readonly created_by: string
  readonly created_at: string
  readonly ready_at: string | null
  readonly applied_at: string | null
  readonly undone_at: string | null
}

export const importColumns = `import_id, source_id, status, trigger, file_name, size_bytes, sha256, stored_at, options,
  scope, format, facts, observed_at, observed_from, rows_read, bytes_read, numbers, undo_numbers, owner, run_id,
  undo_run_id, error_code, error_message, created_by, created_at, ready_at, applied_at, undone_at,
  (extract(epoch from clock_timestamp() - heartbeat_at) * 1000)::float8 as silent_ms`

export interface NewImport {
  readonly sourceId: number
  readonly trigger: ImportTrigger
  readonly fileName: string
  readonly sizeBytes: number
  readonly sha256: string
  readonly storedAt: string
  readonly options: ImportOptions
  readonly scope: ImportScope
  readonly createdBy: string
}

export async function insertImport(queryable: Queryable, item: NewImport): Promise<ImportRow> {
  const { rows } = await queryable.query<ImportRow & Record<string, unknown>>(
    `insert into file_import (source_id, trigger, file_name, size_bytes, sha256, stored_at, options, scope, created_by)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     returning ${importColumns}`,
    [
      item.sourceId,
      item.trigger,
      item.fileName,
      item.sizeBytes,
      item.sha256,
      item.storedAt,
      JSON.stringify(item.options),
      JSON.stringify(item.scope),
      item.createdBy,
    ],
  )
  return rows[0]!
}

export async function findImport(queryable: Queryable, importId: number, lock = ''): Promise<ImportRow | undefined> {
  const { rows } = await queryable.query<ImportRow & Record<string, unknown>>(
    `select ${importColumns} from file_import where import_id = $1 ${lock}`,
    [importId],
  )
  return rows[0]
}

/** @throws NotFoundError `import_not_found` */
export async function getImport(queryable: Queryable, importId: number, lock = ''): Promise<ImportRow> {
  const found = await findImport(queryable, importId, lock)
  if (!found) {
    throw new NotFoundError('import_not_found', `There is no import ${importId}. The list of imports shows their ids.`)
  }
  return found
}

/** Imports that a process works on or did when it died, or that wait for one that has their file. */
export async function findOpenImports(queryable: Queryable): Promise<readonly ImportRow[]> {
  const { rows } = await queryable.query<ImportRow & Record<string, unknown>>(
    `select ${importColumns} from file_import
     where status in ('received', 'reading', 'applying', 'undoing') or owner is not null
     order by import_id`,
  )
  return rows
}

/**
 * Takes an import for one step of its life; whoever else wants it is told no.
 * @param instead the owner that is gone or going, where there was one; it may have let go meanwhile
 * @returns false when it is not in one of those states, or another process is at work on it
 */
export async function claimImport(
  queryable: Queryable,
  importId: number,
  from: readonly ImportStatus[],
  to: ImportStatus,
  owner: string,
  instead: string | null = null,
): Promise<boolean> {
  const { rowCount } = await queryable.query(
    `update file_import
     set status = $3, owner = $4, heartbeat_at = clock_timestamp(), error_code = null, error_message = null
     where import_id = $1 and status = any($2::text[]) and (owner is null or owner = $5)`,
    [importId, from, to, owner, instead],
  )
  return rowCount === 1
}

export async function beatImport(
  queryable: Queryable,
  importId: number,
  owner: string,
  progress: { readonly rows: number; readonly bytes: number } | null,
): Promise<boolean> {
  const { rowCount } = await queryable.query(
    `update file_import
     set heartbeat_at = clock_timestamp(), rows_read = coalesce($3, rows_read), bytes_read = coalesce($4, bytes_read)
     where import_id = $1 and owner = $2`,
    [importId, owner, progress?.rows ?? null, progress?.bytes ?? null],
  )
  return rowCount === 1
}

/** The file is staged: what was found out of it, and the moment it speaks for. */
export async function noteSummary(
  queryable: Queryable,
  importId: number,
  summary: FileSummary,
  observed: { readonly at: string; readonly from: 'person' | 'file' | 'upload' },
): Promise<void> {
  const { format, rows, observedAt: _at, ...facts } = summary
  await queryable.query(
    `update file_import
     set format = $2, facts = $3, observed_at = $4, observed_from = $5, rows_read = $6
     where import_id = $1`,
    [importId, format, JSON.stringify(facts), observed.at, observed.from, rows],
  )
  await queryable.query(
    `insert into file_import_snapshot (import_id, day, row_count, finding_count)
     select $1, day, rows, findings from jsonb_to_recordset($2) as s (day date, rows bigint, findings bigint)`,
    [importId, JSON.stringify(facts.past?.snapshots ?? [])],
  )
}

export async function endStep(
  queryable: Queryable,
  importId: number,
  status: ImportStatus,
  error: { readonly code: string; readonly message: string } | null = null,
): Promise<void> {
  await queryable.query(
    `update file_import
     set status = $2, owner = null, heartbeat_at = null, error_code = $3, error_message = $4,
         ready_at = case when $2 = 'ready' then coalesce(ready_at, clock_timestamp()) else ready_at end,
         applied_at = case when $2 = 'applied' then coalesce(applied_at, clock_timestamp()) else applied_at end,
         undone_at = case when $2 = 'undone' then clock_timestamp() else undone_at end
     where import_id = $1`,
    [importId, status, error?.code ?? null, error?.message ?? null],
  )
}

/** The step and what follows it are done. Another may have begun with the next one meanwhile. */
export async function releaseImport(queryable: Queryable, importId: number, owner: string): Promise<void> {
  await queryable.query(
    `update file_import set owner = null, heartbeat_at = null
     where import_id = $1 and owner = $2 and status in ('applied', 'undone')`,
    [importId, owner],
  )
}

export async function saveScope(queryable: Queryable, importId: number, scope: ImportScope): Promise<void> {
  await queryable.query('update file_import set scope = $2 where import_id = $1', [importId, JSON.stringify(scope)])
}

export async function forgetStoredFile(queryable: Queryable, importId: number): Promise<void> {
  await queryable.query('update file_import set stored_at = null where import_id = $1', [importId])
}

/**
 * Whether anything was done to the source since the file came. Else the numbers of the preview are those of now, and working
 * them out again would only cost; the import itself does so in any case.
 */
export async function mayHaveMoved(queryable: Queryable, item: ImportRow): Promise<boolean> {
  const { rows } = await queryable.query<{ moved: boolean }>(
    `select exists (select from run
                    where source_id = $1 and (finished_at is null or finished_at >= $2::timestamptz)) as moved`,
    [item.source_id, item.created_at],
  )
  return rows[0]?.moved ?? true
}

const ofTheFile = ['file_import_host', 'file_import_plan', 'file_import_total', 'file_import_snapshot']

/** What only the preview needed. The plan of what was done stays for the undo, and the rejected rows for a person. */
export async function forgetStaged(queryable: Queryable, importId: number, isWhole: boolean): Promise<void> {
  const tables = ['file_import_row', 'file_import_plugin', 'file_import_compliance']
  for (const table of isWhole ? [...tables, ...ofTheFile] : tables) {
    await queryable.query(`delete from ${table} where import_id = $1`, [importId])
  }
  if (!isWhole) {
    await queryable.query("delete from file_import_plan where import_id = $1 and action in ('same', 'older')", [
      importId,
    ])
  }
}

/** @throws ConfigError `import_not_ready` */
export function refuseStatus(item: ImportRow, wanted: readonly ImportStatus[], what: string): void {
  if (wanted.includes(item.status)) return
  throw new ConfigError(
    'import_not_ready',
    `Import ${item.import_id} of ${item.file_name} is ${item.status} and cannot be ${what}; it must be ${wanted.join(' or ')}.`,
    { context: { importId: item.import_id } },
  )
}
