import { readFileSync } from 'node:fs'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { Client } from 'pg'
import { codeOf, messageOf, StoreError } from '../../platform/errors.ts'

/** Where the server is and how to log in. */
export interface Login {
  /** A folder with a socket, or an address. */
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
}

export interface Ownership {
  /** Whether this process is the one that stops the server. */
  readonly owned: boolean
  readonly version: string
  /** Whether the session that says so still exists. */
  isHeld(): boolean
  /** Whether other processes have joined the server and not left it. */
  isUsed(): Promise<boolean>
  /** Ends the session. */
  release(): Promise<void>
}

/**
 * Becomes the server's owner when it has none. Who owns it is held in the server itself, as a lock of a session of the
 * owner's: when the owner dies, however it dies, the session ends and the next start takes over. Nothing is left behind
 * that could be mistaken for a living owner.
 * @param patienceMs how long a server that is recovering may take to let us in
 * @param onLost called when an owner's session ends by itself: the server has crashed, or was stopped by somebody else
 */
export async function claimOwnership(login: Login, onLost: () => void, patienceMs = recoveryMs): Promise<Ownership> {
  const client = await connect(login, patienceMs)
  let isHeld = true
  let isReleasing = false
  client.on('error', () => undefined)
  client.once('end', () => {
    isHeld = false
    if (!isReleasing) onLost()
  })
  const release = async (): Promise<void> => {
    isReleasing = true
    isHeld = false
    holdsProcess(client, true)
    await client.end().catch(() => undefined)
  }
  try {
    const version = await ask(client, 'select split_part(current_setting($1), $2, 1) as answer', [
      'server_version',
      ' ',
    ])
    const owned = await tryLock(client)
    // Whoever joins is known to the server in the same way, so that its owner does not stop it under them.
    if (!owned) await ask(client, 'select pg_advisory_lock_shared($1, $2)::text as answer', [...userKey])
    // The session must not keep a process alive that has nothing else to do.
    holdsProcess(client, false)
    return { owned, version, isHeld: () => isHeld, isUsed: () => hasUsers(client), release }
  } catch (cause) {
    await release()
    throw new StoreError('postgres_unusable', `The bundled PostgreSQL answered, and then failed: ${messageOf(cause)}`, {
      cause,
    })
  }
}

/** A database that nobody copies and nobody drops. */
const database = 'postgres'

/** A server that has just lost a session to a crash takes no connections for a moment. */
const recoveryMs = 120_000

async function connect({ host, port, user, password }: Login, patienceMs: number): Promise<Client> {
  const until = performance.now() + patienceMs
  for (;;) {
    const client = new Client({
      ...{ host, port, user, password, database, ssl: false },
      application_name: `${applicationName} ${process.pid}`,
      connectionTimeoutMillis: 15_000,
    })
    try {
      client.on('error', () => undefined)
      await client.connect()
      return client
    } catch (cause) {
      await client.end().catch(() => undefined)
      const isRecovering = codeOf(cause) === '57P03'
      if (isRecovering && performance.now() < until) {
        await delay(100)
        continue
      }
      throw new StoreError(
        'postgres_unreachable',
        `The bundled PostgreSQL runs, and does not let us in at ${host}: ${messageOf(cause)}. Stop it (its process is in ` +
          'postmaster.pid of its data) and start again.',
        { cause },
      )
    }
  }
}

const applicationName = 'tenfold owner'

/** Any two numbers, the same in every version. */
const lockKey = [1_413_828_166, 1] as const

const userKey = [1_413_828_166, 2] as const

async function hasUsers(client: Client): Promise<boolean> {
  // There may be nothing else to wait for.
  holdsProcess(client, true)
  const users = await ask(
    client,
    `select count(*)::text as answer from pg_locks
     where locktype = 'advisory' and classid::bigint = $1 and objid::bigint = $2 and granted and pid <> pg_backend_pid()`,
    [...userKey],
  )
  return users !== '0'
}

/** How long a dead owner's session may take to notice. */
const lingeringMs = 5_000

async function tryLock(client: Client): Promise<boolean> {
  const until = performance.now() + lingeringMs
  for (;;) {
    const got = await ask(client, 'select pg_try_advisory_lock($1, $2)::text as answer', [...lockKey])
    if (got === 'true') return true
    if ((await ownerLives(client)) || performance.now() > until) return false
    await delay(50)
  }
}

async function ownerLives(client: Client): Promise<boolean> {
  const name = await ask(
    client,
    `select coalesce(min(session.application_name), '') as answer
     from pg_locks as held
     join pg_stat_activity as session on session.pid = held.pid
     where held.locktype = 'advisory'
       and held.classid::bigint = $1
       and held.objid::bigint = $2
       and held.granted`,
    [...lockKey],
  )
  const pid = Number(/(\d+)$/.exec(name)?.[1])
  return Number.isInteger(pid) && isAlive(pid)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (thrown) {
    return codeOf(thrown) === 'EPERM'
  }
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return true
  }
}

async function ask(client: Client, text: string, values: readonly (string | number)[]): Promise<string> {
  const { rows } = await client.query<{ answer: string }>(text, [...values])
  return rows[0]!.answer
}

function holdsProcess(client: Client, holds: boolean): void {
  // The types leave these out.
  const socket: Client & { ref?: () => void; unref?: () => void } = client
  if (holds) socket.ref?.()
  else socket.unref?.()
}
