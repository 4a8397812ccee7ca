import { type Compilable, Kysely, PostgresDialect, sql } from 'kysely'
import pg from 'pg'

// Counts and ids fit a double up to 2^53; the ids we allocate start at 1.
pg.types.setTypeParser(pg.types.builtins.INT8, Number)
// Instants stay text in PostgreSQL's own precision; readers that want a Date make one.
pg.types.setTypeParser(pg.types.builtins.TIMESTAMPTZ, text => isoInstant(text))

/** Anything that runs a statement: a pool, or one connection inside a transaction. */
export interface Queryable {
  query<R extends pg.QueryResultRow>(
    text: string,
    values?: readonly unknown[],
  ): Promise<{ rows: R[]; rowCount: number | null }>
}

export type Connection = pg.PoolClient
// biome-ignore lint/complexity/noBannedTypes: queries are typed by the row they name, not by a table map
export type Kyselylike = Kysely<{}>

export interface Database {
  readonly pool: pg.Pool
  /** For queries composed from parts; use kysely's `sql` tag. */
  readonly kysely: Kyselylike
  readonly connectionString: string
  query<R extends pg.QueryResultRow>(
    text: string,
    values?: readonly unknown[],
  ): Promise<{ rows: R[]; rowCount: number | null }>
  /** Commits when `work` resolves, rolls back when it throws. */
  transaction<T>(work: (connection: Connection) => Promise<T>): Promise<T>
  close(): Promise<void>
}

export interface DatabaseOptions {
  /** Connections at most. */
  readonly max?: number
  /** Shown in pg_stat_activity. */
  readonly applicationName?: string
  /** Milliseconds after which the server ends a statement; 0 for none. */
  readonly statementTimeoutMs?: number
  /** How long somebody waits for a connection, a free one or a new one. */
  readonly patienceMs?: number
  /** Called when an idle connection breaks; the pool replaces it. */
  readonly onIdleError?: (error: Error) => void
}

/** Connects lazily; every session speaks UTC. */
export function openDatabase(connectionString: string, options: DatabaseOptions = {}): Database {
  const pool = new pg.Pool({
    connectionString,
    max: options.max ?? 10,
    application_name: options.applicationName ?? 'tenfold',
    // No query here earns the time that compiling it takes.
    options: `-c timezone=UTC -c jit=off -c statement_timeout=${options.statementTimeoutMs ?? 0}`,
    connectionTimeoutMillis: options.patienceMs ?? 10_000,
  })
  pool.on('error', error => options.onIdleError?.(error))
  // The pool listens to idle connections only: one that breaks in somebody's hands, between two statements of a
  // transaction, would end the process. Whoever holds it is told by its next statement.
  pool.on('connect', connection => connection.on('error', () => undefined))
  const kysely: Kyselylike = new Kysely({ dialect: new PostgresDialect({ pool }) })
  return {
    pool,
    kysely,
    connectionString,
    query: (text, values) => pool.query(text, values as unknown[]),
    transaction: work => inTransaction(pool, work),
    // kysely ends the pool only when it was used; the pool is ours to end.
    close: () => pool.end(),
  }
}

async function inTransaction<T>(pool: pg.Pool, work: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await pool.connect()
  let broken: Error | undefined
  try {
    await connection.query('begin')
    const result = await work(connection)
    await connection.query('commit')
    return result
  } catch (error) {
    await connection.query('rollback').catch((failure: Error) => {
      broken = failure
    })
    throw error
  } finally {
    connection.release(broken)
  }
}

/** `2026-11-24 09:42:00.123+00` as `2026-11-24T09:42:00.123Z`; infinities and odd zones as they are. */
function isoInstant(text: string): string {
  return text.endsWith('+00') ? `${text.slice(0, 10)}T${text.slice(11, -3)}Z` : text
}

export type { Compilable }
export { sql }
