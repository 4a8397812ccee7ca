import { readFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { ConfigError } from '../../platform/errors.ts'
import { type Host, isRoot, isWindows } from './host.ts'
import { run } from './run.ts'

/** The operating system's user under which the server runs. */
export interface ServerUser {
  readonly name: string
  readonly uid: number
  readonly gid: number
  /** Whether we have to become this user: PostgreSQL refuses to run as root. */
  readonly isOther: boolean
}

/**
 * @param clusterOwner who owns the data when there is some already: the server has to run as its owner
 * @throws ConfigError `server_user`
 */
export async function findServerUser(host: Host, clusterOwner: number | undefined): Promise<ServerUser> {
  if (!isRoot(host)) return ownUser(host)
  const users = readUsers()
  const owner = clusterOwner || undefined
  if (owner !== undefined) {
    const user = users.find(one => one.uid === owner)
    if (user !== undefined) return await provenUser(user)
    throw new ConfigError(
      'server_user',
      `The PostgreSQL data belongs to user id ${owner}, which this system does not know. Give the data to a user ` +
        'that exists ("chown -R postgres" or "chown -R nobody"), or set DATABASE_URL to use another PostgreSQL server.',
      { context: { uid: owner } },
    )
  }
  const candidates = ['postgres', 'nobody'].flatMap(name => users.find(one => one.name === name) ?? [])
  let refusal: unknown
  for (const candidate of candidates) {
    try {
      return await provenUser(candidate)
    } catch (thrown) {
      refusal = thrown
    }
  }
  if (refusal !== undefined) throw refusal
  throw new ConfigError(
    'server_user',
    'PostgreSQL does not run as root, and this system has neither a user "postgres" nor "nobody" to run it as. ' +
      'Start Tenfold as an ordinary user, or set DATABASE_URL to use another PostgreSQL server.',
  )
}

function ownUser(host: Host): ServerUser {
  if (isWindows(host)) return { name: userInfo().username, uid: -1, gid: -1, isOther: false }
  try {
    const { username, uid, gid } = userInfo()
    return { name: username, uid, gid, isOther: false }
  } catch (cause) {
    // initdb looks its user up by number and stops when there is none; containers with free user ids meet this.
    throw new ConfigError(
      'server_user',
      `User id ${host.uid} has no name on this system, and PostgreSQL refuses to run without one. Start Tenfold as a ` +
        'user of /etc/passwd (or as root), or set DATABASE_URL to use another PostgreSQL server.',
      { cause, context: { uid: host.uid } },
    )
  }
}

function readUsers(): ServerUser[] {
  return (
    readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map(line => line.split(':'))
      .filter(fields => fields.length >= 7 && !fields[0]!.startsWith('#'))
      // macOS writes its nobody as -2; the system calls count from the other end.
      .map(([name, , uid, gid]) => ({ name: name!, uid: Number(uid) >>> 0, gid: Number(gid) >>> 0, isOther: true }))
  )
}

// Root of a container may lack the right to become anybody else.
async function provenUser(user: ServerUser): Promise<ServerUser> {
  const tried = await run('/bin/sh', ['-c', 'exit 0'], { user })
  if (tried.ok) return user
  throw new ConfigError(
    'server_user',
    `PostgreSQL does not run as root, and root may not become user "${user.name}" here (${tried.output.trim()}). Start ` +
      'Tenfold as an ordinary user, or set DATABASE_URL to use another PostgreSQL server.',
    { context: { user: user.name } },
  )
}
