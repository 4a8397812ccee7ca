import { ConfigError } from '../../platform/errors.ts'
import { checkPassword, hashPassword, verifyPassword } from '../../platform/passwords.ts'
import type { Secret } from '../../platform/secret.ts'
import { type Actor, recordAudit } from '../audit.ts'
import type { Database, Queryable } from '../database.ts'
import { findLink, linkNotValid, takeLink } from './links.ts'
import { forgetSessions } from './sessions.ts'
import { countAttempt, type FailureSubject, forgiveAttempt } from './sign-in-failures.ts'
import { findUserByName, getIdentity, hasAccounts, type Identity } from './user-rows.ts'
import { insertGrant, insertUser, lockAccounts } from './users.ts'

export interface PasswordAttempt {
  readonly userName: string
  readonly password: Secret
  /** What the wait is counted for: one machine, or one network of them. */
  readonly address: string
}

/** A refusal that passes by itself. */
export class SignInBlockedError extends ConfigError {
  readonly retryAfterSeconds: number

  constructor(retryAfterSeconds: number) {
    super(
      'too_many_attempts',
      `There were too many wrong passwords. Wait ${retryAfterSeconds} s and try again; nobody is locked out for good.`,
    )
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/**
 * Whether it is the right password of a person who may sign in. A name that nobody has takes as long and is answered the
 * same.
 * @throws SignInBlockedError `too_many_attempts`
 * @throws ConfigError `wrong_password`
 */
export async function checkSignIn(database: Database, attempt: PasswordAttempt, requestId: string): Promise<Identity> {
  const subjects: readonly FailureSubject[] = [
    { kind: 'address', name: attempt.address },
    { kind: 'account', name: attempt.userName },
  ]
  for (const subject of subjects) {
    const wait = await countAttempt(database, subject)
    if (wait !== undefined) throw new SignInBlockedError(wait)
  }
  const user = await findUserByName(database, attempt.userName)
  const isRight = await verifyPassword(user?.passwordHash ?? null, attempt.password.reveal())
  if (!user || !isRight || user.isDisabled) {
    await recordAudit(database, {
      actor: { kind: 'system', name: 'sign-in', requestId },
      action: 'user.sign_in_refused',
      subject: user ? `user:${user.id}` : 'user',
      // What was typed as a name may be a password typed in the wrong field.
      detail: { method: 'password', address: attempt.address, ...(user ? { user_name: user.userName } : {}) },
    })
    throw new ConfigError('wrong_password', 'The user name or the password is wrong.')
  }
  for (const subject of subjects) await forgiveAttempt(database, subject)
  return user
}

export interface LinkUse {
  readonly token: Secret
  readonly userName?: string | undefined
  readonly displayName?: string | undefined
  readonly password?: Secret | undefined
}

/**
 * Does what a link is for: makes the first account, sets a password, or only says who it signs in.
 * @throws ConfigError `link_not_valid`, `weak_password`, `bad_link_use`, `user_name_taken`
 */
export async function useLink(database: Database, use: LinkUse, requestId: string): Promise<Identity> {
  const link = await findLink(database, use.token)
  if (!link) throw linkNotValid()
  const userName = link.userName ?? use.userName?.trim() ?? ''
  const passwordHash = link.purpose === 'sign_in' ? null : await passwordOf(use, userName)
  return database.transaction(async connection => {
    await lockAccounts(connection)
    const { userId, purpose } = await takeLink(connection, use.token)
    if (purpose === 'setup') return makeFirstAdmin(connection, userName, use.displayName, passwordHash!, requestId)
    if (passwordHash !== null)
      await setPassword(connection, userId!, passwordHash, actorOf(userId!, userName, requestId))
    return getIdentity(connection, userId!)
  })
}

/**
 * Signs out every other browser: whoever had the old password may be in one of them.
 * @throws ConfigError `wrong_password`, `weak_password`; SignInBlockedError `too_many_attempts`
 */
export async function changePassword(
  database: Database,
  userId: number,
  change: { readonly current: Secret; readonly next: Secret; readonly address: string },
  actor: Actor,
): Promise<Identity> {
  const user = await getIdentity(database, userId)
  const attempt = { userName: user.userName, password: change.current, address: change.address }
  await checkSignIn(database, attempt, actor.requestId ?? '')
  checkPassword(change.next.reveal(), user.userName)
  const hash = await hashPassword(change.next.reveal())
  return database.transaction(async connection => {
    await setPassword(connection, userId, hash, actor)
    return getIdentity(connection, userId)
  })
}

/** The first account administers everything. */
async function makeFirstAdmin(
  connection: Queryable,
  userName: string,
  displayName: string | undefined,
  passwordHash: string,
  requestId: string,
): Promise<Identity> {
  if (await hasAccounts(connection)) throw linkNotValid()
  const userId = await insertUser(connection, { userName, displayName })
  await insertGrant(connection, userId, { role: 'admin', tenantId: null }, 'people')
  await connection.query('update app_user set password_hash = $2, password_changed_at = now() where user_id = $1', [
    userId,
    passwordHash,
  ])
  await recordAudit(connection, {
    actor: actorOf(userId, userName, requestId),
    action: 'user.created',
    subject: `user:${userId}`,
    detail: { user_name: userName, is_first: true },
  })
  return getIdentity(connection, userId)
}

async function setPassword(connection: Queryable, userId: number, passwordHash: string, actor: Actor): Promise<void> {
  const { rows } = await connection.query<{ user_name: string }>(
    `update app_user set password_hash = $2, password_changed_at = now(), updated_at = now()
     where user_id = $1
     returning user_name`,
    [userId, passwordHash],
  )
  await forgetSessions(connection, userId)
  await forgiveAttempt(connection, { kind: 'account', name: rows[0]!.user_name })
  await recordAudit(connection, { actor, action: 'user.password_set', subject: `user:${userId}` })
}

async function passwordOf({ password }: LinkUse, userName: string): Promise<string> {
  if (userName === '') throw missing('user_name', 'Choose a user name.')
  if (!password) throw missing('password', 'Choose a password.')
  checkPassword(password.reveal(), userName)
  return hashPassword(password.reveal())
}

function missing(field: string, message: string): ConfigError {
  return new ConfigError('bad_link_use', message, { context: { field } })
}

function actorOf(userId: number, name: string, requestId: string): Actor {
  return { kind: 'user', name, userId, requestId }
}
