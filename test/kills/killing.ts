import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cp, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Simulator } from '../../src/simulator/index.ts'

// Full syncs in processes of their own, killed with -9 at a chosen step, and begun again until one completes.

/** Steps of a run and the log event that says a process has reached it. */
export const steps = {
  plan: 'a run is planned',
  post: 'an export is asked for',
  poll: 'an export was polled',
  read: 'a part is read',
  merge: 'rows are merged',
  finish: 'a run is finished',
  sweep: 'a sweep begins',
  ending: 'a sweep was planned',
  rollup: 'days are rolled up',
  close: 'a run is closed',
} as const
export type Step = keyof typeof steps

/** Steps that a first load does not come to: nothing can have ended yet. */
export const laterSteps: readonly Step[] = ['sweep', 'ending']

export interface Killing {
  readonly step: Step
  /** Which time the step is reached. */
  readonly occurrence: number
  /** Milliseconds after it. */
  readonly delayMs: number
  /** The database server dies with the process. */
  readonly withPostgres: boolean
}

const root = join(import.meta.dirname, '..', '..')
const main = join(root, 'src', 'cli', 'main.ts')

function environment(simulator: Simulator, dataDir: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    TENFOLD_DATA_DIR: dataDir,
    TENABLE_BASE_URL: simulator.url,
    TENABLE_ACCESS_KEY: simulator.accessKey,
    TENABLE_SECRET_KEY: simulator.secretKey,
    TENABLE_VULN_CHUNK_SIZE: '50',
    TENABLE_ASSET_CHUNK_SIZE: '100',
    TENABLE_RATE_LIMIT_REQUESTS_PER_MINUTE: '60000',
    TENABLE_RATE_LIMIT_BURST: '1000',
    TENABLE_RETRY_DELAY_SECONDS: '0',
    TENABLE_LOG_LEVEL: 'debug',
  }
}

export function startCommand(simulator: Simulator, dataDir: string, args: readonly string[]): ChildProcess {
  return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...args], {
    cwd: root,
    env: environment(simulator, dataDir),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** Answers the step at which the process died, or undefined when it had ended before. */
export async function syncAndKill(simulator: Simulator, dataDir: string, killing: Killing): Promise<Step | undefined> {
  const child = startCommand(simulator, dataDir, ['sync', '--full', '--wait', '--json'])
  const exited = new Promise<void>(resolve => child.on('close', () => resolve()))
  let seen = 0
  let killed: Step | undefined
  for await (const line of createInterface({ input: child.stderr! })) {
    if (killed || !line.includes(`"msg":"${steps[killing.step]}"`) || ++seen < killing.occurrence) continue
    await new Promise(resolve => setTimeout(resolve, killing.delayMs))
    if (killing.withPostgres) await killPostgres(dataDir)
    // Undefined when it ended during the delay.
    if (child.kill('SIGKILL')) killed = killing.step
  }
  await exited
  return killed
}

/** Runs a command to its end. */
export async function runCommand(
  simulator: Simulator,
  dataDir: string,
  args: readonly string[],
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const child = startCommand(simulator, dataDir, args)
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', data => {
    stdout += data
  })
  child.stderr?.on('data', data => {
    stderr += data
  })
  const code = await new Promise<number>(resolve => child.on('close', (exit: number | null) => resolve(exit ?? -1)))
  return { code, stdout, stderr }
}

export async function killPostgres(dataDir: string): Promise<void> {
  const pid = Number((await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0])
  if (pid > 1) process.kill(pid, 'SIGKILL')
}

/** The checksum of what the mirror exports, in the form the simulator tells its truth in. */
export function exportChecksum(ndjson: string): { readonly total: number; readonly checksum: string } {
  const lines = ndjson
    .split('\n')
    .filter(line => line !== '')
    .map(line => lineOf(JSON.parse(line) as Record<string, string | number | null>))
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  const hash = createHash('sha256')
  for (const line of lines) hash.update(`${line}\n`)
  return { total: lines.length, checksum: hash.digest('hex') }
}

function lineOf(row: Record<string, string | number | null>): string {
  const dates = ['first_found', 'last_found', 'last_fixed', 'resurfaced_date'].map(key => instant(row[key]))
  return [row.asset_uuid, row.plugin_id, row.port, row.protocol, row.state, row.severity, ...dates]
    .join('|')
    .toLowerCase()
}

function instant(value: string | number | null | undefined): string {
  return typeof value === 'string' ? new Date(value).toISOString() : ''
}

/** A copy of a folder whose database is stopped, with its owners. */
export async function copyDataDir(from: string, to: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const copying = spawn('cp', ['-a', from, to], { stdio: 'inherit' })
    copying.on('close', code => (code === 0 ? resolve() : reject(new Error(`cp ended with ${code}`))))
  }).catch(() => cp(from, to, { recursive: true }))
}
