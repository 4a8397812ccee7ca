import { readFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import { html, json, startServer } from '../../../test/support/http-server.ts'
import { connectorTo, never } from '../../../test/support/tenable-vm.ts'
import type { CheckResult, Connector } from '../connector.ts'
import type { TraceEntry } from './index.ts'

const fixture = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../../test/fixtures/tenable-vm/${name}`, import.meta.url), 'utf8'))
const session = fixture('session.json') as Record<string, unknown>
const properties = fixture('server-properties.json')

type Reply = object | ((response: ServerResponse) => void)

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close()
})

/** A tenant that grants everything but what is said otherwise. */
async function tenant(except: Record<string, Reply> = {}): Promise<{ connector: Connector; traces: TraceEntry[] }> {
  const replies: Record<string, Reply> = {
    '/session': session,
    '/server/properties': properties as object,
    '/server/status': { code: 200, status: 'ready' },
    ...except,
  }
  const server = await startServer((request, response) => {
    const reply = replies[request.path] ?? {}
    if (typeof reply === 'function') (reply as (response: ServerResponse) => void)(response)
    else json(response, reply)
  })
  const traces: TraceEntry[] = []
  const connector = connectorTo(server.url, { trace: entry => traces.push(entry) })
  open.push(server, connector)
  return { connector, traces }
}

const refuse =
  (status: number, body: object = {}): Reply =>
  response =>
    json(response, body, status)

const right = (result: CheckResult, name: string) => result.rights.find(check => check.right === name)

describe('check', () => {
  test('an Administrator has every right, and is named', async () => {
    const { connector } = await tenant()
    const result = await connector.check(never)
    expect(result).toMatchObject({
      ok: true,
      problem: null,
      problemCode: null,
      fingerprint: session.container_uuid,
      container: { id: session.container_uuid, name: session.container_name, region: 'us-2b' },
      user: { name: session.username, role: 'Administrator', permissions: 64, isEnabled: true },
      serverVersion: '6.9.1',
    })
    expect(result.rights.filter(check => check.outcome !== 'granted')).toEqual([])
    expect(result.rights.map(check => check.right)).toEqual([
      'server status',
      'findings export',
      'assets export',
      'deleted assets',
      'compliance export',
      'plugins',
      'tags',
      'scans',
      'networks',
      'scanners',
      'agents',
      'users',
    ])
  })

  const roles = [
    [0, 'Read-Only'],
    [16, 'Basic'],
    [24, 'Scan Operator'],
    [32, 'Standard'],
    [40, 'Scan Manager'],
    [64, 'Administrator'],
    [17, 'unknown role 17'],
  ] as const
  for (const [permissions, role] of roles) {
    test(`${permissions} is ${role}`, async () => {
      const { connector } = await tenant({ '/session': { ...session, permissions } })
      expect(await connector.identify(never)).toMatchObject({ permissions, role })
      expect(right(await connector.check(never), 'deleted assets')?.outcome).toBe(
        permissions === 64 ? 'granted' : 'refused',
      )
    })
  }

  test('what is refused names its cost and its remedy', async () => {
    const { connector } = await tenant({
      '/networks': refuse(403, { error: 'Forbidden' }),
      '/users': refuse(403),
      '/scanners': refuse(404),
      '/tags/values': refuse(500),
    })
    const result = await connector.check(never)
    expect(result.ok).toBe(true)
    expect(right(result, 'networks')).toMatchObject({
      outcome: 'refused',
      status: 403,
      cost: expect.any(String),
      remedy: expect.stringContaining('Scan Manager'),
      detail: expect.stringContaining('Forbidden'),
    })
    expect(right(result, 'users')).toMatchObject({ outcome: 'refused' })
    expect(right(result, 'scanners')).toMatchObject({ outcome: 'not_offered', status: 404, remedy: null })
    expect(right(result, 'tags')).toMatchObject({ outcome: 'failed', status: 500 })
  })

  for (const [name, path] of [
    ['findings export', '/vulns/export/status'],
    ['assets export', '/assets/export/status'],
  ] as const) {
    test(`without the ${name} it is not ok`, async () => {
      const { connector } = await tenant({ [path]: refuse(403, { error: 'Forbidden' }) })
      const result = await connector.check(never)
      expect(result).toMatchObject({ ok: false, problemCode: 'forbidden', problem: expect.stringContaining(name) })
      expect(result.problem).toContain('VM.VM_EXPLORE.VM_EXPLORE.EXPORT')
    })
  }

  test('a bad key ends it after one request', async () => {
    const { connector, traces } = await tenant({ '/session': refuse(401, { message: 'Invalid credentials.' }) })
    expect(await connector.check(never)).toMatchObject({
      ok: false,
      problemCode: 'bad_credentials',
      rights: [],
      problem: expect.stringContaining('Invalid credentials.'),
    })
    expect(traces).toHaveLength(1)
  })

  test('a web page instead of the API', async () => {
    const { connector } = await tenant({ '/session': response => html(response, 200) })
    expect(await connector.check(never)).toMatchObject({ ok: false, problemCode: 'not_json' })
  })

  test('too many requests are told, not waited for', async () => {
    const { connector } = await tenant({ '/session': response => html(response, 429, { 'retry-after': '600' }) })
    expect(await connector.check(never)).toMatchObject({ ok: false, problemCode: 'rate_limited' })
  })

  test('nobody there', async () => {
    const connector = connectorTo('http://127.0.0.1:1')
    open.push(connector)
    expect(await connector.check(never)).toMatchObject({ ok: false, problemCode: 'unreachable' })
  })
})

describe('identify', () => {
  // Of the `Date` header, which Node's server writes.
  const aboutNow = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)

  test('by the container', async () => {
    const { connector, traces } = await tenant()
    expect(await connector.identify(never)).toEqual({
      fingerprint: session.container_uuid,
      permissions: 64,
      role: 'Administrator',
      now: aboutNow,
    })
    expect(traces).toHaveLength(1)
  })

  for (const status of [403, 404]) {
    test(`by the server where /session answers ${status}; the role is then not known`, async () => {
      const { connector } = await tenant({ '/session': refuse(status) })
      expect(await connector.identify(never)).toEqual({
        fingerprint: '417457f6-cd2b-727c-d94f-06bce34d74cf27789b39c292efc6',
        permissions: null,
        role: null,
        now: aboutNow,
      })
      const result = await connector.check(never)
      expect(result).toMatchObject({ ok: true, user: { name: null, role: null } })
      expect(right(result, 'deleted assets')).toMatchObject({
        outcome: 'failed',
        detail: expect.stringContaining('not tried'),
      })
    })
  }

  test('by nothing when neither says', async () => {
    const { connector } = await tenant({ '/session': { permissions: 16 }, '/server/properties': {} })
    expect(await connector.identify(never)).toMatchObject({ fingerprint: null, permissions: 16, role: 'Basic' })
  })
})
