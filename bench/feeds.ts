import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { startBundledPostgres } from '../src/store/bundled/index.ts'
import { row } from './figures.ts'
import { dropDatabase, environmentOf, freshDatabase } from './mirror.ts'
import { type Finished, postmasterOf, runWatched, startServer, treeUse } from './processes.ts'

// `npm run bench:feeds [assets] [compliance]`: an EPSS file of 300,000 CVEs, loaded, loaded again and loaded as it is a day later, and
// compliance results as a tenant of so many assets has them, read for the first time and once more.

const folder = process.env.TENFOLD_BENCH_DIR ?? join(import.meta.dirname, '..', 'data', 'bench')
const assets = Number(process.argv[2] ?? 20_000)
const isComplianceAlone = process.argv[3] === 'compliance'
const cves = 300_000
const main = join(import.meta.dirname, '..', 'src', 'cli', 'main.ts')

interface Measured {
  readonly what: string
  readonly rows: number
  readonly seconds: number
  /** Ours, and what PostgreSQL used meanwhile. */
  readonly cpuSeconds: number
  readonly postgresCpuSeconds: number
  readonly peakRssMb: number
}

mkdirSync(folder, { recursive: true })
const dataDir = join(folder, 'server')
const postgres = await startBundledPostgres({ dataDir, dataDirIsExplicit: true })
const postmaster = postmasterOf(postgres.dataDir)
try {
  const measured = [...(isComplianceAlone ? [] : await measureFeed()), ...(await measureCompliance())]
  const text = table(measured)
  if (!isComplianceAlone) writeFileSync(join(import.meta.dirname, 'feeds.md'), text)
  console.log(text)
} finally {
  await postgres.stop()
}

async function measureFeed(): Promise<readonly Measured[]> {
  const database = await freshDatabase(postgres.connectionString, 'bench_feeds')
  const environment = { DATABASE_URL: database, TENFOLD_DATA_DIR: dataDir }
  await runWatched([main, 'migrate'], environment)
  const load = async (what: string, day: string, moved: number) => {
    const file = join(folder, `epss-${day}-${moved}.csv.gz`)
    writeFileSync(file, epssFile(day, moved))
    const loaded = await watched([main, 'feeds', 'load', 'epss', '--file', file, '--json'], environment)
    const { seconds, cpuSeconds, postgresCpuSeconds, peakRssMb } = loaded
    return { what, rows: cves, seconds, cpuSeconds, postgresCpuSeconds, peakRssMb }
  }
  const measured = [
    await load('EPSS, the first file', '2026-11-01', 0),
    await load('EPSS, the same file again', '2026-11-01', 0),
    await load('EPSS a day later, 1 % changed', '2026-11-02', cves / 100),
  ]
  await dropDatabase(postgres.connectionString, 'bench_feeds')
  return measured
}

/** As FIRST publishes it. The first of the CVEs have another score than the day before. */
function epssFile(day: string, moved: number): Buffer {
  const lines = [`#model_version:v2025.03.14,score_date:${day}T12:55:00Z`, 'cve,epss,percentile']
  for (let n = 0; n < cves; n++) {
    const score = (((n * 7919) % 90_000) + (n < moved ? 5 : 0)) / 100_000
    lines.push(`CVE-${2000 + (n % 26)}-${10_000 + n},${score.toFixed(5)},${score.toFixed(5)}`)
  }
  return gzipSync(`${lines.join('\n')}\n`)
}

async function measureCompliance(): Promise<readonly Measured[]> {
  const server = await startServer([join(import.meta.dirname, 'tenant.ts'), String(assets)])
  try {
    const tenant = JSON.parse(server.url) as { url: string; accessKey: string; secretKey: string }
    const database = await freshDatabase(postgres.connectionString, 'bench_compliance')
    const environment = {
      ...environmentOf({ url: tenant.url, database, dataDir }),
      TENABLE_ACCESS_KEY: tenant.accessKey,
      TENABLE_SECRET_KEY: tenant.secretKey,
    }
    const sync = (streams: string) =>
      watched([main, 'sync', '--full', '--wait', '--json', '--streams', streams], environment)
    // The assets come first, so that only the results are measured.
    await sync('assets')
    const measured = [
      complianceOf('compliance results, the first time', await sync('compliance')),
      complianceOf('compliance results, unchanged', await sync('compliance')),
    ]
    await dropDatabase(postgres.connectionString, 'bench_compliance')
    return measured
  } finally {
    server.stop()
  }
}

interface Watched extends Finished {
  readonly postgresCpuSeconds: number
}

async function watched(args: readonly string[], environment: Readonly<Record<string, string>>): Promise<Watched> {
  const before = treeUse(postmaster).cpuSeconds
  const done = await runWatched(args, environment)
  return { ...done, postgresCpuSeconds: treeUse(postmaster).cpuSeconds - before }
}

function complianceOf(what: string, { stdout, cpuSeconds, postgresCpuSeconds, peakRssMb }: Watched): Measured {
  const run = JSON.parse(stdout) as {
    status: string
    duration_ms: number
    streams: { compliance: { received: number } }
  }
  if (run.status !== 'completed') throw new Error(`the sync ended ${run.status}: ${stdout}`)
  const { received: rows } = run.streams.compliance
  return { what, rows, seconds: run.duration_ms / 1000, cpuSeconds, postgresCpuSeconds, peakRssMb }
}

function table(measured: readonly Measured[]): string {
  const head = ['what', 'rows', 'time', 'rows a second', 'CPU: ours', 'PostgreSQL’s', 'our peak memory']
  const lines = measured.map(({ what, rows, seconds, cpuSeconds, postgresCpuSeconds, peakRssMb }) =>
    row([
      what,
      rows.toLocaleString('en'),
      `${seconds.toFixed(1)} s`,
      Math.round(rows / seconds).toLocaleString('en'),
      `${cpuSeconds.toFixed(1)} s`,
      `${postgresCpuSeconds.toFixed(1)} s`,
      `${Math.round(peakRssMb)} MB`,
    ]),
  )
  return `${row(head)}\n${row(head.map(() => '---'))}\n${lines.join('\n')}\n`
}
