import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts'
import { epssText, feedClock, kevJson } from '../../test/support/feeds.ts'
import { startServer, type TestServer } from '../../test/support/http-server.ts'
import { never } from '../../test/support/tenable-vm.ts'
import { silentLog } from '../platform/log.ts'
import { listFeeds } from '../store/queries/feeds.ts'
import { type FeedScheduleDeps, fetchDueFeeds } from './feed-schedule.ts'
import { usualFeeds } from './feeds.ts'

let db: TestDatabase
let server: TestServer
let isBroken = false
beforeAll(async () => {
  db = await createTestDatabase()
  server = await startServer((request, response) => {
    if (isBroken) response.writeHead(503).end()
    else if (request.headers['if-none-match'] === '"one"') response.writeHead(304).end()
    else if (request.path === '/epss') {
      const text = epssText('2026-11-24', [{ cve: 'CVE-2024-0001', epss: 0.5, percentile: 0.5 }])
      response.writeHead(200, { etag: '"one"' }).end(text)
    } else {
      const rows = [{ cve: 'CVE-2024-0001', added: '2026-11-01', due: '2026-11-22' }]
      response.end(JSON.stringify(kevJson('2026-11-24T00:00:00Z', rows)))
    }
  })
})
afterAll(async () => {
  await server.close()
  await db.drop()
})

const usual = usualFeeds('0.0.0')
const at = (hours: number): FeedScheduleDeps => ({
  ...{ database: db.database, log: silentLog, intervalHours: 24 },
  clock: { ...feedClock, now: () => new Date(feedClock.now().getTime() + hours * 3_600_000) },
  settings: {
    urls: { epss: `${server.url}/epss`, kev: `${server.url}/kev` },
    fetch: { ...usual.fetch, allowPrivate: true },
  },
})

test('feeds are fetched when they are due, once however many servers look, and sooner after a failure', async () => {
  await Promise.all([fetchDueFeeds(at(0), never), fetchDueFeeds(at(0), never)])
  expect(server.requests).toHaveLength(2)
  expect(await listFeeds(db.database)).toMatchObject([
    { score_on: '2026-11-24' },
    { score_on: '2026-11-24', entries: 1 },
  ])
  await fetchDueFeeds(at(23), never)
  expect(server.requests).toHaveLength(2)
  await fetchDueFeeds(at(24.1), never)
  expect(server.requests).toHaveLength(4)
  expect(server.requests.at(2)?.headers['if-none-match'] ?? server.requests.at(3)?.headers['if-none-match']).toBe(
    '"one"',
  )
  isBroken = true
  await fetchDueFeeds(at(48.2), never)
  expect(await listFeeds(db.database)).toMatchObject([{ error_code: 'feed_refused' }, { error_code: 'feed_refused' }])
  isBroken = false
  await fetchDueFeeds(at(48.5), never)
  expect(server.requests).toHaveLength(6)
  await fetchDueFeeds(at(49.3), never)
  expect(server.requests).toHaveLength(8)
  expect(await listFeeds(db.database)).toMatchObject([{ error_code: null }, { error_code: null, days_loaded: 1 }])
})
