import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { entityTagOf, namesTag } from './entity-tag.ts'

const fixedHeaders = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
} as const

/** For answers that are not pages: nothing in them may run or load. */
const policyOfData = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

/**
 * For the web app: its own files and nothing else.
 * @param nonce allows the style elements that carry it
 */
export function policyOfPages(nonce: string | null): string {
  const styles = nonce === null ? "'self' 'unsafe-inline'" : `'self' 'nonce-${nonce}'`
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src ${styles}`,
    // Style attributes cannot load or run anything; charts and virtual lists place their parts with them.
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ')
}

/** Security headers on every answer; on JSON an ETag, so that an unchanged page costs a line. */
export function addHeaders(app: FastifyInstance): void {
  app.addHook('onRequest', async (_request, reply) => {
    setFixedHeaders(reply)
  })
  app.addHook('onSend', async (request, reply, payload) => {
    if (!request.url.startsWith('/api/')) return payload
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'private, no-cache')
    return typeof payload === 'string' ? withTag(request, reply, payload) : payload
  })
}

export function setFixedHeaders<R extends Pick<FastifyReply, 'headers'>>(reply: R): R {
  reply.headers({ ...fixedHeaders, 'content-security-policy': policyOfData })
  return reply
}

function withTag(request: FastifyRequest, reply: FastifyReply, payload: string): string {
  if (request.method !== 'GET' || reply.statusCode !== 200) return payload
  const tag = entityTagOf(payload)
  reply.header('etag', tag)
  const known = request.headers['if-none-match']
  if (known === undefined || !namesTag(known, tag)) return payload
  reply.code(304)
  reply.removeHeader('content-type')
  reply.removeHeader('content-length')
  return ''
}
