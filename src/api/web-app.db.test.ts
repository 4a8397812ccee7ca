import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer } from './test-server.ts'

let root: string
let server: TestServer
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'web-'))
  await mkdir(join(root, 'static'))
  await writeFile(join(root, 'index.html'), '<!doctype html><meta name="csp-nonce" content="__CSP_NONCE__"><p>the app')
  await writeFile(join(root, 'static', 'index-Ab3dE_9x.js'), 'export {}')
  await writeFile(join(root, 'favicon.svg'), '<svg/>')
  await writeFile(join(root, 'apple-touch-icon-large.png'), '')
  await writeFile(join(root, '.secret'), 'hidden')
  await writeFile(join(root, '..', 'outside.txt'), 'outside')
  server = await startTestServer({ isEmpty: true, web: { root } })
})
afterAll(async () => {
  await server.stop()
  await rm(root, { recursive: true })
  await rm(join(root, '..', 'outside.txt'))
})

const get = (path: string, accept = 'text/html,*/*') => fetch(server.url + path, { headers: { accept } })

describe('the web app', () => {
  for (const path of [
    '/',
    '/assets/tenable',
    '/assets/tenable/5',
    '/vulnerabilities/tenable?severity=high',
    '/settings/integrations/tenable',
    '/admin/tenable/sync',
    '/login',
  ]) {
    test(`${path} is its first page`, async () => {
      const response = await get(path)
      expect(response.status).toBe(200)
      const policy = response.headers.get('content-security-policy')!
      const nonce = /style-src 'self' 'nonce-([^']+)'/.exec(policy)![1]
      expect(policy).toContain("script-src 'self';")
      expect(policy).not.toMatch(/(script-src|style-src )[^;]*unsafe/)
      expect(await response.text()).toContain(`content="${nonce}"`)
      expect(response.headers.get('cache-control')).toBe('no-cache')
    })
  }

  test('every page has a nonce of its own', async () => {
    const [one, two] = await Promise.all([get('/'), get('/')])
    expect(one!.headers.get('content-security-policy')).not.toBe(two!.headers.get('content-security-policy'))
  })

  test('every screen that the app has is found', async () => {
    const router = await readFile(join(import.meta.dirname, '..', 'web', 'app', 'router.tsx'), 'utf8')
    const paths = [...router.matchAll(/getParentRoute: \(\) => root,\s+path: '([^']+)'/g)].map(([, path]) => path!)
    expect(paths.length).toBeGreaterThan(15)
    const answers = await Promise.all(paths.map(async path => [path, (await get(path)).status]))
    expect(answers).toEqual(paths.map(path => [path, 200]))
  })

  test('a screen that is none is a 404 that the app shows', async () => {
    const response = await get('/nowhere')
    expect([response.status, await response.text()]).toEqual([404, expect.stringContaining('the app')])
  })

  test('files with a hash in their name are kept for good, others are asked for again', async () => {
    const script = await get('/static/index-Ab3dE_9x.js')
    expect(script.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    expect(script.headers.get('content-type')).toContain('javascript')
    const icon = await get('/favicon.svg')
    expect((await get('/apple-touch-icon-large.png')).headers.get('cache-control')).toBe('no-cache')
    expect([icon.headers.get('cache-control'), icon.headers.get('content-security-policy')]).toEqual([
      'no-cache',
      expect.stringContaining("default-src 'none'"),
    ])
  })

  test('a file that is not there is a problem, not the app', async () => {
    for (const path of ['/static/old-Ab3dE_9x.js', '/api/nothing', '/api/tenable/nothing']) {
      const response = await get(path, '*/*')
      expect([response.status, response.headers.get('content-type')]).toEqual([
        404,
        'application/problem+json; charset=utf-8',
      ])
    }
  })

  test('nothing outside of its folder, nothing hidden', async () => {
    for (const path of [
      '/.secret',
      '/..%2foutside.txt',
      '/static/..%2f..%2foutside.txt',
      '/%2e%2e/outside.txt',
      '/static/%00',
    ]) {
      const response = await get(path, '*/*')
      expect(response.status).toBeGreaterThanOrEqual(400)
      expect(response.status).toBeLessThan(500)
      expect(await response.text()).not.toMatch(/outside$|hidden/)
    }
  })

  test('without it the API is all there is', async () => {
    const bare = await startTestServer({ isEmpty: true, web: { root: join(root, 'nothing') } })
    try {
      expect((await fetch(`${bare.url}/`, { headers: { accept: 'text/html' } })).status).toBe(404)
      expect((await fetch(`${bare.url}/livez`)).status).toBe(200)
    } finally {
      await bare.stop()
    }
  })
})
