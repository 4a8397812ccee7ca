import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts'
import { unrestricted } from '../access.ts'
import type { PluginFilter } from './filters.ts'
import { listFindings } from './finding-list.ts'
import { listPluginAssets } from './plugin-assets.ts'
import { getPlugin, type PluginView } from './plugin-detail.ts'
import { listPlugins, type PluginSort } from './plugin-list.ts'
import { insertSampleEstate } from './sample-estate.ts'

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase()
  await insertSampleEstate(db.database)
})
afterAll(() => db.drop())

async function everyPage(filter: PluginFilter, sort: PluginSort, limit: number, counts = false) {
  const items: PluginView[] = []
  let cursor: string | undefined
  let total: number | undefined
  do {
    const page = await listPlugins(unrestricted(db.database), { filter, sort, limit, cursor, counts })
    items.push(...page.items)
    total ??= page.total
    cursor = page.next_cursor ?? undefined
  } while (cursor !== undefined)
  return { items, total }
}

const key = (plugin: PluginView) => `${plugin.plugin_id}/${plugin.owner_source_id}`

describe('plugins', () => {
  const cases: { name: string; filter: PluginFilter; where: string }[] = [
    { name: 'everything', filter: {}, where: 'true' },
    { name: 'part of a name', filter: { q: 'PLUGIN 2' }, where: `name ilike '%plugin 2%'` },
    { name: 'wildcards taken literally', filter: { q: '100%_sure' }, where: `position('100%_sure' in name) > 0` },
    { name: 'an id', filter: { q: '10007' }, where: 'plugin_id = 10007' },
    { name: 'a CVE as text', filter: { q: 'cve-2023-1' }, where: `cves && '{CVE-2023-1}'` },
    { name: 'a CVE', filter: { cve: ['cve-2024-1005'] }, where: `cves && '{CVE-2024-1005}'` },
    { name: 'known exploited', filter: { is_kev: true }, where: 'is_kev' },
    { name: 'not known exploited', filter: { is_kev: false }, where: 'is_kev is not true' },
    {
      name: 'scores',
      filter: { vpr_min: 3, vpr_max: 7, cvss_min: 2 },
      where: 'vpr_score between 3 and 7 and cvss3_base_score >= 2',
    },
    { name: 'EPSS', filter: { epss_min: 0.5 }, where: 'epss_score >= 0.5' },
    { name: 'family', filter: { family: ['Windows', 'Custom'] }, where: `family in ('Windows', 'Custom')` },
    { name: 'risk factor', filter: { risk_factor: ['critical'] }, where: `risk_factor = 'critical'` },
    { name: 'owner', filter: { owner_source_id: [1] }, where: 'owner_source_id = 1' },
    {
      name: 'dates',
      filter: {
        published_from: '2024-01-05T00:00:00Z',
        published_to: '2024-01-10T00:00:00Z',
        modified_from: '2024-12-31T00:00:00Z',
      },
      where: `published_at >= '2024-01-05Z' and published_at < '2024-01-10Z' and modified_at is not null`,
    },
    { name: 'changes', filter: { updated_since: '2026-11-20T00:04:00Z' }, where: `changed_at >= '2026-11-20 00:04Z'` },
  ]
  for (const { name, filter, where } of cases) {
    test(`${name}: the pages together are the rows that match`, async () => {
      const { rows } = await db.database.query<{ key: string }>(
        `select plugin_id || '/' || owner_source_id as key from plugin where ${where} order by plugin_id, owner_source_id`,
      )
      const { items, total } = await everyPage(filter, 'plugin_id', 4)
      expect(items.map(key)).toEqual(rows.map(row => row.key))
      expect(total).toBe(rows.length)
    })
  }

  test('the order is total, and a reversed sort gives the exact reverse', async () => {
    const sorts = [
      'plugin_id',
      'name',
      'vpr_score',
      'cvss3_base_score',
      'epss_score',
      'modified_at',
      'updated_at',
    ] as const
    for (const sort of sorts) {
      const keys = (await everyPage({}, sort, 3)).items.map(key)
      expect(new Set(keys).size).toBe(32)
      expect((await everyPage({}, `-${sort}`, 5)).items.map(key).reverse()).toEqual(keys)
    }
  })

  test('counts of each plugin are those of its open findings in the default count', async () => {
    const { items } = await everyPage({}, '-vpr_score', 10, true)
    for (const plugin of items) {
      const filter = {
        plugin_id: [plugin.plugin_id],
        ...(plugin.owner_source_id === 0 ? {} : { source_id: [plugin.owner_source_id] }),
      }
      const findings = await listFindings(unrestricted(db.database), { filter, sort: 'asset_id', limit: 500 })
      expect(plugin.counts).toMatchObject({
        open_findings: findings.items.length,
        affected_assets: new Set(findings.items.map(finding => finding.asset_id)).size,
      })
      const perSeverity = Object.values(plugin.counts!.open).reduce((sum, count) => sum + count, 0)
      expect(perSeverity).toBe(findings.items.length)
    }
    expect(items.some(plugin => plugin.counts!.open_findings > 0)).toBe(true)
    expect(items.some(plugin => plugin.counts!.open_findings === 0)).toBe(true)
  })

  test('a custom plugin is the one of the source asked for', async () => {
    expect(await getPlugin(unrestricted(db.database), 1000001, 2)).toMatchObject({
      name: 'Custom of the second',
      owner_source_id: 2,
    })
    expect(await getPlugin(unrestricted(db.database), 1000001)).toMatchObject({ owner_source_id: 1 })
    expect(await getPlugin(unrestricted(db.database), 10001, 2)).toMatchObject({
      owner_source_id: 0,
      cpes: [],
      cves: ['CVE-2024-1001', 'CVE-2023-1'],
    })
    await expect(getPlugin(unrestricted(db.database), 77)).rejects.toMatchObject({ code: 'plugin_not_found' })
  })

  test('the assets of a plugin are those of its findings, folded together, page by page', async () => {
    for (const filter of [
      {},
      { include: ['all'] as const },
      { severity: ['critical', 'high'] as const, source_id: [1] },
    ]) {
      const assets = []
      let cursor: string | undefined
      let total: number | undefined
      do {
        const page = await listPluginAssets(unrestricted(db.database), { pluginId: 10009, filter, limit: 3, cursor })
        assets.push(...page.items)
        total ??= page.total
        cursor = page.next_cursor ?? undefined
      } while (cursor !== undefined)
      const findings = await listFindings(unrestricted(db.database), {
        filter: { ...filter, plugin_id: [10009] },
        sort: 'asset_id',
        limit: 500,
      })
      expect(assets.map(asset => asset.id)).toEqual([...new Set(findings.items.map(finding => finding.asset_id))])
      expect(assets.reduce((sum, asset) => sum + asset.findings, 0)).toBe(findings.items.length)
      expect(total).toBe(assets.length)
    }
    await expect(
      listPluginAssets(unrestricted(db.database), { pluginId: 77, filter: {}, limit: 3 }),
    ).rejects.toMatchObject({
      code: 'plugin_not_found',
    })
  })
})
