import { type Role, roles } from '../../domain/role.ts'
import type { ReachingGrant } from '../access.ts'
import type { Queryable } from '../database.ts'

// Who calls, found by the hash of what they showed. One statement, at every call.

export const tokenScopes = ['read', 'sync', 'manage'] as const
export type TokenScope = (typeof tokenScopes)[number]

export interface Person {
  readonly userId: number
  readonly userName: string
  readonly displayName: string
  readonly hasPassword: boolean
  readonly isFromProvider: boolean
  readonly grants: readonly ReachingGrant[]
}

export interface SessionPrincipal extends Person {
  readonly kind: 'session'
  readonly sessionId: number
  readonly endsAt: string
}

export interface TokenPrincipal extends Person {
  readonly kind: 'token'
  readonly tokenId: number
  readonly prefix: string
  readonly scopes: readonly TokenScope[]
}

export type Principal = SessionPrincipal | TokenPrincipal

interface PersonRow {
  readonly user_id: number
  readonly user_name: string
  readonly display_name: string
  readonly has_password: boolean
  readonly is_from_provider: boolean
  readonly grants: readonly {
    readonly role: Role
    readonly tenant_id: number | null
    readonly is_unnarrowed: boolean
    readonly source_ids: readonly number[]
    readonly is_every_source: boolean
    readonly tags: readonly string[] | null
  }[]
}

const personColumns = `
  u.user_id, u.user_name, u.display_name, u.password_hash is not null as has_password,
  u.oidc_issuer is not null as is_from_provider,
  coalesce(
    (select jsonb_agg(jsonb_build_object(
              'role', g.role, 'tenant_id', g.tenant_id, 'is_unnarrowed', g.source_ids is null and g.tags is null,
              'source_ids', reached.source_ids, 'is_every_source', reached.is_every, 'tags', to_jsonb(g.tags))
            order by g.grant_id)
     from role_grant g
     cross join lateral (
       select coalesce(array_agg(s.source_id order by s.source_id) filter (where is_reached), '{}') as source_ids,
              coalesce(bool_and(is_reached), g.tenant_id is null and g.source_ids is null) as is_every
       from source s
       cross join lateral (
         select (g.tenant_id is null or s.tenant_id = g.tenant_id)
                and (g.source_ids is null or s.source_id = any(g.source_ids)) as is_reached
       ) as judged
     ) as reached
     where g.user_id = u.user_id), '[]') as grants`

/** How long after it was last seen a session is over. */
export interface SessionIdle {
  readonly idleMinutes: number
}

export async function findSessionPrincipal(
  queryable: Queryable,
  sessionHash: Buffer,
  { idleMinutes }: SessionIdle,
): Promise<SessionPrincipal | undefined> {
  const { rows } = await queryable.query<PersonRow & { session_id: number; ends_at: string; is_to_be_noted: boolean }>(
    `select ${personColumns}, s.session_id, s.ends_at, s.last_seen_at < now() - interval '1 minute' as is_to_be_noted
     from session s
     join app_user u on u.user_id = s.user_id
     where s.session_hash = $1 and not u.is_disabled and s.ends_at > now()
       and s.last_seen_at > now() - make_interval(mins => $2)`,
    [sessionHash, idleMinutes],
  )
  const row = rows[0]
  if (!row) return undefined
  if (row.is_to_be_noted) {
    await queryable.query('update session set last_seen_at = now() where session_id = $1', [row.session_id])
  }
  return { kind: 'session', sessionId: row.session_id, endsAt: row.ends_at, ...personOf(row) }
}

export async function findTokenPrincipal(queryable: Queryable, tokenHash: Buffer): Promise<TokenPrincipal | undefined> {
  const { rows } = await queryable.query<
    PersonRow & { token_id: number; prefix: string; scopes: TokenScope[]; is_to_be_noted: boolean }
  >(
    `select ${personColumns}, t.token_id, t.prefix, t.scopes,
            coalesce(t.last_used_at < now() - interval '1 minute', true) as is_to_be_noted
     from api_token t
     join app_user u on u.user_id = t.user_id
     where t.token_hash = $1 and not u.is_disabled and t.revoked_at is null and t.expires_at > now()`,
    [tokenHash],
  )
  const row = rows[0]
  if (!row) return undefined
  if (row.is_to_be_noted) {
    await queryable.query('update api_token set last_used_at = now() where token_id = $1', [row.token_id])
  }
  return { kind: 'token', tokenId: row.token_id, prefix: row.prefix, scopes: row.scopes, ...personOf(row) }
}

/** The most that a person may do anywhere; undefined without any grant. */
export function highestRole(grants: readonly ReachingGrant[]): Role | undefined {
  return roles.findLast(role => grants.some(grant => grant.role === role))
}

function personOf(row: PersonRow): Person {
  return {
    userId: row.user_id,
    userName: row.user_name,
    displayName: row.display_name,
    hasPassword: row.has_password,
    isFromProvider: row.is_from_provider,
    grants: row.grants.map(grant => ({
      role: grant.role,
      tenantId: grant.tenant_id,
      isUnnarrowed: grant.is_unnarrowed,
      sourceIds: grant.source_ids,
      isEverySource: grant.is_every_source,
      tags: grant.tags,
    })),
  }
}
