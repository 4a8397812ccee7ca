import { join } from 'node:path'
import { openDatabase } from '../src/store/database.ts'
import { highest, type MemorySample, runWatched } from './processes.ts'

// One mirror to measure: a database of its own, brought up to date by the command a person would use.

const main = join(import.meta.dirname, '..', 'src', 'cli', 'main.ts')

export interface Mirror {
  /** Of the tenant. */
  readonly url: string
  readonly database: string
  readonly dataDir: string
}

/** What a sync does after the other: reads, then makes totals and indexes, then looks which assets are one machine. */
export interface PeakOfPhases {
  readonly reading: number
  readonly closing: number
  readonly machines: number
}

export interface Synced {
  readonly seconds: number
  readonly peakRssMb: number
  readonly peakOfPhasesMb: PeakOfPhases
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
  const { stdout, peakRssMb, samples } = await runWatched(
    [main, 'sync', ...(kind === 'full' ? ['--full'] : []), '--wait', '--json', '--streams', 'assets,findings'],
    environmentOf({ url, database, dataDir }),
  )
  const run = JSON.parse(stdout) as {
    run_id: number
    status: string
    duration_ms: number
    streams: { findings: { inserted: number; changed: number; unchanged: number } }
  }
  if (run.status !== 'completed') throw new Error(`the sync ended ${run.status}: ${stdout}`)
  const { inserted, changed, unchanged } = run.streams.findings
  const peakOfPhasesMb = await phasesOf(database, run.run_id, samples)
  return { seconds: run.duration_ms / 1000, peakRssMb, peakOfPhasesMb, inserted, changed, unchanged }
}

const selectPhases = `
select extract(epoch from max(s.finished_at))::float8 * 1000 as read_at,
       extract(epoch from r.finished_at)::float8 * 1000 as closed_at
from run r
join run_stream s using (run_id)
where r.run_id = $1
group by r.run_id`

async function phasesOf(url: string, runId: number, samples: readonly MemorySample[]): Promise<PeakOfPhases> {
  const database = openDatabase(url, { max: 1 })
  try {
    const { rows } = await database.query<{ read_at: number; closed_at: number }>(selectPhases, [runId])
    const { read_at: readAt, closed_at: closedAt } = rows[0]!
    const between = (from: number, to: number) => highest(samples.filter(({ at }) => from <= at && at < to))
    return {
      reading: between(0, readAt),
      closing: between(readAt, closedAt),
      machines: between(closedAt, Number.POSITIVE_INFINITY),
    }
  } finally {
    await database.close()
  }
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
