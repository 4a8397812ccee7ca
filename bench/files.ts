import { createWriteStream, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { startBundledPostgres } from '../src/store/bundled/index.ts'
import { row } from './figures.ts'
import { csvContent, nessusContent } from './file-content.ts'
import { dropDatabase, freshDatabase } from './mirror.ts'
import { type Finished, postmasterOf, runWatched, treeUse } from './processes.ts'

// `npm run bench:files [megabytes of .nessus] [rows of CSV] [decode]`: files are decoded, and imported with the command a person
// would use: previewed and applied into an empty database. 0 leaves a kind out; 150 MB and a million rows unless told.
// What an earlier run measured of other files stays in the table.

const megabytes = Number(process.argv[2] ?? 150)
const rows = Number(process.argv[3] ?? 1_000_000)
const decodesOnly = process.argv[4] === 'decode'
const folder = process.env.TENFOLD_BENCH_DIR ?? join(import.meta.dirname, '..', 'data', 'bench')
const here = (name: string) => join(import.meta.dirname, name)
const main = here('../src/cli/main.ts')
const kept = here('files.json')

interface Measured {
  readonly what: string
  readonly megabytes: number
  readonly records: number
  readonly seconds: number
  readonly cpuSeconds: number
  readonly postgresCpuSeconds: number | null
  readonly peakRssMb: number
  readonly halvesRssMb: readonly [number, number]
  /** Of the machine, when it ended: processes that wanted its two cores. */
  readonly load: number
}

mkdirSync(folder, { recursive: true })
const dataDir = join(folder, 'server')
const postgres = await startBundledPostgres({ dataDir, dataDirIsExplicit: true })
const postmaster = postmasterOf(postgres.dataDir)
try {
  const measured: Measured[] = []
  if (megabytes > 0) measured.push(...(await measure(`${megabytes}.nessus`, nessusContent(megabytes), false)))
  if (rows > 0) measured.push(...(await measure(`${rows}.csv`, csvContent(rows), true)))
  keep(measured)
} finally {
  await postgres.stop()
}

async function measure(name: string, content: Iterable<string>, isCsv: boolean): Promise<readonly Measured[]> {
  const path = join(folder, name)
  await pipeline(Readable.from(content), createWriteStream(path))
  try {
    const decoded = await child([here('read-file.ts'), path])
    const records = (JSON.parse(decoded.stdout) as { records: number }).records
    const measured = [told(`${name}, decoded`, path, records, decoded, null)]
    if (isCsv) {
      for (const by of ['ours', 'csv-parse']) {
        const split = await child([here('split-csv.ts'), by, path])
        measured.push(told(`${name}, split only, ${by}`, path, records, split, null))
      }
    }
    return decodesOnly ? measured : [...measured, ...(await measureImport(name, path, records))]
  } finally {
    await rm(path)
  }
}

async function measureImport(name: string, path: string, records: number): Promise<readonly Measured[]> {
  const database = await freshDatabase(postgres.connectionString, 'bench_files')
  const environment = { DATABASE_URL: database, TENFOLD_DATA_DIR: dataDir, TENFOLD_IMPORT_MAX_MB: '16384' }
  await runWatched([main, 'migrate'], environment)
  const run = async (...args: string[]) => {
    const before = treeUse(postmaster).cpuSeconds
    const done = await runWatched([main, 'import', ...args, '--json'], environment)
    return { done, postgresCpuSeconds: treeUse(postmaster).cpuSeconds - before }
  }
  const previewed = await run('file', path)
  const { imports } = JSON.parse(previewed.done.stdout) as { imports: { id: number; numbers: { open: number } }[] }
  const applied = await run('apply', String(imports[0]!.id))
  if (!applied.done.stdout.includes('"status":"applied"')) throw new Error(`not applied: ${applied.done.stdout}`)
  await dropDatabase(postgres.connectionString, 'bench_files')
  return [
    told(`${name}, previewed`, path, records, previewed.done, previewed.postgresCpuSeconds),
    told(`${name}, applied`, path, records, applied.done, applied.postgresCpuSeconds),
  ]
}

/** Its own word on its time, without its start. */
async function child(args: readonly string[]): Promise<Finished> {
  const done = await runWatched(args)
  return { ...done, ...(JSON.parse(done.stdout) as { seconds: number; cpuSeconds: number }) }
}

function told(
  what: string,
  path: string,
  records: number,
  done: Finished,
  postgresCpuSeconds: number | null,
): Measured {
  const { seconds, cpuSeconds, peakRssMb, halvesRssMb } = done
  const load = loadavg()[0] ?? Number.NaN
  const size = statSync(path).size / 1024 ** 2
  const measured = {
    what,
    megabytes: size,
    records,
    seconds,
    cpuSeconds,
    postgresCpuSeconds,
    peakRssMb,
    halvesRssMb,
    load,
  }
  console.log(line(measured))
  return measured
}

function keep(measured: readonly Measured[]): void {
  const before = existsSync(kept) ? (JSON.parse(readFileSync(kept, 'utf8')) as readonly Measured[]) : []
  const names = new Set(measured.map(({ what }) => what))
  const all = [...before.filter(({ what }) => !names.has(what)), ...measured]
  writeFileSync(kept, `${JSON.stringify(all, null, 2)}\n`)
  const head = [
    'file',
    'size',
    'rows',
    'time',
    'rows a second',
    'CPU: ours',
    'PostgreSQL’s',
    'rows a CPU second',
    'our peak memory, first and second half',
    'load',
  ]
  writeFileSync(here('files.md'), `${row(head)}\n${row(head.map(() => '---'))}\n${all.map(line).join('\n')}\n`)
}

function line(one: Measured): string {
  const cpu = one.cpuSeconds + (one.postgresCpuSeconds ?? 0)
  const whole = (number: number) => Math.round(number).toLocaleString('en')
  return row([
    one.what,
    `${whole(one.megabytes)} MB`,
    whole(one.records),
    `${one.seconds.toFixed(1)} s`,
    whole(one.records / one.seconds),
    `${one.cpuSeconds.toFixed(1)} s`,
    one.postgresCpuSeconds === null ? '' : `${one.postgresCpuSeconds.toFixed(1)} s`,
    whole(one.records / cpu),
    one.halvesRssMb.map(half => `${whole(half)} MB`).join(', '),
    one.load.toFixed(1),
  ])
}
