import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startBundledPostgres } from '../src/store/bundled/index.ts'
import { dressEstate } from './dress.ts'
import { shapeOf, writeEstate } from './estate.ts'
import { dropDatabase, environmentOf, freshDatabase, type Mirror, sync, tidy } from './mirror.ts'
import { runWatched, startServer } from './processes.ts'
import { type Kind, kinds, pathsOf, type Reading, targets } from './read-paths.ts'

// `npm run bench:reads [size]`: how long the API takes, over HTTP, for everything that the screens ask: with nothing else
// going on, while a full sync runs, and with 50 readers at once while one runs. `TENFOLD_BENCH_MIRROR` names a database that
// was loaded and dressed before, and then no sync runs.

const folder = process.env.TENFOLD_BENCH_DIR ?? join(import.meta.dirname, '..', 'data', 'bench')
const size = Number(process.argv[2] ?? 1_000_000)
const only = process.argv[3]
const main = join(import.meta.dirname, '..', 'src', 'cli', 'main.ts')
const rounds = Number(process.env.TENFOLD_BENCH_ROUNDS ?? 15)
/** Of one reader with a narrower role. */
const narrowTags = ['Owner:team-7', 'Site:site-3']

interface Times {
  readonly median: number
  readonly p95: number
}

type Measured = ReadonlyMap<Reading, readonly number[]>

interface Tokens {
  readonly whole: string
  readonly narrow: string
}

mkdirSync(folder, { recursive: true })
const loaded = process.env.TENFOLD_BENCH_MIRROR
await (loaded === undefined ? measureFresh() : measureLoaded(loaded))

async function measureFresh(): Promise<void> {
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
    await dressEstate(database)
    await tidy(database)
    await measureAll(mirror, async work => {
      const syncing = sync(mirror)
      const result = await work()
      await syncing
      return result
    })
    await dropDatabase(postgres.connectionString, 'bench_reads')
  } finally {
    tenant.stop()
    await postgres.stop()
  }
}

async function measureLoaded(database: string): Promise<void> {
  await measureAll({ url: 'http://127.0.0.1:9', database, dataDir: join(folder, 'reads') })
}

async function measureAll(mirror: Mirror, whileSyncing?: <T>(work: () => Promise<T>) => Promise<T>): Promise<void> {
  const tokens = await readerTokens(mirror)
  const api = await startServer([join(import.meta.dirname, 'api.ts')], environmentOf(mirror))
  try {
    const asked = pathsOf(new Date()).filter(({ path }) => only === undefined || path.includes(only))
    const alone = await measure(api.url, tokens, asked, rounds)
    const during = whileSyncing && (await whileSyncing(() => measure(api.url, tokens, asked, Math.ceil(rounds / 5))))
    const crowd = await (whileSyncing ?? (work => work()))(() => readTogether(api.url, tokens, asked, 50))
    const { classes, paths } = tables(asked, alone, during, crowd)
    if (loaded === undefined) {
      writeFileSync(join(import.meta.dirname, 'reads.md'), classes)
      writeFileSync(join(import.meta.dirname, 'reads-paths.md'), paths)
    }
    console.log(`${classes}\n${paths}`)
  } finally {
    api.stop()
  }
}

async function readerTokens(mirror: Mirror): Promise<Tokens> {
  const environment = environmentOf(mirror)
  const tokenOf = async (name: string, narrowing: readonly string[]) => {
    await runWatched([main, 'user', 'create', name, '--role', 'viewer', ...narrowing, '--json'], environment)
    const { stdout } = await runWatched([main, 'user', 'token', name, '--scope', 'read', '--json'], environment)
    return (JSON.parse(stdout) as { token: string }).token
  }
  const name = `bench-${Date.now()}`
  return {
    whole: await tokenOf(name, []),
    narrow: await tokenOf(
      `${name}-narrow`,
      narrowTags.flatMap(tag => ['--tag', tag]),
    ),
  }
}

async function read(url: string, tokens: Tokens, { path, isNarrow }: Reading): Promise<number> {
  const from = performance.now()
  const token = isNarrow ? tokens.narrow : tokens.whole
  const answer = await fetch(url + path, { headers: { authorization: `Bearer ${token}` } })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${text.slice(0, 300)}`)
  return performance.now() - from
}

async function measure(url: string, tokens: Tokens, asked: readonly Reading[], times: number): Promise<Measured> {
  const measured = new Map(asked.map(reading => [reading, [] as number[]]))
  for (let round = 0; round <= times; round++) {
    for (const reading of asked) {
      const ms = await read(url, tokens, reading)
      // The first round fills caches, as the first reader of the day does.
      if (round > 0) measured.get(reading)!.push(ms)
    }
  }
  return measured
}

/** Each reader asks for ten things one after the other, each another ten. */
async function readTogether(
  url: string,
  tokens: Tokens,
  asked: readonly Reading[],
  readers: number,
): Promise<Measured> {
  const measured = new Map(asked.map(reading => [reading, [] as number[]]))
  await Promise.all(
    Array.from({ length: readers }, async (_, reader) => {
      for (let n = 0; n < 10; n++) {
        const reading = asked[(reader * 7 + n) % asked.length]!
        measured.get(reading)!.push(await read(url, tokens, reading))
      }
    }),
  )
  return measured
}

function timesOf(times: readonly number[]): Times {
  const sorted = [...times].sort((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  return { median: at(0.5), p95: at(0.95) }
}

function tables(asked: readonly Reading[], alone: Measured, during: Measured | undefined, crowd: Measured) {
  const ms = (times: readonly number[] | undefined) => {
    if (!times || times.length === 0) return ''
    const { median, p95 } = timesOf(times)
    return `${median.toFixed(0)} / ${p95.toFixed(0)} ms`
  }
  const ofKind = (kind: Kind, measured: Measured | undefined) =>
    measured && asked.filter(reading => reading.kind === kind).flatMap(reading => measured.get(reading)!)
  const classes = kinds.map(
    kind =>
      `| ${kind} | ${targets[kind]} ms | ${ms(ofKind(kind, alone))} | ${ms(ofKind(kind, during))} | ${ms(ofKind(kind, crowd))} |`,
  )
  const isLate = (reading: Reading) => timesOf(alone.get(reading)!).p95 > targets[reading.kind]
  const lines = asked.map(reading => {
    const late = isLate(reading) ? ' **' : ''
    const who = reading.isNarrow ? ' (role narrowed by tags)' : ''
    return `| \`${reading.path}\`${who} | ${ms(alone.get(reading))}${late} | ${ms(during?.get(reading))} |`
  })
  return {
    classes: `| median / p95 | at most | alone | while a full sync runs | 50 readers at once, while a full sync runs |
| --- | --- | --- | --- | --- |
${classes.join('\n')}

${size.toLocaleString('en')} findings; of ${asked.length} paths ${asked.filter(isLate).length} have a p95, alone, over what it may be at most.
`,
    paths: `${size.toLocaleString('en')} findings. ** where the p95 alone is over what it may be at most.

| path | alone | while a full sync runs |
| --- | --- | --- |
${lines.join('\n')}
`,
  }
}
