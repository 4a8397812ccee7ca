import { readdir, readFile } from 'node:fs/promises'
import { messageOf, StoreError } from '../platform/errors.ts'
import type { Connection, Database, Queryable } from './database.ts'
import { locks } from './locks.ts'

export interface Migration {
  readonly version: number
  readonly name: string
  readonly sql: string
}

const ownFolder = new URL('./migrations/', import.meta.url)

/** The numbered SQL files, in order. */
export async function readMigrations(folder: URL = ownFolder): Promise<readonly Migration[]> {
  const files = (await readdir(folder)).filter(file => /^\d{4}_.+\.sql$/.test(file)).sort()
  return Promise.all(
    files.map(async file => ({
      version: Number(file.slice(0, 4)),
      name: file.slice(5, -4),
      sql: await readFile(new URL(file, folder), 'utf8'),
    })),
  )
}

export interface MigrateOptions {
  /** Stops at this version; for tests of upgrades. */
  readonly upTo?: number
  /** Where the numbered files are; for tests of what can go wrong in one. */
  readonly folder?: URL
  /** Awaited before a schema that is there already is changed. */
  readonly beforeUpgrade?: (from: number, to: number) => Promise<void>
}

/**
 * Brings the schema to this program's version, forward only, each migration in its own transaction, under a lock that
 * lets one process migrate and the others wait.
 * @returns the versions applied now
 * @throws StoreError `schema_newer` when a newer program has migrated this database, `migration_failed`,
 *   `postgres_too_old`
 */
export async function migrate(database: Database, options: MigrateOptions = {}): Promise<readonly number[]> {
  const { upTo = Number.POSITIVE_INFINITY } = options
  const migrations = await readMigrations(options.folder)
  await refuseOldServer(database)
  const connection = await database.pool.connect()
  let broken: Error | undefined
  try {
    await connection.query('select pg_advisory_lock($1)', [locks.migration])
    const applied = await appliedVersions(connection)
    refuseNewer(applied, migrations)
    const missing = migrations.filter(migration => !applied.includes(migration.version) && migration.version <= upTo)
    const [from, to] = [applied.at(-1), missing.at(-1)?.version]
    if (from !== undefined && to !== undefined) await options.beforeUpgrade?.(from, to)
    for (const migration of missing) await apply(connection, migration)
    return missing.map(migration => migration.version)
  } finally {
    // A connection that broke took its lock with it, and what broke it is already on its way.
    await connection.query('select pg_advisory_unlock($1)', [locks.migration]).catch((failure: Error) => {
      broken = failure
    })
    connection.release(broken)
  }
}

/** The newest version applied, 0 for an empty database. */
export async function schemaVersion(database: Queryable): Promise<number> {
  const { rows } = await database.query<{ present: boolean }>(
    "select to_regclass('public.schema_migration') is not null as present",
  )
  if (!rows[0]?.present) return 0
  const newest = await database.query<{ version: number }>(
    'select coalesce(max(version), 0) as version from schema_migration',
  )
  return newest.rows[0]?.version ?? 0
}

async function refuseOldServer(database: Database): Promise<void> {
  const { rows } = await database.query<{ number: string }>("select current_setting('server_version_num') as number")
  const major = Math.floor(Number(rows[0]?.number) / 10_000)
  if (major < 15) {
    throw new StoreError(
      'postgres_too_old',
      `The database server is PostgreSQL ${major}; Tenfold needs 15 or newer. Upgrade it, or unset DATABASE_URL to use the bundled one.`,
    )
  }
}

async function appliedVersions(connection: Connection): Promise<readonly number[]> {
  await connection.query(`
    create table if not exists schema_migration (
      version integer primary key,
      name text not null,
      applied_at timestamptz not null default now()
    )`)
  const { rows } = await connection.query<{ version: number }>('select version from schema_migration order by version')
  return rows.map(row => row.version)
}

function refuseNewer(applied: readonly number[], known: readonly Migration[]): void {
  const newestKnown = known.at(-1)?.version ?? 0
  const newestApplied = applied.at(-1) ?? 0
  if (newestApplied > newestKnown) {
    throw new StoreError(
      'schema_newer',
      `The database has schema ${newestApplied}, this program knows ${newestKnown}. Use the newer Tenfold that migrated it; going back is not supported.`,
    )
  }
}

async function apply(connection: Connection, migration: Migration): Promise<void> {
  try {
    await connection.query('begin')
    await connection.query(migration.sql)
    await connection.query('insert into schema_migration (version, name) values ($1, $2)', [
      migration.version,
      migration.name,
    ])
    await connection.query('commit')
  } catch (cause) {
    await connection.query('rollback').catch(() => undefined)
    throw new StoreError(
      'migration_failed',
      `Migration ${migration.version} ${migration.name} failed (${messageOf(cause)}); nothing of it stays.`,
      { cause },
    )
  }
}
