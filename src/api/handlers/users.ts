import type { GrantInput } from '../../contract/accounts.ts'
import { type Administration, administrationOf } from '../../store/accounts/administration.ts'
import { type MadeLink, makePasswordLink } from '../../store/accounts/links.ts'
import type { Principal } from '../../store/accounts/principal.ts'
import { listTenants } from '../../store/accounts/tenants.ts'
import { createToken, listTokens, revokeToken } from '../../store/accounts/tokens.ts'
import { getUser, listUsers } from '../../store/accounts/user-rows.ts'
import { createUser, removeUser, updateUser } from '../../store/accounts/users.ts'
import { accessNarrowed } from '../../store/queries/visible-sources.ts'
import { type Handlers, WithStatus } from '../handler.ts'

/** Other people, and tokens. */
export const userHandlers = {
  listTenants: async ({ unscoped }, { principal }) => {
    const administration = administrationBy(principal)
    return { administers_all: administration.isOfAll, items: [...(await listTenants(unscoped, administration))] }
  },
  listUsers: async ({ unscoped }, { principal }) => ({
    items: [...(await listUsers(unscoped, administrationBy(principal)))],
  }),
  getUser: ({ unscoped }, { params, principal }) => getUser(unscoped, administrationBy(principal), params.id),

  createUser: async ({ unscoped }, { body, principal, actor, reply }) => {
    const administration = administrationBy(principal)
    const input = { userName: body.user_name, displayName: body.display_name, grants: body.grants.map(grantOf) }
    const user = await createUser(unscoped, administration, input, actor)
    const link = await makePasswordLink(unscoped, administration, user.id, actor)
    reply.header('cache-control', 'no-store')
    return new WithStatus<'createUser'>(201, { user, link: presentLink(link) })
  },

  updateUser: ({ unscoped }, { params, body, principal, actor }) =>
    updateUser(
      unscoped,
      administrationBy(principal),
      params.id,
      { displayName: body.display_name, isDisabled: body.is_disabled, grants: body.grants?.map(grantOf) },
      actor,
    ),

  removeUser: ({ unscoped }, { params, principal, actor }) =>
    removeUser(unscoped, administrationBy(principal), params.id, actor),

  makeResetLink: async ({ unscoped }, { params, principal, actor, reply }) => {
    const link = await makePasswordLink(unscoped, administrationBy(principal), params.id, actor)
    reply.header('cache-control', 'no-store')
    return new WithStatus<'makeResetLink'>(201, presentLink(link))
  },

  listTokens: async ({ unscoped }, { query, principal }) => ({
    items: [...(await listTokens(unscoped, query.all ? administrationBy(principal) : { userId: principal!.userId }))],
  }),

  createToken: async ({ unscoped }, { body, principal, actor, reply }) => {
    const wanted = { name: body.name, scopes: body.scopes, expiresInDays: body.expires_in_days }
    const { token, view } = await createToken(unscoped, principal!.userId, wanted, actor)
    reply.header('cache-control', 'no-store')
    return new WithStatus<'createToken'>(201, { token: token.reveal(), view })
  },

  revokeToken: async ({ unscoped }, { params, principal, actor }) => {
    const own = { userId: principal!.userId }
    const administration = administrationOf(principal!.grants)
    const isOwn = (await listTokens(unscoped, own)).some(token => token.id === params.id)
    return revokeToken(unscoped, isOwn ? own : administration, params.id, actor)
  },
} satisfies Partial<Handlers>

/** @throws TenfoldError `access_narrowed` for an administrator of some sources or tags only */
export function administrationBy(principal: Principal | null): Administration {
  const administration = administrationOf(principal?.grants ?? [])
  if (administration.isOfAll || administration.tenantIds.length > 0) return administration
  throw accessNarrowed('People are administered with the role admin in a whole tenant.')
}

function grantOf({ role, tenant_id, source_ids, tags }: GrantInput) {
  return { role, tenantId: tenant_id, sourceIds: source_ids, tags }
}

function presentLink({ token, expiresAt }: MadeLink) {
  return { path: `/setup#${token.reveal()}`, expires_at: expiresAt }
}
