import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { from as copyFrom } from 'pg-copy-streams'
import { ConfigError, messageOf, StoreError, TenfoldError } from '../../platform/errors.ts'
import { type Actor, recordAudit } from '../audit.ts'
import type { Connection, Database } from '../database.ts'
import { migrate, readMigrations, schemaVersion } from '../migrate.ts'
import { dropSecondaryIndexes, ensureSecondaryIndexes } from '../secondary-indexes.ts'
import { listTables, quoted, type TableShape, textSettings } from './catalogue.ts'
import { createSum, textOf } from './copy-out.ts'
import { damaged } from './format.ts'
import type { Manifest, Partition, SequenceState, TableSum } from './manifest.ts'
import { type BackedUpTable, type OpenBackup, openBackup } from './read.ts'
import { createRowSum } from './row-sum.ts'
import { forgetUnrestoredRows } from './state-only.ts'
import type { BackupProgress } from './write.ts'

export interface RestoreOptions {
  readonly actor: Actor
  readonly onProgress?: (progress: BackupProgress) => void
  readonly signal?: AbortSignal
}

export interface RestoreSummary {
  readonly manifest: Manifest
  readonly tables: readonly TableSum[]
  /** After the migrations that came since. */
  readonly schemaVersion: number
}

/**
 * Puts a backup into an empty database: brings its schema to the backup's version, copies every table, reads them back and
 * compares them with the backup, then migrates to this program's version. All rows or none.
 * @throws ConfigError `database_not_empty`, `backup_newer`, `not_a_backup`, `bad_backup_file`
 * @throws StoreError `backup_damaged`, `backup_truncated`, `restore_failed`
 */
export async function restoreBackup(
  database: Database,
  file: string,
  options: RestoreOptions,
): Promise<RestoreSummary> {
  const backup = await openBackup(file)
  try {
    const { manifest } = backup
    await prepareSchema(database, manifest, file)
    const tables = await database.transaction(connection => new Restoring(connection, backup, file, options).run())
    await migrate(database)
    // Without statistics the first lists would be slow until the server makes its own.
    await database.query('analyze')
    return { manifest, tables, schemaVersion: await schemaVersion(database) }
  } finally {
    await backup.close()
  }
}

async function prepareSchema(database: Database, manifest: Manifest, file: string): Promise<void> {
  const newestKnown = (await readMigrations()).at(-1)?.version ?? 0
  if (manifest.schemaVersion > newestKnown) {
    throw new ConfigError(
      'backup_newer',
      `${file} is of schema ${manifest.schemaVersion}, written by Tenfold ${manifest.programVersion}; this version knows ${newestKnown}. Restore it with that version or a newer one.`,
      { context: { file, schema: manifest.schemaVersion } },
    )
  }
  const present = await schemaVersion(database)
  if (present > 0) await refuseRows(database, await listTables(database, 'full'))
  if (present > manifest.schemaVersion) {
    throw new ConfigError(
      'database_not_empty',
      `The database has schema ${present} already, and ${file} is of schema ${manifest.schemaVersion}. Restore it into a new database; it is brought up to schema ${newestKnown} there.`,
      { context: { file, present, schema: manifest.schemaVersion } },
    )
  }
  await migrate(database, { upTo: manifest.schemaVersion })
}

/** The migrations write these, and the first start writes the key's check; the backup brings its own, where it has any. */
const replaced = ['tenant', 'sealing_key', 'retention_rule', 'archive_store', 'sla']

async function refuseRows(queryable: Pick<Database, 'query'>, tables: readonly TableShape[]): Promise<void> {
  const filled: string[] = []
  for (const { name } of tables.filter(table => !replaced.includes(table.name))) {
    const { rows } = await queryable.query<{ filled: boolean }>(`select exists (select from ${quoted(name)}) as filled`)
    if (rows[0]?.filled) filled.push(name)
  }
  if (filled.length === 0) return
  throw new ConfigError(
    'database_not_empty',
    `The database is not empty: there are rows in ${filled.join(', ')}. Nothing was changed. A backup is restored into an empty database: let DATABASE_URL name a new one, or TENFOLD_DATA_DIR an empty folder.`,
    { context: { tables: filled.join(' ') } },
  )
}

/** Everything between begin and commit. */
class Restoring {
  readonly #connection: Connection
  readonly #backup: OpenBackup
  readonly #file: string
  readonly #options: RestoreOptions
  readonly #rowSums = new Map<string, string>()
  #bytes = 0
  #tablesDone = 0

  constructor(connection: Connection, backup: OpenBackup, file: string, options: RestoreOptions) {
    this.#connection = connection
    this.#backup = backup
    this.#file = file
    this.#options = options
  }

  async run(): Promise<readonly TableSum[]> {
    const { manifest } = this.#backup
    // Nobody may begin to write while we look whether anybody has, or read what will not stay.
    await this.#connection.query(`lock table source in access exclusive mode; ${textSettings}`)
    const shapes = await listTables(this.#connection, 'full')
    await refuseRows(this.#connection, shapes)
    for (const name of replaced.filter(one => manifest.tables.includes(one)))
      await this.#connection.query(`delete from ${quoted(name)}`)
    for (const partition of manifest.partitions) await this.#makePartition(partition)
    await dropSecondaryIndexes(this.#connection)
    for await (const table of this.#backup.tables()) await this.#copyIn(table, shapes)
    const closing = await this.#backup.closing()
    for (const sequence of closing.sequences) await this.#setSequence(sequence)
    await ensureSecondaryIndexes(this.#connection)
    await this.#compare(closing.tables)
    if (manifest.kind === 'state') await forgetUnrestoredRows(this.#connection)
    await recordAudit(this.#connection, {
      actor: this.#options.actor,
      action: 'backup.restored',
      subject: 'database',
      detail: { kind: manifest.kind, taken_at: manifest.takenAt, schema_version: manifest.schemaVersion },
    })
    return closing.tables
  }

  /** The bounds are values to the server, whatever the file says. */
  async #makePartition({ table, name, from, to }: Partition): Promise<void> {
    const { rows } = await this.#connection.query<{ statement: string }>(
      `select format('create table if not exists %I partition of %I for values from (%L) to (%L)',
                     $2::text, $1::text, $3::text, $4::text) as statement`,
      [table, name, from, to],
    )
    await this.#connection.query(rows[0]?.statement ?? '')
  }

  async #copyIn(table: BackedUpTable, shapes: readonly TableShape[]): Promise<void> {
    const shape = shapes.find(one => one.name === table.name)
    const unknown = table.columns.filter(column => !shape?.columns.includes(column))
    if (!shape || unknown.length > 0)
      throw damaged(this.#file, `${table.name} is not as schema ${this.#backup.manifest.schemaVersion} has it`)
    const columns = table.columns.map(quoted).join(', ')
    try {
      const into = this.#connection.query(copyFrom(`copy ${quoted(table.name)} (${columns}) from stdin`))
      await pipeline(Readable.from(this.#counted(table)), into, { signal: this.#options.signal })
    } catch (cause) {
      if (cause instanceof TenfoldError || this.#options.signal?.aborted) throw cause
      throw new StoreError(
        'restore_failed',
        `Table ${table.name} of ${this.#file} could not be restored: ${messageOf(cause)}. Nothing of it stays.`,
        { cause, context: { table: table.name, file: this.#file } },
      )
    }
    this.#tablesDone += 1
  }

  async *#counted(table: BackedUpTable): AsyncGenerator<Buffer, void, undefined> {
    const sum = createRowSum()
    for await (const rows of table.rows) {
      sum.add(rows)
      this.#bytes += rows.length
      this.#tell(table.name)
      yield rows
    }
    this.#rowSums.set(table.name, sum.end())
  }

  #tell(table: string): void {
    const tablesTotal = this.#backup.manifest.tables.length
    this.#options.onProgress?.({ table, tablesDone: this.#tablesDone, tablesTotal, bytes: this.#bytes })
  }

  /** The next number is beyond every one in the rows. */
  async #setSequence({ name, lastValue }: SequenceState): Promise<void> {
    await this.#connection.query(
      `select setval(c.oid::regclass, $2) from pg_class c
       where c.relname = $1 and c.relkind = 'S' and c.relnamespace = 'public'::regnamespace`,
      [name, lastValue],
    )
  }

  /** What the database holds now, against what came out of the file. */
  async #compare(sums: readonly TableSum[]): Promise<void> {
    const shapes = await listTables(this.#connection, 'full')
    for (const written of sums) {
      const shape = shapes.find(one => one.name === written.name)
      const restored = createSum(written.name)
      const rowSum = createRowSum()
      if (shape) {
        for await (const chunk of textOf(this.#connection, shape)) {
          restored.add(chunk)
          rowSum.add(chunk)
        }
      }
      const { rows, bytes } = restored.end()
      const isEqual =
        rows === written.rows && bytes === written.bytes && rowSum.end() === this.#rowSums.get(written.name)
      if (isEqual) continue
      throw new StoreError(
        'restore_failed',
        `Table ${written.name} came back with ${rows} rows that are not the ${written.rows} of the backup. Nothing of it stays.`,
        { context: { table: written.name, file: this.#file } },
      )
    }
  }
}
