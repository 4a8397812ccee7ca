import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { access, chown, constants, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { isRoot, thisHost } from '../../src/store/bundled/host.ts'
import { run, spawnOptions } from '../../src/store/bundled/run.ts'
import { findServerUser, type ServerUser } from '../../src/store/bundled/server-user.ts'
import { openDatabase } from '../../src/store/database.ts'

// The tests run on the bundled PostgreSQL. Where the system brings one of its own they run on that too: it is the older
// one that shows what only the newer can do.

/** A server for tests alone: socket only, in a temporary folder, gone after `stop`. */
export interface SystemPostgres {
  readonly connectionString: string
  readonly major: number
  stop(): Promise<void>
}

const oldestSupported = 15

/** Where distributions keep a version's programs: Debian and its like, then Red Hat and its like. */
const homes = [
  { folder: '/usr/lib/postgresql', name: /^(\d+)$/ },
  { folder: '/usr', name: /^pgsql-(\d+)$/ },
] as const

/** Starts the oldest PostgreSQL of this system that we support; undefined when there is none. */
export async function startSystemPostgres(): Promise<SystemPostgres | undefined> {
  const found = await findSystemPostgres()
  if (!found) return undefined
  const host = thisHost()
  const user = await findServerUser(host, undefined)
  // Short, for a socket's path may have 107 bytes, and open to the server's user, which root's own TMPDIR may not be.
  const folder = await mkdtemp('/tmp/tenfold-system-')
  if (isRoot(host)) await chown(folder, user.uid, user.gid)
  try {
    return await startIn(folder, found, user)
  } catch (thrown) {
    await rm(folder, { recursive: true, force: true })
    throw thrown
  }
}

interface Installed {
  readonly major: number
  readonly bin: string
}

/** The oldest that will do: tests on the newest are run anyway. */
export async function findSystemPostgres(): Promise<Installed | undefined> {
  const found: Installed[] = []
  for (const { folder, name } of homes) {
    for (const entry of await readdir(folder).catch(() => [])) {
      const major = Number(name.exec(entry)?.[1])
      const bin = join(folder, entry, 'bin')
      if (major >= oldestSupported && (await hasServer(bin))) found.push({ major, bin })
    }
  }
  return found.sort((a, b) => a.major - b.major)[0]
}

async function hasServer(bin: string): Promise<boolean> {
  const programs = ['initdb', 'postgres'].map(program => access(join(bin, program), constants.X_OK))
  return Promise.all(programs).then(
    () => true,
    () => false,
  )
}

async function startIn(folder: string, { major, bin }: Installed, user: ServerUser): Promise<SystemPostgres> {
  const data = join(folder, 'data')
  // Whoever reaches the socket is let in; only the server's user and root do.
  const making = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync']
  const made = await run(join(bin, 'initdb'), making, { user })
  if (!made.ok) throw new Error(`initdb of PostgreSQL ${major} failed:\n${made.output}`)
  const log = join(folder, 'log')
  const server = launch(join(bin, 'postgres'), folder, data, log, user)
  const connectionString = `postgres://postgres@localhost/postgres?${new URLSearchParams({ host: folder })}`
  const stop = async () => {
    await end(server)
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await answers(server, connectionString)
  } catch (cause) {
    const said = await readFile(log, 'utf8').catch(() => '')
    await stop()
    throw new Error(`PostgreSQL ${major} did not start:\n${said}`, { cause })
  }
  return { connectionString, major, stop }
}

function launch(postgres: string, folder: string, data: string, log: string, user: ServerUser): ChildProcess {
  const settings = {
    listen_addresses: '',
    unix_socket_directories: folder,
    unix_socket_permissions: '0700',
    fsync: 'off',
    full_page_writes: 'off',
    shared_buffers: '64MB',
    max_connections: '100',
    max_locks_per_transaction: '256',
    jit: 'off',
    timezone: 'UTC',
  }
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const words = openSync(log, 'w')
  // In our own process group: Ctrl-C, which ends the tests, ends the server too.
  const options = { ...spawnOptions(user), detached: false }
  const server = spawn(postgres, ['-D', data, ...args], { ...options, stdio: ['ignore', words, words] })
  closeSync(words)
  server.once('error', () => undefined)
  process.once('exit', () => server.kill('SIGQUIT'))
  return server
}

async function answers(server: ChildProcess, connectionString: string): Promise<void> {
  const until = performance.now() + 60_000
  for (;;) {
    const database = openDatabase(connectionString, { max: 1 })
    try {
      await database.query('select 1')
      return
    } catch (thrown) {
      if (hasEnded(server) || performance.now() > until) throw thrown
    } finally {
      await database.close()
    }
    await delay(100)
  }
}

const hasEnded = (server: ChildProcess): boolean =>
  server.pid === undefined || server.exitCode !== null || server.signalCode !== null

/** Takes sessions with it, and makes no clean end of data that nobody will read again. */
async function end(server: ChildProcess): Promise<void> {
  if (hasEnded(server)) return
  const ended = new Promise(resolve => server.once('exit', resolve))
  server.kill('SIGQUIT')
  await ended
}
