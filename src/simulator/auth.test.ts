import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Role, type Simulator, startSimulator } from './index.ts'
import { type NaiveClient, naiveClient } from './naive-client.ts'

let simulator: Simulator
let client: NaiveClient

beforeAll(async () => {
  simulator = await startSimulator({ assets: 40, findings: 400 })
  client = naiveClient(simulator)
})
afterAll(() => simulator.stop())

const headerCases = [
  { name: 'a plain semicolon', header: (a: string, s: string) => `accessKey=${a};secretKey=${s}`, status: 200 },
  { name: 'a semicolon and a space', header: (a: string, s: string) => `accessKey=${a}; secretKey=${s}`, status: 200 },
  {
    name: 'another semicolon at the end',
    header: (a: string, s: string) => `accessKey=${a};secretKey=${s};`,
    status: 200,
  },
  { name: 'lower-case names', header: (a: string, s: string) => `accesskey=${a};secretkey=${s}`, status: 401 },
  { name: 'one key alone', header: (a: string) => `accessKey=${a}`, status: 401 },
  { name: 'the wrong secret', header: (a: string) => `accessKey=${a};secretKey=${'0'.repeat(64)}`, status: 401 },
]
for (const { name, header, status } of headerCases) {
  test(`keys with ${name} get ${status}`, async () => {
    const answer = await client.call('GET', '/session', undefined, {
      'x-apikeys': header(simulator.accessKey, simulator.secretKey),
    })
    expect(answer.status).toBe(status)
  })
}

test('the two refusals are worded as the vendor words them', async () => {
  const missing = await fetch(`${simulator.url}/session`)
  expect(await missing.json()).toEqual({ statusCode: 401, error: 'Unauthorized', message: 'Missing authentication' })
  const wrong = await client.call('GET', '/session', undefined, { 'x-apikeys': 'accessKey=a;secretKey=b' })
  expect(JSON.parse(wrong.text)).toEqual({ statusCode: 401, error: 'Unauthorized', message: 'Invalid credentials.' })
})

test('a tolerant simulator takes lower-case keys', async () => {
  const tolerant = await startSimulator({ assets: 20, strictKeys: false })
  const response = await fetch(`${tolerant.url}/session`, {
    headers: { 'x-apikeys': `accesskey=${tolerant.accessKey}; secretkey=${tolerant.secretKey};` },
  })
  expect(response.status).toBe(200)
  await tolerant.stop()
})

test('keys are 64 hexadecimal digits and follow from the seed', async () => {
  expect(simulator.accessKey).toMatch(/^[0-9a-f]{64}$/)
  const same = await startSimulator({ assets: 20 })
  const other = await startSimulator({ assets: 20, seed: 2 })
  expect(same.accessKey).toBe(simulator.accessKey)
  expect(other.accessKey).not.toBe(simulator.accessKey)
  await Promise.all([same.stop(), other.stop()])
})

test('a new pair kills the old one at once, and a revoked pair is refused', async () => {
  const old = `accessKey=${simulator.accessKey};secretKey=${simulator.secretKey}`
  const pair = simulator.control.rotateKeys()
  expect(pair.accessKey).toBe(simulator.accessKey)
  expect((await client.call('GET', '/session', undefined, { 'x-apikeys': old })).status).toBe(401)
  expect((await client.call('GET', '/session')).status).toBe(200)
  simulator.control.revokeKeys()
  expect((await client.call('GET', '/session')).status).toBe(401)
  simulator.control.rotateKeys()
})

describe('roles', () => {
  const least: readonly (readonly [string, string, Role])[] = [
    ['GET', '/session', 0],
    ['GET', '/server/properties', 0],
    ['GET', '/vulns/export/status', 16],
    ['GET', '/assets/export/status', 16],
    ['GET', '/plugins/families', 16],
    ['GET', '/scans/20', 24],
    ['GET', '/policies', 32],
    ['GET', '/networks', 40],
    ['GET', '/scanners', 40],
    ['GET', '/scanners/null/agents', 40],
    ['GET', '/users', 64],
    ['GET', '/audit-log/v1/events', 64],
  ]
  const roles: readonly Role[] = [0, 16, 24, 32, 40, 64]
  for (const role of roles) {
    test(`a key of role ${role} may exactly what its role allows`, async () => {
      simulator.control.setRole(role)
      const got = await Promise.all(least.map(async ([method, path]) => (await client.call(method, path)).status))
      expect(got).toEqual(least.map(([, , needed]) => (role >= needed ? 200 : 403)))
      simulator.control.setRole(64)
    })
  }

  test('the session names the role', async () => {
    simulator.control.setRole(40)
    expect(await client.get('/session')).toMatchObject({ permissions: 40, enabled: true })
    simulator.control.setRole(64)
  })
})

test('every answer carries a request id of 32 digits and the tenant’s time', async () => {
  const answers = await Promise.all([
    client.call('GET', '/server/status'),
    client.call('GET', '/nowhere'),
    fetch(`${simulator.url}/session`),
  ])
  for (const { headers } of answers) {
    expect(headers.get('x-request-uuid')).toMatch(/^[0-9a-f]{32}$/)
    expect(headers.get('date')).toBe('Mon, 01 Jun 2026 06:00:00 GMT')
  }
  expect(new Set(answers.map(({ headers }) => headers.get('x-request-uuid'))).size).toBe(3)
})

test('answers are compressed when asked for and plain otherwise', async () => {
  const zipped = await client.call('GET', '/scans', undefined, { 'accept-encoding': 'gzip' })
  const plain = await client.call('GET', '/scans', undefined, { 'accept-encoding': 'identity' })
  expect(zipped.headers.get('content-encoding')).toBe('gzip')
  expect(plain.headers.get('content-encoding')).toBeNull()
  expect(Number(plain.headers.get('content-length'))).toBe(Buffer.byteLength(plain.text))
  expect(zipped.text).toBe(plain.text)
})

test('what is no JSON, too long, or no path is refused and hurts nobody', async () => {
  const keys = { 'x-apikeys': `accessKey=${simulator.accessKey};secretKey=${simulator.secretKey}` }
  const send = async (path: string, body: string) =>
    (await fetch(simulator.url + path, { method: 'POST', headers: keys, body })).status
  expect(await send('/vulns/export', '{"num_assets":')).toBe(400)
  expect(await send('/vulns/export', JSON.stringify({ pad: 'x'.repeat(2_000_000) }))).toBe(400)
  expect(await send('/vulns/export/%E0%A4%A/cancel', '')).toBe(404)
  expect((await client.call('GET', '/server/status')).status).toBe(200)
})
