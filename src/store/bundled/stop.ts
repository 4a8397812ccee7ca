import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { codeOf, StoreError } from '../../platform/errors.ts'
import { findBinaries } from './binaries.ts'
import type { DataFolder } from './data-folder.ts'
import { type Host, isWindows } from './host.ts'
import { isServing, readPostmaster } from './postmaster.ts'
import { run } from './run.ts'
import { removeSocketFolder } from './socket-folder.ts'

/** Fast: sessions end and memory is written. Immediate: the next start replays the log. At last the kernel does it. */
const steps = [
  { signal: 'SIGINT', withinMs: 30_000 },
  { signal: 'SIGQUIT', withinMs: 10_000 },
  { signal: 'SIGKILL', withinMs: 5_000 },
] as const

/** Ends the server and returns when it has gone; at once when there is none. */
export async function stopServer(place: DataFolder, host: Host): Promise<void> {
  const found = await readPostmaster(place.cluster)
  if (found === undefined || !(await isServing(found.pid, place, host))) return
  if (isWindows(host)) return await stopOnWindows(place, host)
  for (const { signal, withinMs } of steps) {
    send(found.pid, signal)
    if (!(await hasGone(found.pid, withinMs, place, host))) continue
    if (found.socketDir !== '') await removeSocketFolder(found.socketDir)
    return
  }
  throw cannotStop(place)
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (thrown) {
    // It went by itself.
    if (codeOf(thrown) !== 'ESRCH') throw thrown
  }
}

async function hasGone(pid: number, withinMs: number, place: DataFolder, host: Host): Promise<boolean> {
  const until = performance.now() + withinMs
  while (await isServing(pid, place, host)) {
    if (performance.now() > until) return false
    await delay(10)
  }
  return true
}

async function stopOnWindows(place: DataFolder, host: Host): Promise<void> {
  const { pgCtl } = await findBinaries(host, place.user)
  for (const mode of ['fast', 'immediate']) {
    const args = ['stop', '-D', place.cluster, '-m', mode, '-t', '30', '-s']
    if ((await run(pgCtl, args, { timeoutMs: 40_000 })).ok) return
  }
  throw cannotStop(place)
}

const cannotStop = (place: DataFolder): StoreError =>
  new StoreError(
    'postgres_stop_failed',
    `The PostgreSQL server of ${place.dataDir} did not stop. Its process is named in ${place.cluster}/postmaster.pid: end it.`,
  )
