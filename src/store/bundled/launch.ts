import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { Binaries } from './binaries.ts'
import type { DataFolder } from './data-folder.ts'
import { type Host, isWindows } from './host.ts'
import { spawnOptions } from './run.ts'
import { makeSocketFolder, removeSocketFolder } from './socket-folder.ts'

/** A server on its way up. It leads its own session: neither Ctrl-C nor the end of the terminal reaches it. */
export interface Launched {
  /** Whether a process number found in the data is this server's. */
  isServer(pid: number): boolean
  hasFailed(): boolean
  /** Ends it at once, when it still runs, and takes away what was made for it. */
  abandon(): Promise<void>
}

export async function launch(place: DataFolder, binaries: Binaries, host: Host): Promise<Launched> {
  return isWindows(host) ? await launchOnWindows(place, binaries) : await launchHere(place, binaries, host)
}

export const logFolder = (place: DataFolder): string => join(place.cluster, 'log')

/** Everything said since the start: the first words, then the newest file of its own log from its last start on. */
export async function lastLog(place: DataFolder, since: number): Promise<string> {
  const first = await readFile(firstWordsFile(place), 'utf8').catch(() => '')
  const folder = logFolder(place)
  // File systems round their times.
  let newest = { path: '', at: since - 2_000 }
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name)
    const { mtimeMs } = await stat(path)
    if (mtimeMs >= newest.at) newest = { path, at: mtimeMs }
  }
  const text = newest.path === '' ? '' : await readFile(newest.path, 'utf8')
  return `${first}\n${text.slice(Math.max(0, text.lastIndexOf('starting PostgreSQL')))}`
}

/** What the server says before its own log is open. */
const firstWordsFile = (place: DataFolder): string => join(place.dataDir, 'postgres-start.log')

async function launchHere(place: DataFolder, binaries: Binaries, host: Host): Promise<Launched> {
  const socketDir = await makeSocketFolder(place, host)
  const args = [
    ...['-D', place.cluster],
    ...['-c', 'listen_addresses=', '-c', 'port=5432'],
    ...['-c', `unix_socket_directories=${socketDir}`, '-c', 'unix_socket_permissions=0700'],
  ]
  const words = openSync(firstWordsFile(place), 'w', 0o600)
  const child = spawn(binaries.postgres, args, { ...spawnOptions(place.user), stdio: ['ignore', words, words] })
  closeSync(words)
  let hasFailed = false
  follow(child, () => {
    hasFailed = true
  })
  return {
    isServer: pid => pid === child.pid,
    hasFailed: () => hasFailed,
    abandon: async () => {
      child.kill('SIGKILL')
      await removeSocketFolder(socketDir)
    },
  }
}

const windowsPatienceMs = 120_000

/** Through pg_ctl, which drops the rights of an administrator: PostgreSQL refuses to run with them. */
async function launchOnWindows(place: DataFolder, binaries: Binaries): Promise<Launched> {
  // Node cannot talk to a Unix socket there.
  const options = `-c listen_addresses=127.0.0.1 -c unix_socket_directories= -p ${await freePort()}`
  const args = ['start', '-W', '-s', '-D', place.cluster, '-l', firstWordsFile(place), '-o', options]
  const until = performance.now() + windowsPatienceMs
  const child = spawn(binaries.pgCtl, args, { ...spawnOptions(place.user), stdio: 'ignore' })
  let hasFailed = false
  // pg_ctl ends as soon as it has started the server; the server itself stays.
  follow(child, code => {
    hasFailed = code !== 0
  })
  return {
    isServer: () => true,
    hasFailed: () => hasFailed || performance.now() > until,
    abandon: async () => undefined,
  }
}

function follow(child: ChildProcess, onEnd: (code: number | null) => void): void {
  child.once('exit', onEnd)
  child.once('error', () => onEnd(null))
  child.unref()
}

async function freePort(): Promise<number> {
  const server = createServer()
  return await new Promise((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
