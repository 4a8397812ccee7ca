import type { Role } from '../../domain/role.ts'
import { NotFoundError } from '../../platform/errors.ts'
import type { Queryable } from '../database.ts'
import type { Administration } from './administration.ts'

export interface GrantView {
  readonly id: number
  readonly role: Role
  readonly tenant_id: number | null
  /** Null with the tenant: every one. */
  readonly tenant: string | null
  readonly source_ids: number[] | null
  readonly tags: string[] | null
  readonly managed_by: 'people' | 'oidc'
}

export interface UserView {
  readonly id: number
  readonly user_name: string
  readonly display_name: string
  readonly is_disabled: boolean
  readonly has_password: boolean
  readonly is_from_provider: boolean
  /** Those that the reader administers. */
  readonly grants: GrantView[]
  /** False when the person has grants that the reader does not administer: then only grants can be changed. */
  readonly is_ours: boolean
  readonly sessions: number
  readonly tokens: number
  readonly created_at: string
  readonly last_sign_in_at: string | null
}

const selection = `
select u.user_id as id, u.user_name, u.display_name, u.is_disabled, u.password_hash is not null as has_password,
       u.oidc_issuer is not null as is_from_provider, u.created_at, u.last_sign_in_at,
       (select count(*) from session s where s.user_id = u.user_id and s.ends_at > now()) as sessions,
       (select count(*) from api_token t
        where t.user_id = u.user_id and t.revoked_at is null and t.expires_at > now()) as tokens,
       $1::boolean or not exists (
         select from role_grant g
         where g.user_id = u.user_id and (g.tenant_id is null or g.tenant_id <> all($2::integer[]))) as is_ours,
       coalesce(
         (select jsonb_agg(jsonb_build_object(
                   'id', g.grant_id, 'role', g.role, 'tenant_id', g.tenant_id, 'tenant', t.name,
                   'source_ids', to_jsonb(g.source_ids), 'tags', to_jsonb(g.tags), 'managed_by', g.managed_by)
                 order by g.grant_id)
          from role_grant g
          left join tenant t on t.tenant_id = g.tenant_id
          where g.user_id = u.user_id and ($1 or g.tenant_id = any($2))), '[]') as grants
from app_user u
where ($1 or exists (select from role_grant g where g.user_id = u.user_id and g.tenant_id = any($2)))`

/** By name: those that the reader administers in any part. */
export async function listUsers(
  queryable: Queryable,
  { isOfAll, tenantIds }: Administration,
): Promise<readonly UserView[]> {
  const { rows } = await queryable.query<UserView & Record<string, unknown>>(
    `${selection}
order by lower(u.user_name) collate "C", u.user_id`,
    [isOfAll, tenantIds],
  )
  return rows
}

/** @throws NotFoundError `user_not_found` also for one that the reader does not administer */
export async function getUser(
  queryable: Queryable,
  { isOfAll, tenantIds }: Administration,
  userId: number,
): Promise<UserView> {
  const { rows } = await queryable.query<UserView & Record<string, unknown>>(`${selection} and u.user_id = $3`, [
    isOfAll,
    tenantIds,
    userId,
  ])
  if (!rows[0]) throw userNotFound(userId)
  return rows[0]
}

export function userNotFound(user: number | string): NotFoundError {
  return new NotFoundError('user_not_found', `There is no user ${user}. The list of users shows them.`, {
    context: { user },
  })
}

export interface Identity {
  readonly id: number
  readonly userName: string
  readonly displayName: string
  readonly passwordHash: string | null
  readonly isDisabled: boolean
}

const identityColumns = `user_id as id, user_name as "userName", display_name as "displayName",
  password_hash as "passwordHash", is_disabled as "isDisabled"`

export async function findUserByName(queryable: Queryable, userName: string): Promise<Identity | undefined> {
  const { rows } = await queryable.query<Identity & Record<string, unknown>>(
    `select ${identityColumns} from app_user where lower(user_name) = lower($1)`,
    [userName.trim()],
  )
  return rows[0]
}

/** @throws NotFoundError `user_not_found` */
export async function getIdentity(queryable: Queryable, userId: number): Promise<Identity> {
  const { rows } = await queryable.query<Identity & Record<string, unknown>>(
    `select ${identityColumns} from app_user where user_id = $1`,
    [userId],
  )
  if (!rows[0]) throw userNotFound(userId)
  return rows[0]
}

/** Whether anybody could sign in at all: until then the set-up link is the way in. */
export async function hasAccounts(queryable: Queryable): Promise<boolean> {
  const { rows } = await queryable.query<{ has_any: boolean }>('select exists (select from app_user) as has_any')
  return rows[0]!.has_any
}
