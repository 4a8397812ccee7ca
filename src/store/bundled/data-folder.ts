import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { access, chmod, chown, constants, lchown, mkdir, readdir, realpath, stat } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { ConfigError, codeOf, messageOf } from '../../platform/errors.ts'
import { postgresFailure } from './failures.ts'
import { type Host, isRoot, isWindows } from './host.ts'
import { canEnter, findClosed } from './reach.ts'
import { findServerUser, type ServerUser } from './server-user.ts'

/** Where everything of one server lies. Paths are real: no links in them. */
export interface DataFolder {
  readonly dataDir: string
  /** PostgreSQL's own folder, owned by the server's user. */
  readonly cluster: string
  readonly user: ServerUser
  readonly notices: readonly string[]
}

export interface WantedFolder {
  readonly dataDir: string
  /** Whether a person chose it: then it is that one or none. */
  readonly dataDirIsExplicit: boolean
}

/**
 * Settles where the data is and who runs the server, and makes the folder reachable for that user. A default folder that
 * cannot be used gives way to one that can; data that exists already is never left behind in silence.
 * @throws ConfigError `data_dir_unusable`, and what findServerUser throws
 */
export async function prepareDataFolder(wanted: WantedFolder, host: Host): Promise<DataFolder> {
  const first = resolve(wanted.dataDir)
  const other = join(host.dataHome, createHash('sha256').update(first).digest('hex').slice(0, 12))
  const mayMove = !wanted.dataDirIsExplicit && !holdsCluster(first)
  if (mayMove && holdsCluster(other))
    return { ...(await openFolder(other, host)), notices: [movedNotice(first, other)] }
  try {
    return await openFolder(first, host)
  } catch (thrown) {
    if (!(thrown instanceof Unusable)) throw thrown
    // An existing folder of another person is more likely a mistake to tell than a reason to begin an empty database.
    if (!mayMove || (thrown.isForeign && !isRoot(host))) throw unusable(first, thrown, wanted.dataDirIsExplicit)
    try {
      return { ...(await openFolder(other, host)), notices: [movedNotice(first, other, thrown.message)] }
    } catch (again) {
      if (!(again instanceof Unusable)) throw again
      throw unusable(first, new Error(`${thrown.message}, and ${again.message}`), false)
    }
  }
}

const clusterOf = (dataDir: string): string => join(dataDir, 'postgres')
const holdsCluster = (dataDir: string): boolean => existsSync(join(clusterOf(dataDir), 'PG_VERSION'))

const movedNotice = (first: string, other: string, why?: string): string =>
  `The database is in ${other}, not in ${first}${why === undefined ? ', where it was begun' : `: ${why}`}.`

/** Why a folder will not do; the message completes "… cannot be used: ". */
class Unusable extends Error {
  readonly isForeign: boolean

  constructor(message: string, isForeign = false) {
    super(message)
    this.isForeign = isForeign
  }
}

function unusable(dataDir: string, why: Error, isExplicit: boolean): ConfigError {
  const name = isExplicit ? `TENFOLD_DATA_DIR=${dataDir}` : `The data folder ${dataDir}`
  return new ConfigError(
    'data_dir_unusable',
    `${name} cannot be used: ${why.message}. Set TENFOLD_DATA_DIR to a folder that can, or set DATABASE_URL to use ` +
      'another PostgreSQL server.',
    { cause: why, context: { data_dir: dataDir } },
  )
}

async function openFolder(dataDir: string, host: Host): Promise<DataFolder> {
  const owner = await ownerOf(clusterOf(dataDir))
  const user = await findServerUser(host, owner)
  if (isRoot(host)) await refuseClosedParent(dataDir, user)
  await makeFolder(dataDir, host, user)
  const real = await realpath(dataDir)
  const place = { dataDir: real, cluster: clusterOf(real), user, notices: [] }
  if (!isWindows(host)) await refuseForeign(place, owner, host)
  if (isRoot(host)) {
    await openForSearch(real, user)
    if (owner === 0) await giveAway(place.cluster, user)
  }
  return place
}

async function ownerOf(folder: string): Promise<number | undefined> {
  try {
    return (await stat(folder)).uid
  } catch {
    return undefined
  }
}

async function makeFolder(dataDir: string, host: Host, user: ServerUser): Promise<void> {
  try {
    const firstMade = await mkdir(dataDir, { recursive: true, mode: 0o700 })
    if (firstMade === undefined || !isRoot(host)) return
    for (let folder = dataDir; folder !== dirname(firstMade); folder = dirname(folder)) {
      await chmod(folder, folder === dataDir ? 0o710 : 0o755)
    }
    await chown(dataDir, 0, user.gid)
  } catch (thrown) {
    if (/ENOSPC|EDQUOT/.test(messageOf(thrown))) throw postgresFailure('create', thrown, { dataDir })
    // Making several folders at once on a read-only disk fails with "no such file" in Node.
    const why = ['ENOENT', 'EROFS'].includes(codeOf(thrown)) ? 'that place is read-only' : messageOf(thrown)
    throw new Unusable(`it cannot be made (${why})`)
  }
}

/** Before anything is made: nobody wants empty folders in a place that will not do. */
async function refuseClosedParent(dataDir: string, user: ServerUser): Promise<void> {
  let parent = dirname(dataDir)
  while (!existsSync(parent)) parent = dirname(parent)
  if (await canEnter(parent, user)) return
  const closed = (await findClosed(parent, user)) ?? parent
  throw new Unusable(
    `PostgreSQL does not run as root, and user "${user.name}", as whom it would run, cannot enter ${closed}`,
  )
}

/** Lets the server's user pass through root's folder to its own, without seeing what else is there. */
async function openForSearch(dataDir: string, user: ServerUser): Promise<void> {
  if (await canEnter(dataDir, user)) return
  if (dataDir === userInfo().homedir)
    throw new Unusable('it is a home folder, which must stay closed; name one inside or beside it')
  const { mode } = await stat(dataDir)
  if ((mode & 0o070) === 0) {
    await chown(dataDir, 0, user.gid)
    await chmod(dataDir, (mode & 0o7777) | 0o010)
  } else {
    await chmod(dataDir, (mode & 0o7777) | 0o001)
  }
  if (await canEnter(dataDir, user)) return
  throw new Unusable(`user "${user.name}", as whom PostgreSQL would run, cannot enter it`)
}

/** A copy made by root belongs to root; PostgreSQL wants it back. */
async function giveAway(folder: string, user: ServerUser): Promise<void> {
  await lchown(folder, user.uid, user.gid)
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) await giveAway(path, user)
    else await lchown(path, user.uid, user.gid)
  }
}

async function refuseForeign(place: DataFolder, owner: number | undefined, host: Host): Promise<void> {
  if (!isRoot(host) && owner !== undefined && owner !== host.uid) {
    throw new Unusable(
      `its ${basename(place.cluster)} folder belongs to another user (id ${owner}); start as that one`,
      true,
    )
  }
  try {
    await access(place.dataDir, constants.W_OK | constants.X_OK)
  } catch (thrown) {
    const isForeign = (await stat(place.dataDir)).uid !== host.uid
    throw new Unusable(`it cannot be written (${messageOf(thrown)})`, isForeign)
  }
}
