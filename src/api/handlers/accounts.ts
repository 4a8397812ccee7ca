import type { OperationId } from '../../contract/paths.ts'
import { shortestPassword } from '../../platform/passwords.ts'
import { Secret } from '../../platform/secret.ts'
import { findLink, linkNotValid } from '../../store/accounts/links.ts'
import type { SessionPrincipal } from '../../store/accounts/principal.ts'
import { endSessions, listSessions } from '../../store/accounts/sessions.ts'
import { changePassword, checkSignIn, SignInBlockedError, useLink } from '../../store/accounts/sign-in.ts'
import { countAttempt, forgiveAttempt } from '../../store/accounts/sign-in-failures.ts'
import { hasAccounts } from '../../store/accounts/user-rows.ts'
import { recordAudit } from '../../store/audit.ts'
import { clearSessionCookies } from '../cookies.ts'
import type { Call, Handlers, Services } from '../handler.ts'
import { countedAddress, presentMe, signIn } from '../signing-in.ts'

/** Signing in and out, and one's own account. */
export const accountHandlers = {
  getSignInOptions: async ({ unscoped, oidc }) => ({
    needs_setup: !(await hasAccounts(unscoped)),
    oidc: oidc ? { label: oidc.settings.label, start: '/api/auth/oidc/start' } : null,
    password_min_length: shortestPassword,
  }),

  signIn: async (services, call) => {
    const { body, request } = call
    const attempt = {
      userName: body.user_name,
      password: new Secret(body.password),
      address: countedAddress(request.ip),
    }
    const identity = await withRetryAfter(call, () => checkSignIn(services.unscoped, attempt, request.id))
    return signIn(services, identity, 'password', call)
  },

  inspectLink: async (services, call) => {
    const link = await countingGuesses(services, call, () => findLink(services.unscoped, new Secret(call.body.token)))
    call.reply.header('cache-control', 'no-store')
    return { purpose: link.purpose, user_name: link.userName, expires_at: link.expiresAt }
  },

  useLink: async (services, call) => {
    const { token, user_name, display_name, password } = call.body
    const secret = new Secret(token)
    await countingGuesses(services, call, () => findLink(services.unscoped, secret))
    const use = {
      token: secret,
      userName: user_name,
      displayName: display_name,
      password: password === undefined ? undefined : new Secret(password),
    }
    const identity = await useLink(services.unscoped, use, call.request.id)
    return signIn(services, identity, 'link', call)
  },

  getMe: async (_services, { principal, reply }) => {
    reply.header('cache-control', 'no-store')
    return presentMe(principal!)
  },

  signOut: async ({ unscoped }, { principal, request, reply, actor }) => {
    const { userId, sessionId } = principal as SessionPrincipal
    clearSessionCookies(request, reply)
    return { signed_out: await endSessions(unscoped, userId, { only: sessionId }, actor) }
  },

  changePassword: async (services, call) => {
    const { body, principal, request, actor } = call
    const change = {
      current: new Secret(body.current_password),
      next: new Secret(body.new_password),
      address: countedAddress(request.ip),
    }
    const identity = await withRetryAfter(call, () =>
      changePassword(services.unscoped, principal!.userId, change, actor),
    )
    return signIn(services, identity, 'password', call)
  },

  listSessions: async ({ unscoped, accounts }, { principal }) => {
    const { userId, sessionId } = principal as SessionPrincipal
    const sessions = await listSessions(unscoped, userId, accounts.sessionIdleMinutes)
    return { items: sessions.map(session => ({ ...session, is_current: session.id === sessionId })) }
  },

  endSession: async ({ unscoped }, { params, principal, request, reply, actor }) => {
    const { userId, sessionId } = principal as SessionPrincipal
    if (params.id === sessionId) clearSessionCookies(request, reply)
    return { signed_out: await endSessions(unscoped, userId, { only: params.id }, actor) }
  },

  endSessions: async ({ unscoped }, { query, principal, request, reply, actor }) => {
    const { userId, sessionId } = principal as SessionPrincipal
    if (!query.keep_current) clearSessionCookies(request, reply)
    const which = query.keep_current ? { except: sessionId } : {}
    return { signed_out: await endSessions(unscoped, userId, which, actor) }
  },
} satisfies Partial<Handlers>

/** A link cannot be guessed; who tries many is made to wait all the same. */
async function countingGuesses<T>(
  { unscoped }: Services,
  call: Call<'inspectLink'> | Call<'useLink'>,
  find: () => Promise<T | undefined>,
): Promise<T> {
  const subject = { kind: 'address', name: `link ${countedAddress(call.request.ip)}` } as const
  const found = await withRetryAfter(call, async () => {
    const wait = await countAttempt(unscoped, subject)
    if (wait !== undefined) throw new SignInBlockedError(wait)
    return find()
  })
  if (found !== undefined) {
    await forgiveAttempt(unscoped, subject)
    return found
  }
  await recordAudit(unscoped, {
    actor: { kind: 'system', name: 'sign-in', requestId: call.request.id },
    action: 'user.sign_in_refused',
    subject: 'user',
    detail: { method: 'link', address: countedAddress(call.request.ip) },
  })
  throw linkNotValid()
}

async function withRetryAfter<K extends OperationId, T>({ reply }: Call<K>, attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt()
  } catch (thrown) {
    if (thrown instanceof SignInBlockedError) reply.header('retry-after', String(thrown.retryAfterSeconds))
    throw thrown
  }
}
