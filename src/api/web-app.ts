import { randomBytes } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { policyOfPages } from './headers.ts'

/** The first part of every path that is a screen; the app itself knows what is below it. */
const screens: ReadonlySet<string> = new Set([
  '',
  'settings',
  'assets',
  'vulnerabilities',
  'plugins',
  'admin',
  'analytics',
  'scans',
  'compliance',
  'networks',
  'imports',
  'devices',
  'reconciliation',
  'login',
  'setup',
])
const noncePlaceholder = '__CSP_NONCE__'
/** What the build put there under a name with a hash in it never means another content. */
const hashedName = /^(?:assets|static)[\\/].*[.-][A-Za-z0-9_-]{8,}\.[a-z0-9]+$/

/** Serves the built web app: its files, and its first page for every screen. */
export async function addWebApp(app: FastifyInstance, root: string): Promise<void> {
  await app.register(fastifyStatic, {
    root,
    index: false,
    wildcard: true,
    etag: true,
    cacheControl: false,
    // One folder, no way out of it; names that begin with a dot are not for readers.
    dotfiles: 'ignore',
    schemaHide: true,
    setHeaders: (reply, path) => {
      reply.header(
        'cache-control',
        hashedName.test(relative(root, path)) ? 'public, max-age=31536000, immutable' : 'no-cache',
      )
    },
  })
  app.get('/', { schema: { hide: true } }, (_request, reply) => sendPage(reply, root, 200))
}

/** Whether a call that met no route and no file is for a page of the app. */
export function wantsPage(request: FastifyRequest): boolean {
  const path = request.url.split('?')[0]!
  if (request.method !== 'GET' || path.startsWith('/api/')) return false
  return (request.headers.accept ?? '').includes('text/html')
}

/** The app's first page: 404 where there is no such screen, which the app says in its own words. */
export function sendScreen(request: FastifyRequest, reply: FastifyReply, root: string): Promise<FastifyReply> {
  const first = request.url.split('?')[0]!.split('/')[1] ?? ''
  return sendPage(reply, root, screens.has(first) ? 200 : 404)
}

export async function hasWebApp(root: string): Promise<boolean> {
  return stat(join(root, 'index.html')).then(
    entry => entry.isFile(),
    () => false,
  )
}

async function sendPage(reply: FastifyReply, root: string, status: number): Promise<FastifyReply> {
  const page = await readFile(join(root, 'index.html'), 'utf8')
  const usesNonce = page.includes(noncePlaceholder)
  const nonce = usesNonce ? randomBytes(16).toString('base64') : null
  return reply
    .code(status)
    .header('content-type', 'text/html; charset=utf-8')
    .header('cache-control', 'no-cache')
    .header('content-security-policy', policyOfPages(nonce))
    .send(nonce === null ? page : page.replaceAll(noncePlaceholder, nonce))
}
