import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { OperationId } from '../contract/paths.ts'
import { routes, streamOperations } from '../contract/routes.ts'
import { systemClock } from '../platform/clock.ts'
import { silentLog } from '../platform/log.ts'
import { type Simulator, startSimulator } from '../simulator/index.ts'
import { startNessusSimulator } from '../simulator/nessus/index.ts'
import { startScSimulator } from '../simulator/sc/index.ts'
import { ConfirmedSweeps } from '../sync/confirmed-sweeps.ts'
import { handledOperations } from './server.ts'
import { type Called, type CallInput, startTestServer, type TestServer } from './test-server.ts'

let server: TestServer
let simulator: Simulator
const called = new Set<OperationId>()

beforeAll(async () => {
  server = await startTestServer()
  simulator = await startSimulator({ assets: 5, findings: 20, plugins: 120 })
})
afterAll(async () => {
  await simulator.stop()
  await server.stop()
})

async function call(operationId: OperationId, input: CallInput = {}): Promise<Called> {
  called.add(operationId)
  return server.call(operationId, input)
}

const newSource = (name: string) => ({
  name,
  base_url: simulator.url,
  access_key: simulator.accessKey,
  secret_key: simulator.secretKey,
})

describe('configuration', () => {
  test('a source goes through its whole life, and its keys never come back', async () => {
    const created = await call('createSource', { body: newSource('Mine') })
    expect(created.status).toBe(201)
    expect(created.json).toMatchObject({
      name: 'Mine',
      kind: 'tenable-vm',
      platform: 'tenable.io',
      has_credentials: true,
    })
    const { id } = created.json
    expect((await call('getSource', { params: { id } })).json).toEqual(created.json)
    const changed = await call('updateSource', {
      params: { id },
      body: { name: 'Renamed', settings: { vuln_chunk_size: 50 } },
    })
    expect(changed.json).toMatchObject({ name: 'Renamed', settings: { vuln_chunk_size: 50 } })
    const listed = await call('listSources')
    expect(listed.json.items.map((source: { name: string }) => source.name)).toEqual(['Cloud', 'Lab', 'Renamed'])
    const several = await call('updateOnlySource', { body: { name: 'x' } })
    expect([several.status, several.json.code]).toEqual([409, 'several_sources'])
    expect(several.json.detail).toContain('Renamed')
    const taken = await call('updateSource', { params: { id }, body: { name: 'Cloud' } })
    expect([taken.status, taken.json.errors[0].field]).toEqual([409, 'name'])
    expect((await call('removeSource', { params: { id } })).json).toMatchObject({ has_credentials: false })
    expect((await call('getSource', { params: { id } })).status).toBe(404)
    const audit = await call('listAudit', { query: { action: 'source.' } })
    expect(audit.json.items.map((event: { action: string }) => event.action)).toEqual([
      'source.removed',
      'source.changed',
      'source.created',
    ])
    const everything = [created, changed, listed, audit].map(answer => answer.text).join()
    expect(everything).not.toContain(simulator.secretKey)
    expect(everything).not.toContain(simulator.accessKey)
  })

  test('a Security Center is added and tried by the names that programs have for it, with its certificate', async () => {
    const center = await startScSimulator({ assets: 20, findings: 100 })
    try {
      const { url, accessKey, secretKey } = center
      const body = { platform: 'security-center', baseUrl: url, apiKey: accessKey, secretKey }
      const tried = await call('testConnection', { body: { ...body, settings: { tls_verify: false } } })
      expect(tried.json).toMatchObject({ success: true, server_version: '6.4.0' })
      expect(tried.json.warnings.join()).toContain('not verified')
      const created = await call('createSource', { body })
      expect(created.json).toMatchObject({
        name: 'Tenable Security Center',
        kind: 'tenable-sc',
        platform: 'tenable.sc',
      })
      await call('removeSource', { params: { id: created.json.id } })
      const nowhere = await call('createSource', { body: { ...body, baseUrl: undefined } })
      expect([nowhere.status, nowhere.json.errors[0].field]).toEqual([422, 'base_url'])
      const pinned = await call('createSource', { body: { ...body, settings: { tls_pin_sha256: 'no' } } })
      expect([pinned.status, pinned.json.errors[0].field]).toEqual([400, 'body.settings.tls_pin_sha256'])
    } finally {
      await center.stop()
    }
  })

  test('a Nessus scanner is added and tried, and what its licence leaves out is no failure', async () => {
    const scanner = await startNessusSimulator({ machines: 2, weaknesses: 4 })
    try {
      const { url, accessKey, secretKey } = scanner
      const body = { platform: 'nessus', baseUrl: url, apiKey: accessKey, secretKey }
      const tried = await call('testConnection', { body })
      expect(tried.json).toMatchObject({
        success: true,
        server_version: '10.8.3',
        container: { name: 'Nessus' },
        user: { name: 'tenfold', role: 'System Administrator' },
      })
      const outcomes = tried.json.rights.map((right: { right: string; outcome: string }) => [
        right.right,
        right.outcome,
      ])
      expect(outcomes).toContainEqual(['launching scans', 'not_offered'])
      const wrong = await call('testConnection', { body: { ...body, secretKey: 'no' } })
      expect(wrong.json).toMatchObject({ success: false, error_code: 'bad_credentials' })
      const created = await call('createSource', { body })
      expect(created.json).toMatchObject({ name: 'Nessus', kind: 'nessus', platform: 'nessus' })
      await call('removeSource', { params: { id: created.json.id } })
      const nowhere = await call('createSource', { body: { ...body, baseUrl: undefined } })
      expect([nowhere.status, nowhere.json.errors[0].field]).toEqual([422, 'base_url'])
    } finally {
      await scanner.stop()
    }
  })

  test('PUT without an id changes the only source', async () => {
    const single = await startTestServer({ isEmpty: true })
    try {
      expect((await single.call('updateOnlySource', { body: { name: 'x' } })).status).toBe(404)
      expect((await single.call('startSync')).json).toMatchObject({ status: 404, code: 'source_not_found' })
      await single.call('createSource', { body: newSource('Only') })
      const changed = await single.call('updateOnlySource', { body: { syncEnabled: false } })
      expect(changed.json).toMatchObject({ name: 'Only', is_enabled: false })
      const off = await single.call('startSync', {})
      expect([off.status, off.json.code]).toEqual([422, 'source_disabled'])
    } finally {
      await single.stop()
    }
  })

  test('older keys are taken: platform, apiKey, secretKey, baseUrl', async () => {
    const older = {
      platform: 'tenable.io',
      apiKey: simulator.accessKey,
      secretKey: simulator.secretKey,
      baseUrl: simulator.url,
    }
    for (const operationId of ['testConnection', 'testConnectionAlias'] as const) {
      const tried = await call(operationId, { body: older })
      expect(tried.json).toMatchObject({ success: true, error: null, base_url: simulator.url })
      expect(tried.json.rights.length).toBeGreaterThan(0)
    }
    const created = await call('createSource', { body: { ...older, name: 'Older' } })
    expect(created.status).toBe(201)
    const saved = await call('testConnection', { body: { id: created.json.id } })
    expect(saved.json.success).toBe(true)
    expect((await call('getSource', { params: { id: created.json.id } })).json.role).not.toBeNull()
    await call('removeSource', { params: { id: created.json.id } })
  })

  test('a connection that fails is an answer, with why', async () => {
    const wrong = await call('testConnection', {
      body: { base_url: simulator.url, access_key: 'a'.repeat(64), secret_key: 'b'.repeat(64) },
    })
    expect(wrong.json).toMatchObject({ success: false, error: expect.any(String), error_code: expect.any(String) })
    const nobody = await call('testConnection', {
      body: { base_url: 'http://127.0.0.1:1', access_key: 'a'.repeat(64), secret_key: 'b'.repeat(64) },
    })
    expect(nobody.json).toMatchObject({ success: false, error: expect.any(String) })
  })

  const refusals: {
    name: string
    operation: OperationId
    input: CallInput
    status: number
    code: string
    field?: string
  }[] = [
    {
      name: 'no keys',
      operation: 'createSource',
      input: { body: {} },
      status: 400,
      code: 'bad_request',
      field: 'body.access_key',
    },
    {
      name: 'one key',
      operation: 'updateSource',
      input: { params: { id: 1 }, body: { access_key: 'x' } },
      status: 400,
      code: 'bad_request',
      field: 'body.secret_key',
    },
    {
      name: 'an unknown key',
      operation: 'createSource',
      input: { body: { access_key: 'a', secret_key: 'b', colour: 1 } },
      status: 400,
      code: 'bad_request',
      field: 'body.colour',
    },
    {
      name: 'a key under two names',
      operation: 'createSource',
      input: { body: { access_key: 'a', apiKey: 'c', secret_key: 'b' } },
      status: 400,
      code: 'bad_request',
      field: 'body.apiKey',
    },
    {
      name: 'plain http',
      operation: 'createSource',
      input: { body: { access_key: 'a', secret_key: 'b', base_url: 'http://tenable.example' } },
      status: 422,
      code: 'bad_base_url',
      field: 'base_url',
    },
    {
      name: 'a kind that is not built',
      operation: 'createSource',
      input: { body: { access_key: 'a', secret_key: 'b', platform: 'files' } },
      status: 422,
      code: 'kind_not_built',
      field: 'kind',
    },
    {
      name: 'another kind',
      operation: 'updateSource',
      input: { params: { id: 1 }, body: { kind: 'nessus' } },
      status: 422,
      code: 'kind_is_fixed',
      field: 'kind',
    },
    {
      name: 'a setting beyond the vendor’s range',
      operation: 'updateSource',
      input: { params: { id: 1 }, body: { settings: { asset_chunk_size: 5 } } },
      status: 400,
      code: 'bad_request',
      field: 'body.settings.asset_chunk_size',
    },
    {
      name: 'an id that is none',
      operation: 'getSource',
      input: { params: { id: 'x' } },
      status: 400,
      code: 'bad_request',
      field: 'params.id',
    },
    {
      name: 'an unknown id',
      operation: 'removeSource',
      input: { params: { id: 99 } },
      status: 404,
      code: 'source_not_found',
    },
    {
      name: 'a test of an unknown id',
      operation: 'testConnection',
      input: { body: { id: 99 } },
      status: 404,
      code: 'source_not_found',
    },
    {
      name: 'a test of nothing',
      operation: 'testConnection',
      input: { body: {} },
      status: 400,
      code: 'bad_request',
      field: 'body.access_key',
    },
    {
      name: 'a test of a saved source at another address',
      operation: 'testConnection',
      input: { body: { id: 1, base_url: 'https://evil.example' } },
      status: 400,
      code: 'bad_request',
      field: 'body.access_key',
    },
    {
      name: 'a test without keys',
      operation: 'testConnection',
      input: { body: { id: 1 } },
      status: 422,
      code: 'keys_needed',
    },
  ]
  for (const { name, operation, input, status, code, field } of refusals) {
    test(`${name} is refused with ${code}`, async () => {
      const answer = await call(operation, input)
      expect([answer.status, answer.json.code]).toEqual([status, code])
      if (field) expect(answer.json.errors.map((error: { field: string }) => error.field)).toContain(field)
    })
  }
})

describe('sync', () => {
  let sourceId: number
  beforeAll(async () => {
    sourceId = (await call('createSource', { body: newSource('Synced') })).json.id
  })

  test('a source has one run at a time, whoever asks', async () => {
    const asked = { body: { source_id: sourceId } }
    const first = await call('startSync', asked)
    expect(first.status).toBe(202)
    expect(first.json).toMatchObject({
      success: true,
      processed: 0,
      created: true,
      job: { status: 'pending', trigger: 'api' },
    })
    expect(first.json.importId).toBe(first.json.job.id)
    const second = await call('startSync', { body: { configId: sourceId, kind: 'full' } })
    expect([second.status, second.json.created, second.json.importId]).toEqual([200, false, first.json.importId])
    const third = await call('createJob', asked)
    expect([third.status, third.json.id]).toEqual([200, first.json.importId])
    const status = await call('getSyncStatus')
    expect(status.json).toMatchObject({ is_running: true, active: [{ id: first.json.importId }] })

    const params = { id: first.json.importId }
    const early = await call('retryJob', { params })
    expect([early.status, early.json.code]).toEqual([409, 'job_not_ended'])
    const busy = await call('removeSource', { params: { id: sourceId } })
    expect([busy.status, busy.json.code]).toEqual([409, 'source_busy'])
    expect((await call('cancelJob', { params })).json).toMatchObject({ cancelled: true, job: { status: 'cancelled' } })
    expect((await call('cancelJob', { params })).json.cancelled).toBe(false)

    const again = await call('retryJob', { params })
    expect([again.status, again.json.status]).toEqual([201, 'pending'])
    expect(again.json.id).not.toBe(params.id)
    expect((await call('stopSync')).json).toEqual({ success: true, stopped: 1 })
    expect((await call('stopSync')).json.stopped).toBe(0)
    const log = await call('getJobLog', { params })
    expect(log.json.items.map((entry: { event: string }) => entry.event)).toEqual(
      expect.arrayContaining(['run_queued', 'run.requested', 'run.cancelled', 'run_cancelled']),
    )
  })

  test('without a body the only source is meant; of several none', async () => {
    const answer = await call('startSync')
    expect([answer.status, answer.json.code]).toEqual([409, 'several_sources'])
    expect(answer.json.detail).toContain('Synced')
  })

  test('wait answers at the end, with what was read', async () => {
    const waiting = call('startSync', { body: { source_id: sourceId, wait: true } })
    await expect
      .poll(async () => (await server.db.database.query(`select from run where status = 'pending'`)).rows.length)
      .toBe(1)
    await server.db.database.query(
      `update run set status = 'partial', started_at = now(), finished_at = now() where status = 'pending'`,
    )
    const answer = await waiting
    expect(answer.status).toBe(200)
    expect(answer.json).toMatchObject({ success: false, created: true, job: { status: 'partial' } })
  })

  test('what failed lately is run again, one run for each source', async () => {
    await server.db.database.query(
      `insert into run (source_id, kind, trigger, streams, status, finished_at)
       values ($1, 'full', 'schedule', '{assets}', 'failed', now()), ($1, 'full', 'schedule', '{assets,findings}', 'failed', now())`,
      [sourceId],
    )
    const retried = await call('retryFailedJobs', { body: { days: 1 } })
    expect(retried.status).toBe(200)
    expect(retried.json.items).toMatchObject([
      { created: true, job: { source_id: sourceId, kind: 'full', status: 'pending', trigger: 'api' } },
    ])
    // It is under way.
    expect((await call('retryFailedJobs')).json).toEqual({ items: [] })
    expect((await call('stopSync')).json.stopped).toBe(1)
    const wrong = await call('retryFailedJobs', { body: { days: 0 } })
    expect([wrong.status, wrong.json.errors[0].field]).toEqual([400, 'body.days'])
  })

  test('a source is paused and resumed, which its view and the status say', async () => {
    const params = { id: sourceId }
    expect((await call('pauseSource', { params })).json).toMatchObject({ id: sourceId, is_paused: true })
    const status = await call('getSyncStatus')
    const freshness = status.json.sources.find((one: { source_id: number }) => one.source_id === sourceId)
    expect(freshness.health).toMatchObject({ is_paused: true, words: expect.stringContaining('is paused since') })
    expect((await call('resumeSource', { params })).json).toMatchObject({ is_paused: false })
    const none = await call('pauseSource', { params: { id: 4_000 } })
    expect([none.status, none.json.code]).toEqual([404, 'source_not_found'])
  })

  test('jobs are listed and shown', async () => {
    const page = await call('listJobs', { query: { limit: 2, source_id: [1] } })
    expect(page.json.items.map((job: { id: number }) => job.id)).toEqual([2, 1])
    const job = await call('getJob', { params: { id: 1 } })
    expect(job.json).toMatchObject({ processed: 840, exports: [{ export_id: 'e-1' }, { export_id: 'e-2' }] })
    for (const operation of ['getJob', 'getJobLog', 'cancelJob', 'retryJob'] as const) {
      const none = await call(operation, { params: { id: 4_000 } })
      expect([none.status, none.json.code]).toEqual([404, 'job_not_found'])
    }
  })

  test('some assets, or one plugin, are read beside a run', async () => {
    const keys = { access_key: simulator.accessKey, secret_key: simulator.secretKey, base_url: simulator.url }
    await call('updateSource', { params: { id: 1 }, body: keys })
    expect((await call('refreshAssets', { body: { asset_ids: [1] } })).status).toBe(202)
    expect((await call('refreshFindings', { body: { plugin_id: 19_506, source_id: 1 } })).status).toBe(202)
    expect((await call('stopSync')).json.stopped).toBe(2)
  })

  test('a run that is not full or delta is not run again', async () => {
    await server.db.database.query(`update run set kind = 'import' where run_id = 3`)
    const answer = await call('retryJob', { params: { id: 3 } })
    expect([answer.status, answer.json.code]).toEqual([422, 'not_retriable'])
  })
})

describe('the mirror', () => {
  test('assets: list, details by either id, findings of one', async () => {
    const page = await call('listAssets', { query: { limit: 3, sort: '-open_critical', include: ['all'] } })
    expect(page.json).toMatchObject({ level: 'source', as_of: '2026-11-20T05:57:00Z', total: 40, total_is_exact: true })
    const next = await call('listAssets', {
      query: { limit: 3, sort: '-open_critical', include: 'all', cursor: page.json.next_cursor },
    })
    expect(next.json.total).toBeUndefined()
    const uuid = page.json.items[0].uuid
    const asset = await call('getAsset', { params: { id: uuid } })
    expect(asset.json.id).toBe(page.json.items[0].id)
    expect((await call('getAsset', { params: { id: asset.json.id } })).json).toEqual(asset.json)
    // Asset 3 is deleted: its own page still shows its findings.
    const findings = await call('listAssetFindings', { params: { id: 3 }, query: { limit: 500 } })
    expect(findings.json.total).toBeGreaterThan(0)
    expect(new Set(findings.json.items.map((finding: { asset_id: number }) => finding.asset_id))).toEqual(new Set([3]))
    for (const operation of ['getAsset', 'listAssetFindings'] as const) {
      expect((await call(operation, { params: { id: 'nobody' } })).json.code).toBe('asset_not_found')
    }
  })

  test('findings: list, details by either id, history', async () => {
    const page = await call('listFindings', { query: { plugin_id: 10020, include: 'all', limit: 5 } })
    const [first] = page.json.items
    expect(first.instance).toContain('https://host/')
    const finding = await call('getFinding', { params: { id: first.id } })
    expect(finding.json).toMatchObject({
      output: expect.stringContaining('<script>'),
      extra: { odd: [1, null] },
      asset: { id: first.asset_id },
      plugin: { plugin_id: 10020, solution: 'Update.' },
    })
    expect((await call('getFinding', { params: { id: first.finding_id } })).json).toEqual(finding.json)
    const history = await call('getFindingHistory', { params: { id: first.finding_id } })
    expect(history.json.finding_id).toBe(first.id)
    expect(history.json.items[0]).toMatchObject({ kind: 'opened', is_reconstructed: true })
    for (const id of ['1.1.0.tcp', 'nobody']) {
      for (const operation of ['getFinding', 'getFindingHistory'] as const) {
        expect((await call(operation, { params: { id } })).json.code).toBe('finding_not_found')
      }
    }
  })

  test('plugins: list with counts, details, assets', async () => {
    const page = await call('listPlugins', { query: { counts: true, sort: '-vpr_score', limit: 5 } })
    expect(page.json.items[0].counts).toBeDefined()
    const plugin = await call('getPlugin', { params: { id: 1000001 }, query: { source_id: 2 } })
    expect(plugin.json.name).toBe('Custom of the second')
    const assets = await call('listPluginAssets', {
      params: { id: 10009 },
      query: { severity: 'critical,high', limit: 2 },
    })
    expect(assets.json.items.length).toBe(2)
    expect((await call('getPlugin', { params: { id: 5 } })).json.code).toBe('plugin_not_found')
    expect((await call('listPluginAssets', { params: { id: 5 } })).json.code).toBe('plugin_not_found')
  })

  test('findings by plugin, whose they are, how they come and go', async () => {
    const page = await call('listFindingPlugins', {
      query: { query: 'severity:critical', sort: '-findings', limit: 2 },
    })
    expect(page.json.items).toHaveLength(2)
    const [first] = page.json.items
    const rows = await call('listFindings', { query: { plugin_id: first.plugin_id, severity: 'critical' } })
    expect(first.findings).toBe(rows.json.total)
    const severities = await call('getFindingSeverities', { query: { is_kev: true } })
    expect(severities.json.total).toBe((await call('listFindings', { query: { is_kev: true } })).json.total)
    const owners = await call('listPluginOwners', { params: { id: 10009 } })
    expect(owners.json.items.length).toBeGreaterThan(0)
    expect((await call('getPluginHistory', { params: { id: 5 } })).json.code).toBe('plugin_not_found')
    const refused = await call('getFindingFlow', { query: { query: 'state:open' } })
    expect([refused.status, refused.json.code]).toEqual([400, 'bad_request'])
    for (const days of [0, 731]) expect((await call('getFindingFlow', { query: { days } })).status).toBe(400)
    expect((await call('getMttr', { query: { days: 5 } })).json.current.fixes).toBeGreaterThanOrEqual(0)
  })

  test('the SLA is read, changed, audited, and decides what is overdue', async () => {
    const overdue = () => call('listFindings', { query: { is_overdue: true, severity: 'info' } })
    expect((await overdue()).json.total).toBe(0)
    const preview = await call('previewSla', { body: { info: 3, critical: null } })
    const effectOn = (severity: string) =>
      preview.json.items.find((one: { severity: string }) => one.severity === severity)
    expect((await overdue()).json.total).toBe(0)
    const changed = await call('saveSla', { body: { info: 3, critical: 15 } })
    expect(changed.json.items.map((one: { days: number | null }) => one.days)).toEqual([15, 30, 90, 180, 3])
    expect(changed.json.items.at(-1)).toMatchObject({ severity: 'info', is_default: false })
    const { total } = (await overdue()).json
    expect(total).toBeGreaterThan(0)
    expect(effectOn('info')).toMatchObject({
      days_before: null,
      days_after: 3,
      overdue_before: 0,
      overdue_after: total,
    })
    expect(effectOn('critical')).toMatchObject({ days_before: 15, days_after: null, overdue_after: 0 })
    expect(effectOn('high').overdue_after).toBe(effectOn('high').overdue_before)
    expect((await call('previewSla', { body: { high: 0 } })).json.errors[0].field).toBe('body.high')
    const [event] = (await call('listAudit', { query: { limit: 1 } })).json.items
    expect(event).toMatchObject({ action: 'sla.changed', detail: { info: { from: null, to: 3 } } })
    expect((await call('saveSla', { body: { high: 0 } })).json.errors[0].field).toBe('body.high')
    await call('saveSla', { body: { info: null } })
    expect((await call('getSla')).json.items.at(-1).days).toBeNull()
  })

  test('statistics say what they leave out', async () => {
    const assets = await call('getAssetStatistics')
    const findings = await call('getFindingStatistics', { query: { cloud: ['aws'] } })
    const sync = await call('getSyncStatistics')
    expect(assets.json.left_out.unlicensed).toBeGreaterThan(0)
    expect(findings.json.total).toBe((await call('listFindings', { query: { cloud: 'aws' } })).json.total)
    expect(sync.json.rejected).toBe(0)
    expect(sync.json.sources).toHaveLength(3)
  })

  test('records set aside, and the audit', async () => {
    expect((await call('listRejected', { query: { stream: 'assets' } })).json.total).toBe(7)
    expect((await call('listQualityIssues', { query: { q: 'before' } })).json.total).toBe(5)
    expect((await call('listAudit', { query: { action: 'run.requested', limit: 1 } })).json.items).toHaveLength(1)
  })

  test('a cursor of another question is refused', async () => {
    const { json } = await call('listFindings', { query: { limit: 1 } })
    const answer = await call('listFindings', { query: { limit: 1, severity: 'high', cursor: json.next_cursor } })
    expect([answer.status, answer.json.code, answer.json.errors[0].field]).toEqual([400, 'bad_cursor', 'cursor'])
  })
})

describe('the past', () => {
  const page = { include: ['all'], sort: 'asset_id', limit: 200 }
  const after = { as_of: '2026-12-31' }

  test('a day after everything is the present', async () => {
    const now = await call('listFindings', { query: page })
    const then = await call('listFindings', { query: { ...page, ...after } })
    expect(then.json.items).toEqual(now.json.items)
    expect(then.json.total).toBe(now.json.total)
    expect(then.json.history).toMatchObject({ as_of: '2026-12-31T23:59:59.999999Z', known_at: null, is_unknown: false })
    const next = await call('listFindings', { query: { ...page, ...after, cursor: then.json.next_cursor } })
    expect(next.json.items[0].id).not.toBe(then.json.items[0].id)
    const other = await call('listFindings', { query: { ...page, as_of: '2026-12-30', cursor: then.json.next_cursor } })
    expect(other.json.code).toBe('bad_cursor')
    const statistics = await call('getFindingStatistics', { query: after })
    const { as_of: _then, history: _history, ...counts } = statistics.json
    const { as_of: _now, ...present } = (await call('getFindingStatistics')).json
    expect(counts).toEqual(present)
  })

  test('before a fix the finding is open', async () => {
    const fixed = await call('listFindings', { query: { state: 'fixed', include: 'all', limit: 1 } })
    const { id, first_found, last_fixed } = fixed.json.items[0]
    const before = await call('getFinding', { params: { id }, query: { as_of: '2026-11-11' } })
    expect(before.json).toMatchObject({ state: 'open', last_fixed: null, history: { is_unknown: false } })
    expect(Date.parse(before.json.history.unknown_before)).toBeLessThanOrEqual(Date.parse(first_found))
    const since = await call('getFinding', { params: { id }, query: { as_of: last_fixed } })
    expect(since.json).toMatchObject({ state: 'fixed', last_fixed })
    const early = await call('getFinding', { params: { id }, query: { as_of: '2026-04-01' } })
    expect([early.status, early.json.code]).toEqual([404, 'finding_not_then'])
    expect(early.json.detail).toContain('is not known')
  })

  test('what nobody knew yet is empty, and says so', async () => {
    for (const query of [{ as_of: '2026-04-01' }, { known_at: '2026-11-20T06:00:00Z' }]) {
      const list = await call('listFindings', { query: { ...page, ...query } })
      expect(list.json).toMatchObject({ items: [], total: 0, history: { is_unknown: true } })
      expect((await call('getFindingStatistics', { query })).json).toMatchObject({ total: 0 })
    }
    const told = await call('listFindings', { query: { ...page, known_at: '2026-11-20T06:03:30Z', state: 'fixed' } })
    expect(told.json.total).toBe(0)
    const ofAsset = await call('listAssetFindings', { params: { id: 2 }, query: { as_of: '2026-11-11', limit: 100 } })
    expect(ofAsset.json.items.length).toBeGreaterThan(0)
  })

  test('what is not kept of the past cannot be asked of it', async () => {
    const refused = await call('getFindingStatistics', { query: { ...after, open_severity: 'high' } })
    expect([refused.status, refused.json.code]).toEqual([422, 'not_of_the_past'])
  })

  test('changes are counted and listed', async () => {
    const all = { from: '2026-05-01', to: '2026-12-01' }
    const changes = (await call('listChanges', { query: { ...all, limit: 500 } })).json
    const { opened, fixed } = changes.counts
    expect(opened).toBeGreaterThan(fixed)
    expect(changes.mttr).toMatchObject({ fixes: fixed, mean_days: expect.any(Number) })
    const rows = (await call('listChanges', { query: { ...all, change: 'fixed', limit: 500 } })).json
    expect(rows.items).toHaveLength(fixed)
    expect(rows.items[0]).toMatchObject({ change: 'fixed', happened_at: '2026-11-12T00:00:00Z' })
    expect(rows.counts).toEqual(changes.counts)
    const none = await call('listChanges', { query: { from: '2026-01-01', to: '2026-02-01' } })
    expect(none.json).toMatchObject({ items: [], counts: { opened: 0 }, history: { is_unknown: true } })
  })

  test('an asset has a timeline, by our id and by the vendor’s', async () => {
    await server.db.database.query(
      `insert into asset_event (asset_id, happened_at, source_id, kind, status, cause, after)
       values (1, '2026-05-01', 1, 'tags', 'live', 'source', '["Env:Prod"]')`,
    )
    const { uuid } = (await call('getAsset', { params: { id: 1 } })).json
    const timeline = await call('getAssetTimeline', { params: { id: uuid } })
    expect(timeline.json).toMatchObject({ asset_id: 1, items: [{ kind: 'tags', after: ['Env:Prod'], before: null }] })
    expect((await call('getAssetTimeline', { params: { id: 'nobody' } })).json.code).toBe('asset_not_found')
  })

  test('without any run there are no days', async () => {
    const days = await call('getDailyFindingStatistics', { query: { from: '2026-11-01' } })
    expect(days.json).toEqual({
      ...{ level: 'source', first_day: null, last_day: null, settled_before: null, items: [] },
      imported: { first_day: null, last_day: null, until: null, items: [] },
    })
  })
})

describe('the query language', () => {
  test('chooses what the filter’s own keys choose, in lists, statistics and files', async () => {
    const plain = await call('listFindings', { query: { severity: ['high'], port: [443] } })
    const asked = await call('listFindings', { query: { query: 'severity:high port:443' } })
    expect(asked.json.total).toBeGreaterThan(0)
    expect(asked.json.items).toEqual(plain.json.items)
    const beside = await call('listFindings', { query: { query: 'severity:high', port: [443] } })
    expect(beside.json.items).toEqual(plain.json.items)
    const counted = await call('getAssetStatistics', { query: { query: 'cloud:aws' } })
    expect(counted.json).toEqual((await call('getAssetStatistics', { query: { cloud: 'aws' } })).json)
    const file = await call('exportFindings', { query: { query: 'severity:high port:443', format: 'json' } })
    expect(file.json).toHaveLength(asked.json.total)
  })

  test('an age is reckoned when it is asked', async () => {
    const anHourAgo = new Date(Date.now() - 3_600_000).toISOString()
    const old = await call('listFindings', { query: { include: 'all', query: 'age:>1h' } })
    const before = await call('listFindings', { query: { include: 'all', first_found_to: anHourAgo } })
    expect(old.json.total).toBeGreaterThan(0)
    expect(old.json.total).toBe(before.json.total)
    const young = await call('listFindings', { query: { include: 'all', first_found_from: '-1h' } })
    expect(young.json.total).toBe(0)
  })

  test('a mistake is named with its column, and so is what is said twice', async () => {
    const wrong = await call('listFindings', { query: { query: 'kev:true severty:high' } })
    expect(wrong.status).toBe(400)
    expect(wrong.json.errors).toEqual([
      {
        field: 'query',
        message: expect.stringContaining('column 10: There is no field severty. Did you mean severity?'),
      },
    ])
    const twice = await call('listAssets', { query: { query: 'cloud:aws', cloud: 'gcp' } })
    expect([twice.status, twice.json.errors[0].message]).toEqual([400, expect.stringContaining('say it once')])
  })
})

describe('files', () => {
  test('have the rows of the list with the same filter, in each format', async () => {
    const { total } = (await call('listFindings', { query: { severity: 'high', port: [0, 443] } })).json
    const query = { severity: 'high' }
    const csv = await call('exportFindings', { query })
    expect(csv.headers.get('content-disposition')).toBe('attachment; filename="vulnerabilities.csv"')
    expect(csv.text.trimEnd().split('\r\n')).toHaveLength(total + 1)
    const ndjson = await call('exportFindings', { query: { ...query, format: 'ndjson', output: true } })
    const rows = ndjson.text
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(rows).toHaveLength(total)
    expect(rows.some(row => row.output?.startsWith('=cmd'))).toBe(true)
    expect((await call('exportFindings', { query: { ...query, format: 'json' } })).json).toHaveLength(total)
    const withOutput = await call('exportFindings', { query: { ...query, output: true } })
    expect(withOutput.text).toContain("'=cmd|calc")
    const assets = await call('exportAssets', { query: { include: 'all', format: 'json' } })
    expect(assets.json).toHaveLength(40)
    expect(
      await call('exportAssets', { query: { q: 'nothing' } }).then(answer => answer.text.split('\r\n')),
    ).toHaveLength(2)
  })

  test('are refused when too many are read at once, and taken again after', async () => {
    const readers: Promise<Called>[] = []
    await server.db.database.transaction(async connection => {
      // Whoever reads the table now waits for us.
      await connection.query('lock table asset in access exclusive mode')
      for (let reader = 0; reader < 4; reader += 1) readers.push(call('exportAssets'))
      await expect
        .poll(async () => {
          const { rows } = await connection.query(
            `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
          )
          return rows.length
        })
        .toBe(4)
      const fifth = await call('exportAssets')
      expect([fifth.status, fifth.json.code, fifth.headers.get('retry-after')]).toEqual([503, 'too_many_exports', '30'])
    })
    expect((await Promise.all(readers)).map(answer => answer.status)).toEqual([200, 200, 200, 200])
    expect((await call('exportAssets')).status).toBe(200)
  })
})

describe('the service', () => {
  test('is alive, ready, and describes itself', async () => {
    expect((await call('getLiveness')).json).toEqual({ status: 'ok', version: '0.0.0' })
    expect((await call('getReadiness')).json).toMatchObject({ status: 'ready' })
    expect((await call('getOpenApi')).json.openapi).toBe('3.1.0')
    const events = await call('followEvents', { query: { once: true } })
    expect(events.text).toContain('event: snapshot')
  })

  test('is not ready when the schema is not this program’s, or the database does not answer', async () => {
    const other = await startTestServer({ isEmpty: true })
    try {
      await other.db.database.query(`insert into schema_migration (version, name) values (9999, 'future')`)
      const newer = await other.call('getReadiness')
      expect(newer.status).toBe(503)
      expect(newer.json.checks).toContainEqual({ name: 'schema', ok: false, detail: expect.stringContaining('9999') })
      await other.db.database.query('alter table asset rename to asset_gone')
      const broken = await other.fetch('/api/tenable/assets')
      expect(broken.status).toBe(500)
      expect(await broken.json()).toMatchObject({ code: 'unexpected', detail: expect.stringContaining('log has it') })
      await other.db.database.close()
      expect((await other.call('getReadiness')).status).toBe(503)
      expect((await other.call('getLiveness')).status).toBe(200)
    } finally {
      await other.api.stop()
    }
  })
})

describe('schedules', () => {
  let sourceId: number
  beforeAll(async () => {
    sourceId = (await call('createSource', { body: newSource('Scheduled') })).json.id
  })
  const listed = async () => (await call('listSchedules', { query: { source_id: sourceId } })).json

  test('every source has some, and they can be seen ahead', async () => {
    const { is_on, items } = await listed()
    expect(is_on).toBe(false)
    expect(items.map((schedule: { name: string }) => schedule.name)).toEqual(['changes', 'plugins', 'everything'])
    expect(items[0]).toMatchObject({
      kind: 'delta',
      streams: ['assets', 'findings', 'networks', 'scanners', 'agents', 'tags', 'scans', 'compliance'],
      interval_hours: 4,
      cron: null,
    })
    expect(items[2]).toMatchObject({ kind: 'full', streams: null, cron: '0 2 * * sun', managed_by: 'people' })
    const upcoming = (await call('listUpcoming', { query: { source_id: [sourceId], limit: 30 } })).json
    expect(upcoming.items).toHaveLength(30)
    expect(upcoming.items[0].at).toBe(items.map((schedule: { next_at: string }) => schedule.next_at).sort()[0])
    expect((await call('listUpcoming', { query: { source_id: 99 } })).json.items).toEqual([])
  })

  test('are changed, added, paused, resumed and removed', async () => {
    const body = { source_id: sourceId, name: 'changes' }
    const blackout = [{ days: ['mon'], from: '08:00', to: '18:00' }]
    const changed = await call('saveSchedule', {
      body: { ...body, cron: '0 */2 * * *', time_zone: 'Europe/Berlin', blackout },
    })
    expect(changed.json).toMatchObject({
      cron: '0 */2 * * *',
      interval_hours: null,
      time_zone: 'Europe/Berlin',
      blackout,
    })
    expect((await call('saveSchedule', { body: { ...body, jitter_seconds: 60 } })).json).toMatchObject({
      cron: '0 */2 * * *',
      jitter_seconds: 60,
    })
    const monthly = { kind: 'full', cron: '30 3 1 * *', time_zone: 'America/New_York', jitter_seconds: 600, blackout }
    const first = await call('saveSchedule', { body: { ...body, name: 'monthly', ...monthly } })
    expect(first.json).toMatchObject({ ...monthly, streams: null, next_at: expect.any(String) })
    expect((await call('removeSchedule', { params: { id: first.json.id } })).json.name).toBe('monthly')
    const added = await call('saveSchedule', { body: { ...body, name: 'nightly', interval_hours: 24 } })
    const { id } = added.json
    expect((await call('pauseSchedules', { body: { id } })).json).toMatchObject({
      changed: 1,
      items: [{ id, is_paused: true, next_at: null }],
    })
    expect((await call('resumeSchedules', { body: { source_id: sourceId } })).json).toMatchObject({ changed: 1 })
    expect((await call('pauseSchedules')).json.changed).toBeGreaterThan(3)
    expect((await call('listUpcoming')).json.items).toEqual([])
    await call('resumeSchedules')
    expect((await call('removeSchedule', { params: { id } })).json.name).toBe('nightly')
    expect((await listed()).items).toHaveLength(3)
    const none = await call('removeSchedule', { params: { id } })
    expect([none.status, none.json.code]).toEqual([404, 'schedule_not_found'])
  })

  const refusals = [
    {
      name: 'a pattern that never comes',
      body: { cron: '0 2 30 2 *' },
      status: 422,
      code: 'bad_schedule',
      field: 'cron',
    },
    {
      name: 'an unknown zone',
      body: { time_zone: 'Mars/Olympus' },
      status: 422,
      code: 'bad_schedule',
      field: 'time_zone',
    },
    {
      name: 'both ways',
      body: { cron: '0 2 * * *', interval_hours: 4 },
      status: 400,
      code: 'bad_request',
      field: 'body.interval_hours',
    },
    {
      name: 'every minute',
      body: { interval_hours: 0.01 },
      status: 400,
      code: 'bad_request',
      field: 'body.interval_hours',
    },
    {
      name: 'a pattern with seconds',
      body: { cron: '0 0 2 * * *' },
      status: 422,
      code: 'bad_schedule',
      field: 'cron',
    },
    {
      name: 'jitter of a day',
      body: { jitter_seconds: 86_400 },
      status: 400,
      code: 'bad_request',
      field: 'body.jitter_seconds',
    },
    {
      name: 'an hour that is none',
      body: { blackout: [{ from: '25:00', to: '26:00' }] },
      status: 400,
      code: 'bad_request',
      field: 'body.blackout.0.from',
    },
  ]
  for (const { name, body, status, code, field } of refusals) {
    test(`${name} is refused with ${code}`, async () => {
      const answer = await call('saveSchedule', { body: { source_id: sourceId, name: 'changes', ...body } })
      expect([answer.status, answer.json.code]).toEqual([status, code])
      expect(answer.json.errors.map((error: { field: string }) => error.field)).toContain(field)
    })
  }

  test('of the environment keep their times', async () => {
    await server.db.database.query(`update schedule set managed_by = 'environment' where source_id = $1`, [sourceId])
    const answer = await call('saveSchedule', { body: { source_id: sourceId, name: 'changes', interval_hours: 1 } })
    expect([answer.status, answer.json.code]).toEqual([409, 'schedule_managed_by_environment'])
    const several = await call('saveSchedule', { body: { name: 'changes', interval_hours: 1 } })
    expect([several.status, several.json.code]).toEqual([409, 'several_sources'])
  })
})

describe('sweeps', () => {
  beforeAll(async () => {
    // Run 1 would age out asset 1, end what it has, and ends and marks some findings of asset 2.
    await server.db.database.query(`
      insert into sweep (run_id, source_id, status, reason, assets_live, findings_open, assets_aged_out,
                         findings_asset_gone, findings_withdrawn, findings_unconfirmed, planned_at)
      values (1, 1, 'held', 'Too much.', 20, 300, 1, 12, 1, 1, now());
      insert into sweep (run_id, source_id, status, reason) values (3, 2, 'skipped', 'The role is another.');
      insert into sweep_asset values (1, 1);
      insert into sweep_finding
      select 1, asset_id, plugin_id, port, protocol, instance,
             case when asset_id = 1 then 'asset_gone' when plugin_id % 2 = 0 then 'withdrawn' else 'unconfirmed' end
      from finding where asset_id in (1, 2) and state <> 'fixed' and ended_at is null`)
  })

  test('are listed with what they would end, and shown row by row', async () => {
    const held = await call('listSweeps', { query: { status: 'held' } })
    expect(held.json).toMatchObject({
      total: 1,
      items: [{ run_id: 1, source: 'Cloud', would_end: { assets: 1, findings: 13, asset_gone: 12 }, decided_at: null }],
    })
    expect((await call('listSweeps', { query: { limit: 1 } })).json).toMatchObject({ items: [{ run_id: 3 }], total: 2 })
    const seen: { cause: string; asset_id: number; plugin_id: number | null }[] = []
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const { json } = await call('getSweep', { params: { id: 1 }, query: { limit: 5, ...(cursor ? { cursor } : {}) } })
      seen.push(...json.rows.items)
      cursor = json.rows.next_cursor
    }
    expect(seen[0]).toMatchObject({ cause: 'aged_out', asset_id: 1, plugin_id: null, severity: null })
    expect(new Set(seen.map(row => `${row.asset_id} ${row.plugin_id}`)).size).toBe(seen.length)
    const whole = (await call('getSweep', { params: { id: 1 } })).json
    expect(whole.rows.total).toBe(seen.length)
    const withdrawn = await call('getSweep', { params: { id: 1 }, query: { cause: 'withdrawn' } })
    expect(withdrawn.json.rows.items[0]).toMatchObject({ asset_id: 2, plugin_name: expect.any(String) })
    expect(withdrawn.json.rows.total).toBe(seen.filter(row => row.cause === 'withdrawn').length)
  })

  test('are decided once, by somebody the audit names', async () => {
    const confirmed = await call('confirmSweep', { params: { id: 1 } })
    expect(confirmed.status).toBe(202)
    expect(confirmed.json).toMatchObject({
      run_id: 1,
      status: 'confirmed',
      decided_by: 'admin',
      would_end: { assets: 1 },
      progress: null,
      applied_at: null,
    })
    // Whoever works on runs carries it out, not this call.
    expect((await call('getAsset', { params: { id: 1 } })).json).toMatchObject({ status: 'live' })
    expect((await call('getSweep', { params: { id: 1 } })).json.rows.items.length).toBeGreaterThan(0)
    for (const operation of ['confirmSweep', 'rejectSweep'] as const) {
      expect((await call(operation, { params: { id: 1 } })).json.code).toBe('sweep_not_held')
    }
    const { database } = server.db
    const worker = new ConfirmedSweeps({ database, clock: systemClock, log: silentLog, owner: 'test/1/sweeps' })
    await worker.look()
    await expect
      .poll(async () => (await call('getSweep', { params: { id: 1 } })).json, { timeout: 20_000 })
      .toMatchObject({ status: 'applied', applied_at: expect.any(String), progress: { assets_done: 2, assets: 2 } })
    await worker.stop()
    expect((await call('getAsset', { params: { id: 1 } })).json).toMatchObject({ status: 'aged_out' })
    expect((await call('getSweep', { params: { id: 1 } })).json.rows.items).toEqual([])
    const audit = await call('listAudit', { query: { action: 'sweep.', limit: 1 } })
    expect(audit.json.items).toMatchObject([{ action: 'sweep.confirmed', actor: 'admin', subject: 'run:1' }])
    for (const operation of ['confirmSweep', 'rejectSweep'] as const) {
      const again = await call(operation, { params: { id: 1 } })
      expect([again.status, again.json.code]).toEqual([409, 'sweep_not_held'])
      const none = await call(operation, { params: { id: 4_000 } })
      expect([none.status, none.json.code]).toEqual([404, 'sweep_not_found'])
    }
    expect((await call('getSweep', { params: { id: 4_000 } })).json.code).toBe('sweep_not_found')
  })
})

// More of them in feeds-and-groups.db.test.ts.
describe('feeds and groups', () => {
  test('feeds say what is loaded; none knows a CVE yet, and an address inside is not called', async () => {
    expect((await call('listFeeds')).json.items).toMatchObject([{ kind: 'epss', score_on: null }, { kind: 'kev' }])
    expect((await call('getCveScores', { params: { cve: 'CVE-2024-0001' } })).json.code).toBe('cve_not_found')
    const inside = await call('loadFeed', { params: { kind: 'kev' }, body: { url: 'https://127.0.0.1/kev.json' } })
    expect([inside.status, inside.json.code]).toEqual([422, 'private_address'])
  })

  test('a rule is looked at, made, read, changed and removed; a person stands before it', async () => {
    const rule = { name: 'Everything', conditions: { source_id: [1, 2] }, owner: 'Ann', group: 'all' }
    const preview = await call('previewGroupRule', { body: { rule } })
    const made = await call('createGroupRule', { body: rule })
    expect([made.status, made.json.assets_changed]).toEqual([201, preview.json.changed])
    const { id } = made.json.rule
    expect((await call('listGroupRules')).json.items).toMatchObject([{ id, owner: 'Ann' }])
    expect((await call('getGroupRule', { params: { id } })).json).toMatchObject({ id, priority: 100 })
    expect((await call('listGroups')).json.groups[0]).toMatchObject({ name: 'all' })
    const owner = await call('setAssetOwner', { params: { id: 2 }, body: { owner: 'Zoe' } })
    expect(owner.json).toMatchObject({ owner: 'Zoe', groups: ['all'] })
    await call('updateGroupRule', { params: { id }, body: { ...rule, owner: 'Bob' } })
    expect((await call('getAssetOwner', { params: { id: 1 } })).json).toMatchObject({ owner: 'Bob' })
    await call('setAssetOwner', { params: { id: 2 }, body: { owner: null } })
    await call('removeGroupRule', { params: { id } })
    expect((await call('getAssetOwner', { params: { id: 2 } })).json.owner).toBeNull()
  })
})

describe('networks, sensors and tags', () => {
  const network = '00000000-0000-0000-0000-000000000000'
  const hostile = '<script>"\u001b[31m'

  beforeAll(async () => {
    await server.db.database.query(
      `insert into network (source_id, native_id, name, assets_ttl_days, row_hash, read_at, run_id, gone_at)
       select s, case n when 1 then $1 else 'network-' || n end, case n when 2 then $2 else 'Network ' || n end, 90, n,
              now(), 1, case when n = 5 then now() end
       from generate_series(1, 5) as n, generate_series(1, 2) as s`,
      [network, hostile],
    )
    await server.db.database.query(`
      insert into scanner (source_id, native_id, name, status, type, is_linked, network_name, row_hash, read_at, run_id)
      select 1, n::text, 'Scanner ' || n, case when n % 2 = 0 then 'on' else 'off' end, 'managed', n <> 3, 'Network 1',
             n, now(), 1
      from generate_series(1, 4) as n;
      insert into agent (source_id, native_id, uuid, asset_native_id, name, status, health, groups, network_id,
                         last_connect_at, row_hash, read_at, run_id)
      select 1, (2000000 + n)::text, 'agent-' || n, (select native_id from asset where asset_id = n and n <= 10),
             case when n in (4, 5) then 'twin' else 'Agent ' || n end, case when n % 3 = 0 then 'off' else 'on' end,
             'HEALTHY', array['All agents', 'Group ' || n % 2], '${network}',
             timestamptz '2026-11-01' + n * interval '1 day', n, now(), 1
      from generate_series(1, 12) as n;
      insert into tag_category (source_id, native_id, name, description, row_hash, read_at, run_id)
      values (1, 'c-1', 'Location', 'Where', 1, now(), 1);
      insert into tag (source_id, native_id, category_id, category, value, type, row_hash, read_at, run_id)
      values (1, 't-1', 'c-1', 'Location', 'Dublin', 'static', 1, now(), 1),
             (1, 't-2', null, 'Owner', 'Nobody', 'dynamic', 2, now(), 1);
      update asset set network_id = '${network}', ipv4s = array['192.0.2.' || asset_id, '198.51.100.1', 'no address'],
                       ipv6s = array['2001:db8:1::' || asset_id, 'fe80::zz']
      where asset_id between 1 and 5;
      delete from asset_tag where asset_id between 1 and 5;
      insert into asset_tag (asset_id, tag_key, tag_value, added_at)
      select n, 'Location', 'Dublin', '2026-11-02T00:00:00Z' from generate_series(1, 5) as n;
      insert into directory_event (source_id, list, native_id, happened_at, run_id, kind, name, before, after)
      values (1, 'tag', 't-1', '2026-10-01T00:00:00Z', 1, 'appeared', 'Location:Dublin', null, '{"value": "Dublin"}'),
             (1, 'network', 'network-2', '2026-10-02T00:00:00Z', 1, 'changed', 'B', '{"name": "A"}', '{"name": "B"}');
      insert into plugin_change (plugin_id, owner_source_id, run_id, changed)
      select plugin_id, owner_source_id, r, case r when 1 then '{"name": "First", "family": null}' else '{"name": "Second"}' end::jsonb
      from (select plugin_id, owner_source_id from plugin where owner_source_id = 0 order by plugin_id limit 1) as p,
           generate_series(1, 2) as r`)
  })

  async function pages(operation: OperationId, input: CallInput): Promise<readonly Record<string, never>[]> {
    const seen: Record<string, never>[] = []
    for (let cursor: string | undefined; ; ) {
      const query = { ...input.query, limit: 2, ...(cursor === undefined ? {} : { cursor }) }
      const { json } = await call(operation, { ...input, query })
      seen.push(...json.items)
      cursor = json.next_cursor ?? undefined
      if (cursor === undefined) return seen
    }
  }

  test('networks are counted, paged and told from one another', async () => {
    const counted = await server.db.database.query<{ n: number }>(`
      select count(*) as n from asset
      where network_id = '${network}' and source_id = 1 and status = 'live' and is_licensed is not false
        and is_tracked is not false`)
    const all = await call('listNetworks', { query: { source_id: 1 } })
    expect(all.json).toMatchObject({ total: 4, next_cursor: null })
    const first = all.json.items.find((item: { uuid: string }) => item.uuid === network)
    expect(first).toMatchObject({ id: `1-${network}`, scanners: 4, agents: 12, assets: counted.rows[0]?.n })
    expect(all.json.items.map((item: { name: string }) => item.name)).toContain(hostile)
    for (const sort of ['name', '-name', 'updated_at', '-updated_at']) {
      const seen = await pages('listNetworks', { query: { include: 'gone', sort } })
      expect(new Set(seen.map(item => item.id)).size).toBe(10)
    }
    expect((await call('getNetwork', { params: { id: `1-${network}` } })).json).toMatchObject({ assets_ttl_days: 90 })
    const both = await call('getNetwork', { params: { id: network } })
    expect([both.status, both.json.code]).toEqual([409, 'several_sources'])
    const none = await call('getNetwork', { params: { id: "1-x' or true --" } })
    expect([none.status, none.json.code]).toEqual([404, 'network_not_found'])
  })

  test('subnets hold each address once, whatever is no address', async () => {
    const params = { id: `1-${network}` }
    // 1 was aged out above, 3 is deleted.
    const live = [2, 4, 5]
    const { json } = await call('listSubnets', { params })
    const counts = { assets: live.length, multi_homed: live.length, scanners: 0, agents: 0 }
    expect(json.items).toContainEqual({ subnet: '192.0.2.0/24', family: 4, ...counts })
    expect(json.items).toContainEqual({ subnet: '2001:db8:1::/64', family: 6, ...counts })
    const narrow = await pages('listSubnets', { params, query: { ipv4_prefix: 32, ipv6_prefix: 128 } })
    expect(narrow.map(item => item.subnet)).toEqual(
      expect.arrayContaining(['192.0.2.2/32', '198.51.100.1/32', '2001:db8:1::5/128']),
    )
    expect(new Set(narrow.map(item => item.subnet)).size).toBe(narrow.length)
    expect((await call('listSubnets', { params, query: { ipv4_prefix: 33 } })).status).toBe(400)
    const machines = await pages('listMultiHomed', { params })
    expect(machines.find(item => (item.id as unknown) === 2)).toMatchObject({
      subnets: ['192.0.2.0/24', '198.51.100.0/24', '2001:db8:1::/64'],
    })
  })

  test('scanners and agents are chosen by how they are and where', async () => {
    expect((await call('listScanners', { query: { status: 'on' } })).json.total).toBe(2)
    expect((await call('listScanners', { query: { is_linked: false } })).json.items[0].name).toBe('Scanner 3')
    const total = async (query: Record<string, unknown>) => (await call('listAgents', { query })).json.total
    expect(await total({})).toBe(12)
    expect(await total({ status: 'off' })).toBe(4)
    expect(await total({ group: 'Group 1' })).toBe(6)
    expect(await total({ has_asset: false })).toBe(2)
    expect(await total({ network_id: network, last_connect_from: '2026-11-03', last_connect_to: '2026-11-06' })).toBe(3)
    expect(await total({ network_id: 'elsewhere' })).toBe(0)
    for (const sort of ['name', '-name', 'last_connect_at', '-last_connect_at', 'updated_at']) {
      const seen = await pages('listAgents', { query: { sort } })
      expect(new Set(seen.map(item => item.id)).size).toBe(12)
    }
    expect((await call('listAgents', { query: { q: 'Agent 7' } })).json.items).toMatchObject([{ asset: { id: 7 } }])
    expect((await call('listAgents', { query: { cursor: 'bm90aGluZw' } })).json.code).toBe('bad_cursor')
  })

  test('tags have their members, and what changed is told', async () => {
    const tags = await call('listTags', { query: { category: 'Location' } })
    expect(tags.json.items).toMatchObject([{ id: '1-t-1', members: 3, category_description: 'Where' }])
    const members = await pages('listTagMembers', { params: { id: 't-1' } })
    expect(members.map(item => item.id)).toEqual([2, 4, 5])
    const then = await call('listTagMembers', { params: { id: '1-t-1' }, query: { as_of: '1990-01-01' } })
    expect(then.json).toMatchObject({ items: [], total: 0 })
    expect((await call('listTagMembers', { params: { id: 't-9' } })).json.code).toBe('tag_not_found')
    const events = await call('listDirectoryEvents', { query: { list: 'network', kind: 'changed' } })
    expect(events.json.items).toMatchObject([{ id: '1-network-2', before: { name: 'A' }, after: { name: 'B' } }])
    expect((await call('listDirectoryEvents', { query: { to: '2026-10-02' } })).json.total).toBe(1)
  })

  test('a change of a plugin says from what to what', async () => {
    const { items } = (await call('listPlugins', { query: { owner_source_id: 0, limit: 1 } })).json
    const [{ plugin_id: id, name, family }] = items
    const changes = await call('listPluginChanges', { params: { id } })
    expect(changes.json.items).toMatchObject([
      { run_id: 2, changes: [{ column: 'name', before: 'Second', after: name }] },
      {
        run_id: 1,
        changes: [
          { column: 'family', before: null, after: family },
          { column: 'name', before: 'First', after: 'Second' },
        ],
      },
    ])
    expect(await pages('listPluginChanges', { params: { id } })).toHaveLength(2)
    expect((await call('listPluginChanges', { params: { id: 2_000_000_000 } })).json.code).toBe('plugin_not_found')
  })
})

// What they do is tested in maintenance.db.test.ts.
test('maintenance and numbers for a monitor answer', async () => {
  expect((await call('getMaintenance')).status).toBe(200)
  expect((await call('listArchiveFiles')).json).toEqual({ items: [] })
  const rules = { body: { rules: [{ class: 'outbox', keep_days: 400 }] }, query: { dry_run: true } }
  expect((await call('changeRetention', rules)).status).toBe(200)
  expect((await call('startArchive', { query: { dry_run: true } })).status).toBe(202)
  const cleanup = await call('startCleanup', { query: { dry_run: true } })
  expect((await call('getMaintenanceJob', { params: { id: cleanup.json.id } })).status).toBe(200)
  expect((await call('startArchiveRestore', { body: { file: 'none' } })).status).toBe(404)
  expect((await call('getMetrics')).status).toBe(404)
})

// What they say is tested in scans-and-compliance.db.test.ts.
test('scans and compliance answer', async () => {
  for (const operation of ['listScans', 'getScanCoverage', 'listCompliance', 'getComplianceStatistics'] as const) {
    expect((await call(operation)).status).toBe(200)
  }
  for (const operation of ['getScan', 'listScanRuns', 'getComplianceCheck'] as const) {
    expect((await call(operation, { params: { id: 999_999 } })).status).toBe(404)
  }
})

describe('the contract', () => {
  test('every operation has a handler, and none is beside it', () => {
    expect([...handledOperations].sort()).toEqual(routes.map(route => route.operationId).sort())
  })

  test('every operation was called above, and each answer checked against its schema', () => {
    // These have files of their own.
    const elsewhere = ['accounts', 'scans', 'compliance', 'devices', 'imports', 'reconciliation', 'tables', 'views']
    const ofConsole: readonly string[] = ['verifyAudit', 'getVerification', 'startVerification']
    const expected = routes.filter(
      route => !route.tags.some(tag => elsewhere.includes(tag)) && !ofConsole.includes(route.operationId),
    )
    expect(expected.map(route => route.operationId).filter(operation => !called.has(operation))).toEqual([])
  })

  test('the server has these routes and no others under /api', () => {
    const printed = server.api.app.printRoutes({ commonPrefix: false })
    for (const route of routes) expect(server.api.app.hasRoute({ method: route.method, url: route.path })).toBe(true)
    expect(printed.match(/\((GET|POST|PUT|DELETE)[^)]*\)/g)).not.toBeNull()
  })

  test('operations that do not answer JSON are named as such', () => {
    for (const route of routes) {
      const isStream = (streamOperations as readonly string[]).includes(route.operationId)
      const types = Object.keys(
        Object.entries(route.responses).find(([status]) => Number(status) < 400)?.[1].content ?? {},
      )
      expect(types.some(type => type.startsWith('text/'))).toBe(isStream)
    }
  })
})
