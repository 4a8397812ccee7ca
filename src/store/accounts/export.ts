// People and API tokens as flat rows. A list of either is whole at once.

import type { Database } from '../database.ts'
import type { StreamOptions } from '../queries/export-rows.ts'
import type { Administration } from './administration.ts'
import { listTokens, type TokenView } from './tokens.ts'
import { type GrantView, listUsers, type UserView } from './user-rows.ts'

export type UserExportRow = Omit<UserView, 'grants'> & { readonly roles: string[] }

/** In the order of the file's columns. */
export const userExportColumns = [
  ...(['id', 'user_name', 'display_name', 'roles', 'is_disabled', 'has_password', 'is_from_provider'] as const),
  ...(['sessions', 'tokens', 'created_at', 'last_sign_in_at', 'is_ours'] as const),
] as const satisfies readonly (keyof UserExportRow)[]

export const tokenExportColumns = [
  ...(['id', 'name', 'prefix', 'scopes', 'user_name', 'created_at', 'expires_at', 'last_used_at'] as const),
  ...(['revoked_at', 'user_id'] as const),
] as const satisfies readonly (keyof TokenView)[]

export async function* exportUsers(
  database: Database,
  administration: Administration,
  { signal }: StreamOptions,
): AsyncGenerator<UserExportRow[]> {
  signal?.throwIfAborted()
  const users = await listUsers(database, administration)
  yield users.map(({ grants, ...user }) => ({ ...user, roles: grants.map(grantText) }))
}

export async function* exportTokens(
  database: Database,
  of: Parameters<typeof listTokens>[1],
  { signal }: StreamOptions,
): AsyncGenerator<TokenView[]> {
  signal?.throwIfAborted()
  yield [...(await listTokens(database, of))]
}

function grantText({ role, tenant, source_ids: sources, tags }: GrantView): string {
  const narrowed = [
    ...(sources === null ? [] : [`sources ${sources.join(', ')}`]),
    ...(tags === null ? [] : [`tags ${tags.join(', ')}`]),
  ]
  return [`${role} in ${tenant ?? 'every tenant'}`, ...narrowed].join('; ')
}
