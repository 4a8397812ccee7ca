import { readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { codeOf } from '../../platform/errors.ts'
import type { DataFolder } from './data-folder.ts'
import type { Host } from './host.ts'
import { readOwned, writeOwned } from './owned-file.ts'
import { run } from './run.ts'

/** What a running server writes about itself in its data. */
export interface Postmaster {
  readonly pid: number
  readonly port: number
  /** Empty where it has no socket. */
  readonly socketDir: string
  readonly status: 'starting' | 'ready' | 'stopping' | 'unknown'
}

export const pidFileOf = (cluster: string): string => join(cluster, 'postmaster.pid')

/** @returns what the file says, true or not; undefined when there is none. A clean stop removes it. */
export async function readPostmaster(cluster: string): Promise<Postmaster | undefined> {
  try {
    return parsePostmaster(await readOwned(pidFileOf(cluster)))
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return undefined
    throw thrown
  }
}

/** @see PostgreSQL's src/include/utils/pidfile.h for the lines; a file being written may lack the last of them */
export function parsePostmaster(text: string): Postmaster {
  const [pid, , , port, socketDir, , , status] = text.split('\n').map(line => line.trim())
  const statuses = ['starting', 'ready', 'stopping'] as const
  return {
    pid: Number.parseInt(pid ?? '', 10) || 0,
    port: Number.parseInt(port ?? '', 10) || 5432,
    socketDir: socketDir ?? '',
    status: statuses.find(one => one === status) ?? 'unknown',
  }
}

/**
 * Whether the process of that number is a server on this data. After a crash or a restart of a container the number may
 * belong to anything, and in a container it usually does.
 */
export async function isServing(pid: number, place: DataFolder, host: Host): Promise<boolean> {
  if (pid <= 0 || !exists(pid)) return false
  if (host.platform === 'win32') return true
  if (host.platform !== 'linux') {
    const { output } = await run('/bin/ps', ['-ww', '-o', 'command=', '-p', String(pid)])
    return output.includes('postgres') && output.includes(place.cluster)
  }
  try {
    // State Z has ended; only its parent has not asked how. The name before it may hold anything, brackets included.
    if (/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))) return false
    const [program, ...args] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
    return /(^|\/)postgres$/.test(program ?? '') && (args.includes(place.cluster) || worksIn(pid) === place.cluster)
  } catch {
    return false
  }
}

/** Right even when the data was moved while it was served, but not everyone may ask: root of a container may not. */
function worksIn(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`)
  } catch {
    return undefined
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (thrown) {
    return codeOf(thrown) === 'EPERM'
  }
}

/**
 * Makes what a dead server left harmless. PostgreSQL does not start while the number in its file belongs to any process of its user, whatever that is. It does
 * ignore the number of its own parent, which is us. The other lines stay: by them it finds out whether children of a
 * killed server still hold the memory they shared.
 */
export async function disownPidFile(place: DataFolder): Promise<void> {
  const file = pidFileOf(place.cluster)
  const text = await readOwned(file).catch(() => undefined)
  if (text === undefined) return
  const [, ...rest] = text.split('\n')
  await writeOwned(place.user, file, [process.pid, ...rest].join('\n'))
}
