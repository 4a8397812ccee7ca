import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addPerson, sessionOf, tokenOf, wholeRole } from '../../test/support/accounts.ts'
import { openBrowser } from '../../test/support/api-browser.ts'
import { type RouteSpec, routes, scopeOf } from '../contract/routes.ts'
import { includesRole, type Role, roles } from '../domain/role.ts'
import { hashOf } from '../platform/random-token.ts'
import { createToken } from '../store/accounts/tokens.ts'
import { csrfTokenOf } from './cookies.ts'
import { startTestServer, type TestServer } from './test-server.ts'

// Every route, as every role and as a stranger, over real HTTP with real sessions. What is asked for is never there, so
// that nothing happens: only whether the caller was let in is looked at.

let server: TestServer
const people = new Map<Role | 'nobody', number>()
beforeAll(async () => {
  server = await startTestServer()
  const { database } = server.db
  people.set('nobody', await addPerson(database, 'nobody', []))
  for (const role of roles) people.set(role, await addPerson(database, `a ${role}`, wholeRole(role)))
})
afterAll(() => server.stop())

async function browserOf(person: Role | 'nobody') {
  const session = await sessionOf(server.db.database, people.get(person)!)
  const { port } = new URL(server.url)
  return openBrowser(
    server.url,
    new Map([
      [`tenfold_session_${port}`, session.reveal()],
      [`tenfold_csrf_${port}`, csrfTokenOf(session)],
    ]),
  )
}

const nothing = (route: RouteSpec) => ({
  ...(route.path.includes(':') ? { params: { id: '987654321', kind: 'epss', cve: 'CVE-1999-0001' } } : {}),
  // A stream would stay open, and a stop would stop what other tests run.
  query: route.operationId === 'followEvents' ? { once: true } : {},
  ...(route.body ? { body: { nothing: 'of the kind' } } : {}),
})

const letIn = (status: number, code: string | undefined) =>
  status !== 401 && !(status === 403 && ['role_missing', 'csrf_token_missing', 'browser_only'].includes(code ?? ''))

for (const route of routes) {
  describe(`${route.method} ${route.path}`, () => {
    test(`a stranger is ${route.role === 'stranger' ? 'let in' : 'refused with 401'}`, async () => {
      const { status, json } = await openBrowser(server.url).call(route.operationId, nothing(route))
      if (route.role === 'stranger') expect(json?.code).not.toBe('not_signed_in')
      else expect([status, json.code]).toEqual([401, 'not_signed_in'])
    })

    for (const person of ['nobody', ...roles] as const) {
      const mayCall =
        route.role === 'stranger' ||
        route.role === 'account' ||
        (person !== 'nobody' && includesRole(person, route.role))
      test(`${person} is ${mayCall ? 'let in' : 'refused with 403'}`, async () => {
        const browser = await browserOf(person)
        const { status, json } = await browser.call(route.operationId, nothing(route))
        expect(status).toBeLessThan(500)
        if (mayCall) expect(letIn(status, json?.code)).toBe(true)
        else expect([status, json.code]).toEqual([403, 'role_missing'])
      })
    }

    const changes = route.method !== 'GET' && route.role !== 'stranger'
    if (changes)
      test('a page of another site, which cannot read the CSRF token, is refused', async () => {
        const browser = await browserOf('admin')
        const { status, json } = await browser.call(route.operationId, { ...nothing(route), withCsrf: false })
        expect([status, json.code]).toEqual([403, 'csrf_token_missing'])
      })

    const needed = scopeOf(route)
    if (route.role !== 'stranger')
      test(`a token needs ${needed}`, async () => {
        for (const scope of ['read', 'sync', 'manage'] as const) {
          const wanted = { name: scope, scopes: [scope], expiresInDays: 1 } as const
          const actor = { kind: 'cli', name: 'test' } as const
          const { token } = await createToken(server.db.database, people.get('admin')!, wanted, actor)
          const { status, json } = await server.as(token.reveal()).call(route.operationId, nothing(route))
          if (scope === needed) expect(letIn(status, json?.code)).toBe(true)
          else expect([status, json.code]).toEqual([403, needed === 'session' ? 'browser_only' : 'scope_missing'])
        }
      })
  })
}

test('the document says the same: who needs to show what', async () => {
  const document = (await server.call('getOpenApi')).json
  for (const route of routes) {
    const path = document.paths[route.path.replace(/:([a-z]+)/g, '{$1}')]
    const { security, ...operation } = path[route.method.toLowerCase()]
    expect(operation['x-role']).toBe(route.role)
    expect(security).toHaveLength(route.role === 'stranger' ? 0 : scopeOf(route) === 'session' ? 1 : 2)
    expect('401' in operation.responses).toBe(route.role !== 'stranger' || route.operationId === 'signIn')
  }
})

test('a revoked or expired token, and one of a person who is switched off, opens nothing', async () => {
  const { database } = server.db
  const userId = await addPerson(database, 'leaver', wholeRole('viewer'))
  const token = await tokenOf(database, userId)
  const statusOf = async () => (await server.as(token).call('listAssets')).status
  expect(await statusOf()).toBe(200)
  const ways = [
    ['update api_token set revoked_at = now()', 'update api_token set revoked_at = null'],
    [
      `update api_token set expires_at = now() - interval '1 s'`,
      `update api_token set expires_at = now() + interval '1 day'`,
    ],
  ]
  for (const [close, open] of ways) {
    await database.query(`${close} where token_hash = $1`, [hashOf(token)])
    expect(await statusOf()).toBe(401)
    await database.query(`${open} where token_hash = $1`, [hashOf(token)])
    expect(await statusOf()).toBe(200)
  }
  await database.query('update app_user set is_disabled = true where user_id = $1', [userId])
  expect(await statusOf()).toBe(401)
})
