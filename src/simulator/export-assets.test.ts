import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Simulator, startSimulator } from './index.ts'
import { type NaiveClient, naiveClient } from './naive-client.ts'

interface AssetV1 {
  readonly id: string
  readonly deleted_at: string | null
  readonly terminated_at: string | null
  readonly updated_at: string
  readonly acr_score: unknown
}

interface AssetV2 {
  readonly id: string
  readonly is_licensed: boolean
  readonly types: readonly string[]
  readonly timestamps: { readonly deleted_at?: string; readonly terminated_at?: string; readonly updated_at: string }
}

let simulator: Simulator
let client: NaiveClient

beforeEach(async () => {
  simulator = await startSimulator({ assets: 400, findings: 2000, jobPace: { queuedPolls: 0, chunksPerPoll: 1000 } })
  client = naiveClient(simulator)
})
afterEach(() => simulator.stop())

const v1 = (filters: object = {}) => client.exported<AssetV1>('assets', { chunk_size: 100, filters })
const v2 = (filters: object = {}) => client.exported<AssetV2>('assets/v2', { chunk_size: 100, filters })
const nowSeconds = Date.parse('2026-06-01T06:00:00Z') / 1000

const refusedBodies: readonly object[] = [
  {},
  { chunk_size: 99 },
  { chunk_size: 10_001 },
  { chunk_size: 'many' },
  { chunk_size: 1001, include_resource_tags: true },
  { chunk_size: 100, filters: { updated_at: '2026-01-01' } },
  { chunk_size: 100, filters: { types: ['toaster'] } },
]
for (const body of refusedBodies) {
  test(`${JSON.stringify(body)} is refused`, async () => {
    expect((await client.call('POST', '/assets/v2/export', body)).status).toBe(400)
  })
}

test('version 1 sends every key, null and [] where there is nothing; version 2 leaves those out', async () => {
  const { rows: flat } = await v1()
  const { rows: nested } = await v2()
  expect(new Set(flat.map(row => Object.keys(row).length)).size).toBe(1)
  expect(flat.some(row => Object.values(row).includes(null))).toBe(true)
  expect(JSON.stringify(nested)).not.toMatch(/:(null|\[\]|\{\})/)
  expect(flat.map(row => row.id).sort()).toEqual(nested.map(row => row.id).sort())
})

test('scores come as text and as numbers', async () => {
  const { rows } = await v1()
  const kinds = new Set(rows.map(row => `${typeof row.acr_score} ${String(row.acr_score).includes('.')}`))
  expect([...kinds].sort()).toEqual(['number false', 'object false', 'string false', 'string true'])
})

test('deleted and terminated assets come only when asked for', async () => {
  const { rows: plain } = await v1()
  expect(plain.every(row => row.deleted_at === null && row.terminated_at === null)).toBe(true)
  const { rows: deleted } = await v1({ deleted_at: 1 })
  const { rows: terminated } = await v1({ terminated_at: 1 })
  const { rows: flagged } = await v2({ is_deleted: true })
  const { assets } = simulator.control.truth()
  expect(assets.deleted).toBeGreaterThan(0)
  expect(assets.terminated).toBeGreaterThan(0)
  expect([plain.length + assets.webapp, deleted.length, terminated.length, flagged.length]).toEqual([
    assets.live,
    assets.deleted,
    assets.terminated,
    assets.deleted,
  ])
  expect(deleted.every(row => row.deleted_at !== null)).toBe(true)
})

test('since, in version 2, covers updated, deleted and terminated', async () => {
  const since = nowSeconds - 10 * 86_400
  const { rows: all } = await v2({ since: 1 })
  const { rows } = await v2({ since })
  const changed = (row: AssetV2) =>
    [row.timestamps.updated_at, row.timestamps.deleted_at, row.timestamps.terminated_at].some(
      at => at !== undefined && Date.parse(at) > since * 1000,
    )
  expect(rows.length).toBeLessThan(all.length)
  expect(rows.map(row => row.id).sort()).toEqual(
    all
      .filter(changed)
      .map(row => row.id)
      .sort(),
  )
  expect(rows.some(row => row.timestamps.deleted_at !== undefined)).toBe(true)
})

test('a key below Administrator never sees a deleted asset', async () => {
  simulator.control.setRole(40)
  expect((await v1({ deleted_at: 1 })).rows).toEqual([])
  expect((await v2({ since: 1 })).rows.some(row => row.timestamps.deleted_at !== undefined)).toBe(false)
  expect(simulator.control.truth().assets.deleted).toBe(0)
})

test('without Can View an export succeeds with fewer rows, or none', async () => {
  const whole = (await v2()).rows.length
  simulator.control.setRole(16, 0.5)
  const half = (await client.exported<AssetV2>('assets/v2', { chunk_size: 101 })).rows.length
  expect(half).toBeGreaterThan(whole * 0.35)
  expect(half).toBeLessThan(whole * 0.65)
  simulator.control.setRole(16, 0)
  expect((await client.exported('vulns', { filters: { since: 1 } })).status).toMatchObject({
    status: 'FINISHED',
    total_chunks: 0,
  })
})

test('hosts are the default, web applications come when asked for, untracked assets never', async () => {
  const { rows: hosts } = await v2()
  const { rows: both } = await v2({ types: ['host', 'webapp'] })
  const { assets } = simulator.control.truth()
  expect(hosts.every(row => row.types.includes('host'))).toBe(true)
  expect(both.length - hosts.length).toBe(assets.webapp)
  expect(assets.untracked).toBeGreaterThan(0)
  const untracked = new Set([...simulator.control.truthAssets()].filter(row => !row.tracked).map(row => row.asset_uuid))
  expect(both.some(row => untracked.has(row.id))).toBe(false)
})

test('licensed and unlicensed come together unless one is asked for', async () => {
  const { rows: all } = await v2({ types: ['host', 'webapp'] })
  const { rows: unlicensed } = await v2({ is_licensed: false, types: ['host', 'webapp'] })
  expect(unlicensed.length).toBe(all.filter(row => !row.is_licensed).length)
  expect(unlicensed.length).toBe(simulator.control.truth().assets.unlicensed)
})

test('tags filter version 1 only', async () => {
  const { rows: all } = await v1()
  const { rows: tagged } = await v1({ 'tag.Location': ['Columbia'] })
  const { rows: ignored } = await v2({ 'tag.Location': ['Columbia'] })
  expect(tagged.length).toBeGreaterThan(0)
  expect(tagged.length).toBeLessThan(all.length)
  expect(ignored.length).toBe(all.length)
})

const compliance: readonly { filters: Record<string, unknown>; holds: (row: Check) => boolean }[] = [
  { filters: { compliance_results: ['FAILED'] }, holds: row => row.status === 'FAILED' },
  { filters: { state: ['FIXED'] }, holds: row => row.state === 'FIXED' },
  { filters: { audit_file_name: '*Windows*' }, holds: row => row.audit_file.includes('Windows') },
  { filters: { plugin_id: [21157] }, holds: row => row.plugin_id === 21157 },
  {
    filters: { last_seen: nowSeconds - 5 * 86_400 },
    holds: row => Date.parse(row.last_seen) >= (nowSeconds - 5 * 86_400) * 1000,
  },
  {
    filters: { tags: [{ category: 'Location', values: ['Columbia', 'Dublin'] }] },
    holds: row =>
      row.asset.tags.some(
        tag => tag.category === 'Location' && tag.values.some(value => ['Columbia', 'Dublin'].includes(value)),
      ),
  },
  {
    filters: { tags: { Location: ['Columbia'] } },
    holds: row => row.asset.tags.some(tag => tag.category === 'Location' && tag.values.includes('Columbia')),
  },
]
interface Check {
  readonly status: string
  readonly state: string | null
  readonly audit_file: string
  readonly plugin_id: number
  readonly last_seen: string
  readonly asset: { readonly tags: readonly { readonly category: string; readonly values: readonly string[] }[] }
}
for (const { filters, holds } of compliance) {
  test(`compliance with ${JSON.stringify(filters)} returns the rows it should and no others`, async () => {
    const { rows: all } = await client.exported<Check>('compliance', {})
    const { rows, status } = await client.exported<Check>('compliance', { filters })
    expect(rows.length).toBeGreaterThan(0)
    expect(rows.length).toBeLessThan(all.length)
    expect(rows.length).toBe(all.filter(holds).length)
    expect(status.filters).toEqual(filters)
  })
}

test('compliance needs a body, and answers results of assets that exist', async () => {
  expect((await client.call('POST', '/compliance/export')).status).toBe(415)
  const { rows } = await client.exported<{
    asset_uuid: string
    compliance_full_id: string
    audit_file: string
    state: string | null
  }>('compliance', {})
  const keys = new Set(rows.map(row => `${row.asset_uuid} ${row.compliance_full_id} ${row.audit_file}`))
  expect(rows.length).toBeGreaterThan(0)
  expect(keys.size).toBe(rows.length)
  expect(rows.some(row => row.state === null)).toBe(true)
})
