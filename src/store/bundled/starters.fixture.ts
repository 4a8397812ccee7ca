// What the tests of the launcher share: places to start in, processes that start, and a look at what is left running.
import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { Client } from 'pg'
import type { Host } from './host.ts'
import type { BundledOptions } from './index.ts'

export const isRoot = process.geteuid?.() === 0

/** A folder that every user may enter, as the server's user has to. */
export function makeRoom(): { path: string; remove(): void } {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'tenfold-bundled-')))
  chmodSync(path, 0o755)
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }) }
}

export interface Starter {
  readonly process: ChildProcess
  readonly answer: StarterAnswer
  /** Asks it to stop its server and to end. */
  stop(): Promise<void>
  kill9(): Promise<void>
}

export interface StarterAnswer {
  readonly connectionString: string
  readonly owned: boolean
  readonly dataDir: string
  readonly notices: readonly string[]
  readonly code?: string
  readonly message?: string
}

/** Starts in a process of its own, and waits for its answer. */
export async function startElsewhere(
  options: BundledOptions,
  more: { host?: Partial<Host>; becomeUid?: number } = {},
): Promise<Starter> {
  const program = join(import.meta.dirname, 'launch.fixture.ts')
  const child = spawn(process.execPath, [program, JSON.stringify({ options, ...more })], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  })
  const ended = new Promise<void>(resolve => child.once('exit', () => resolve()))
  const lines = createInterface({ input: child.stdout })
  const answer = await new Promise<StarterAnswer>((resolve, reject) => {
    lines.once('line', line => resolve(JSON.parse(line) as StarterAnswer))
    child.once('exit', code => reject(new Error(`the starter ended with ${code} before it answered`)))
  })
  return {
    process: child,
    answer,
    stop: async () => {
      child.stdin.write('stop\n')
      await ended
    },
    kill9: async () => {
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** The numbers of the servers on data under a folder. */
export function serversUnder(folder: string): readonly number[] {
  return processesWith(args => /(^|\/)postgres$/.test(args[0] ?? '') && args.some(arg => arg.startsWith(folder)))
}

/** Ends what a failed test has left, so that the next one begins with nothing; @returns what there was */
export async function endServersUnder(folder: string): Promise<readonly number[]> {
  const left = serversUnder(folder)
  for (const pid of left) process.kill(pid, 'SIGQUIT')
  await until(() => serversUnder(folder).length === 0)
  return left
}

function processesWith(fits: (args: readonly string[]) => boolean): readonly number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter(Number.isInteger)
    .filter(pid => {
      try {
        return fits(readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0'))
      } catch {
        return false
      }
    })
}

export async function ask(connectionString: string, text: string): Promise<Record<string, unknown>> {
  const client = new Client(connectionString)
  client.on('error', () => undefined)
  try {
    await client.connect()
    const { rows } = await client.query<Record<string, unknown>>(text)
    return rows[0] ?? {}
  } finally {
    await client.end().catch(() => undefined)
  }
}

export async function until(isTrue: () => boolean | Promise<boolean>, withinMs = 20_000): Promise<void> {
  const end = performance.now() + withinMs
  while (!(await isTrue())) {
    if (performance.now() > end) throw new Error('it did not happen in time')
    await delay(30)
  }
}
