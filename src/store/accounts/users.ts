import type { JsonObject } from '../../domain/json.ts'
import type { Role } from '../../domain/role.ts'
import { ConfigError } from '../../platform/errors.ts'
import { type Actor, recordAudit } from '../audit.ts'
import type { Database, Queryable } from '../database.ts'
import { locks } from '../locks.ts'
import { removeViewsOf } from '../views/saved-views.ts'
import { type Administration, administers, ofAll } from './administration.ts'
import { forgetSessions } from './sessions.ts'
import { getUser, type UserView } from './user-rows.ts'

export interface GrantInput {
  readonly role: Role
  /** Null: every tenant. */
  readonly tenantId: number | null
  readonly sourceIds?: readonly number[] | null
  readonly tags?: readonly string[] | null
}

export interface NewUser {
  readonly userName: string
  readonly displayName?: string | undefined
  readonly grants: readonly GrantInput[]
}

/** What is left out stays. */
export interface UserChange {
  readonly displayName?: string | undefined
  readonly isDisabled?: boolean | undefined
  /** In place of all that the changer administers and people have made. */
  readonly grants?: readonly GrantInput[] | undefined
}

/**
 * An account without a password: its link lets the person choose one.
 * @throws ConfigError `user_name_taken`, `grant_not_yours`, `bad_grant`
 */
export async function createUser(
  database: Database,
  administration: Administration,
  input: NewUser,
  actor: Actor,
): Promise<UserView> {
  return database.transaction(async connection => {
    await lockAccounts(connection)
    if (!administration.isOfAll && input.grants.length === 0) {
      throw new ConfigError('bad_grant', 'Give the person at least one role in a tenant of yours.', {
        context: { field: 'grants' },
      })
    }
    const userId = await insertUser(connection, input)
    await replaceGrants(connection, administration, userId, input.grants)
    const user = await getUser(connection, administration, userId)
    await recordAudit(connection, {
      actor,
      action: 'user.created',
      subject: `user:${userId}`,
      detail: { user_name: user.user_name, grants: saidGrants(user) },
    })
    return user
  })
}

/**
 * @throws NotFoundError `user_not_found`
 * @throws ConfigError `user_not_yours`, `grant_not_yours`, `bad_grant`, `last_admin`
 */
export async function updateUser(
  database: Database,
  administration: Administration,
  userId: number,
  change: UserChange,
  actor: Actor,
): Promise<UserView> {
  return database.transaction(async connection => {
    await lockAccounts(connection)
    const before = await getUser(connection, administration, userId)
    const changesPerson = change.displayName !== undefined || change.isDisabled !== undefined
    if (changesPerson) refuseOthers(before)
    await connection.query(
      `update app_user
       set display_name = coalesce($2, display_name), is_disabled = coalesce($3, is_disabled), updated_at = now()
       where user_id = $1`,
      [userId, change.displayName?.trim() ?? null, change.isDisabled ?? null],
    )
    if (change.grants) await replaceGrants(connection, administration, userId, change.grants)
    if (change.isDisabled || change.grants) await forgetSessions(connection, userId)
    await refuseNoAdmin(connection)
    const after = await getUser(connection, ofAll, userId)
    await recordAudit(connection, {
      actor,
      action: 'user.changed',
      subject: `user:${userId}`,
      detail: { user_name: after.user_name, before: said(before), after: said(after) },
    })
    return getUser(connection, administration, userId).catch(() => ({ ...before, grants: [] }))
  })
}

/**
 * The account with its sessions and tokens; what it did stays in the audit.
 * @throws NotFoundError `user_not_found`
 * @throws ConfigError `user_not_yours`, `last_admin`
 */
export async function removeUser(
  database: Database,
  administration: Administration,
  userId: number,
  actor: Actor,
): Promise<UserView> {
  return database.transaction(async connection => {
    await lockAccounts(connection)
    const before = await getUser(connection, administration, userId)
    refuseOthers(before)
    await removeViewsOf(connection, userId)
    await connection.query('delete from app_user where user_id = $1', [userId])
    await refuseNoAdmin(connection)
    await recordAudit(connection, {
      actor,
      action: 'user.removed',
      subject: `user:${userId}`,
      detail: { user_name: before.user_name, grants: saidGrants(before) },
    })
    return before
  })
}

/** Held until the transaction ends. */
export async function lockAccounts(connection: Queryable): Promise<void> {
  await connection.query('select pg_advisory_xact_lock($1)', [locks.accounts])
}

/** @throws ConfigError `user_name_taken` */
export async function insertUser(
  connection: Queryable,
  { userName, displayName }: Pick<NewUser, 'userName' | 'displayName'>,
  provider?: { readonly issuer: string; readonly subject: string },
): Promise<number> {
  const name = userName.trim()
  const { rows } = await connection.query<{ user_id: number }>(
    `insert into app_user (user_name, display_name, oidc_issuer, oidc_subject)
     values ($1, $2, $3, $4)
     on conflict ((lower(user_name))) do nothing
     returning user_id`,
    [name, displayName?.trim() || name, provider?.issuer ?? null, provider?.subject ?? null],
  )
  if (rows[0]) return rows[0].user_id
  throw new ConfigError('user_name_taken', `The user name ${name} cannot be used. Choose another one.`, {
    context: { field: 'user_name' },
  })
}

/** Those that people made; what the identity provider's groups make is replaced at each sign-in. */
async function replaceGrants(
  connection: Queryable,
  administration: Administration,
  userId: number,
  grants: readonly GrantInput[],
): Promise<void> {
  await connection.query(
    `delete from role_grant
     where user_id = $1 and managed_by = 'people' and ($2::boolean or tenant_id = any($3::integer[]))`,
    [userId, administration.isOfAll, administration.tenantIds],
  )
  for (const grant of grants) {
    if (!administers(administration, grant.tenantId)) {
      throw new ConfigError('grant_not_yours', 'A role can be given only in a tenant that you administer.', {
        context: { field: 'grants' },
      })
    }
    await insertGrant(connection, userId, grant, 'people')
  }
}

/** @throws ConfigError `bad_grant` for a tenant that there is not, or a source of another */
export async function insertGrant(
  connection: Queryable,
  userId: number,
  { role, tenantId, sourceIds, tags }: GrantInput,
  managedBy: 'people' | 'oidc',
): Promise<void> {
  const known = await connection.query<{ source_id: number; tenant_id: number }>(
    'select source_id, tenant_id from source where $1::integer is null or tenant_id = $1',
    [tenantId],
  )
  const missing = (sourceIds ?? []).find(id => !known.rows.some(row => row.source_id === id))
  const tenants = await connection.query('select from tenant where tenant_id = $1', [tenantId])
  if (missing !== undefined || (tenantId !== null && tenants.rows.length === 0)) {
    const what = missing === undefined ? `tenant ${tenantId}` : `source ${missing} in that tenant`
    throw new ConfigError('bad_grant', `There is no ${what}.`, { context: { field: 'grants' } })
  }
  await connection.query(
    'insert into role_grant (user_id, tenant_id, role, source_ids, tags, managed_by) values ($1, $2, $3, $4, $5, $6)',
    [userId, tenantId, role, nullIfNone(sourceIds), nullIfNone(tags), managedBy],
  )
}

/** Who administers only some of a person's tenants must not switch them off in the others. */
export function refuseOthers(user: UserView): void {
  if (user.is_ours) return
  throw new ConfigError(
    'user_not_yours',
    `${user.user_name} has roles that you do not administer. You can change the roles that you see; for the rest ask an administrator of everything.`,
    { context: { userId: user.id } },
  )
}

/** @throws ConfigError `last_admin` */
async function refuseNoAdmin(connection: Queryable): Promise<void> {
  const { rows } = await connection.query(
    `select from app_user u
     join role_grant g on g.user_id = u.user_id
     where not u.is_disabled and g.role = 'admin' and g.tenant_id is null and g.source_ids is null and g.tags is null
     limit 1`,
  )
  if (rows.length > 0) return
  throw new ConfigError(
    'last_admin',
    'Nobody would be left who administers everything. Make somebody else an administrator of every tenant first.',
  )
}

function nullIfNone<T>(values: readonly T[] | null | undefined): readonly T[] | null {
  return values && values.length > 0 ? [...new Set(values)] : null
}

function said(user: UserView): JsonObject {
  return { display_name: user.display_name, is_disabled: user.is_disabled, grants: saidGrants(user) }
}

function saidGrants({ grants }: UserView) {
  return grants.map(({ role, tenant, source_ids, tags }) => ({ role, tenant, source_ids, tags }))
}
