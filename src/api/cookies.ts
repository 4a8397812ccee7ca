import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Secret } from '../platform/secret.ts'

// Two cookies: the session, which no script can read, and a token that scripts of our own pages repeat in a header. A page
// of another site can have the browser send the cookies, but can read neither and set no header.

const sessionCookie = 'tenfold_session'
const csrfCookie = 'tenfold_csrf'
export const csrfHeader = 'x-csrf-token'

export function readSessionCookie(request: FastifyRequest): Secret | undefined {
  const value = readCookie(request, nameOf(request, sessionCookie))
  return value === undefined || value === '' ? undefined : new Secret(value)
}

export function setSessionCookies(request: FastifyRequest, reply: FastifyReply, session: Secret, hours: number): void {
  const maxAge = `Max-Age=${hours * 3_600}`
  addCookie(reply, cookie(request, sessionCookie, session.reveal(), ['HttpOnly', maxAge]))
  addCookie(reply, cookie(request, csrfCookie, csrfTokenOf(session), [maxAge]))
}

export function clearSessionCookies(request: FastifyRequest, reply: FastifyReply): void {
  addCookie(reply, cookie(request, sessionCookie, '', ['HttpOnly', 'Max-Age=0']))
  addCookie(reply, cookie(request, csrfCookie, '', ['Max-Age=0']))
}

export function hasCsrfToken(request: FastifyRequest, session: Secret): boolean {
  const given = request.headers[csrfHeader]
  if (typeof given !== 'string') return false
  const [a, b] = [Buffer.from(given), Buffer.from(csrfTokenOf(session))]
  return a.length === b.length && timingSafeEqual(a, b)
}

/** Bound to the session: another's is of no use. */
export function csrfTokenOf(session: Secret): string {
  return createHash('sha256').update(`csrf ${session.reveal()}`).digest('base64url')
}

/** A cookie that only one path gets, for a few minutes. */
export function setShortCookie(request: FastifyRequest, reply: FastifyReply, name: string, value: string): void {
  addCookie(reply, cookie(request, name, value, ['HttpOnly', `Max-Age=${value === '' ? 0 : 600}`]))
}

export function readShortCookie(request: FastifyRequest, name: string): string | undefined {
  return readCookie(request, nameOf(request, name)) || undefined
}

function cookie(request: FastifyRequest, name: string, value: string, more: readonly string[]): string {
  const attributes = ['Path=/', 'SameSite=Lax', ...(isSecure(request) ? ['Secure'] : []), ...more]
  return [`${nameOf(request, name)}=${value}`, ...attributes].join('; ')
}

/** Cookies know no ports: two servers on one machine would sign each other out. */
function nameOf(request: FastifyRequest, name: string): string {
  if (isSecure(request)) return `__Host-${name}`
  const port = /:(\d+)$/.exec(request.headers.host ?? '')?.[1]
  return port === undefined ? name : `${name}_${port}`
}

/** As the browser sees it: a trusted proxy says so. */
function isSecure(request: FastifyRequest): boolean {
  return request.protocol === 'https'
}

function readCookie(request: FastifyRequest, name: string): string | undefined {
  const pairs = (request.headers.cookie ?? '').split(';').map(pair => pair.trim())
  return pairs.find(pair => pair.startsWith(`${name}=`))?.slice(name.length + 1)
}

function addCookie(reply: FastifyReply, value: string): void {
  reply.header('set-cookie', value)
}
