import { hashOf, newToken } from '../../platform/random-token.ts'
import { Secret } from '../../platform/secret.ts'
import { type Actor, recordAudit } from '../audit.ts'
import type { Database, Queryable } from '../database.ts'

export type SignInMethod = 'password' | 'link' | 'oidc'

export interface SessionView {
  readonly id: number
  readonly method: SignInMethod
  readonly address: string
  readonly user_agent: string
  readonly created_at: string
  readonly last_seen_at: string
  readonly ends_at: string
}

export interface Visitor {
  readonly address: string
  readonly userAgent: string
}

export interface NewSession {
  readonly userId: number
  readonly method: SignInMethod
  readonly visitor: Visitor
  readonly lifeHours: number
}

/**
 * Begins a session and says so in the audit; the one that the browser had before is over, so that an id it was given by
 * somebody else is worth nothing.
 * @returns the id, which is kept nowhere else
 */
export async function beginSession(
  connection: Queryable,
  { userId, method, visitor, lifeHours }: NewSession,
  actor: Actor,
  before?: Secret,
): Promise<Secret> {
  const id = newToken()
  if (before) await connection.query('delete from session where session_hash = $1', [hashOf(before.reveal())])
  await connection.query('delete from session where ends_at < now()')
  await connection.query(
    `insert into session (session_hash, user_id, method, address, user_agent, ends_at)
     values ($1, $2, $3, $4, $5, now() + make_interval(hours => $6))`,
    [hashOf(id), userId, method, visitor.address, visitor.userAgent.slice(0, 300), lifeHours],
  )
  await connection.query('update app_user set last_sign_in_at = now() where user_id = $1', [userId])
  await recordAudit(connection, {
    actor,
    action: 'user.signed_in',
    subject: `user:${userId}`,
    detail: { method, address: visitor.address },
  })
  return new Secret(id)
}

/** Those that are not over, the one used last first. */
export async function listSessions(
  queryable: Queryable,
  userId: number,
  idleMinutes: number,
): Promise<readonly SessionView[]> {
  const { rows } = await queryable.query<SessionView>(
    `select session_id as id, method, address, user_agent, created_at, last_seen_at,
            least(ends_at, last_seen_at + make_interval(mins => $2)) as ends_at
     from session
     where user_id = $1 and ends_at > now() and last_seen_at > now() - make_interval(mins => $2)
     order by last_seen_at desc, session_id desc`,
    [userId, idleMinutes],
  )
  return rows
}

/** Ends one session of a person, or all but one, or all. Answers how many. */
export async function endSessions(
  database: Database,
  userId: number,
  which: { readonly only?: number; readonly except?: number },
  actor: Actor,
): Promise<number> {
  return database.transaction(async connection => {
    const { rowCount } = await connection.query(
      `delete from session
       where user_id = $1 and ($2::bigint is null or session_id = $2) and session_id is distinct from $3`,
      [userId, which.only ?? null, which.except ?? null],
    )
    const ended = rowCount ?? 0
    if (ended > 0) {
      await recordAudit(connection, {
        actor,
        action: 'user.signed_out',
        subject: `user:${userId}`,
        detail: { sessions: ended },
      })
    }
    return ended
  })
}

/** Of who may no longer be who they were: a new password, a switched-off account. */
export async function forgetSessions(connection: Queryable, userId: number): Promise<void> {
  await connection.query('delete from session where user_id = $1', [userId])
}
