import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startBundledPostgres } from '../src/store/bundled/index.ts'
import { shapeOf, writeEstate } from './estate.ts'
import { dropDatabase, environmentOf, freshDatabase, type Mirror, sync } from './mirror.ts'
import { runWatched, startServer } from './processes.ts'

// `npm run bench:reads [size]`: how long the API takes, over HTTP, for pages of lists, statistics and days of the past: with
// nothing else going on, while a full sync runs, and with 50 readers at once.

const folder = process.env.TENFOLD_BENCH_DIR ?? join(import.meta.dirname, '..', 'data', 'bench')
const size = Number(process.argv[2] ?? 1_000_000)
const main = join(import.meta.dirname, '..', 'src', 'cli', 'main.ts')

/** What is asked, by what it is. Every path is asked as often as the others. */
const asked = {
  'list pages': [
    '/api/tenable/vulnerabilities',
    '/api/tenable/vulnerabilities?severity=critical',
    '/api/tenable/vulnerabilities?query=severity:critical,high%20exploit:true',
    '/api/tenable/vulnerabilities?vpr_min=6&state=reopened',
    '/api/tenable/vulnerabilities?tag=Owner:team-7&severity=high',
    '/api/tenable/vulnerabilities?plugin_id=100123',
    '/api/tenable/vulnerabilities?sort=-last_found',
    '/api/tenable/vulnerabilities?q=host-777',
    '/api/tenable/assets',
    '/api/tenable/assets?tag=Owner:team-3',
    '/api/tenable/assets?sort=-open_critical',
    '/api/tenable/assets?q=host-19',
    '/api/tenable/plugins?sort=-vpr_score',
  ],
  statistics: [
    '/api/tenable/stats/vulnerabilities',
    '/api/tenable/stats/vulnerabilities?tag=Owner:team-7',
    '/api/tenable/stats/assets',
    '/api/tenable/stats/sync',
  ],
  'totals of a day': [
    ...['2026-02-14', '2026-04-01', '2026-06-30', '2026-08-15', '2026-10-02'].map(
      day => `/api/tenable/stats/vulnerabilities?as_of=${day}`,
    ),
    '/api/tenable/stats/vulnerabilities/daily?from=2026-01-01',
  ],
} as const
type Kind = keyof typeof asked
const kinds = Object.keys(asked) as Kind[]
const rounds = 15

interface Times {
  readonly median: number
  readonly p95: number
  readonly worst: string
}

mkdirSync(folder, { recursive: true })
const shape = shapeOf(size)
const files = join(folder, `${shape.findings}-${shape.assetsPerChunk}`)
await writeEstate(files, shape)
const dataDir = join(folder, 'server')
const postgres = await startBundledPostgres({ dataDir, dataDirIsExplicit: true })
const tenant = await startServer([join(import.meta.dirname, 'serve.ts'), files])
try {
  const database = await freshDatabase(postgres.connectionString, 'bench_reads')
  const mirror = { url: tenant.url, database, dataDir }
  await sync(mirror)
  const api = await startServer([join(import.meta.dirname, 'api.ts')], environmentOf(mirror))
  const token = await readerToken(mirror)
  try {
    const alone = await measure(api.url, token)
    const syncing = sync(mirror)
    const during = await measure(api.url, token)
    await syncing
    const syncingAgain = sync(mirror)
    const crowd = await readTogether(api.url, token, 50)
    await syncingAgain
    const text = table(alone, during, crowd)
    writeFileSync(join(import.meta.dirname, 'reads.md'), text)
    console.log(text)
  } finally {
    api.stop()
  }
  await dropDatabase(postgres.connectionString, 'bench_reads')
} finally {
  tenant.stop()
  await postgres.stop()
}

async function readerToken(mirror: Mirror): Promise<string> {
  const environment = environmentOf(mirror)
  await runWatched([main, 'user', 'create', 'bench', '--role', 'viewer', '--json'], environment)
  const { stdout } = await runWatched([main, 'user', 'token', 'bench', '--scope', 'read', '--json'], environment)
  return (JSON.parse(stdout) as { token: string }).token
}

async function read(url: string, token: string, path: string): Promise<number> {
  const from = performance.now()
  const answer = await fetch(url + path, { headers: { authorization: `Bearer ${token}` } })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${text.slice(0, 300)}`)
  return performance.now() - from
}

async function measure(url: string, token: string): Promise<Record<Kind, Times>> {
  const times = Object.fromEntries(kinds.map(kind => [kind, [] as [string, number][]])) as Record<
    Kind,
    [string, number][]
  >
  for (let round = 0; round <= rounds; round++) {
    for (const kind of kinds) {
      for (const path of asked[kind]) {
        const ms = await read(url, token, path)
        // The first round fills caches, as the first reader of the day does.
        if (round > 0) times[kind].push([path, ms])
      }
    }
  }
  return Object.fromEntries(kinds.map(kind => [kind, timesOf(times[kind])])) as Record<Kind, Times>
}

/** Each reader asks for pages one after the other, ten of them. */
async function readTogether(url: string, token: string, readers: number): Promise<Times> {
  const paths = asked['list pages']
  const all = await Promise.all(
    Array.from({ length: readers }, async (_, reader) => {
      const mine: [string, number][] = []
      for (let page = 0; page < 10; page++) {
        const path = paths[(reader + page) % paths.length] ?? ''
        mine.push([path, await read(url, token, path)])
      }
      return mine
    }),
  )
  return timesOf(all.flat())
}

function timesOf(times: readonly [path: string, ms: number][]): Times {
  const sorted = [...times].sort((a, b) => a[1] - b[1])
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
  return { median: at(0.5)?.[1] ?? 0, p95: at(0.95)?.[1] ?? 0, worst: at(1)?.[0] ?? '' }
}

function table(alone: Record<Kind, Times>, during: Record<Kind, Times>, crowd: Times): string {
  const ms = ({ median, p95 }: Times) => `${median.toFixed(0)} / ${p95.toFixed(0)} ms`
  const lines = kinds.map(kind => `| ${kind} | ${ms(alone[kind])} | ${ms(during[kind])} |`)
  const worst = [...new Set(kinds.map(kind => alone[kind].worst))].map(path => `\`${path}\``).join(', ')
  return `| median / p95 | alone | while a full sync runs |
| --- | --- | --- |
${lines.join('\n')}
| list pages, 50 readers at once |  | ${ms(crowd)} |

${size.toLocaleString('en')} findings; slowest alone: ${worst}.
`
}
