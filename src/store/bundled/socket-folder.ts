import { createHash, randomBytes } from 'node:crypto'
import { chown, lstat, mkdir, rm, rmdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ConfigError, messageOf } from '../../platform/errors.ts'
import type { DataFolder } from './data-folder.ts'
import { type Host, isRoot } from './host.ts'
import { canEnter } from './reach.ts'

/** The kernel takes a socket's path up to this many bytes; macOS takes four less. */
const longestPath = 103

const socketName = '.s.PGSQL.5432'

/**
 * Makes the private folder of the server's socket, in a place with a short name: the data folder's own may be too long
 * for a socket. The folder is owned by the server's user and closed to everyone else but root.
 * @throws ConfigError `socket_dir_unusable`
 */
export async function makeSocketFolder(place: DataFolder, host: Host): Promise<string> {
  const name = `tenfold-${createHash('sha256').update(place.cluster).digest('hex').slice(0, 10)}`
  const refusals: string[] = []
  for (const home of new Set(host.socketHomes)) {
    // The second name is for the day somebody has taken the first: in /tmp anyone may.
    for (const folder of [join(home, name), join(home, `${name}-${randomBytes(4).toString('hex')}`)]) {
      try {
        if (isTooLong(folder)) throw new Error('its path is too long for a socket')
        await refuseUnsafeHome(home)
        await makeOwn(folder, place, host)
        if (place.user.isOther && !(await canEnter(folder, place.user))) throw new Error('the way to it is closed')
        await clearSockets(folder)
        return folder
      } catch (thrown) {
        refusals.push(`${folder}: ${messageOf(thrown)}`)
      }
    }
  }
  throw new ConfigError(
    'socket_dir_unusable',
    `The bundled PostgreSQL found no place for its socket (${refusals.join('; ')}). Give user "${place.user.name}" a ` +
      'folder for temporary files with a short name (TMPDIR), or set DATABASE_URL to use another PostgreSQL server.',
  )
}

/** After the server has gone. */
export async function removeSocketFolder(folder: string): Promise<void> {
  await clearSockets(folder)
  await rmdir(folder).catch(() => undefined)
}

// PostgreSQL reads a comma as the start of another folder.
const isTooLong = (folder: string): boolean =>
  Buffer.byteLength(`${folder}/${socketName}.lock`) > longestPath || /[,"]/.test(folder)

/** Where others may write, only the sticky bit keeps them from renaming our folder away. */
async function refuseUnsafeHome(home: string): Promise<void> {
  const { mode } = await stat(home)
  if ((mode & 0o022) !== 0 && (mode & 0o1000) === 0) throw new Error('others may rename what is in there')
}

async function makeOwn(folder: string, place: DataFolder, host: Host): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 })
    if (isRoot(host)) await chown(folder, place.user.uid, place.user.gid)
  } catch (thrown) {
    const found = await lstat(folder).catch(() => undefined)
    if (found === undefined) throw thrown
    const isOurs = found.isDirectory() && found.uid === place.user.uid && (found.mode & 0o077) === 0
    if (!isOurs) throw new Error('somebody else has made it', { cause: thrown })
  }
}

/** A killed server leaves its socket and the lock of it, which names a process that may be anybody by now. */
async function clearSockets(folder: string): Promise<void> {
  for (const name of [socketName, `${socketName}.lock`]) await rm(join(folder, name), { force: true })
}
