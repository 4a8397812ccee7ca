import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { addPerson, givePassword, wholeRole } from '../../test/support/accounts.ts'
import { openBrowser, type TestBrowser } from '../../test/support/api-browser.ts'
import { clientId, clientSecret, type Issuer, type IssuerFault, startIssuer } from '../../test/support/oidc-issuer.ts'
import { Secret } from '../platform/secret.ts'
import { type OidcSettings, usualAccountSettings } from './account-settings.ts'
import { pathWithin } from './handlers/oidc.ts'
import { startTestServer, type TestServer } from './test-server.ts'

let issuer: Issuer
let server: TestServer
let settings: OidcSettings
beforeAll(async () => {
  issuer = await startIssuer()
  settings = {
    issuer: issuer.url,
    clientId,
    clientSecret: new Secret(clientSecret),
    scopes: 'openid profile',
    groupsClaim: 'groups',
    roleMap: [
      { group: 'secops', role: 'operator', tenant: null },
      { group: 'cn=owners,ou=groups', role: 'viewer', tenant: 'default' },
    ],
    allowPrivate: true,
    label: 'Company account',
  }
  server = await startTestServer({ accounts: { ...usualAccountSettings, oidc: settings } })
})
afterAll(async () => {
  await server.stop()
  await issuer.stop()
})
beforeEach(() => {
  issuer.fault = 'none'
  issuer.claims = { sub: 'subject-1', preferred_username: 'dana', name: 'Dana D.', groups: ['secops', 'others'] }
})

/** The whole way: there, through the provider, and back. */
async function goThrough(browser: TestBrowser, returnTo?: string, change: (back: URL) => void = () => undefined) {
  const there = await browser.call('startOidc', { query: { return_to: returnTo } })
  expect(there.status).toBe(302)
  const asked = await fetch(there.headers.get('location')!, { redirect: 'manual' })
  const back = new URL(asked.headers.get('location')!)
  change(back)
  return browser.call('finishOidc', {
    query: Object.fromEntries(back.searchParams),
    // As a browser that another site sends here.
    headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' },
  })
}

describe('through the identity provider', () => {
  test('the button is offered, and asks for a code with PKCE, state and nonce', async () => {
    const browser = openBrowser(server.url)
    expect((await browser.call('getSignInOptions')).json.oidc).toEqual({
      label: 'Company account',
      start: '/api/auth/oidc/start',
    })
    const there = await browser.call('startOidc')
    const asked = new URL(there.headers.get('location')!).searchParams
    expect(Object.fromEntries(asked)).toMatchObject({
      response_type: 'code',
      client_id: clientId,
      scope: 'openid profile',
      redirect_uri: `${server.url}/api/auth/oidc/callback`,
      code_challenge_method: 'S256',
      state: expect.stringMatching(/^[\w-]{40,}$/),
      nonce: expect.stringMatching(/^[\w-]{40,}$/),
    })
    // What the browser holds in between tells it nothing.
    expect([...browser.cookies.values()].join()).not.toContain(asked.get('nonce'))
  })

  test('somebody is signed in with what their groups give, back where they were going', async () => {
    const browser = openBrowser(server.url)
    const done = await goThrough(browser, '/assets/tenable?tag=Env')
    expect([done.status, done.headers.get('location')]).toEqual([302, '/assets/tenable?tag=Env'])
    expect((await browser.call('getMe')).json).toMatchObject({
      user_name: 'dana',
      display_name: 'Dana D.',
      role: 'operator',
      is_from_provider: true,
      has_password: false,
    })
    const told = (await server.call('listAudit', { query: { action: 'user.signed_in', limit: 1 } })).json.items[0]
    expect(told).toMatchObject({ actor: 'dana', detail: { method: 'oidc' } })
  })

  test('it is the subject that counts: a new name is the same person, another subject is another', async () => {
    const first = openBrowser(server.url)
    await goThrough(first)
    const { id } = (await first.call('getMe')).json
    issuer.claims = { ...issuer.claims, preferred_username: 'dana-married' }
    const renamed = openBrowser(server.url)
    await goThrough(renamed)
    expect((await renamed.call('getMe')).json.id).toBe(id)
    issuer.claims = { ...issuer.claims, sub: 'subject-2', preferred_username: 'dana' }
    const other = openBrowser(server.url)
    await goThrough(other)
    expect((await other.call('getMe')).json).toMatchObject({ user_name: 'dana-2' })
  })

  test('a name of somebody who is here already is not enough to become them', async () => {
    const localId = await addPerson(server.db.database, 'boss', wholeRole('admin'))
    issuer.claims = { sub: 'subject-9', preferred_username: 'boss', groups: ['cn=owners,ou=groups'] }
    const browser = openBrowser(server.url)
    await goThrough(browser)
    const me = (await browser.call('getMe')).json
    expect(me).toMatchObject({ user_name: 'boss-2', role: 'viewer' })
    expect(me.id).not.toBe(localId)
  })

  test('groups are followed at each sign-in; who is in none any more is not let in', async () => {
    issuer.claims = { sub: 'subject-3', preferred_username: 'eve', groups: ['secops'] }
    const browser = openBrowser(server.url)
    await goThrough(browser)
    expect((await browser.call('getMe')).json.role).toBe('operator')
    issuer.claims = { ...issuer.claims, groups: 'cn=owners,ou=groups' }
    await goThrough(browser)
    expect((await browser.call('getMe')).json.role).toBe('viewer')
    issuer.claims = { ...issuer.claims, groups: [] }
    const refused = await goThrough(openBrowser(server.url))
    expect(refused.headers.get('location')).toMatch(/^\/login\?refused=oidc_no_role&request=/)
    const { rows } = await server.db.database.query(
      `select g.role from role_grant g join app_user u using (user_id) where u.user_name = 'eve'`,
    )
    expect(rows).toEqual([])
  })

  test('somebody who is switched off here stays out', async () => {
    issuer.claims = { sub: 'subject-4', preferred_username: 'mallory', groups: ['secops'] }
    await goThrough(openBrowser(server.url))
    await server.db.database.query(`update app_user set is_disabled = true where user_name = 'mallory'`)
    const refused = await goThrough(openBrowser(server.url))
    expect(refused.headers.get('location')).toContain('refused=account_disabled')
    expect(refused.headers.getSetCookie().join()).not.toContain('tenfold_session')
  })

  test('a password still works when the provider is away', async () => {
    const away = await startTestServer({
      isEmpty: true,
      accounts: { ...usualAccountSettings, oidc: { ...settings, issuer: 'http://127.0.0.1:1' } },
    })
    try {
      const browser = openBrowser(away.url)
      const there = await browser.call('startOidc')
      expect(there.headers.get('location')).toContain('/login?refused=oidc_unavailable')
      const id = await addPerson(away.db.database, 'glass', wholeRole('admin'))
      await givePassword(away.db.database, id, 'seven quiet herons wade')
      const body = { user_name: 'glass', password: 'seven quiet herons wade' }
      expect((await browser.call('signIn', { body })).status).toBe(200)
    } finally {
      await away.stop()
    }
  })

  test('an issuer in a private network is refused unless that was opened', async () => {
    const closed = await startTestServer({
      isEmpty: true,
      accounts: { ...usualAccountSettings, oidc: { ...settings, allowPrivate: false } },
    })
    try {
      const there = await openBrowser(closed.url).call('startOidc')
      expect(there.headers.get('location')).toContain('/login?refused=oidc_unavailable')
    } finally {
      await closed.stop()
    }
  })

  const faults: IssuerFault[] = [
    'wrong nonce',
    'wrong audience',
    'expired',
    'no signature',
    'wrong issuer',
    'wrong signature',
    'no id token',
    'denied',
  ]
  for (const fault of faults) {
    test(`${fault}: nobody is signed in, and no account is made`, async () => {
      issuer.claims = { sub: `subject of ${fault}`, preferred_username: fault, groups: ['secops'] }
      issuer.fault = fault
      const browser = openBrowser(server.url)
      const done = await goThrough(browser)
      expect(done.headers.get('location')).toMatch(/^\/login\?refused=oidc_refused&request=[0-9a-f]+$/)
      expect((await browser.call('getMe')).status).toBe(401)
      const { rows } = await server.db.database.query('select from app_user where oidc_subject = $1', [
        `subject of ${fault}`,
      ])
      expect(rows).toEqual([])
      const told = (await server.call('listAudit', { query: { action: 'user.sign_in_refused', limit: 1 } })).json
      expect(told.items[0]).toMatchObject({ detail: { method: 'oidc', code: 'oidc_refused' } })
    })
  }

  test('another state, another browser, or the same answer twice: refused', async () => {
    const changed = await goThrough(openBrowser(server.url), undefined, back => back.searchParams.set('state', 'x'))
    expect(changed.headers.get('location')).toContain('refused=oidc_refused')
    const victim = openBrowser(server.url)
    const there = await openBrowser(server.url).call('startOidc')
    const asked = await fetch(there.headers.get('location')!, { redirect: 'manual' })
    const query = Object.fromEntries(new URL(asked.headers.get('location')!).searchParams)
    expect((await victim.call('finishOidc', { query })).headers.get('location')).toContain('refused=oidc_refused')
    expect((await victim.call('getMe')).status).toBe(401)
    const twice = openBrowser(server.url)
    let kept: Record<string, string> = {}
    await goThrough(twice, undefined, back => {
      kept = Object.fromEntries(back.searchParams)
    })
    expect((await twice.call('finishOidc', { query: kept })).headers.get('location')).toContain('refused=oidc_refused')
  })

  test('a page of another site cannot call anything else through it', async () => {
    const answer = await openBrowser(server.url).call('getMe', {
      headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' },
    })
    expect(answer.json.code).toBe('foreign_origin')
  })
})

describe('where somebody is sent afterwards', () => {
  const cases = [
    ['/assets/tenable?tag=Env#x', '/assets/tenable?tag=Env#x'],
    ['https://evil.example/', '/'],
    ['//evil.example/x', '/'],
    ['/\\evil.example', '/'],
    ['javascript:alert(1)', '/'],
    ['assets', '/'],
    [undefined, '/'],
  ] as const
  for (const [wanted, path] of cases) {
    test(`${wanted} leads to ${path}`, () => expect(pathWithin(wanted)).toBe(path))
  }
})
