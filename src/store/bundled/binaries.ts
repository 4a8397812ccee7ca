import { existsSync } from 'node:fs'
import { chmod, copyFile, lstat, mkdir, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import process from 'node:process'
import { CancelledError, ConfigError, messageOf } from '../../platform/errors.ts'
import { type Host, isWindows } from './host.ts'
import { run } from './run.ts'
import type { ServerUser } from './server-user.ts'

/** PostgreSQL's programs, in a place where the server's user was seen to run them. */
export interface Binaries {
  readonly initdb: string
  readonly postgres: string
  readonly pgCtl: string
  readonly version: string
  readonly major: number
  /** What a person should know about where they are. */
  readonly notices: readonly string[]
}

/**
 * Finds PostgreSQL's programs and makes them usable: missing library links are made, and where the server's user cannot
 * reach or load them, they are copied to a place where it can.
 * @throws ConfigError `postgres_unsupported`, `postgres_unreachable`
 */
export async function findBinaries(host: Host, user: ServerUser, signal?: AbortSignal): Promise<Binaries> {
  if (host.nativeDir === undefined) throw unsupported(host, 'npm has no PostgreSQL for it')
  const inPlace = (await linkLibraries(host.nativeDir)) ? await tryFolder(host, host.nativeDir, user, signal) : unlinked
  if (typeof inPlace !== 'string') return inPlace
  if (/ENOENT/.test(inPlace) && isMusl(host))
    throw unsupported(host, 'its C library is musl, and the binaries need glibc')

  const refusals = [`${host.nativeDir}: ${inPlace}`]
  for (const cache of host.cacheDirs) {
    try {
      const copy = await copyToCache(host, host.nativeDir, cache)
      const copied = await tryFolder(host, copy, user, signal)
      if (typeof copied === 'string') throw new Error(copied)
      const notice = `User "${user.name}" cannot run PostgreSQL from ${host.nativeDir}; it runs from a copy in ${copy}.`
      return { ...copied, notices: [notice] }
    } catch (thrown) {
      if (thrown instanceof CancelledError) throw thrown
      refusals.push(`${cache}: ${messageOf(thrown)}`)
    }
  }
  throw new ConfigError(
    'postgres_unreachable',
    `User "${user.name}" cannot run the bundled PostgreSQL, neither in place nor from a copy (${refusals.join('; ')}). Put ` +
      'Tenfold in a folder that this user can enter, or set DATABASE_URL to use another PostgreSQL server.',
    { context: { user: user.name, native_dir: host.nativeDir } },
  )
}

const unlinked = 'its library links are missing and cannot be made there'

function unsupported(host: Host, why: string): ConfigError {
  return new ConfigError(
    'postgres_unsupported',
    `Tenfold brings no PostgreSQL for ${host.platform}-${host.arch}: ${why}. (If npm ran with "--omit=optional", run it ` +
      'again without.) Set DATABASE_URL to use a PostgreSQL server, version 15 or later.',
    { context: { platform: host.platform, arch: host.arch } },
  )
}

/** A glibc system says its version in the process report. */
function isMusl(host: Host): boolean {
  if (host.platform !== 'linux') return false
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } }
  return report.header?.glibcVersionRuntime === undefined
}

/**
 * npm packages cannot hold links, so the package lists its own and makes them in an install script, which many people
 * rightly turn off.
 * @returns whether all are there now
 */
async function linkLibraries(native: string): Promise<boolean> {
  const links = await readLinks(native)
  for (const { source, target } of links) {
    // They are written from the package's folder: `native/lib/libpq.so`.
    const link = join(native, relative('native', target))
    if (existsSync(link)) continue
    try {
      await symlink(relative(dirname(target), source), link)
    } catch {
      // Another start may have made it meanwhile; a read-only checkout is what the copy is for.
      if (!existsSync(link)) return false
    }
  }
  return true
}

async function readLinks(native: string): Promise<readonly { source: string; target: string }[]> {
  try {
    return JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8'))
  } catch {
    return []
  }
}

/** @returns the programs, or why they do not run there */
async function tryFolder(
  host: Host,
  native: string,
  user: ServerUser,
  signal?: AbortSignal,
): Promise<Binaries | string> {
  const program = (name: string): string => join(native, 'bin', isWindows(host) ? `${name}.exe` : name)
  const { ok, output } = await run(program('postgres'), ['--version'], { user, signal, timeoutMs: 30_000 })
  const version = /\(PostgreSQL\) ((\d+)\S*)/.exec(output)
  if (!ok || version === null) return output.trim() || 'it does not run'
  return {
    initdb: program('initdb'),
    postgres: program('postgres'),
    pgCtl: program('pg_ctl'),
    version: version[1]!,
    major: Number(version[2]),
    notices: [],
  }
}

/**
 * Each version has its own copy, complete from the moment it has its name.
 * @returns the copy's native folder
 */
async function copyToCache(host: Host, native: string, cache: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(native, '..', 'package.json'), 'utf8')) as { version: string }
  const folder = join(cache, `postgres-${version}-${host.platform}-${host.arch}`)
  await mkdir(cache, { recursive: true, mode: 0o755 })
  await refuseForeign(cache, host)
  if (!existsSync(folder)) {
    const part = `${folder}.${process.pid}.part`
    try {
      await copyTree(native, part)
      await linkLibraries(part)
      await rename(part, folder).catch(fault => {
        if (!existsSync(folder)) throw fault
      })
    } finally {
      await rm(part, { recursive: true, force: true })
    }
  }
  await refuseForeign(folder, host)
  return folder
}

/** We are about to run what is in there: it has to be ours, and closed to other people's writing. */
async function refuseForeign(folder: string, host: Host): Promise<void> {
  const found = await lstat(folder)
  const isOurs =
    found.isDirectory() && (host.uid === undefined || (found.uid === host.uid && (found.mode & 0o022) === 0))
  if (!isOurs) throw new Error('the folder belongs to somebody else, or others may write to it')
}

/** What running a server needs, readable to everyone whatever this user's umask is. */
async function copyTree(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true })
  await chmod(to, 0o755)
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory() && entry.name !== 'pkgconfig' && entry.name !== 'include') await copyTree(source, target)
    if (!entry.isFile() || entry.name.endsWith('.a')) continue
    await copyFile(source, target)
    await chmod(target, (await stat(source)).mode & 0o100 ? 0o755 : 0o644)
  }
}
