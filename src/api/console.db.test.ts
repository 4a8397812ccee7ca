import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { json, startServer } from '../../test/support/http-server.ts'
import { recordAudit } from '../store/audit.ts'
import { startTestServer, type TestServer } from './test-server.ts'

// What the screens of an operator ask beside the mirror: the list of runs by what started them and when, whether the
// trail and the store are whole, and how a source is reached.

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

test('runs are found by what asked for them and by when they started', async () => {
  const ids = async (query: Readonly<Record<string, unknown>>) => {
    const { status, json } = await server.call('listJobs', { query })
    expect(status).toBe(200)
    return json.items.map((run: { id: number }) => run.id)
  }
  const { rows } = await server.db.database.query<{ run_id: number; trigger: string; at: string }>(
    `select run_id, trigger, coalesce(started_at, created_at) as at from run order by run_id desc`,
  )
  const where = (keep: (row: (typeof rows)[number]) => boolean) => rows.filter(keep).map(row => row.run_id)
  const middle = rows[1]!.at
  expect(await ids({ trigger: ['schedule'] })).toEqual(where(row => row.trigger === 'schedule'))
  expect(await ids({ trigger: ['api', 'cli'] })).toEqual(where(row => row.trigger === 'api' || row.trigger === 'cli'))
  expect(await ids({ started_from: middle })).toEqual(where(row => Date.parse(row.at) >= Date.parse(middle)))
  expect(await ids({ started_to: middle })).toEqual(where(row => Date.parse(row.at) < Date.parse(middle)))
  const wrong = await server.call('listJobs', { query: { started_from: 'yesterday' } })
  expect([wrong.status, wrong.json.errors[0].field]).toEqual([400, 'query.started_from'])
})

describe('the audit', () => {
  const actor = { kind: 'cli', name: 'somebody' } as const

  test('is found by when it was written', async () => {
    await recordAudit(server.db.database, { actor, action: 'test.old', subject: 'test:1' })
    const { rows } = await server.db.database.query<{ at: string }>('select clock_timestamp() as at')
    await recordAudit(server.db.database, { actor, action: 'test.new', subject: 'test:1' })
    const actions = async (query: Readonly<Record<string, unknown>>) =>
      (await server.call('listAudit', { query: { subject: 'test:1', ...query } })).json.items.map(
        (event: { action: string }) => event.action,
      )
    expect(await actions({ recorded_from: rows[0]!.at })).toEqual(['test.new'])
    expect(await actions({ recorded_to: rows[0]!.at })).toEqual(['test.old'])
  })

  test('is whole, until somebody changes an event behind its back', async () => {
    const { rows } = await server.db.database.query<{ n: number }>('select count(*)::integer as n from audit_event')
    const whole = await server.call('verifyAudit')
    expect(whole.json).toEqual({ ok: true, checked: rows[0]!.n, first_broken: null })
    await server.db.database.query(`
alter table audit_event disable trigger user;
update audit_event set actor = 'nobody' where action = 'test.old';
alter table audit_event enable trigger user`)
    const { json: broken } = await server.call('verifyAudit')
    expect(broken.ok).toBe(false)
    expect(broken.first_broken.reason).toContain('changed after it was written')
    await server.db.database.query(`
alter table audit_event disable trigger user;
update audit_event set actor = 'somebody' where action = 'test.old';
alter table audit_event enable trigger user`)
  })
})

test('the store is verified when asked, and the verdict stays', async () => {
  const fresh = await startTestServer({ isEmpty: true })
  try {
    expect((await fresh.call('getVerification')).json).toEqual({
      is_running: false,
      progress: null,
      error: null,
      last: null,
    })
    const started = await fresh.call('startVerification')
    expect(started.status).toBe(202)
    await expect
      .poll(async () => (await fresh.call('getVerification')).json.is_running, { timeout: 60_000 })
      .toBe(false)
    const { json: verdict } = await fresh.call('getVerification')
    expect(verdict).toMatchObject({ error: null, last: { is_sound: true, damages: [] } })
    const { rows } = await fresh.db.database.query<{ checks: number }>('select checks from verification')
    expect(rows).toEqual([{ checks: verdict.last.checks }])
  } finally {
    await fresh.stop()
  }
})

describe('how a source is reached', () => {
  const fixture = (name: string) => readFileSync(`test/fixtures/tls/${name}`)
  const keys = { access_key: 'a'.repeat(20), secret_key: 'b'.repeat(20) }
  const caPem = fixture('localhost.crt').toString()

  const refused = [
    {
      name: 'a proxy with a password',
      settings: { proxy_url: 'http://me:secret@proxy.example.com' },
      code: 'bad_proxy_url',
    },
    { name: 'a proxy with a path', settings: { proxy_url: 'http://proxy.example.com/there' }, code: 'bad_proxy_url' },
    { name: 'a proxy of another kind', settings: { proxy_url: 'socks5://proxy.example.com' }, code: 'bad_proxy_url' },
    { name: 'no proxy at all', settings: { proxy_url: 'proxy' }, code: 'bad_proxy_url' },
    { name: 'text for certificates', settings: { ca_pem: 'trust me' }, code: 'bad_ca' },
    {
      name: 'a damaged certificate',
      settings: { ca_pem: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' },
      code: 'bad_ca',
    },
    { name: 'a private key', settings: { ca_pem: `${caPem}\n${fixture('localhost.key')}` }, code: 'bad_ca' },
  ]
  for (const { name, settings, code } of refused) {
    test(`${name} is refused, saved or tried`, async () => {
      const field = `settings.${Object.keys(settings)[0]}`
      const saved = await server.call('createSource', { body: { name, ...keys, settings } })
      expect([saved.status, saved.json.code, saved.json.errors[0].field]).toEqual([422, code, field])
      expect(saved.text).not.toContain('secret')
      expect(saved.text).not.toContain('PRIVATE KEY')
      const tried = await server.call('testConnection', { body: { ...keys, settings } })
      expect([tried.status, tried.json.code]).toEqual([422, code])
    })
  }

  test('by an authority of its own, through a proxy of its own', async () => {
    const told: string[] = []
    const tunnels: string[] = []
    const source = await startServer(
      (request, response) => {
        told.push(request.path)
        json(response, { error: 'no' }, 401)
      },
      { key: fixture('localhost.key'), cert: fixture('localhost.crt') },
    )
    const proxy = createServer().on('connect', (request, socket) => {
      tunnels.push(request.url ?? '')
      const upstream = connect(source.port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        upstream.pipe(socket).pipe(upstream)
      })
      for (const end of [upstream, socket]) end.on('error', () => {})
      socket.on('close', () => upstream.destroy())
    })
    await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve))
    const proxyUrl = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
    try {
      const body = { ...keys, base_url: source.url }
      const distrusted = await server.call('testConnection', { body })
      expect(distrusted.json).toMatchObject({ success: false, error_code: 'tls_error' })
      expect(told).toEqual([])
      await server.call('testConnection', { body: { ...body, settings: { ca_pem: caPem } } })
      expect(told.length).toBeGreaterThan(0)
      await server.call('testConnection', { body: { ...body, settings: { ca_pem: caPem, proxy_url: proxyUrl } } })
      expect(tunnels[0]).toBe(`localhost:${source.port}`)

      // And of a source that is saved.
      const settings = { ca_pem: caPem, proxy_url: proxyUrl }
      const { json: made } = await server.call('createSource', { body: { name: 'Reached', ...body, settings } })
      tunnels.length = 0
      await server.call('testConnection', { body: { id: made.id } })
      expect(tunnels[0]).toBe(`localhost:${source.port}`)
    } finally {
      await source.close()
      proxy.closeAllConnections()
      await new Promise(resolve => proxy.close(resolve))
    }
  })

  test('stored keys go no other way than the one they were entered for', async () => {
    const { json: made } = await server.call('createSource', { body: { name: 'Kept', ...keys } })
    const params = { id: made.id }
    for (const settings of [{ proxy_url: 'http://proxy.example.com:3128' }, { ca_pem: caPem }]) {
      const refusal = await server.call('updateSource', { params, body: { settings } })
      expect([refusal.status, refusal.json.code]).toEqual([422, 'keys_needed_again'])
      const allowed = await server.call('updateSource', { params, body: { settings, ...keys } })
      expect(allowed.json.settings).toEqual(settings)
      // As it is, and without it: neither lets anybody else see them.
      expect(
        (await server.call('updateSource', { params, body: { settings: { ...settings, rate_limit_burst: 5 } } }))
          .status,
      ).toBe(200)
      expect((await server.call('updateSource', { params, body: { settings: {} } })).status).toBe(200)
    }
  })
})
