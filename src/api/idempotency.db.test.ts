import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { addPerson, tokenOf, wholeRole } from '../../test/support/accounts.ts'
import { routes } from '../contract/routes.ts'
import { takesIdempotencyKey } from '../contract/server-wide.ts'
import { forgetOldKeys } from '../store/idempotency.ts'
import { startTestServer, type TestServer } from './test-server.ts'

// A repeated call that makes something makes it once.

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())
let key: string
beforeEach(() => {
  key = randomUUID()
})

const rule = (name: string) => ({ name, conditions: { os: ['Linux'] }, owner: 'payments', valid_from: '2026-11-01' })
const make = (
  name: string,
  headers: Record<string, string> = { 'idempotency-key': key },
  by: Pick<TestServer, 'call'> = server,
) => by.call('createGroupRule', { body: rule(name), headers })
const rulesCalled = async (name: string) => {
  const { rows } = await server.db.database.query('select from group_rule where name = $1', [name])
  return rows.length
}
const stored = async () =>
  (await server.db.database.query<{ row: string }>('select to_jsonb(k)::text as row from idempotency_key k')).rows
    .map(({ row }) => row)
    .join('\n')

test('makes it once, and answers each time as the first time', async () => {
  const first = await make('Once')
  const second = await make('Once')
  expect([first.status, second.status]).toEqual([201, 201])
  expect(second.json).toEqual(first.json)
  expect([first.headers.get('idempotency-replayed'), second.headers.get('idempotency-replayed')]).toEqual([
    null,
    'true',
  ])
  expect(await rulesCalled('Once')).toBe(1)
})

test('spaces and the order of keys are no other request', async () => {
  const headers = { 'idempotency-key': key, 'content-type': 'application/json' }
  const path = '/api/groups/rules'
  const body = rule('Spaces')
  const turned = JSON.stringify(Object.fromEntries(Object.entries(body).reverse()), null, 2)
  const [first, second] = [
    await server.fetch(path, { method: 'POST', headers, body: JSON.stringify(body) }),
    await server.fetch(path, { method: 'POST', headers, body: turned }),
  ]
  expect([first.status, second.status]).toEqual([201, 201])
  expect(await rulesCalled('Spaces')).toBe(1)
})

test('another body, or another operation, with the same key is refused', async () => {
  await make('Mine')
  const other = await make('Other')
  expect([other.status, other.json.code]).toEqual([422, 'idempotency_key_reused'])
  const elsewhere = await server.call('stopSync', { headers: { 'idempotency-key': key } })
  expect([elsewhere.status, elsewhere.json.code]).toEqual([422, 'idempotency_key_reused'])
  expect(await rulesCalled('Other')).toBe(0)
})

test('the same key of somebody else is another key', async () => {
  const ann = server.as(
    await tokenOf(server.db.database, await addPerson(server.db.database, 'ann', wholeRole('operator'))),
  )
  expect((await make('By admin')).status).toBe(201)
  expect((await make('By ann', { 'idempotency-key': key }, ann)).status).toBe(201)
})

test('calls at the same time: one makes it, the others are told to wait or get its answer', async () => {
  const answers = await Promise.all(Array.from({ length: 8 }, () => make('At once')))
  const busy = answers.filter(one => one.status === 409)
  expect(answers.filter(one => one.status === 201).length).toBeGreaterThan(0)
  expect(busy.length + answers.filter(one => one.status === 201).length).toBe(8)
  for (const one of busy) {
    expect(one.json.code).toBe('idempotency_key_busy')
    expect(one.headers.get('retry-after')).toBe('1')
  }
  expect(await rulesCalled('At once')).toBe(1)
  expect((await make('At once')).status).toBe(201)
})

test('what failed was not done, and may be tried again with the same key', async () => {
  await make('Taken', {})
  const refused = await make('Taken')
  expect([refused.status, refused.json.code]).toEqual([409, 'group_rule_name_taken'])
  await server.db.database.query("delete from group_rule where name = 'Taken'")
  expect((await make('Taken')).status).toBe(201)
})

test('a call whose server died over it is not done a second time', async () => {
  await make('Lost')
  await server.db.database.query(
    "update idempotency_key set status = null, claimed_until = now() - interval '1 second' where operation = 'createGroupRule'",
  )
  const again = await make('Lost')
  expect([again.status, again.json.code]).toEqual([409, 'idempotency_outcome_unknown'])
})

test('is forgotten after a day, and then makes another', async () => {
  await make('Day')
  await server.db.database.query("update idempotency_key set expires_at = now() - interval '1 second'")
  expect((await make('Day after')).status).toBe(201)
  await server.db.database.query("update idempotency_key set expires_at = now() - interval '1 second'")
  expect(await forgetOldKeys(server.db.database)).toBeGreaterThan(0)
  expect(await stored()).toBe('')
})

describe('secrets', () => {
  test('an answer with one is given once and kept nowhere; the thing is there once', async () => {
    const body = { user_name: 'bea', display_name: 'Bea' }
    const first = await server.call('createUser', { body, headers: { 'idempotency-key': key } })
    const second = await server.call('createUser', { body, headers: { 'idempotency-key': key } })
    expect([first.status, second.status, second.json.code]).toEqual([201, 409, 'idempotency_answer_not_kept'])
    const kept = await stored()
    expect(kept).not.toContain(first.json.link.path)
    expect(kept).not.toContain('bea')
  })

  test('neither the key nor what was asked can be read or tried out', async () => {
    const body = { name: 'Sealed', access_key: 'very-secret-access', secret_key: 'very-secret' }
    await server.call('createSource', { body, headers: { 'idempotency-key': key } })
    const kept = await stored()
    for (const text of [key, 'very-secret']) {
      expect(kept).not.toContain(text)
      expect(kept).not.toContain(Buffer.from(text).toString('hex'))
    }
  })
})

for (const bad of ['x'.repeat(256), 'with a space', 'ümlaut']) {
  test(`${bad.slice(0, 12)} is no key`, async () => {
    const refused = await server.fetch('/api/groups/rules', {
      method: 'POST',
      headers: { 'idempotency-key': Buffer.from(bad).toString('latin1'), 'content-type': 'application/json' },
      body: JSON.stringify(rule('Bad key')),
    })
    expect(refused.status).toBe(400)
    expect(await refused.json()).toMatchObject({ errors: [{ field: 'headers.idempotency-key' }] })
  })
}

test('every operation that makes something takes a key', () => {
  const makes = routes.filter(route => 201 in route.responses && route.role !== 'stranger')
  expect(makes.filter(route => !takesIdempotencyKey(route) && route.upload === undefined)).toEqual([])
})
