import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { epssText, kevJson } from '../../test/support/feeds.ts'
import { startServer } from '../../test/support/http-server.ts'
import { startTestServer, type TestServer } from './test-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

const today = new Date().toISOString().slice(0, 10)
const upload = (kind: string, body: Buffer | string, query = '') =>
  server.fetch(`/api/tenable/feeds/${kind}${query}`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: new Uint8Array(Buffer.from(body)),
  })
const epss = epssText('2026-07-01', [{ cve: 'CVE-2024-1001', epss: 0.75, percentile: 0.99 }])

describe('feeds', () => {
  test('none is loaded at first', async () => {
    const { json } = await server.call('listFeeds')
    expect(json).toMatchObject({
      is_on: false,
      items: [
        { kind: 'epss', score_on: null },
        { kind: 'kev', score_on: null },
      ],
    })
  })

  test('an uploaded file is loaded, and plugins and findings say what it says', async () => {
    const answer = await upload('epss', gzipSync(epss))
    expect(answer.status).toBe(200)
    expect(await answer.json()).toMatchObject({ kind: 'epss', outcome: 'current', score_on: '2026-07-01', entries: 1 })
    const kev = kevJson('2026-07-02T10:00:00Z', [{ cve: 'CVE-2024-1001', added: '2026-06-01', due: '2026-07-20' }])
    expect((await upload('kev', JSON.stringify(kev))).status).toBe(200)
    const plugin = await server.call('getPlugin', { params: { id: 10001 } })
    expect(plugin.json).toMatchObject({
      ...{ epss_score: 0.75, is_kev: true, kev_due_at: '2026-07-20' },
      scores: { epss: { origin: 'feed', on: '2026-07-01', cve: 'CVE-2024-1001' }, vendor: { epss_score: 0.13 } },
    })
    const findings = await server.call('listFindings', { query: { is_kev: true, kev_due_to: '2026-08-01' } })
    expect(findings.json.items.length).toBeGreaterThan(0)
    for (const item of findings.json.items) expect(item).toMatchObject({ plugin_id: 10001, kev_due_at: '2026-07-20' })
    const listed = await server.call('listPlugins', { query: { sort: '-epss_score', epss_min: 0.75 } })
    expect(listed.json.items.map((one: { plugin_id: number }) => one.plugin_id)).toContain(10001)
  })

  test('a CVE can be asked about, on any day', async () => {
    const now = await server.call('getCveScores', { params: { cve: 'cve-2024-1001' } })
    expect(now.json).toMatchObject({
      cve: 'CVE-2024-1001',
      epss_on: '2026-07-01',
      items: [{ epss: 0.75 }, { due_on: '2026-07-20' }],
    })
    const then = await server.call('getCveScores', { params: { cve: 'CVE-2024-1001' }, query: { on: '2026-06-30' } })
    expect(then.json).toMatchObject({ epss_on: null, items: [] })
    expect((await server.call('getCveScores', { params: { cve: 'CVE-1999-9999' } })).json.code).toBe('cve_not_found')
  })

  test('a file that is wrong is refused with the line, and nothing changes', async () => {
    const answer = await upload('epss', epss.replace('0.75', 'NaN'))
    expect(answer.status).toBe(422)
    expect(await answer.json()).toMatchObject({ code: 'bad_feed', detail: expect.stringContaining('line 3') })
    const without = await upload('epss', 'cve,epss\nCVE-2024-1001,0.1\n')
    expect(await without.json()).toMatchObject({ code: 'feed_date_needed' })
    const named = await upload('epss', 'cve,epss\nCVE-2024-1001,0.1\n', '?name=epss_scores-2022-02-04.csv')
    expect(await named.json()).toMatchObject({ outcome: 'history', score_on: '2022-02-04' })
    expect((await server.call('getPlugin', { params: { id: 10001 } })).json.epss_score).toBe(0.75)
  })

  test('a server cannot be made to look around inside', async () => {
    const inside = await startServer((_request, response) => response.end(epss) && undefined)
    try {
      for (const url of [inside.url, inside.url.replace('http:', 'https:'), 'https://169.254.169.254/']) {
        const { status, json } = await server.call('loadFeed', { params: { kind: 'epss' }, body: { url } })
        expect(status).toBe(422)
        expect(json.code).toMatch(/^(private_address|forbidden_address|bad_feed_url)$/)
      }
      expect(inside.requests).toEqual([])
      const { json } = await server.call('listFeeds')
      expect(json.items[0]).toMatchObject({ error_code: 'forbidden_address', score_on: '2026-07-01' })
    } finally {
      await inside.close()
    }
  })

  test('no other path takes a file', async () => {
    const answer = await server.fetch('/api/groups/rules', {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream' },
      body: 'x',
    })
    expect(answer.status).toBe(415)
  })
})

describe('groups', () => {
  const rule = {
    name: 'Production',
    priority: 5,
    conditions: { tag: ['Env:Prod'] },
    owner: 'Ann',
    criticality: 'high',
    group: 'prod',
  }

  test('a rule is previewed, added, changed and removed, and assets follow', async () => {
    const preview = await server.call('previewGroupRule', { body: { rule } })
    expect(preview.json).toMatchObject({ holds_today: true })
    expect(preview.json.changed).toBeGreaterThan(0)
    expect((await server.call('listGroupRules')).json.items).toEqual([])
    const added = await server.call('createGroupRule', { body: rule })
    expect(added.status).toBe(201)
    expect(added.json).toMatchObject({
      rule: { ...rule, valid_from: today, holds_today: true },
      assets_changed: preview.json.changed,
    })
    const { id } = added.json.rule
    const assets = await server.call('listAssets', { query: { owner: 'Ann', include: 'all', limit: 500 } })
    expect(assets.json.total).toBe(preview.json.changed)
    expect(assets.json.items[0]).toMatchObject({ owner: 'Ann', assigned_criticality: 'high', groups: ['prod'] })
    const findings = await server.call('listFindings', { query: { group: 'prod' } })
    expect(findings.json.items.every((one: { owner: string }) => one.owner === 'Ann')).toBe(true)
    const statistics = await server.call('getAssetStatistics', { query: { owner: 'Ann' } })
    const counted = await server.call('listAssets', { query: { owner: 'Ann' } })
    expect(statistics.json.total).toBe(counted.json.total)
    const csv = await server.call('exportAssets', { query: { owner: 'Ann', format: 'csv' } })
    expect(csv.text.trim().split('\n')).toHaveLength(counted.json.total + 1)
    const groups = await server.call('listGroups')
    expect(groups.json.owners).toContainEqual(expect.objectContaining({ name: 'Ann', assets: counted.json.total }))
    const changed = await server.call('updateGroupRule', { params: { id }, body: { ...rule, is_enabled: false } })
    expect(changed.json).toMatchObject({
      rule: { is_enabled: false, holds_today: false },
      assets_changed: preview.json.changed,
    })
    expect((await server.call('getGroupRule', { params: { id } })).json).toMatchObject({ id, is_enabled: false })
    expect((await server.call('removeGroupRule', { params: { id } })).json).toMatchObject({ assets_changed: 0 })
    expect((await server.call('getGroupRule', { params: { id } })).json.code).toBe('group_rule_not_found')
    const audit = await server.call('listAudit', { query: { action: 'group_rule.', limit: 3 } })
    expect(audit.json.items.map((one: { action: string }) => one.action)).toEqual([
      ...['group_rule.removed', 'group_rule.changed', 'group_rule.created'],
    ])
  })

  const bad = [
    { name: 'nothing asked', body: { ...rule, conditions: {} }, field: 'body.conditions' },
    { name: 'nothing given', body: { ...rule, owner: null, criticality: null, group: null }, field: 'body.owner' },
    { name: 'no range', body: { ...rule, conditions: { cidr: ['10.0.0.0/33'] } }, field: 'body.conditions.cidr.0' },
    {
      name: 'too many stars',
      body: { ...rule, conditions: { name: ['*a'.repeat(30)] } },
      field: 'body.conditions.name.0',
    },
    {
      name: 'an end before its beginning',
      body: { ...rule, valid_from: '2026-01-02', valid_to: '2026-01-01' },
      field: 'body.valid_to',
    },
    {
      name: 'a condition that is not known',
      body: { ...rule, conditions: { colour: ['red'] } },
      field: 'body.conditions.colour',
    },
  ]
  for (const { name, body, field } of bad) {
    test(`a rule with ${name} is refused by name`, async () => {
      const { status, json } = await server.call('createGroupRule', { body })
      expect(status).toBe(400)
      expect(json.errors[0].field).toBe(field)
    })
  }

  test('a name can be had once', async () => {
    const { json } = await server.call('createGroupRule', { body: rule })
    const again = await server.call('createGroupRule', { body: rule })
    expect(again.status).toBe(409)
    expect(again.json.code).toBe('group_rule_name_taken')
    await server.call('removeGroupRule', { params: { id: json.rule.id } })
  })

  test('a person gives an asset an owner and takes it back', async () => {
    const given = await server.call('setAssetOwner', { params: { id: 1 }, body: { owner: 'Zoe' } })
    expect(given.json).toMatchObject({ asset_id: 1, owner: 'Zoe', is_owner_set: true })
    expect((await server.call('getAsset', { params: { id: 1 } })).json.owner).toBe('Zoe')
    const back = await server.call('setAssetOwner', { params: { id: 1 }, body: { owner: null } })
    expect(back.json).toMatchObject({ owner: null, history: [{ owner: 'Zoe', cause: 'person' }, { owner: null }] })
    const then = await server.call('getAssetOwner', {
      params: { id: 1 },
      query: { as_of: back.json.history[0].recorded_at },
    })
    expect(then.json.owner).toBe('Zoe')
    expect((await server.call('setAssetOwner', { params: { id: 99_999 }, body: { owner: 'x' } })).json.code).toBe(
      'asset_not_found',
    )
  })
})
