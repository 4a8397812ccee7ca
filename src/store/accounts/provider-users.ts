import type { Role } from '../../domain/role.ts'
import { ConfigError } from '../../platform/errors.ts'
import { type Actor, recordAudit } from '../audit.ts'
import type { Database, Queryable } from '../database.ts'
import { getIdentity, type Identity } from './user-rows.ts'
import { insertUser, lockAccounts } from './users.ts'

export interface ProvenPerson {
  readonly issuer: string
  readonly subject: string
  readonly userName: string
  readonly displayName: string
  /** What their groups make of them now. */
  readonly roles: readonly { readonly role: Role; readonly tenant: string | null }[]
}

/**
 * The account of somebody whom the identity provider has proven; made at the first time. Who it is, is the issuer and its
 * subject: a name is never enough to be taken for somebody who is there already.
 * @throws ConfigError `oidc_no_role` when no group gives a role and nobody here has given one; `account_disabled`
 */
export async function followProvider(database: Database, person: ProvenPerson, requestId: string): Promise<Identity> {
  const result = await database.transaction(async connection => {
    await lockAccounts(connection)
    const known = await findByProvider(connection, person)
    if (!known && person.roles.length === 0) return undefined
    const userId = known ?? (await addPerson(connection, person, requestId))
    await replaceRoles(connection, userId, person, requestId)
    const { rows } = await connection.query<{ has_any: boolean }>(
      'select exists (select from role_grant where user_id = $1) as has_any',
      [userId],
    )
    return rows[0]!.has_any ? getIdentity(connection, userId) : undefined
  })
  if (!result) {
    throw new ConfigError(
      'oidc_no_role',
      `${person.displayName} is in no group that has a role here. Ask an administrator to map a group, or to give you a role.`,
    )
  }
  if (result.isDisabled) {
    throw new ConfigError('account_disabled', 'The account is switched off. Ask an administrator.')
  }
  return result
}

async function findByProvider(connection: Queryable, { issuer, subject }: ProvenPerson): Promise<number | undefined> {
  const { rows } = await connection.query<{ user_id: number }>(
    'select user_id from app_user where oidc_issuer = $1 and oidc_subject = $2',
    [issuer, subject],
  )
  return rows[0]?.user_id
}

async function addPerson(connection: Queryable, person: ProvenPerson, requestId: string): Promise<number> {
  const { issuer, subject, displayName } = person
  const userName = await freeName(connection, person.userName)
  const userId = await insertUser(connection, { userName, displayName }, { issuer, subject })
  await recordAudit(connection, {
    actor: actorOf(userId, userName, requestId),
    action: 'user.created',
    subject: `user:${userId}`,
    detail: { user_name: userName, issuer },
  })
  return userId
}

/** A name that somebody here has already is theirs. */
async function freeName(connection: Queryable, wanted: string): Promise<string> {
  const base =
    wanted
      .replaceAll(/[\p{Cc}\p{Cf}]/gu, '')
      .trim()
      .slice(0, 56) || 'user'
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? base : `${base}-${number}`
    const { rows } = await connection.query('select from app_user where lower(user_name) = lower($1)', [name])
    if (rows.length === 0) return name
  }
}

async function replaceRoles(
  connection: Queryable,
  userId: number,
  { roles, userName }: ProvenPerson,
  requestId: string,
): Promise<void> {
  const before = await rolesOf(connection, userId)
  await connection.query(`delete from role_grant where user_id = $1 and managed_by = 'oidc'`, [userId])
  for (const { role, tenant } of roles) {
    await connection.query(
      `insert into role_grant (user_id, tenant_id, role, managed_by)
       select $1, t.tenant_id, $2, 'oidc'
       from (select null::integer as tenant_id where $3::text is null
             union all
             select tenant_id from tenant where name = $3) as t`,
      [userId, role, tenant],
    )
  }
  const after = await rolesOf(connection, userId)
  if (before === after) return
  await recordAudit(connection, {
    actor: actorOf(userId, userName, requestId),
    action: 'user.roles_followed',
    subject: `user:${userId}`,
    detail: { before, after },
  })
}

async function rolesOf(connection: Queryable, userId: number): Promise<string> {
  const { rows } = await connection.query<{ roles: string | null }>(
    `select string_agg(g.role || coalesce('@' || t.name, ''), ', ' order by g.role, t.name) as roles
     from role_grant g
     left join tenant t on t.tenant_id = g.tenant_id
     where g.user_id = $1 and g.managed_by = 'oidc'`,
    [userId],
  )
  return rows[0]?.roles ?? ''
}

function actorOf(userId: number, name: string, requestId: string): Actor {
  return { kind: 'user', name, userId, requestId }
}
