import { ConfigError } from '../../platform/errors.ts'
import { hashOf, newToken } from '../../platform/random-token.ts'
import { Secret } from '../../platform/secret.ts'
import { type Actor, recordAudit } from '../audit.ts'
import type { Database, Queryable } from '../database.ts'
import type { Administration } from './administration.ts'
import { getUser, hasAccounts } from './user-rows.ts'
import { refuseOthers } from './users.ts'

// Links that work once. What is kept is a hash; the link itself is shown to one person, one time.

export type LinkPurpose = 'setup' | 'password' | 'sign_in'

const lifeHours = { setup: 24, password: 24, sign_in: 1 } as const satisfies Record<LinkPurpose, number>

export interface MadeLink {
  /** Goes behind the `#` of an address, which no server and no log is told. */
  readonly token: Secret
  readonly expiresAt: string
}

export interface KnownLink {
  readonly purpose: LinkPurpose
  readonly userId: number | null
  readonly userName: string | null
  readonly expiresAt: string
}

/** For the first account; undefined when there is one. An earlier link works no more. */
export async function makeSetupLink(database: Database): Promise<MadeLink | undefined> {
  return database.transaction(async connection => {
    if (await hasAccounts(connection)) return undefined
    await connection.query(`delete from access_link where purpose = 'setup'`)
    return insertLink(connection, 'setup', null)
  })
}

/**
 * Lets a person choose a new password; until they have, the old one works.
 * @throws NotFoundError `user_not_found`
 * @throws ConfigError `user_not_yours`
 */
export async function makePasswordLink(
  database: Database,
  administration: Administration,
  userId: number,
  actor: Actor,
): Promise<MadeLink> {
  return database.transaction(async connection => {
    const user = await getUser(connection, administration, userId)
    refuseOthers(user)
    await connection.query(`delete from access_link where purpose = 'password' and user_id = $1`, [userId])
    await recordAudit(connection, {
      actor,
      action: 'user.reset_link_made',
      subject: `user:${userId}`,
      detail: { user_name: user.user_name },
    })
    return insertLink(connection, 'password', userId)
  })
}

/** Signs a browser in without a password: for the demonstration, whose account has none. */
export async function makeSignInLink(database: Database, userId: number): Promise<MadeLink> {
  return insertLink(database, 'sign_in', userId)
}

export async function findLink(queryable: Queryable, token: Secret): Promise<KnownLink | undefined> {
  const { rows } = await queryable.query<KnownLink & Record<string, unknown>>(
    `select l.purpose, l.user_id as "userId", u.user_name as "userName", l.expires_at as "expiresAt"
     from access_link l
     left join app_user u on u.user_id = l.user_id
     where l.link_hash = $1 and l.expires_at > now() and u.is_disabled is not true`,
    [hashOf(token.reveal())],
  )
  return rows[0]
}

/**
 * Takes a link for good, in the transaction that does what it is for.
 * @throws ConfigError `link_not_valid`
 */
export async function takeLink(connection: Queryable, token: Secret): Promise<KnownLink> {
  const link = await findLink(connection, token)
  const { rowCount } = await connection.query('delete from access_link where link_hash = $1 and expires_at > now()', [
    hashOf(token.reveal()),
  ])
  if (!link || rowCount === 0) throw linkNotValid()
  return link
}

export function linkNotValid(): ConfigError {
  return new ConfigError(
    'link_not_valid',
    'The link was used already, has expired, or was never made. Ask for a new one: an administrator makes it, or "tenfold user reset-link" in the terminal.',
  )
}

async function insertLink(queryable: Queryable, purpose: LinkPurpose, userId: number | null): Promise<MadeLink> {
  const token = newToken()
  await queryable.query('delete from access_link where expires_at < now()')
  const { rows } = await queryable.query<{ expires_at: string }>(
    `insert into access_link (link_hash, purpose, user_id, expires_at)
     values ($1, $2, $3, now() + make_interval(hours => $4))
     returning expires_at`,
    [hashOf(token), purpose, userId, lifeHours[purpose]],
  )
  return { token: new Secret(token), expiresAt: rows[0]!.expires_at }
}
