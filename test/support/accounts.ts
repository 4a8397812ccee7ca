import type { Role } from '../../src/domain/role.ts'
import { hashPassword } from '../../src/platform/passwords.ts'
import type { Secret } from '../../src/platform/secret.ts'
import { ofAll } from '../../src/store/accounts/administration.ts'
import { beginSession } from '../../src/store/accounts/sessions.ts'
import { createToken } from '../../src/store/accounts/tokens.ts'
import { findUserByName } from '../../src/store/accounts/user-rows.ts'
import { createUser, type GrantInput } from '../../src/store/accounts/users.ts'
import type { Database } from '../../src/store/database.ts'

// People to test with, made by the store itself: no password is hashed where nobody types one.

const actor = { kind: 'cli', name: 'test' } as const

/** Somebody with roles; the one of that name when there is one. */
export async function addPerson(
  database: Database,
  userName: string,
  grants: readonly GrantInput[] = [{ role: 'admin', tenantId: null }],
): Promise<number> {
  const known = await findUserByName(database, userName)
  return known?.id ?? (await createUser(database, ofAll, { userName, grants }, actor)).id
}

/** What a program of a person shows. */
export async function tokenOf(database: Database, userId: number): Promise<string> {
  const wanted = { name: 'test', scopes: ['read', 'sync', 'manage'], expiresInDays: 1 } as const
  return (await createToken(database, userId, wanted, actor)).token.reveal()
}

/** What a browser of a person shows. */
export async function sessionOf(database: Database, userId: number): Promise<Secret> {
  const visitor = { address: '127.0.0.1', userAgent: 'test' }
  return database.transaction(connection =>
    beginSession(connection, { userId, method: 'password', visitor, lifeHours: 1 }, actor),
  )
}

export async function givePassword(database: Database, userId: number, password: string): Promise<void> {
  await database.query('update app_user set password_hash = $2 where user_id = $1', [
    userId,
    await hashPassword(password),
  ])
}

/** Headers of a program of an administrator of everything. */
export async function signedIn({ database }: { readonly database: Database }): Promise<Record<string, string>> {
  return { authorization: `Bearer ${await tokenOf(database, await addPerson(database, 'admin'))}` }
}

export const wholeRole = (role: Role): GrantInput[] => [{ role, tenantId: null }]
