import { type ChildProcess, spawn } from 'node:child_process'
import process from 'node:process'
import { CancelledError } from '../../platform/errors.ts'
import type { ServerUser } from './server-user.ts'

export interface RunOptions {
  readonly user?: ServerUser
  readonly input?: string
  readonly timeoutMs?: number
  readonly signal?: AbortSignal | undefined
}

export interface Outcome {
  readonly ok: boolean
  /** Both outputs, the last 64 KiB; when the program could not be started, why. */
  readonly output: string
}

const outputLimit = 65_536

/**
 * Runs a program to its end.
 * @throws CancelledError when the signal fired; the program has been killed by then
 */
export async function run(file: string, args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const child = spawn(file, args, { ...spawnOptions(options.user), stdio: ['pipe', 'pipe', 'pipe'] })
  let output = ''
  const keep = (chunk: string): void => {
    output = (output + chunk).slice(-outputLimit)
  }
  child.stdout.setEncoding('utf8').on('data', keep)
  child.stderr.setEncoding('utf8').on('data', keep)
  // A program that ends without reading its input closes the pipe; its exit code says all there is to say.
  child.stdin.on('error', () => undefined).end(options.input ?? '')
  const kill = (): void => killGroup(child)
  const timer = setTimeout(kill, options.timeoutMs ?? 120_000)
  options.signal?.addEventListener('abort', kill)
  if (options.signal?.aborted) kill()
  const outcome = await new Promise<Outcome>(resolve => {
    child.once('error', fault => resolve({ ok: false, output: fault.message }))
    child.once('close', code => resolve({ ok: code === 0, output }))
  })
  clearTimeout(timer)
  options.signal?.removeEventListener('abort', kill)
  if (options.signal?.aborted) throw new CancelledError()
  return outcome
}

/** How every program of PostgreSQL is started. */
export function spawnOptions(user: ServerUser | undefined): {
  cwd: string
  detached: true
  windowsHide: true
  env?: NodeJS.ProcessEnv
  uid?: number
  gid?: number
} {
  const common = { detached: true, windowsHide: true } as const
  if (process.platform === 'win32') return { ...common, cwd: 'C:\\' }
  return {
    ...common,
    // Our own working folder may be closed to that user, and PostgreSQL wants to know where it is.
    cwd: '/',
    // Nothing of the caller's environment: PGPORT, LD_LIBRARY_PATH or a locale would change what the programs do.
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
    // Node takes these as signed numbers here, unlike everywhere else.
    ...(user?.isOther ? { uid: user.uid | 0, gid: user.gid | 0 } : {}),
  }
}

// Detached programs lead their own group: Ctrl-C in the terminal does not reach them, and initdb's children go with it.
function killGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined && process.platform !== 'win32') process.kill(-child.pid, 'SIGKILL')
    else child.kill()
  } catch {
    // It has ended by itself.
  }
}
