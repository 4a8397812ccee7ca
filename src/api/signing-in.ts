import { isIPv6 } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Me } from '../contract/accounts.ts'
import { hashOf } from '../platform/random-token.ts'
import type { Secret } from '../platform/secret.ts'
import { accessOf } from '../store/access.ts'
import { administrationOf } from '../store/accounts/administration.ts'
import { findSessionPrincipal, highestRole, type Principal } from '../store/accounts/principal.ts'
import { beginSession, type SignInMethod } from '../store/accounts/sessions.ts'
import type { Identity } from '../store/accounts/user-rows.ts'
import { setSessionCookies } from './cookies.ts'
import type { Services } from './handler.ts'

interface Visit {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  /** What the browser had before. */
  readonly session: Secret | undefined
}

/** Begins a session in this browser, with an id that nobody had before. */
export async function signIn(
  { unscoped, accounts }: Services,
  identity: Identity,
  method: SignInMethod,
  { request, reply, session: before }: Visit,
): Promise<Me> {
  const actor = { kind: 'user', name: identity.userName, userId: identity.id, requestId: request.id } as const
  const visitor = { address: request.ip, userAgent: request.headers['user-agent'] ?? '' }
  const { sessionLifeHours: lifeHours, sessionIdleMinutes: idleMinutes } = accounts
  const session = await unscoped.transaction(connection =>
    beginSession(connection, { userId: identity.id, method, visitor, lifeHours }, actor, before),
  )
  setSessionCookies(request, reply, session, lifeHours)
  reply.header('cache-control', 'no-store')
  return presentMe((await findSessionPrincipal(unscoped, hashOf(session.reveal()), { idleMinutes }))!)
}

export function presentMe(principal: Principal): Me {
  const { grants } = principal
  const { isOfAll, tenantIds } = administrationOf(grants)
  return {
    id: principal.userId,
    user_name: principal.userName,
    display_name: principal.displayName,
    role: highestRole(grants) ?? null,
    is_narrowed: !accessOf(grants, 'viewer').isWhole,
    administers_users: isOfAll || tenantIds.length > 0,
    has_password: principal.hasPassword,
    is_from_provider: principal.isFromProvider,
    session: principal.kind === 'session' ? { id: principal.sessionId, ends_at: principal.endsAt } : null,
    token: principal.kind === 'token' ? { prefix: principal.prefix, scopes: [...principal.scopes] } : null,
  }
}

/** What wrong passwords are counted for: who has one address of IPv6 has the whole network of it. */
export function countedAddress(ip: string): string {
  if (!isIPv6(ip) || ip.toLowerCase().startsWith('::ffff:')) return ip
  const [head = '', tail = ''] = ip.split('::')
  const groups = head === '' ? [] : head.split(':')
  const missing = 8 - groups.length - (tail === '' ? 0 : tail.split(':').length)
  const all = ip.includes('::')
    ? [...groups, ...Array<string>(Math.max(0, missing)).fill('0'), ...tail.split(':')]
    : groups
  return all.slice(0, 4).join(':')
}
