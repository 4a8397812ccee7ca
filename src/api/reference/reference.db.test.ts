import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { routes } from '../../contract/routes.ts'
import { startTestServer, type TestServer } from '../test-server.ts'
import { curlOf } from './curl.ts'
import { type Document, renderReference } from './page.ts'

let server: TestServer
let page: string
let document: Document
beforeAll(async () => {
  server = await startTestServer()
  page = await (await server.fetch('/docs/api')).text()
  document = (await server.call('getOpenApi')).json
})
afterAll(() => server.stop())

test('shows every operation once, and every schema', () => {
  const shown = [...page.matchAll(/<section class="operation" id="([A-Za-z]+)"/g)].map(match => match[1])
  expect(shown.sort()).toEqual(routes.map(route => route.operationId).sort())
  const schemas = [...page.matchAll(/<section class="schema" id="schema-([A-Za-z]+)"/g)].map(match => match[1])
  expect(schemas).toEqual(Object.keys(document.components.schemas))
})

test('every link within it leads somewhere, and no id is there twice', () => {
  const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(match => match[1])
  expect(new Set(ids).size).toBe(ids.length)
  const targets = [...page.matchAll(/href="#([^"]+)"/g)].map(match => match[1])
  expect(targets.filter(target => !ids.includes(target))).toEqual([])
})

test('loads nothing from elsewhere, and may run nothing but its own file', async () => {
  const loaded = [...page.matchAll(/<(?:script|link|img)[^>]*(?:src|href)="([^"]+)"/g)].map(match => match[1]!)
  expect(loaded.every(address => address.startsWith('/'))).toBe(true)
  expect(page).not.toMatch(/<script>|\son[a-z]+=/)
  const response = await server.fetch('/docs/api')
  expect(response.headers.get('content-security-policy')).toContain("script-src 'self'")
  for (const address of ['/docs/api/reference.css', '/docs/api/reference.js'])
    expect((await server.fetch(address)).status).toBe(200)
})

test('a stranger is sent to sign in', async () => {
  const response = await server.as(undefined).fetch('/docs/api', { redirect: 'manual' })
  expect([response.status, response.headers.get('location')]).toEqual([303, '/login?return_to=/docs/api'])
})

test('texts stay texts', () => {
  const hostile = '</p><script>alert(1)</script>"\''
  const made = renderReference(
    { ...document, info: { title: hostile, version: hostile, description: hostile } },
    hostile,
    false,
  )
  expect(made).not.toContain('<script>alert')
})

describe('with curl', () => {
  const all = () =>
    Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
    )

  test('every example is one command that a shell reads as meant', () => {
    for (const placed of all()) {
      const text = curlOf(placed, 'http://127.0.0.1:8010')
      const script = `curl() { printf '%s\\n' "$@"; }\nuuidgen() { echo key; }\nTOKEN=tnf_1\n${text}`
      const args = execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\n')
      expect(
        args.some(one => one.startsWith('http://127.0.0.1:8010/')),
        text,
      ).toBe(true)
      const body = args[args.indexOf('-d') + 1]
      if (args.includes('-d'))
        expect(JSON.parse(body!)).toEqual(Object.values(placed.operation.requestBody!.content)[0]!.example)
    }
  })

  test('an example works as it stands', async () => {
    const placed = all().find(one => one.operation.operationId === 'createGroupRule')!
    const command = curlOf(placed, server.url).replace('$TOKEN', server.headers.authorization!.slice(7))
    const args = /'(http[^']+)'[\s\S]*-d '([^']+)'/.exec(command)!
    const response = await server.fetch(new URL(args[1]!).pathname, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: args[2]!,
    })
    expect(response.status).toBe(201)
  })
})
