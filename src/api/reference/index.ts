import { readFileSync } from 'node:fs'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { routes } from '../../contract/routes.ts'
import type { JsonObject } from '../../domain/json.ts'
import { TenfoldError } from '../../platform/errors.ts'
import { type Authentication, admit } from '../authenticate.ts'
import { policyOfPages } from '../headers.ts'
import { type Document, renderReference } from './page.ts'

export interface ReferenceDeps {
  readonly auth: Authentication
  readonly openApi: () => JsonObject
  /** The web app is served too. */
  readonly hasApp: boolean
}

const files = [
  { name: 'reference.css', type: 'text/css; charset=utf-8' },
  { name: 'reference.js', type: 'text/javascript; charset=utf-8' },
] as const
const ofDocument = routes.find(route => route.operationId === 'getOpenApi')!

/** `/docs/api`: the OpenAPI document as a page, for whoever may have the document. */
export function addReference(app: FastifyInstance, deps: ReferenceDeps): void {
  for (const { name, type } of files) {
    const content = readFileSync(new URL(name, import.meta.url), 'utf8')
    app.get(`/docs/api/${name}`, { schema: { hide: true } }, (_request, reply) =>
      reply.header('content-type', type).header('cache-control', 'no-cache').send(content),
    )
  }
  const pages = new Map<string, string>()
  app.get('/docs/api', { schema: { hide: true } }, async (request, reply) => {
    if (!(await mayRead(deps.auth, request))) return reply.redirect('/login?return_to=/docs/api', 303)
    const origin = `${request.protocol}://${request.host}`
    const page = pages.get(origin) ?? renderReference(deps.openApi() as unknown as Document, origin, deps.hasApp)
    // Few names lead here; whoever calls it by many does not fill the memory.
    if (pages.size < 4) pages.set(origin, page)
    return reply
      .header('content-type', 'text/html; charset=utf-8')
      .header('cache-control', 'private, no-cache')
      .header('content-security-policy', policyOfPages(null))
      .send(page)
  })
}

async function mayRead(auth: Authentication, request: FastifyRequest): Promise<boolean> {
  try {
    await admit(auth, ofDocument, request)
    return true
  } catch (thrown) {
    if (thrown instanceof TenfoldError) return false
    throw thrown
  }
}
