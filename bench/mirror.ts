import { join } from 'node:path'
import { openDatabase } from '../src/store/database.ts'
import { runWatched } from './processes.ts'

// One mirror to measure: a database of its own, brought up to date by the command a person would use.

const main = join(import.meta.dirname, '..', 'src', 'cli', 'main.ts')

export interface Mirror {
  /** Of the tenant. */
  readonly url: string
  readonly database: string
  readonly dataDir: string
}

export interface Synced {
  readonly seconds: number
  readonly peakRssMb: number
  readonly inserted: number
  readonly changed: number
  readonly unchanged: number
}

/** What the program is told of a mirror. */
export function environmentOf({ url, database, dataDir }: Mirror): Readonly<Record<string, string>> {
  return {
    DATABASE_URL: database,
    TENFOLD_DATA_DIR: dataDir,
    TENABLE_BASE_URL: url,
    TENABLE_ACCESS_KEY: 'a'.repeat(64),
    TENABLE_SECRET_KEY: 'b'.repeat(64),
    TENABLE_RATE_LIMIT_REQUESTS_PER_MINUTE: '60000',
    TENABLE_RATE_LIMIT_BURST: '1000',
  }
}

/** @throws when the run ends otherwise than completed */
export async function sync({ url, database, dataDir }: Mirror, kind: 'full' | 'delta' = 'full'): Promise<Synced> {
  const { stdout, peakRssMb } = await runWatched(
    [main, 'sync', ...(kind === 'full' ? ['--full'] : []), '--wait', '--json', '--streams', 'assets,findings'],
    environmentOf({ url, database, dataDir }),
  )
  const run = JSON.parse(stdout) as {
    status: string
    duration_ms: number
    streams: { findings: { inserted: number; changed: number; unchanged: number } }
  }
  if (run.status !== 'completed') throw new Error(`the sync ended ${run.status}: ${stdout}`)
  const { inserted, changed, unchanged } = run.streams.findings
  return { seconds: run.duration_ms / 1000, peakRssMb, inserted, changed, unchanged }
}

export async function freshDatabase(server: string, name: string): Promise<string> {
  await dropDatabase(server, name)
  const admin = openDatabase(server, { max: 1 })
  await admin.query(`create database ${name}`)
  await admin.close()
  const url = new URL(server)
  url.pathname = `/${name}`
  return url.href
}

export async function dropDatabase(server: string, name: string): Promise<void> {
  const admin = openDatabase(server, { max: 1 })
  await admin.query(`drop database if exists ${name} with (force)`)
  await admin.close()
}

/** What autovacuum has done an hour after a load. */
export async function tidy(database: string): Promise<void> {
  const admin = openDatabase(database, { max: 1 })
  await admin.query('vacuum (analyze)')
  await admin.close()
}
