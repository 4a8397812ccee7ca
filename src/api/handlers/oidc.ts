import type { FastifyReply, FastifyRequest } from 'fastify'
import { codeOf, NotFoundError, StoreError, TenfoldError } from '../../platform/errors.ts'
import { followProvider } from '../../store/accounts/provider-users.ts'
import { recordAudit } from '../../store/audit.ts'
import type { OidcSettings } from '../account-settings.ts'
import { readShortCookie, setShortCookie } from '../cookies.ts'
import type { Handlers, Services } from '../handler.ts'
import type { OidcAttempt, OidcProvider } from '../oidc/provider.ts'
import { signIn } from '../signing-in.ts'

const attemptCookie = 'tenfold_oidc'
const attemptPurpose = 'oidc'

export const oidcHandlers = {
  startOidc: async (services, { query, request }, reply) => {
    const provider = providerOf(services)
    const redirectUri = `${addressOf(services, request)}/api/auth/oidc/callback`
    try {
      const { url, attempt } = await provider.start(redirectUri, pathWithin(query.return_to))
      setShortCookie(request, reply, attemptCookie, seal(services, attempt))
      return goTo(reply, url.href)
    } catch (thrown) {
      return goTo(reply, refusedAt(request, thrown))
    }
  },

  finishOidc: async (services, call, reply) => {
    const provider = providerOf(services)
    const { request } = call
    try {
      const attempt = open(services, readShortCookie(request, attemptCookie))
      setShortCookie(request, reply, attemptCookie, '')
      const proven = await provider.finish(new URL(request.url, attempt.redirectUri), attempt)
      const person = { ...proven, roles: rolesOf(provider.settings, proven.groups) }
      const identity = await followProvider(services.unscoped, person, request.id)
      await signIn(services, identity, 'oidc', call)
      return goTo(reply, attempt.returnTo)
    } catch (thrown) {
      await recordRefusal(services, request, thrown)
      return goTo(reply, refusedAt(request, thrown))
    }
  },
} satisfies Partial<Handlers>

export function rolesOf({ roleMap }: Pick<OidcSettings, 'roleMap'>, groups: readonly string[]) {
  return roleMap.filter(one => groups.includes(one.group)).map(({ role, tenant }) => ({ role, tenant }))
}

function providerOf({ oidc }: Services): OidcProvider {
  if (oidc) return oidc
  throw new NotFoundError('oidc_not_set_up', 'No identity provider is set up here. Sign in with a password.')
}

/** Where the browser found us: as the operator said, else as it called. */
function addressOf({ accounts }: Services, request: FastifyRequest): string {
  return accounts.publicUrl ?? `${request.protocol}://${request.headers.host}`
}

/** A path of this server, whatever was asked for: nobody is sent elsewhere after signing in. */
export function pathWithin(wanted: string | undefined): string {
  if (wanted === undefined) return '/'
  const base = 'http://here.invalid'
  const url = URL.canParse(wanted, base) ? new URL(wanted, base) : undefined
  return url?.origin === base && wanted.startsWith('/') ? url.pathname + url.search + url.hash : '/'
}

function seal({ sealing }: Services, attempt: OidcAttempt): string {
  return `${sealing.keyId}.${sealing.seal(JSON.stringify(attempt), attemptPurpose).toString('base64url')}`
}

function open({ sealing }: Services, cookie: string | undefined): OidcAttempt {
  const [keyId = '', sealed = ''] = (cookie ?? '').split('.')
  try {
    return JSON.parse(sealing.open(Buffer.from(sealed, 'base64url'), keyId, attemptPurpose)) as OidcAttempt
  } catch (cause) {
    throw new TenfoldError(
      'oidc_refused',
      'Signing in through the identity provider failed. It was not begun in this browser, or too long ago. Start again.',
      { cause },
    )
  }
}

/** The page to sign in says what went wrong; an address in its query would be somebody else's words on our page. */
function refusedAt(request: FastifyRequest, thrown: unknown): string {
  if (thrown instanceof TenfoldError && !(thrown instanceof StoreError)) {
    request.log.warn({ request_id: request.id, code: thrown.code, error: thrown.message }, 'a sign-in was refused')
    return `/login?refused=${encodeURIComponent(thrown.code)}&request=${request.id}`
  }
  throw thrown
}

async function recordRefusal({ unscoped }: Services, request: FastifyRequest, thrown: unknown): Promise<void> {
  await recordAudit(unscoped, {
    actor: { kind: 'system', name: 'sign-in', requestId: request.id },
    action: 'user.sign_in_refused',
    subject: 'user',
    detail: { method: 'oidc', address: request.ip, code: codeOf(thrown) },
  })
}

function goTo(reply: FastifyReply, location: string): FastifyReply {
  return reply.code(302).header('location', location).header('cache-control', 'no-store').type('text/html').send('')
}
