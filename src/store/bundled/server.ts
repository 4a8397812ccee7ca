import { setTimeout as delay } from 'node:timers/promises'
import { CancelledError, codeOf } from '../../platform/errors.ts'
import { type Binaries, findBinaries } from './binaries.ts'
import { ensureCluster } from './cluster.ts'
import type { DataFolder } from './data-folder.ts'
import { isAlreadyRunning, isStillInUse, postgresFailure } from './failures.ts'
import { type Host, isWindows } from './host.ts'
import { lastLog, launch, logFolder } from './launch.ts'
import { endOrphans } from './orphans.ts'
import { disownPidFile, isServing, type Postmaster, readPostmaster } from './postmaster.ts'
import { writeSettings } from './settings.ts'
import { stopServer } from './stop.ts'

export interface ServerDeps {
  readonly host: Host
  readonly log: (line: string) => void
  readonly signal?: AbortSignal | undefined
}

export interface RunningServer {
  readonly postmaster: Postmaster
  /** Whether it was this call that started it. */
  readonly isNew: boolean
  readonly notices: readonly string[]
}

const pollMs = 20

/** Makes sure that a server serves this data and takes connections, starting one when there is none. Needs the start lock. */
export async function ensureRunning(place: DataFolder, deps: ServerDeps): Promise<RunningServer> {
  const running = await findRunning(place, deps)
  if (running !== undefined) return { postmaster: running, isNew: false, notices: [] }
  try {
    const binaries = await findBinaries(deps.host, place.user, deps.signal)
    if (!isWindows(deps.host)) await disownPidFile(place)
    await ensureCluster(place, binaries, deps.signal)
    await writeSettings(place, binaries, deps.host)
    return { postmaster: await start(place, binaries, deps), isNew: true, notices: binaries.notices }
  } catch (thrown) {
    throw ['ENOSPC', 'EDQUOT'].includes(codeOf(thrown)) ? postgresFailure('start', thrown, place) : thrown
  }
}

/** @returns the server that runs already, once it takes connections */
async function findRunning(place: DataFolder, { host, log, signal }: ServerDeps): Promise<Postmaster | undefined> {
  for (let round = 0; ; round++) {
    if (signal?.aborted) throw new CancelledError()
    const found = await readPostmaster(place.cluster)
    if (found === undefined || !(await isServing(found.pid, place, host))) return undefined
    if (found.status === 'ready') return found
    if (round === 100) log(`PostgreSQL is ${found.status === 'stopping' ? 'stopping' : 'starting'}; waiting for it …`)
    await delay(pollMs)
  }
}

/** How long to wait for what a killed server has left behind: its children take a moment to notice. */
const orphanPatienceMs = 30_000

async function start(place: DataFolder, binaries: Binaries, deps: ServerDeps): Promise<Postmaster> {
  const until = performance.now() + orphanPatienceMs
  for (;;) {
    // Somebody may have started it by other means than ours.
    const running = await findRunning(place, deps)
    if (running !== undefined) return running
    if (!isWindows(deps.host)) await disownPidFile(place)
    const tried = await startOnce(place, binaries, deps)
    if (typeof tried !== 'string') return tried
    const isTransient = isStillInUse(tried) || isAlreadyRunning(tried)
    if (!isTransient || performance.now() > until) {
      throw postgresFailure('start', tried, { dataDir: place.dataDir, logFolder: logFolder(place) })
    }
    if (isStillInUse(tried)) endOrphans(place)
    await delay(300)
  }
}

/** @returns the server when it takes connections, or what it said when it did not come up */
async function startOnce(place: DataFolder, binaries: Binaries, deps: ServerDeps): Promise<Postmaster | string> {
  const { host, log, signal } = deps
  const startedAt = Date.now()
  const launched = await launch(place, binaries, host)
  for (let round = 0; ; round++) {
    const found = await readPostmaster(place.cluster)
    if (found?.status === 'ready' && launched.isServer(found.pid)) return found
    if (launched.hasFailed()) {
      await launched.abandon()
      return await lastLog(place, startedAt)
    }
    if (signal?.aborted) {
      await stopServer(place, host)
      await launched.abandon()
      throw new CancelledError()
    }
    if (round === 100) log('PostgreSQL is still starting; after a crash it replays its log, which may take a minute …')
    await delay(pollMs)
  }
}
