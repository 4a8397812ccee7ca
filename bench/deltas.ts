import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startBundledPostgres } from '../src/store/bundled/index.ts'
import { shapeOf, writeChanges, writeEstate } from './estate.ts'
import { median, row } from './figures.ts'
import { dropDatabase, freshDatabase, type Synced, sync } from './mirror.ts'
import { startServer } from './processes.ts'

// `node bench/deltas.ts [size...]`: what a delta costs beside the first load, and whether it costs what changed: the same
// 10,000 changed findings at each size, and a delta without a change.

const folder = process.env.TENFOLD_BENCH_DIR ?? join(import.meta.dirname, '..', 'data', 'bench')
const sizes = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [100_000, 1_000_000]
const changes = { assets: 2000, findingsPerAsset: 5 }
const rounds = [1, 2, 3]

interface Measured {
  readonly findings: number
  readonly firstLoad: Synced
  readonly changed: readonly Synced[]
  readonly unchanged: readonly Synced[]
}

mkdirSync(folder, { recursive: true })
const results: Measured[] = []
for (const size of sizes) results.push(await measure(size))
writeFileSync(join(import.meta.dirname, 'deltas.json'), `${JSON.stringify(results, null, 2)}\n`)
writeFileSync(join(import.meta.dirname, 'deltas.md'), table())
console.log(table())

async function measure(size: number): Promise<Measured> {
  const shape = shapeOf(size)
  const files = join(folder, `${shape.findings}-${shape.assetsPerChunk}`)
  await writeEstate(files, shape)
  for (const round of rounds) await writeChanges(changesFolder(round), shape, { ...changes, round })
  const dataDir = join(folder, 'server')
  const postgres = await startBundledPostgres({ dataDir, dataDirIsExplicit: true })
  const server = await startServer([join(import.meta.dirname, 'serve.ts'), files])
  try {
    const database = await freshDatabase(postgres.connectionString, 'bench_deltas')
    const mirror = { url: server.url, database, dataDir }
    const firstLoad = await sync(mirror)
    const changed: Synced[] = []
    const unchanged: Synced[] = []
    for (const round of rounds) {
      await answerWith(server.url, changesFolder(round))
      changed.push(await sync(mirror, 'delta'))
      await answerWith(server.url, null)
      unchanged.push(await sync(mirror, 'delta'))
    }
    await dropDatabase(postgres.connectionString, 'bench_deltas')
    return { findings: size, firstLoad, changed, unchanged }
  } finally {
    server.stop()
    await postgres.stop()
  }
}

function changesFolder(round: number): string {
  return join(folder, `changes-${changes.assets}x${changes.findingsPerAsset}-${round}`)
}

async function answerWith(url: string, changesIn: string | null): Promise<void> {
  await fetch(`${url}/bench/changes`, { method: 'POST', body: JSON.stringify({ folder: changesIn }) })
}

function table(): string {
  const lines = results.map(({ findings, firstLoad, changed, unchanged }) => {
    const ten = median(changed.map(run => run.seconds))
    const none = median(unchanged.map(run => run.seconds))
    const share = (seconds: number) => `${seconds.toFixed(2)} s (${((100 * seconds) / firstLoad.seconds).toFixed(1)} %)`
    const peak = Math.max(...[...changed, ...unchanged].map(run => run.peakRssMb))
    return row([findings, `${firstLoad.seconds.toFixed(1)} s`, share(ten), share(none), `${Math.round(peak)} MB`])
  })
  const head = ['findings', 'first load', '10,000 findings changed', 'nothing changed', 'peak memory of a delta']
  return `${row(head)}\n${row(head.map(() => '---'))}\n${lines.join('\n')}\n`
}
