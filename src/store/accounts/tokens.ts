import { NotFoundError } from '../../platform/errors.ts'
import { hashOf, newToken } from '../../platform/random-token.ts'
import { Secret } from '../../platform/secret.ts'
import { type Actor, recordAudit } from '../audit.ts'
import type { Database, Queryable } from '../database.ts'
import type { Administration } from './administration.ts'
import type { TokenScope } from './principal.ts'

export interface TokenView {
  readonly id: number
  readonly user_id: number
  readonly user_name: string
  readonly name: string
  readonly prefix: string
  readonly scopes: TokenScope[]
  readonly created_at: string
  readonly expires_at: string
  readonly last_used_at: string | null
  readonly revoked_at: string | null
}

export interface NewApiToken {
  readonly name: string
  readonly scopes: readonly TokenScope[]
  readonly expiresInDays: number
}

const selection = `
select t.token_id as id, t.user_id, u.user_name, t.name, t.prefix, t.scopes, t.created_at, t.expires_at, t.last_used_at,
       t.revoked_at
from api_token t
join app_user u on u.user_id = t.user_id`

/** @returns the token itself, which is kept nowhere and can be shown only now */
export async function createToken(
  database: Database,
  userId: number,
  { name, scopes, expiresInDays }: NewApiToken,
  actor: Actor,
): Promise<{ readonly token: Secret; readonly view: TokenView }> {
  // Letters and digits only, so that a double click takes all of it.
  const prefix = `tnf_${newToken(12)
    .replace(/[^A-Za-z0-9]/g, '')
    .slice(0, 8)
    .padEnd(8, '0')}`
  const token = `${prefix}_${newToken()}`
  return database.transaction(async connection => {
    const { rows } = await connection.query<{ token_id: number }>(
      `insert into api_token (user_id, name, prefix, token_hash, scopes, expires_at)
       values ($1, $2, $3, $4, $5, now() + make_interval(days => $6))
       returning token_id`,
      [userId, name.trim(), prefix, hashOf(token), [...new Set(scopes)], expiresInDays],
    )
    const view = await findToken(connection, rows[0]!.token_id)
    await recordAudit(connection, {
      actor,
      action: 'token.created',
      subject: `token:${view!.id}`,
      detail: { user_id: userId, name: view!.name, prefix, scopes: view!.scopes, expires_at: view!.expires_at },
    })
    return { token: new Secret(token), view: view! }
  })
}

/** One's own, or of everybody that is administered whole; the newest first. */
export async function listTokens(
  queryable: Queryable,
  of: { readonly userId: number } | Administration,
): Promise<readonly TokenView[]> {
  const { rows } = await queryable.query<TokenView & Record<string, unknown>>(
    `${selection}
where ${isReached}
order by t.token_id desc`,
    reachOf(of),
  )
  return rows
}

/** @throws NotFoundError `token_not_found` also for one that is out of reach */
export async function revokeToken(
  database: Database,
  of: { readonly userId: number } | Administration,
  tokenId: number,
  actor: Actor,
): Promise<TokenView> {
  return database.transaction(async connection => {
    const { rows } = await connection.query<TokenView & Record<string, unknown>>(
      `${selection}
where ${isReached} and t.token_id = $4`,
      [...reachOf(of), tokenId],
    )
    const [before] = rows
    if (!before) {
      throw new NotFoundError('token_not_found', `There is no token ${tokenId}. The list of tokens shows them.`)
    }
    if (before.revoked_at !== null) return before
    await connection.query('update api_token set revoked_at = now() where token_id = $1', [tokenId])
    await recordAudit(connection, {
      actor,
      action: 'token.revoked',
      subject: `token:${tokenId}`,
      detail: { user_id: before.user_id, name: before.name, prefix: before.prefix },
    })
    return (await findToken(connection, tokenId))!
  })
}

const isReached = `(t.user_id = $1 or $2 or
       (cardinality($3::integer[]) > 0
        and exists (select from role_grant g where g.user_id = t.user_id)
        and not exists (select from role_grant g
                        where g.user_id = t.user_id and (g.tenant_id is null or g.tenant_id <> all($3)))))`

function reachOf(of: { readonly userId: number } | Administration) {
  return 'userId' in of ? [of.userId, false, []] : [null, of.isOfAll, of.tenantIds]
}

async function findToken(queryable: Queryable, tokenId: number): Promise<TokenView | undefined> {
  const { rows } = await queryable.query<TokenView & Record<string, unknown>>(`${selection} where t.token_id = $1`, [
    tokenId,
  ])
  return rows[0]
}
