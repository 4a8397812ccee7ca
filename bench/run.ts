import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startBundledPostgres } from '../src/store/bundled/index.ts'
import { openDatabase } from '../src/store/database.ts'
import { type Estate, shapeOf, writeEstate } from './estate.ts'
import { median, row } from './figures.ts'
import { dropDatabase, freshDatabase, type Synced, sync } from './mirror.ts'
import { runWatched, startServer } from './processes.ts'

// `npm run bench`: how fast, how much memory, how much disk; beside a plain loop, from one server, in one run.
// `npm run bench -- 100000` measures one size; `--repeat 1` once instead of three times.

const folder = process.env.TENFOLD_BENCH_DIR ?? join(import.meta.dirname, '..', 'data', 'bench')
const here = (name: string) => join(import.meta.dirname, name)

const { values: flags, positionals } = parseArgs({ allowPositionals: true, options: { repeat: { type: 'string' } } })
const sizes = positionals.map(Number)
const repeats = Number(flags.repeat ?? 3)

interface Measured {
  readonly name: string
  readonly estate: Estate
  readonly firstLoad: readonly Synced[]
  readonly resync: readonly Synced[]
  readonly plainLoop: readonly { readonly seconds: number; readonly peakRssMb: number }[]
  readonly gunzipSeconds: number
  readonly copySeconds: number
  readonly diskBytes: number
  readonly shares: { readonly decode: number; readonly stage: number; readonly merge: number }
}

mkdirSync(folder, { recursive: true })
const cases = [
  ...(sizes.length > 0 ? sizes : [100_000, 1_000_000]).map(size => ({ name: String(size), shape: shapeOf(size) })),
  // Two chunks of about 300 MB.
  ...(sizes.length > 0
    ? []
    : [{ name: '120000, chunks of 300 MB', shape: shapeOf(120_000, { assetsPerChunk: 1200 }) }]),
]
const results: Measured[] = []
for (const { name, shape } of cases) results.push(await measure(name, shape))
writeFileSync(here('results.json'), `${JSON.stringify({ machine: machine(), results }, null, 2)}\n`)
writeFileSync(here('results.md'), table())
console.log(table())

async function measure(name: string, shape: ReturnType<typeof shapeOf>): Promise<Measured> {
  console.error(`${name}: estate`)
  const files = join(folder, `${shape.findings}-${shape.assetsPerChunk}`)
  const estate = await writeEstate(files, shape)
  const dataDir = join(folder, 'server')
  const postgres = await startBundledPostgres({ dataDir, dataDirIsExplicit: true })
  const server = await startServer([here('serve.ts'), files])
  const firstLoad: Synced[] = []
  const resync: Synced[] = []
  const plainLoop: { seconds: number; peakRssMb: number }[] = []
  let copySeconds = 0
  let diskBytes = 0
  let shares = { decode: 0, stage: 0, merge: 0 }
  try {
    for (let turn = 1; turn <= repeats; turn++) {
      const database = await freshDatabase(postgres.connectionString, `bench_${turn}`)
      console.error(`${name}: turn ${turn} of ${repeats}`)
      // The two contenders take turns, so that a slow minute of the machine is everybody's.
      plainLoop.push(await loop(server.url, join(folder, 'loop.sqlite')))
      firstLoad.push(await sync({ url: server.url, database, dataDir }))
      shares = await sharesOf(database)
      diskBytes = await diskOf(database)
      resync.push(await sync({ url: server.url, database, dataDir }))
      if (turn === 1) {
        const copied = await runWatched([here('copy.ts'), database])
        copySeconds = (JSON.parse(copied.stdout) as { seconds: number }).seconds
      }
      await dropDatabase(postgres.connectionString, `bench_${turn}`)
    }
    const unpacked = await runWatched([here('gunzip.ts'), files])
    const gunzipSeconds = (JSON.parse(unpacked.stdout) as { seconds: number }).seconds
    return { name, estate, firstLoad, resync, plainLoop, gunzipSeconds, copySeconds, diskBytes, shares }
  } finally {
    server.stop()
    await postgres.stop()
  }
}

async function loop(url: string, file: string): Promise<{ seconds: number; peakRssMb: number }> {
  for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true })
  const { stdout, peakRssMb } = await runWatched([here('plain-loop.ts'), url, file])
  return { seconds: (JSON.parse(stdout) as { seconds: number }).seconds, peakRssMb }
}

async function query<R extends object>(database: string, text: string): Promise<R> {
  const open = openDatabase(database, { max: 1 })
  try {
    return (await open.query<R & Record<string, unknown>>(text)).rows[0]!
  } finally {
    await open.close()
  }
}

/** Findings with their output, history and counts, their indexes included. */
async function diskOf(database: string): Promise<number> {
  const { bytes } = await query<{ bytes: number }>(
    database,
    `select sum(pg_total_relation_size(oid))::bigint as bytes from pg_class
     where relkind = 'r' and relname ~ '^(finding|asset_total)' and relnamespace = 'public'::regnamespace`,
  )
  return bytes
}

async function sharesOf(database: string): Promise<Measured['shares']> {
  const row = await query<{ decode: number; stage: number; merge: number }>(
    database,
    `select sum(decode_ms)::float8 as decode, sum(stage_ms)::float8 as stage, sum(merge_ms)::float8 as merge
     from export_chunk join export_job using (export_job_id) where stream = 'findings'`,
  )
  const all = row.decode + row.stage + row.merge
  return { decode: row.decode / all, stage: row.stage / all, merge: row.merge / all }
}

function machine(): string {
  const model = cpus()[0]?.model ?? 'unknown processor'
  return `${availableParallelism()} cores (${model}), ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}, ${process.platform}`
}

function phases(runs: readonly Synced[]): string {
  const highest = (['reading', 'closing', 'machines'] as const).map(phase =>
    Math.round(Math.max(...runs.map(run => run.peakOfPhasesMb[phase]))),
  )
  return `${highest.join(', ')} MB`
}

function table(): string {
  const rate = (count: number, seconds: number) => `${(count / seconds / 1000).toFixed(1)}k/s`
  const lines = results.map(result => {
    const { estate } = result
    const first = median(result.firstLoad.map(run => run.seconds))
    const again = median(result.resync.map(run => run.seconds))
    const plain = median(result.plainLoop.map(run => run.seconds))
    return row([
      result.name,
      `${(estate.jsonBytes / estate.findings / 1000).toFixed(2)} kB`,
      `${rate(estate.findings, first)} (${(plain / first).toFixed(2)}×)`,
      `${rate(estate.findings, again)} (${(plain / again).toFixed(2)}×)`,
      rate(estate.findings, plain),
      phases(result.firstLoad),
      phases(result.resync),
      `${Math.round(Math.max(...result.plainLoop.map(run => run.peakRssMb)))} MB`,
      `${Math.round(result.diskBytes / estate.findings)} B`,
      rate(estate.findings, result.gunzipSeconds),
      rate(estate.findings, result.copySeconds),
    ])
  })
  return `${row(['findings', 'each', 'first load (× plain loop)', 'unchanged re-sync (× plain loop)', 'plain loop', 'our peak memory, first load: reading, closing, machines', 'of the re-sync', 'the loop’s', 'disk per finding', 'gunzip only', 'COPY only'])}\n${row(Array.from({ length: 11 }, () => '---'))}\n${lines.join('\n')}\n\nMedian of ${repeats}; ${machine()}.\n`
}
