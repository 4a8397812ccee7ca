import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/index.ts'
import { createTestDatabase, type TestDatabase } from './database.ts'

// The command line through its front door: a process of its own, a real database, a tenant over real HTTP.

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

export type Environment = Readonly<Record<string, string>>

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  /** Standard output as the one JSON object that it must be. */
  json<T = Record<string, unknown>>(): T
}

export interface Started {
  readonly child: ChildProcessWithoutNullStreams
  readonly ended: Promise<Ended>
  /** Resolves with everything so far when the text has come on either output; rejects when the process ends without. */
  says(text: string | RegExp): Promise<string>
}

/** Half of a start is the compiling of the same files. */
const compiled = join(tmpdir(), 'tenfold-compiled')

export function startTenfold(args: readonly string[], environment: Environment = {}, input = ''): Started {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...args], {
    env: { ...surroundings(), ...environment },
  })
  const listeners = new Set<() => void>()
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    for (const listener of listeners) listener()
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
    for (const listener of listeners) listener()
  })
  // A command that reads nothing closes the pipe.
  child.stdin.on('error', () => undefined).end(input)
  const ended = once(child, 'close').then(
    ([code, signal]: unknown[]): Ended => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
      stdout,
      stderr,
      json<T>() {
        return oneObject(stdout, stderr) as T
      },
    }),
  )
  return {
    child,
    ended,
    says: text =>
      new Promise((resolve, reject) => {
        const look = () => {
          const said = stdout + stderr
          if (typeof text === 'string' ? !said.includes(text) : !text.test(said)) return
          listeners.delete(look)
          resolve(said)
        }
        listeners.add(look)
        look()
        void ended.then(() => reject(new Error(`ended without saying ${text}:\n${stdout}\n${stderr}`)))
      }),
  }
}

/** Nothing of the environment that the tests run in may decide what they see. */
export function surroundings(): Environment {
  return {
    PATH: process.env.PATH ?? '',
    HOME: process.env.HOME ?? '',
    NODE_COMPILE_CACHE: compiled,
    // Where simulators are.
    TENFOLD_SOURCE_NETWORKS: '127.0.0.0/8',
  }
}

export function tenfold(args: readonly string[], environment: Environment = {}, input = ''): Promise<Ended> {
  return startTenfold(args, environment, input).ended
}

export function oneObject(stdout: string, stderr: string): unknown {
  const lines = stdout.split('\n')
  if (lines.length !== 2 || lines[1] !== '') throw new Error(`not one line of JSON:\n${stdout}\n${stderr}`)
  return JSON.parse(lines[0] ?? '')
}

/** A tenant, an empty mirror of it, and an environment that names both. */
export interface Setting {
  readonly tenant: Simulator
  readonly test: TestDatabase
  readonly environment: Environment
  close(): Promise<void>
}

export async function openSetting(options: SimulatorOptions = {}): Promise<Setting> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tenfold-cli-'))
  const test = await createTestDatabase()
  const tenant = await startSimulator({
    assets: 40,
    findings: 1500,
    outputBytes: 200,
    // A job is asked for after a second at the earliest: one that is made by then is read at once.
    jobPace: { queuedPolls: 0, chunksPerPoll: 1000 },
    ...options,
  })
  return {
    tenant,
    test,
    environment: {
      DATABASE_URL: test.connectionString,
      TENFOLD_DATA_DIR: dataDir,
      PORT: '0',
      TENABLE_BASE_URL: tenant.url,
      TENABLE_ACCESS_KEY: tenant.accessKey,
      TENABLE_SECRET_KEY: tenant.secretKey,
      TENABLE_RATE_LIMIT_REQUESTS_PER_MINUTE: '6000',
      TENABLE_RETRY_DELAY_SECONDS: '0',
    },
    async close() {
      await tenant.stop()
      await test.drop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** The environment without a tenant's keys. */
export function withoutKeys({ TENABLE_ACCESS_KEY: _a, TENABLE_SECRET_KEY: _s, ...rest }: Environment): Environment {
  return rest
}
