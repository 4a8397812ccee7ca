// Everything a developer works on in one terminal: the bundled PostgreSQL, a simulated tenant, the API, which starts again
// when a file changes, and the pages with hot reload. Its data is apart from everybody else's, in data/dev.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createServer } from 'vite'
import { type ChildSimulator, startChildSimulator } from '../src/cli/child-simulator.ts'
import { aborted, listenForStop } from '../src/cli/stop-signal.ts'
import { openHub } from '../src/hub.ts'
import { readConfig } from '../src/platform/config.ts'
import { webConfig } from '../vite.config.ts'

const estate = { seed: 1, assets: 500, findings: 20_000 }
const closers: (() => Promise<unknown>)[] = []
const stop = listenForStop(say)

try {
  await start(stop.signal)
  await aborted(stop.signal)
} finally {
  for (const close of closers.reverse()) await close().catch(fault => say(String(fault)))
  stop.dispose()
}

async function start(signal: AbortSignal): Promise<void> {
  // Neither a real database nor real keys: what is tried here must not reach them.
  const { config } = readConfig({ ...process.env, DATABASE_URL: '', TENABLE_ACCESS_KEY: '', TENABLE_SECRET_KEY: '' })
  const hub = await openHub({ config, dataFolder: 'dev', withEngine: false, onNotice: say, signal })
  closers.push(() => hub.stop())
  const tenant = await startChildSimulator({ ...estate, startAt: await firstDay(hub.dataDir) }, signal)
  closers.push(() => tenant.stop())
  startApi(hub.dataDir, config.port, tenant)
  const vite = await createServer({
    ...webConfig({ outDir: join(hub.dataDir, 'web'), apiPort: config.port }),
    configFile: false,
    clearScreen: false,
  })
  closers.push(() => vite.close())
  await vite.listen()
  say(
    `Pages with hot reload: ${vite.resolvedUrls?.local[0] ?? ''} (API: http://127.0.0.1:${config.port}, tenant: ${tenant.url})`,
  )
}

/** The tenant's dates count from the day this database was begun, so that it stays the same tenant. */
async function firstDay(dataDir: string): Promise<string> {
  const file = join(dataDir, 'first-day')
  try {
    return await readFile(file, 'utf8')
  } catch {
    const now = new Date().toISOString()
    await writeFile(file, now)
    return now
  }
}

function startApi(dataDir: string, port: number, tenant: ChildSimulator): void {
  const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))
  const api = spawn(
    process.execPath,
    ['--watch', '--watch-preserve-output', main, 'up', '--no-web', '--port', String(port)],
    {
      stdio: 'inherit',
      env: {
        ...process.env,
        DATABASE_URL: '',
        TENFOLD_DATA_DIR: dataDir,
        TENABLE_BASE_URL: tenant.url,
        TENABLE_ACCESS_KEY: tenant.accessKey,
        TENABLE_SECRET_KEY: tenant.secretKey,
        TENABLE_RATE_LIMIT_REQUESTS_PER_MINUTE: '6000',
      },
    },
  )
  closers.push(async () => {
    if (api.exitCode !== null || api.signalCode !== null) return
    const gone = once(api, 'exit')
    api.kill('SIGTERM')
    await gone
  })
}

function say(text: string): void {
  process.stderr.write(`dev: ${text}\n`)
}
