import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { usualRateLimit } from '../src/api/rate-limit.ts'
import { startTestServer, type TestServer } from '../src/api/test-server.ts'
import { paths } from '../src/contract/paths.ts'
import { settings } from '../src/platform/config.ts'

// What docs/api.md shows works as it stands, and of every path of the public contract it is known when it comes.

const guide = readFileSync(join(import.meta.dirname, '..', 'docs', 'api.md'), 'utf8')

/** The public contract: older versions of it may be called by anybody. */
const contract = `
GET POST PUT /api/tenable/config
GET PUT DELETE /api/tenable/config/:id
POST /api/tenable/test
POST /api/tenable/test-connection
POST /api/tenable/sync
GET /api/tenable/sync-status
GET POST /api/tenable/sync/jobs
GET DELETE /api/tenable/sync/jobs/:id
POST /api/tenable/sync/jobs/:id/retry
POST /api/tenable/sync/jobs/retry-failed
POST /api/tenable/sync/stop
GET PUT /api/tenable/sync/schedule
GET /api/tenable/sync/upcoming
GET /api/tenable/sync/jobs/:id/log
GET /api/tenable/events
GET /api/tenable/assets
GET /api/tenable/assets/:id
GET /api/tenable/assets/:id/vulnerabilities
GET /api/tenable/assets/:id/timeline
POST /api/tenable/assets/refresh
GET /api/tenable/vulnerabilities
GET /api/tenable/vulnerabilities/:id
GET /api/tenable/vulnerabilities/:id/history
POST /api/tenable/vulnerabilities/refresh
GET /api/tenable/plugins
GET /api/tenable/plugins/:id
GET /api/tenable/plugins/:id/assets
GET /api/tenable/compliance
GET /api/tenable/compliance/checks/:id
GET POST /api/tenable/scans
GET PUT /api/tenable/scans/:id
GET /api/tenable/scans/:id/results
POST /api/tenable/scans/:id/launch
POST /api/tenable/scans/:id/pause
POST /api/tenable/scans/:id/resume
POST /api/tenable/scans/:id/stop
POST /api/tenable/scans/:id/download
GET /api/tenable/scans/coverage
GET /api/tenable/scans/policies
GET /api/tenable/stats/assets
GET /api/tenable/stats/vulnerabilities
GET /api/tenable/stats/sync
GET /api/tenable/export/assets
GET /api/tenable/export/vulnerabilities
GET POST /api/tenable/imports
POST /api/tenable/imports/:id/apply
POST /api/tenable/imports/:id/undo
GET /api/tenable/reconciliation
GET POST /api/tenable/webhooks
DELETE /api/tenable/webhooks/:id
POST /api/tenable/webhooks/assets
POST /api/tenable/webhooks/vulnerabilities
POST /api/tenable/webhooks/scans
POST /api/tenable/webhook
GET /api/users
GET /api/tokens
GET /api/audit
GET /api/views
GET /api/devices
GET /api/groups
GET /api/tags
GET /api/networks
GET /api/rejected
GET /api/reports
GET /api/alerts
GET /api/tickets
GET /api/changes
GET /api/maintenance
GET /livez
GET /readyz
GET /metrics`
  .trim()
  .split('\n')
  .flatMap(line => {
    const words = line.split(' ')
    return words.slice(0, -1).map(method => `${method} ${words.at(-1)}`)
  })

const built = new Set(Object.values(paths).map(({ method, path }) => `${method} ${path}`))
const later = [...guide.slice(guide.indexOf('<!-- later -->')).matchAll(/^- `([A-Z]+ \/[^`]+)`/gm)].map(
  match => match[1]!,
)

describe('paths', () => {
  test('of the public contract are there, or said to come later', () => {
    expect(contract.filter(path => !built.has(path) && !later.includes(path))).toEqual([])
  })

  test('said to come later are of the contract, and none of them is there', () => {
    expect(later.filter(path => !contract.includes(path))).toEqual([])
    expect(later.filter(path => built.has(path))).toEqual([])
  })
})

test('the limits it names are the usual ones', () => {
  expect(usualRateLimit).toEqual({
    perMinute: settings.apiRequestsPerMinute.fallback,
    burst: settings.apiRequestBurst.fallback,
  })
  expect(guide).toContain(
    `${usualRateLimit.burst} calls at once and ${usualRateLimit.perMinute.toLocaleString('en')} a minute`,
  )
})

describe('examples', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer()
  })
  afterAll(() => server.stop())

  test('of the client do what they say', async () => {
    const program = /```ts\n([\s\S]*?)```/.exec(guide)![1]!
    // Beside the package, so that it finds tenfold/client as others do.
    const file = join(import.meta.dirname, `api-guide-${process.pid}.example.ts`)
    const body = program.replace(/^import .*\n/, '')
    writeFileSync(
      file,
      `import { createClient, ProblemError } from 'tenfold/client'\nexport async function run(baseUrl: string, token: string) {\n${body}\nreturn { hosts: hosts.size, etag }\n}\n`,
    )
    try {
      const { run } = (await import(file)) as { run: (baseUrl: string, token: string) => Promise<object> }
      const token = server.headers.authorization!.slice('Bearer '.length)
      expect(await run(server.url, token)).toEqual({ hosts: expect.any(Number), etag: expect.stringMatching(/^W\//) })
    } finally {
      rmSync(file, { force: true })
    }
  })

  test('with curl are paths of the API', () => {
    const addresses = [...guide.matchAll(/http:\/\/127\.0\.0\.1:8010(\/[^\s'?]+)/g)].map(match => match[1]!)
    const known = Object.values(paths).map(one => one.path as string)
    expect(addresses.length).toBeGreaterThan(1)
    expect(addresses.filter(address => !known.includes(address))).toEqual([])
  })
})
