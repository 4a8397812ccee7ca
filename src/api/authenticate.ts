import type { FastifyRequest } from 'fastify'
import { type RouteSpec, scopeOf } from '../contract/routes.ts'
import { includesRole } from '../domain/role.ts'
import { TenfoldError } from '../platform/errors.ts'
import { hashOf } from '../platform/random-token.ts'
import type { Secret } from '../platform/secret.ts'
import { listGrantors } from '../store/accounts/grantors.ts'
import { findSessionPrincipal, findTokenPrincipal, highestRole, type Principal } from '../store/accounts/principal.ts'
import { hasAccounts } from '../store/accounts/user-rows.ts'
import type { Actor } from '../store/audit.ts'
import type { Database } from '../store/database.ts'
import { hasCsrfToken, readSessionCookie } from './cookies.ts'

export interface Authentication {
  readonly database: Database
  readonly sessionIdleMinutes: number
}

/** Who calls, and whether they may call this. */
export interface Admitted {
  /** Null: a stranger, who may call few things. */
  readonly principal: Principal | null
  /** What the browser showed. */
  readonly session: Secret | undefined
  readonly actor: Actor
}

const stranger = (request: FastifyRequest): Actor => ({ kind: 'system', name: 'stranger', requestId: request.id })

/**
 * Before anything of the request is read: who it is, and whether the route is theirs.
 * @throws TenfoldError 401 `not_signed_in`, `setup_needed`, `token_not_valid`; 403 `role_missing`, `scope_missing`,
 *   `browser_only`, `csrf_token_missing`
 */
export async function admit(auth: Authentication, route: RouteSpec, request: FastifyRequest): Promise<Admitted> {
  const session = readSessionCookie(request)
  if (route.role === 'stranger') return { principal: null, session, actor: stranger(request) }
  const bearer = bearerOf(request)
  const principal = bearer
    ? await findTokenPrincipal(auth.database, hashOf(bearer))
    : session && (await findSessionPrincipal(auth.database, hashOf(session.reveal()), idleOf(auth)))
  if (!principal) throw await unknownCaller(auth.database, bearer)
  if (principal.kind === 'session') refuseForgery(request, session!)
  else refuseBeyondScopes(principal.scopes, route)
  await refuseLesserRole(auth.database, principal, route)
  return { principal, session: bearer ? undefined : session, actor: actorOf(principal, request) }
}

/** Who it is now: they may have been signed out, or lost a role, while an answer went on. */
export async function admitAgain(
  auth: Authentication,
  route: RouteSpec,
  request: FastifyRequest,
): Promise<Principal | undefined> {
  try {
    return (await admit(auth, route, request)).principal ?? undefined
  } catch (thrown) {
    if (thrown instanceof TenfoldError) return undefined
    throw thrown
  }
}

function idleOf({ sessionIdleMinutes }: Authentication) {
  return { idleMinutes: sessionIdleMinutes }
}

function bearerOf(request: FastifyRequest): string | undefined {
  return /^Bearer +([\x21-\x7e]+) *$/i.exec(request.headers.authorization ?? '')?.[1]
}

async function unknownCaller(database: Database, bearer: string | undefined): Promise<TenfoldError> {
  if (bearer !== undefined) {
    return new TenfoldError('token_not_valid', 'The token is not known, was revoked or has expired. Make a new one.')
  }
  if (!(await hasAccounts(database))) {
    return new TenfoldError(
      'setup_needed',
      'There is no account yet. Open the set-up link that "tenfold up" printed, or run "tenfold user create".',
    )
  }
  return new TenfoldError('not_signed_in', 'Sign in first, or send a token: Authorization: Bearer tnf_….')
}

function refuseForgery(request: FastifyRequest, session: Secret): void {
  if (request.method === 'GET' || request.method === 'HEAD') return
  if (hasCsrfToken(request, session)) return
  throw new TenfoldError(
    'csrf_token_missing',
    'A call that changes something and comes with a cookie must repeat the value of the CSRF cookie in X-CSRF-Token. Load the page again; programs use a token.',
  )
}

function refuseBeyondScopes(scopes: readonly string[], route: RouteSpec): void {
  const needed = scopeOf(route)
  if (needed === 'session') {
    throw new TenfoldError('browser_only', 'This can be done in a browser that is signed in, and not with a token.')
  }
  if (scopes.includes(needed)) return
  throw new TenfoldError(
    'scope_missing',
    `The token has ${scopes.join(', ')}; this needs ${needed}. Make another token.`,
  )
}

async function refuseLesserRole(database: Database, principal: Principal, { role }: RouteSpec): Promise<void> {
  if (role === 'stranger' || role === 'account') return
  const held = highestRole(principal.grants)
  if (held && includesRole(held, role)) return
  const grantors = await listGrantors(database, principal.userId)
  const whom = grantors.length === 0 ? 'an administrator' : grantors.join(', ')
  throw new TenfoldError(
    'role_missing',
    `This needs the role ${role}; yours is ${held ?? 'none'}. It can be granted by ${whom}.`,
    { context: { needed: role, held: held ?? null } },
  )
}

function actorOf(principal: Principal, request: FastifyRequest): Actor {
  return {
    kind: 'user',
    name: principal.userName,
    userId: principal.userId,
    requestId: request.id,
    ...(principal.kind === 'token' ? { tokenPrefix: principal.prefix } : {}),
  }
}
