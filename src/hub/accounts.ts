import type { Role } from '../domain/role.ts'
import { ConfigError } from '../platform/errors.ts'
import { ofAll } from '../store/accounts/administration.ts'
import { type MadeLink, makePasswordLink, makeSetupLink, makeSignInLink } from '../store/accounts/links.ts'
import { listTenants, type TenantView } from '../store/accounts/tenants.ts'
import { createToken, type NewApiToken, type TokenView } from '../store/accounts/tokens.ts'
import { findUserByName, getUser, listUsers, type UserView, userNotFound } from '../store/accounts/user-rows.ts'
import { createUser, type NewUser, type UserChange, updateUser } from '../store/accounts/users.ts'
import type { Actor } from '../store/audit.ts'
import type { Database } from '../store/database.ts'

export type { GrantInput } from '../store/accounts/users.ts'
export type { MadeLink, TokenView, UserView }

/** People and their ways in, as whoever works on the machine itself sees them: the way back in when nothing else works. */
export interface Accounts {
  list(): Promise<readonly UserView[]>
  tenants(): Promise<readonly TenantView[]>
  /** @throws ConfigError `user_name_taken`, `bad_grant` */
  create(user: NewUser, actor: Actor): Promise<{ readonly user: UserView; readonly link: MadeLink }>
  /** @throws NotFoundError `user_not_found`; ConfigError `last_admin` */
  change(userName: string, change: UserChange, actor: Actor): Promise<UserView>
  /** @throws NotFoundError `user_not_found` */
  resetLink(userName: string, actor: Actor): Promise<MadeLink>
  token(
    userName: string,
    token: NewApiToken,
    actor: Actor,
  ): Promise<{ readonly token: string; readonly view: TokenView }>
  /** For the first account; undefined when there is one. */
  setupLink(): Promise<MadeLink | undefined>
  /** A link that signs a browser in as somebody without a password, who is made when there is nobody of that name. */
  signInLink(userName: string, role: Role, actor: Actor): Promise<MadeLink>
}

export function accountsOf(database: Database): Accounts {
  const idOf = async (userName: string) => {
    const user = await findUserByName(database, userName)
    if (!user) throw userNotFound(userName)
    return user.id
  }
  return {
    list: () => listUsers(database, ofAll),
    tenants: () => listTenants(database, ofAll),
    create: async (input, actor) => {
      const user = await createUser(database, ofAll, input, actor)
      return { user, link: await makePasswordLink(database, ofAll, user.id, actor) }
    },
    change: async (userName, change, actor) => updateUser(database, ofAll, await idOf(userName), change, actor),
    resetLink: async (userName, actor) => makePasswordLink(database, ofAll, await idOf(userName), actor),
    token: async (userName, wanted, actor) => {
      const { token, view } = await createToken(database, await idOf(userName), wanted, actor)
      return { token: token.reveal(), view }
    },
    setupLink: () => makeSetupLink(database),
    signInLink: async (userName, role, actor) => {
      const known = await findUserByName(database, userName)
      const user = known
        ? await getUser(database, ofAll, known.id)
        : await createUser(database, ofAll, { userName, grants: [{ role, tenantId: null }] }, actor)
      if (user.has_password || user.is_disabled) {
        throw new ConfigError('not_a_demo_account', `${userName} has a password or is switched off: sign in as usual.`)
      }
      return makeSignInLink(database, user.id)
    },
  }
}
