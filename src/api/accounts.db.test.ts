import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { addPerson, givePassword, sessionOf, tokenOf, wholeRole } from '../../test/support/accounts.ts'
import { openBrowser, type TestBrowser } from '../../test/support/api-browser.ts'
import { hashOf } from '../platform/random-token.ts'
import { makeSetupLink } from '../store/accounts/links.ts'
import { verifyAudit } from '../store/audit.ts'
import { rebuildDailyTotals } from '../store/rollups/daily-totals.ts'
import { startTestServer, type TestServer } from './test-server.ts'

const password = 'seven quiet herons wade'

let server: TestServer
let aliceId: number
beforeAll(async () => {
  server = await startTestServer()
  aliceId = await addPerson(server.db.database, 'Alice', wholeRole('operator'))
  await givePassword(server.db.database, aliceId, password)
})
afterAll(() => server.stop())
beforeEach(() => server.db.database.query('delete from sign_in_failure'))

const signIn = (browser: TestBrowser, userName = 'alice', typed = password, headers = {}) =>
  browser.call('signIn', { body: { user_name: userName, password: typed }, headers })

async function signedIn(): Promise<TestBrowser> {
  const browser = openBrowser(server.url)
  expect((await signIn(browser)).status).toBe(200)
  return browser
}

const audit = async (action: string) => (await server.call('listAudit', { query: { action, limit: 1 } })).json.items[0]

describe('signing in', () => {
  test('with the right password: a session that only the browser has, and who it is', async () => {
    const browser = openBrowser(server.url)
    const answer = await signIn(browser)
    expect(answer.json).toMatchObject({
      user_name: 'Alice',
      role: 'operator',
      is_narrowed: false,
      administers_users: false,
    })
    const [session, csrf] = answer.headers.getSetCookie()
    expect(session).toMatch(/^tenfold_session_\d+=[\w-]{43}; Path=\/; SameSite=Lax; HttpOnly; Max-Age=604800$/)
    expect(csrf).toMatch(/^tenfold_csrf_\d+=[\w-]{43}; Path=\/; SameSite=Lax; Max-Age=604800$/)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    const { rows } = await server.db.database.query('select session_hash from session')
    expect(JSON.stringify(rows)).not.toContain([...browser.cookies.values()][0])
    expect((await browser.call('getMe')).json).toEqual(answer.json)
    expect((await browser.call('listAssets')).status).toBe(200)
    expect(await audit('user.signed_in')).toMatchObject({
      actor_kind: 'user',
      actor: 'Alice',
      subject: `user:${aliceId}`,
      detail: { method: 'password', address: '127.0.0.1', by: { user_id: aliceId, request_id: expect.any(String) } },
    })
  })

  test('begins a new session: one that somebody else has put into the browser is worth nothing', async () => {
    const planted = await sessionOf(server.db.database, aliceId)
    const { port } = new URL(server.url)
    const browser = openBrowser(server.url, new Map([[`tenfold_session_${port}`, planted.reveal()]]))
    expect((await browser.call('getMe')).status).toBe(200)
    await signIn(browser)
    expect(browser.cookies.get(`tenfold_session_${port}`)).not.toBe(planted.reveal())
    const attacker = openBrowser(server.url, new Map([[`tenfold_session_${port}`, planted.reveal()]]))
    expect((await attacker.call('getMe')).status).toBe(401)
  })

  test('with a wrong one, a name that nobody has, no password, or a switched-off account: the same answer', async () => {
    const { database } = server.db
    await addPerson(database, 'without', wholeRole('viewer'))
    const off = await addPerson(database, 'off', wholeRole('viewer'))
    await givePassword(database, off, password)
    await database.query('update app_user set is_disabled = true where user_id = $1', [off])
    const answers = await Promise.all(
      [
        ['alice', 'wrong password here'],
        ['nobody-at-all', password],
        ['without', password],
        ['off', password],
      ].map(async ([name, typed]) => {
        const { status, json, headers } = await signIn(openBrowser(server.url), name, typed)
        return { status, code: json.code, detail: json.detail, cookies: headers.getSetCookie() }
      }),
    )
    expect(answers[0]).toMatchObject({ status: 401, code: 'wrong_password', cookies: [] })
    expect(new Set(answers.map(answer => JSON.stringify(answer))).size).toBe(1)
    const refused = await audit('user.sign_in_refused')
    expect(refused).toMatchObject({ actor_kind: 'system', detail: { method: 'password' } })
  })

  test('takes as long for a name that nobody has', async () => {
    const time = async (name: string) => {
      await server.db.database.query('delete from sign_in_failure')
      const from = performance.now()
      await signIn(openBrowser(server.url), name, 'wrong password here')
      return performance.now() - from
    }
    const [known, unknown]: [number[], number[]] = [[], []]
    for (let round = 0; round < 5; round += 1) {
      known.push(await time('alice'))
      unknown.push(await time(`nobody ${round}`))
    }
    // The hash takes tens of milliseconds; without it an answer takes two or three.
    expect(Math.min(...unknown)).toBeGreaterThan(Math.min(...known) / 2)
  })

  test('is made to wait after five wrong ones, longer each time, for real names and others alike, and never for good', async () => {
    for (const name of ['alice', 'somebody else']) {
      const tries = []
      for (let round = 0; round < 7; round += 1)
        tries.push(await signIn(openBrowser(server.url), name, 'wrong one again'))
      expect(tries.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 429, 429])
      expect(tries[5]!.json.code).toBe('too_many_attempts')
      expect(Number(tries[5]!.headers.get('retry-after'))).toBeGreaterThan(0)
    }
    // While it waits, the right one is not tried either, and does not make it wait longer.
    expect((await signIn(openBrowser(server.url))).status).toBe(429)
    const waits: number[] = []
    for (let round = 0; round < 14; round += 1) {
      // What the address is counted for is another test.
      await server.db.database.query('delete from sign_in_failure where subject_hash <> $1', [hashOf('account:alice')])
      await server.db.database.query('update sign_in_failure set blocked_until = null')
      await signIn(openBrowser(server.url), 'alice', 'wrong one again')
      waits.push(Number((await signIn(openBrowser(server.url))).headers.get('retry-after')))
    }
    expect(waits).toEqual([...waits].sort((a, b) => a - b))
    expect(waits.at(-1)).toBeLessThanOrEqual(900)
    expect(waits.at(-1)).toBeGreaterThan(600)
    await server.db.database.query(`update sign_in_failure set blocked_until = now()`)
    expect((await signIn(openBrowser(server.url))).status).toBe(200)
  })

  test('many at once are counted too', async () => {
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => signIn(openBrowser(server.url), 'alice', 'guessed in parallel')),
    )
    expect(answers.filter(({ status }) => status === 401).length).toBeLessThanOrEqual(5)
  })

  test('many names from one address are made to wait too', async () => {
    const statuses = []
    for (let name = 0; name < 34; name += 1) {
      statuses.push((await signIn(openBrowser(server.url), `name ${name}`, 'one password for all')).status)
    }
    expect(statuses.slice(0, 30)).toEqual(Array(30).fill(401))
    expect(statuses.slice(-2)).toEqual([429, 429])
  })
})

describe('sessions', () => {
  test('are listed, and ended one by one or all at once', async () => {
    await server.db.database.query('delete from session')
    const [here, there, elsewhere] = [await signedIn(), await signedIn(), await signedIn()]
    const { items } = (await here.call('listSessions')).json
    expect(items).toHaveLength(3)
    expect(items.filter((one: { is_current: boolean }) => one.is_current)).toHaveLength(1)
    const other = (await there.call('listSessions')).json.items.find((one: { is_current: boolean }) => one.is_current)
    expect((await here.call('endSession', { params: { id: other.id } })).json).toEqual({ signed_out: 1 })
    expect((await there.call('getMe')).status).toBe(401)
    expect((await here.call('endSessions', { query: { keep_current: true } })).json).toEqual({ signed_out: 1 })
    expect((await elsewhere.call('getMe')).status).toBe(401)
    expect((await here.call('signOut')).json).toEqual({ signed_out: 1 })
    expect([...here.cookies]).toEqual([])
    expect(await audit('user.signed_out')).toMatchObject({ actor: 'Alice' })
  })

  test('of another person cannot be ended', async () => {
    const browser = await signedIn()
    const bobId = await addPerson(server.db.database, 'bob', wholeRole('viewer'))
    await sessionOf(server.db.database, bobId)
    const { rows } = await server.db.database.query<{ session_id: number }>(
      'select session_id from session where user_id = $1',
      [bobId],
    )
    expect((await browser.call('endSession', { params: { id: rows[0]!.session_id } })).json).toEqual({ signed_out: 0 })
  })

  test('are over when they were not used for long, or had their time', async () => {
    for (const over of [`last_seen_at = now() - interval '721 min'`, `ends_at = now() - interval '1 s'`]) {
      const browser = await signedIn()
      await server.db.database.query(`update session set ${over}`)
      expect((await browser.call('getMe')).status).toBe(401)
    }
  })

  test('end with a new password, but for the browser that chose it', async () => {
    const [here, there] = [await signedIn(), await signedIn()]
    const change = { current_password: password, new_password: 'eight quiet herons wade' }
    expect(
      (await here.call('changePassword', { body: { ...change, current_password: 'not this one at all' } })).status,
    ).toBe(401)
    const short = await here.call('changePassword', { body: { ...change, new_password: 'short' } })
    expect([short.status, short.json.code, short.json.errors[0].field]).toEqual([422, 'weak_password', 'password'])
    expect((await here.call('changePassword', { body: change })).status).toBe(200)
    expect((await here.call('getMe')).status).toBe(200)
    expect((await there.call('getMe')).status).toBe(401)
    await givePassword(server.db.database, aliceId, password)
  })

  test('that end while events are followed end that, too', async () => {
    const browser = await signedIn()
    await browser.call('signOut')
    expect((await browser.call('followEvents', { query: { once: true } })).status).toBe(401)
  })
})

describe('people', () => {
  test('are added with a link that works once, changed, switched off and removed; the audit tells it all', async () => {
    const made = await server.call('createUser', {
      body: {
        user_name: 'carol',
        display_name: 'Carol C.',
        grants: [{ role: 'viewer', source_ids: [1], tags: ['Env:Prod'] }],
      },
    })
    expect(made.status).toBe(201)
    const { user, link } = made.json
    expect(user).toMatchObject({
      user_name: 'carol',
      has_password: false,
      grants: [{ role: 'viewer', source_ids: [1] }],
    })
    const token = link.path.split('#')[1]
    const browser = openBrowser(server.url)
    expect((await browser.call('inspectLink', { body: { token } })).json).toMatchObject({
      purpose: 'password',
      user_name: 'carol',
    })
    const weak = await browser.call('useLink', { body: { token, password: 'password1234' } })
    expect([weak.status, weak.json.code]).toEqual([422, 'weak_password'])
    expect((await browser.call('useLink', { body: { token, password } })).json).toMatchObject({
      user_name: 'carol',
      is_narrowed: true,
    })
    expect((await browser.call('getMe')).status).toBe(200)
    const again = await openBrowser(server.url).call('useLink', { body: { token, password } })
    expect([again.status, again.json.code]).toEqual([422, 'link_not_valid'])

    const id = user.id
    const changed = await server.call('updateUser', { params: { id }, body: { grants: [{ role: 'operator' }] } })
    expect(changed.json.grants).toMatchObject([{ role: 'operator', tenant_id: null, source_ids: null }])
    // Another role is another session.
    expect((await browser.call('getMe')).status).toBe(401)
    expect((await server.call('makeResetLink', { params: { id } })).status).toBe(201)
    expect((await server.call('updateUser', { params: { id }, body: { is_disabled: true } })).json.is_disabled).toBe(
      true,
    )
    expect((await signIn(openBrowser(server.url), 'carol')).status).toBe(401)
    expect((await server.call('removeUser', { params: { id } })).status).toBe(200)
    expect((await server.call('getUser', { params: { id } })).status).toBe(404)
    const told = (await server.call('listAudit', { query: { subject: `user:${id}` } })).json.items
    expect(told.map((event: { action: string }) => event.action)).toEqual([
      'user.removed',
      'user.sign_in_refused',
      'user.changed',
      'user.reset_link_made',
      'user.changed',
      'user.signed_in',
      'user.password_set',
      'user.reset_link_made',
      'user.created',
    ])
    expect(JSON.stringify(told)).not.toContain(token)
    expect(await verifyAudit(server.db.database)).toMatchObject({ ok: true })
  })

  const refusals = [
    { name: 'a name that is taken', body: { user_name: 'ALICE' }, status: 409, code: 'user_name_taken' },
    {
      name: 'a tenant that there is not',
      body: { user_name: 'x', grants: [{ role: 'viewer', tenant_id: 99 }] },
      status: 422,
      code: 'bad_grant',
    },
    {
      name: 'a source that there is not',
      body: { user_name: 'x', grants: [{ role: 'viewer', source_ids: [99] }] },
      status: 422,
      code: 'bad_grant',
    },
    { name: 'an unknown role', body: { user_name: 'x', grants: [{ role: 'king' }] }, status: 400, code: 'bad_request' },
    { name: 'a name with a line in it', body: { user_name: 'x\ny' }, status: 400, code: 'bad_request' },
  ]
  for (const { name, body, status, code } of refusals) {
    test(`cannot be added with ${name}`, async () => {
      const answer = await server.call('createUser', { body })
      expect([answer.status, answer.json.code]).toEqual([status, code])
    })
  }

  test('the last who administers everything stays', async () => {
    const me = (await server.call('getMe')).json
    for (const body of [{ is_disabled: true }, { grants: [] }, { grants: [{ role: 'admin', tags: ['Env'] }] }]) {
      const answer = await server.call('updateUser', { params: { id: me.id }, body })
      expect([answer.status, answer.json.code]).toEqual([409, 'last_admin'])
    }
    expect((await server.call('removeUser', { params: { id: me.id } })).json.code).toBe('last_admin')
  })

  test('a role that is missing names who can grant it', async () => {
    const answer = await (await signedIn()).call('listUsers')
    expect([answer.status, answer.json.code]).toEqual([403, 'role_missing'])
    expect(answer.json.detail).toContain('needs the role admin; yours is operator. It can be granted by admin')
  })
})

describe('tokens', () => {
  test('are shown once, listed without the secret, work within their scopes, and are revoked', async () => {
    const browser = await signedIn()
    const made = await browser.call('createToken', { body: { name: 'report', scopes: ['read'] } })
    expect(made.status).toBe(201)
    const { token, view } = made.json
    expect(token).toMatch(/^tnf_[A-Za-z0-9]{8}_[\w-]{43}$/)
    expect(token.startsWith(`${view.prefix}_`)).toBe(true)
    expect(Date.parse(view.expires_at) - Date.now()).toBeGreaterThan(89 * 86_400_000)
    const program = server.as(token)
    expect((await program.call('listAssets')).status).toBe(200)
    expect((await program.call('getMe')).json.token).toEqual({ prefix: view.prefix, scopes: ['read'] })
    expect((await program.call('startSync', { body: { source_id: 1 } })).json.code).toBe('scope_missing')
    const listed = await browser.call('listTokens')
    expect(listed.json.items[0]).toMatchObject({ name: 'report', last_used_at: expect.any(String) })
    expect(listed.text).not.toContain(token.slice(14))
    const file = await browser.call('exportTokens', { query: { format: 'json' } })
    expect(file.json).toEqual(listed.json.items)
    for (const call of ['listTokens', 'exportTokens'] as const)
      expect((await server.call(call)).json.code).toBe('browser_only')
    expect((await browser.call('revokeToken', { params: { id: view.id } })).json.revoked_at).not.toBeNull()
    expect((await program.call('listAssets')).json).toMatchObject({ status: 401, code: 'token_not_valid' })
    expect((await browser.call('revokeToken', { params: { id: 987_654 } })).status).toBe(404)
  })

  test('say who and by which token in the audit', async () => {
    const token = await tokenOf(server.db.database, aliceId)
    await server.as(token).call('exportAssets')
    expect(await audit('assets.exported')).toMatchObject({
      actor: 'Alice',
      subject: 'export:assets',
      detail: { format: 'csv', by: { user_id: aliceId, token: token.slice(0, 12) } },
    })
  })
})

describe('the first start', () => {
  test('everything is closed; the link makes the first account, once', async () => {
    const fresh = await startTestServer({ isEmpty: true })
    try {
      const { database } = fresh.db
      await database.query('delete from app_user')
      const stranger = openBrowser(fresh.url)
      expect((await stranger.call('listAssets')).json).toMatchObject({ status: 401, code: 'setup_needed' })
      expect((await stranger.call('getSignInOptions')).json).toEqual({
        needs_setup: true,
        oidc: null,
        password_min_length: 12,
      })
      const older = (await makeSetupLink(database))!.token.reveal()
      const token = (await makeSetupLink(database))!.token.reveal()
      expect((await stranger.call('inspectLink', { body: { token: older } })).json.code).toBe('link_not_valid')
      const { rows } = await database.query('select * from access_link')
      expect(JSON.stringify(rows)).not.toContain(token)
      expect((await stranger.call('useLink', { body: { token, password } })).json.errors[0].field).toBe('user_name')
      const first = await stranger.call('useLink', { body: { token, user_name: 'root', password } })
      expect(first.json).toMatchObject({ user_name: 'root', role: 'admin', administers_users: true })
      expect((await stranger.call('listSources')).status).toBe(200)
      expect(await makeSetupLink(database)).toBeUndefined()
    } finally {
      await fresh.stop()
    }
  })

  test('a link that has expired opens nothing', async () => {
    const id = await addPerson(server.db.database, 'late', wholeRole('viewer'))
    const { path } = (await server.call('makeResetLink', { params: { id } })).json
    await server.db.database.query(`update access_link set expires_at = now() - interval '1 s'`)
    const answer = await openBrowser(server.url).call('useLink', { body: { token: path.split('#')[1], password } })
    expect(answer.json.code).toBe('link_not_valid')
  })
})

describe('two tenants', () => {
  let first: ReturnType<TestServer['as']>
  let second: ReturnType<TestServer['as']>
  let both: TestServer
  beforeAll(async () => {
    both = await startTestServer()
    const { database } = both.db
    await database.query(
      `insert into tenant (name) values ('Second'); update source set tenant_id = 2 where source_id = 2`,
    )
    await rebuildDailyTotals(database)
    const person = async (name: string, tenantId: number, role: 'admin' | 'operator') =>
      both.as(await tokenOf(database, await addPerson(database, name, [{ role, tenantId }])))
    first = await person('first-admin', 1, 'admin')
    second = await person('second-admin', 2, 'admin')
    await person('second-operator', 2, 'operator')
  })
  afterAll(() => both.stop())

  test('an administrator of one sees neither people nor sources nor deeds of the other', async () => {
    await second.call('updateSource', { params: { id: 2 }, body: { name: 'Laboratory' } })
    await second.call('exportAssets')
    const told = await Promise.all([
      first.call('listUsers'),
      first.call('listTenants'),
      first.call('listAudit', { query: { limit: 500 } }),
      first.call('exportAudit', { query: { format: 'ndjson' } }),
      first.call('listSources'),
    ])
    for (const answer of told) {
      expect(answer.status).toBe(200)
      expect(answer.text).not.toMatch(/\bsecond\b|Second|Laboratory|\bLab\b/)
    }
    expect(told[0]!.json.items.map((one: { user_name: string }) => one.user_name)).toEqual(['first-admin'])
    const own = await second.call('listAudit', { query: { limit: 500 } })
    expect(own.text).toContain('source.changed')
    expect(own.text).toContain('assets.exported')
    expect(own.text).not.toContain('first')
  })

  test('what is of the other is not there: 404, never 403', async () => {
    const operator = (await both.call('listUsers')).json.items.find(
      (one: { user_name: string }) => one.user_name === 'second-operator',
    )
    const calls = [
      first.call('getSource', { params: { id: 2 } }),
      first.call('updateSource', { params: { id: 2 }, body: { name: 'mine' } }),
      first.call('removeSource', { params: { id: 2 } }),
      first.call('startSync', { body: { source_id: 2 } }),
      first.call('getJob', { params: { id: 3 } }),
      first.call('retryJob', { params: { id: 3 } }),
      first.call('cancelJob', { params: { id: 3 } }),
      first.call('getAsset', { params: { id: 35 } }),
      first.call('saveSchedule', { body: { source_id: 2, name: 'x', interval_hours: 4 } }),
      first.call('getUser', { params: { id: operator.id } }),
      first.call('updateUser', { params: { id: operator.id }, body: { is_disabled: true } }),
      first.call('makeResetLink', { params: { id: operator.id } }),
    ]
    for (const answer of await Promise.all(calls))
      expect([answer.status, answer.text]).toEqual([404, expect.anything()])
  })

  test('an administrator of one gives roles there and nowhere else, and changes nobody of both', async () => {
    const made = await first.call('createUser', {
      body: { user_name: 'dave', grants: [{ role: 'viewer', tenant_id: 1 }] },
    })
    expect(made.status).toBe(201)
    const { id } = made.json.user
    for (const tenant_id of [null, 2]) {
      const answer = await first.call('updateUser', {
        params: { id },
        body: { grants: [{ role: 'admin', tenant_id }] },
      })
      expect([answer.status, answer.json.code]).toEqual([422, 'grant_not_yours'])
    }
    const nothing = await first.call('createUser', { body: { user_name: 'erin' } })
    expect([nothing.status, nothing.json.code]).toEqual([422, 'bad_grant'])
    await both.call('updateUser', {
      params: { id },
      body: {
        grants: [
          { role: 'viewer', tenant_id: 1 },
          { role: 'analyst', tenant_id: 2 },
        ],
      },
    })
    const seen = (await first.call('getUser', { params: { id } })).json
    expect(seen).toMatchObject({ is_ours: false, grants: [{ role: 'viewer', tenant_id: 1 }] })
    expect((await first.call('makeResetLink', { params: { id } })).json.code).toBe('user_not_yours')
    expect((await first.call('removeUser', { params: { id } })).json.code).toBe('user_not_yours')
    const changed = await first.call('updateUser', {
      params: { id },
      body: { grants: [{ role: 'operator', tenant_id: 1 }] },
    })
    expect(changed.json.grants).toMatchObject([{ role: 'operator', tenant_id: 1 }])
    const whole = (await both.call('getUser', { params: { id } })).json.grants
    expect(whole.map((grant: { role: string }) => grant.role).sort()).toEqual(['analyst', 'operator'])
  })

  test('a new source belongs to the tenant of who adds it, and a stop stops only theirs', async () => {
    const keys = { access_key: 'a'.repeat(20), secret_key: 'b' }
    const made = await second.call('createSource', { body: { name: 'Of the second', ...keys } })
    expect(made.status).toBe(201)
    expect((await first.call('getSource', { params: { id: made.json.id } })).status).toBe(404)
    const elsewhere = await second.call('createSource', { body: { name: 'x', tenant_id: 1, ...keys } })
    expect([elsewhere.status, elsewhere.json.code]).toEqual([403, 'access_narrowed'])
    expect((await second.call('createJob', { body: { source_id: made.json.id } })).status).toBe(201)
    expect((await first.call('stopSync')).json.stopped).toBe(0)
    expect((await second.call('stopSync')).json.stopped).toBe(1)
  })

  test('a role narrowed by tags acts on no source, and administers nobody', async () => {
    const { database } = both.db
    const id = await addPerson(database, 'tagged', [{ role: 'admin', tenantId: null, tags: ['Env:Prod'] }])
    const tagged = both.as(await tokenOf(database, id))
    expect((await tagged.call('getSource', { params: { id: 1 } })).status).toBe(200)
    const refused = [
      tagged.call('startSync', { body: { source_id: 1 } }),
      tagged.call('updateSource', { params: { id: 1 }, body: { name: 'mine' } }),
      tagged.call('saveSchedule', { body: { source_id: 1, name: 'x', interval_hours: 4 } }),
      tagged.call('retryJob', { params: { id: 1 } }),
      tagged.call('listUsers'),
      tagged.call('createSource', { body: { name: 'x', access_key: 'a', secret_key: 'b' } }),
    ]
    for (const answer of await Promise.all(refused)) {
      expect([answer.status, answer.json.code]).toEqual([403, 'access_narrowed'])
    }
    expect((await tagged.call('pauseSchedules')).json).toEqual({ changed: 0, items: [] })
  })
})
