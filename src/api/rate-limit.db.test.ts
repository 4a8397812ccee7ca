import { afterAll, beforeAll, expect, test } from 'vitest'
import { addPerson, tokenOf } from '../../test/support/accounts.ts'
import { startTestServer, type TestServer } from './test-server.ts'

// Nothing comes back within the test: what a minute gives is less than one call.

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ rateLimit: { perMinute: 1, burst: 5 } })
})
afterAll(() => server.stop())

const statuses = async (call: () => Promise<{ readonly status: number }>, times: number) => {
  const all: number[] = []
  for (let n = 0; n < times; n++) all.push((await call()).status)
  return all
}

test('whoever calls too often is told to wait, and nobody else is', async () => {
  const { database } = server.db
  const busy = server.as(await tokenOf(database, await addPerson(database, 'busy')))
  expect(await statuses(() => busy.call('listSources'), 7)).toEqual([200, 200, 200, 200, 200, 429, 429])
  const refused = await busy.call('listAssets')
  expect(refused.json.code).toBe('too_many_requests')
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  const other = await server.as(await tokenOf(database, await addPerson(database, 'busy'))).call('listSources')
  expect([other.status, other.headers.get('ratelimit-limit'), other.headers.get('ratelimit-remaining')]).toEqual([
    200,
    '5',
    '4',
  ])
  expect((await server.call('listSources')).status).toBe(200)
})

test('strangers and wrong tokens are counted by their address, and probes are never', async () => {
  const stranger = server.as(undefined)
  expect(await statuses(() => stranger.call('getSignInOptions'), 3)).toEqual([200, 200, 200])
  expect(await statuses(() => server.as('tnf_wrong').call('listSources'), 4)).toEqual([401, 401, 429, 429])
  expect((await stranger.call('getSignInOptions')).status).toBe(429)
  expect(await statuses(() => stranger.call('getLiveness'), 8)).toEqual(Array.from({ length: 8 }, () => 200))
  expect((await stranger.call('getLiveness')).headers.get('ratelimit-limit')).toBeNull()
})
