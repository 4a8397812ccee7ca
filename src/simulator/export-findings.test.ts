import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Simulator, startSimulator } from './index.ts'
import { everything, type NaiveClient, naiveClient } from './naive-client.ts'

interface Finding {
  readonly finding_id: string
  readonly asset: {
    readonly uuid: string
    readonly tracked: boolean
    readonly network_id: string
    readonly ipv4: string
  }
  readonly plugin: Record<string, unknown> & {
    readonly id: number
    readonly family: string
    readonly risk_factor: string
    readonly name: string
  }
  readonly port: { readonly port: number; readonly protocol: string }
  readonly output?: string
  readonly state: 'OPEN' | 'REOPENED' | 'FIXED'
  readonly severity: string
  readonly severity_modification_type: string
  readonly first_found: string
  readonly last_found: string
  readonly last_fixed?: string
  readonly resurfaced_date?: string
  readonly time_taken_to_fix?: number | string
  readonly indexed: string
}

let simulator: Simulator
let client: NaiveClient

const options = { assets: 120, findings: 3000, jobPace: { queuedPolls: 0, chunksPerPoll: 1000 } }

// One tenant for all that only reads; what changes the estate starts its own.
beforeAll(async () => {
  simulator = await startSimulator(options)
  client = naiveClient(simulator)
})
afterAll(() => simulator.stop())

const nowSeconds = Date.parse('2026-06-01T06:00:00Z') / 1000
const day = 86_400
const allStates = ['OPEN', 'REOPENED', 'FIXED']
const findings = (body: unknown) => client.exported<Finding>('vulns', body)
async function changing() {
  const own = await startSimulator(options)
  const ownClient = naiveClient(own)
  return {
    simulator: own,
    findings: (body: unknown) => ownClient.exported<Finding>('vulns', body),
    [Symbol.asyncDispose]: () => own.stop(),
  }
}
const seconds = (text: string) => Date.parse(text) / 1000

test('without filters: thirty days, open and reopened, licensed only, fifty assets; all of it echoed', async () => {
  const { rows, status } = await findings({})
  expect(status).toMatchObject({ num_assets_per_chunk: 50, created: nowSeconds * 1000 })
  expect(status.filters).toMatchObject({
    state: ['OPEN', 'REOPENED'],
    since: nowSeconds - 30 * day,
    first_found: 0,
    last_fixed: 0,
    indexed_at: 0,
    indexed_at_end_value: 0,
  })
  expect(rows.every(row => row.state !== 'FIXED' && seconds(row.last_found) >= nowSeconds - 30 * day)).toBe(true)
  const { rows: unlicensed } = await findings({ include_unlicensed: true })
  expect(unlicensed.length).toBeGreaterThan(rows.length)
})

test('since 0 is no filter at all', async () => {
  const { status } = await findings({ filters: { since: 0 } })
  expect(status.filters).toMatchObject({ since: nowSeconds - 30 * day })
})

const sizes = [
  { asked: 1, echoed: 50 },
  { asked: '50', echoed: 50 },
  { asked: 700, echoed: 700 },
  { asked: 99_999, echoed: 5000 },
]
for (const { asked, echoed } of sizes) {
  test(`num_assets ${JSON.stringify(asked)} is taken as ${echoed}`, async () => {
    const { status } = await findings({ num_assets: asked })
    expect(status).toMatchObject({ num_assets_per_chunk: echoed })
  })
}

const refused = [
  { name: 'since with last_found', filters: { since: 1, last_found: 1, state: ['OPEN'] } },
  { name: 'last_found without state', filters: { last_found: 1 } },
  { name: 'an instant as text', filters: { since: '2026-01-01T00:00:00Z' } },
  { name: 'an unknown severity', filters: { severity: ['huge'] } },
  { name: 'eq with a range', filters: { vpr_score: { eq: [5], gte: 1 } } },
]
for (const { name, filters } of refused) {
  test(`${name} is refused`, async () => {
    const answer = await client.call('POST', '/vulns/export', { filters })
    expect(answer.status).toBe(400)
    expect(JSON.parse(answer.text)).toMatchObject({ statusCode: 400, error: 'Bad Request' })
  })
}

test('an unknown filter is lost without a word, and only the echo shows it', async () => {
  const { status } = await findings({ filters: { since: 1, plugin_ids: [19506] } })
  expect(status.filters).not.toHaveProperty('plugin_ids')
})

test('a finding is unique by asset, plugin, port and protocol, and not by less', async () => {
  const { rows } = await findings(everything)
  const by = (key: (row: Finding) => string) => new Set(rows.map(key)).size
  expect(by(row => `${row.asset.uuid} ${row.plugin.id} ${row.port.port} ${row.port.protocol}`)).toBe(rows.length)
  expect(by(row => row.finding_id)).toBe(rows.length)
  expect(by(row => `${row.asset.uuid} ${row.plugin.id}`)).toBeLessThan(rows.length)
  expect(by(row => `${row.asset.uuid} ${row.plugin.id} ${row.port.port}`)).toBeLessThan(rows.length)
})

test('the shapes of the field: every mixture the reference lists is there', async () => {
  const { rows } = await findings(everything)
  const has = (wanted: (row: Finding) => boolean) => rows.some(wanted)
  expect(has(row => typeof row.time_taken_to_fix === 'string')).toBe(true)
  expect(has(row => typeof row.time_taken_to_fix === 'number')).toBe(true)
  expect(has(row => /\.\d{3}Z$/.test(row.indexed))).toBe(true)
  expect(has(row => /\.\d{6}Z$/.test(row.indexed))).toBe(true)
  expect(has(row => /:\d\dZ$/.test(row.first_found))).toBe(true)
  expect(has(row => /\.\d{3}Z$/.test(row.first_found))).toBe(true)
  expect(has(row => row.port.port === 0)).toBe(true)
  expect(has(row => row.port.protocol === 'ICMP')).toBe(true)
  expect(has(row => row.output === undefined)).toBe(true)
  expect(has(row => (row.output?.length ?? 0) > 10_000)).toBe(true)
  expect(has(row => row.plugin.name.includes('&lt;'))).toBe(true)
  expect(has(row => /[^\u0000-\u00ff]/.test(row.output ?? ''))).toBe(true)
  expect(has(row => row.plugin.id >= 1_000_000)).toBe(true)
  expect(has(row => row.plugin.cvss3_base_score === 0)).toBe(true)
  expect(has(row => row.plugin.vpr === undefined && row.severity === 'info')).toBe(true)
  expect(has(row => row.plugin.vpr_v2 !== undefined)).toBe(true)
  const riskFactors = new Set(rows.map(row => row.plugin.risk_factor))
  for (const spelling of ['None', 'NONE', 'info', 'High', 'high', 'HIGH']) expect(riskFactors).toContain(spelling)
  const undated = new Set(rows.filter(row => row.plugin.modification_date === undefined).map(row => row.plugin.id)).size
  const plugins = new Set(rows.map(row => row.plugin.id)).size
  expect(undated / plugins).toBeGreaterThan(0.08)
  expect(undated / plugins).toBeLessThan(0.2)
  expect(has(row => !row.asset.tracked)).toBe(true)
})

test('a reopened finding keeps the date of its fix, and only it has a date of resurfacing', async () => {
  const { rows } = await findings(everything)
  for (const row of rows) {
    expect([
      row.last_fixed !== undefined,
      row.resurfaced_date !== undefined,
      row.time_taken_to_fix !== undefined,
    ]).toEqual({ OPEN: [false, false, false], REOPENED: [true, true, false], FIXED: [true, false, true] }[row.state])
  }
})

const deltas: readonly { name: string; filters: Record<string, unknown>; holds: (row: Finding) => boolean }[] = [
  {
    name: 'since',
    filters: { since: nowSeconds - 3 * day, state: allStates },
    holds: row => seconds(row.state === 'FIXED' ? row.last_fixed! : row.last_found) >= nowSeconds - 3 * day,
  },
  {
    name: 'last_found',
    filters: { last_found: nowSeconds - 3 * day, state: allStates },
    holds: row => seconds(row.last_found) >= nowSeconds - 3 * day,
  },
  {
    name: 'first_found',
    filters: { first_found: nowSeconds - 60 * day, state: allStates },
    holds: row => seconds(row.first_found) >= nowSeconds - 60 * day,
  },
  {
    name: 'last_fixed',
    filters: { last_fixed: nowSeconds - 60 * day, state: ['FIXED'] },
    holds: row => row.state === 'FIXED' && seconds(row.last_fixed!) >= nowSeconds - 60 * day,
  },
  {
    name: 'indexed_at',
    filters: { indexed_at: nowSeconds - 3 * day, state: allStates },
    holds: row => seconds(row.indexed) >= nowSeconds - 3 * day,
  },
  {
    name: 'resurfaced_date',
    filters: { resurfaced_date: nowSeconds - 200 * day, state: allStates },
    holds: row => row.resurfaced_date !== undefined && seconds(row.resurfaced_date) >= nowSeconds - 200 * day,
  },
  {
    name: 'severity, in any case',
    filters: { since: 1, severity: ['Critical', 'high'] },
    holds: row => ['critical', 'high'].includes(row.severity) && row.state !== 'FIXED',
  },
  { name: 'state, in any case', filters: { since: 1, state: ['fixed'] }, holds: row => row.state === 'FIXED' },
  {
    name: 'plugin_id',
    filters: { since: 1, state: allStates, plugin_id: [19506, 51192] },
    holds: row => [19506, 51192].includes(row.plugin.id),
  },
  {
    name: 'plugin_family',
    filters: { since: 1, state: allStates, plugin_family: ['General'] },
    holds: row => row.plugin.family === 'General',
  },
  {
    name: 'severity_modification_type',
    filters: { since: 1, state: allStates, severity_modification_type: ['ACCEPTED'] },
    holds: row => row.severity_modification_type === 'ACCEPTED',
  },
  {
    name: 'epss_score',
    filters: { since: 1, state: allStates, epss_score: { gte: 20, lt: 90 } },
    holds: row => Number(row.plugin.epss_score) >= 20 && Number(row.plugin.epss_score) < 90,
  },
  {
    name: 'vpr_score',
    filters: { since: 1, state: allStates, vpr_score: { gt: 7.5 } },
    holds: row => (row.plugin.vpr as { score: number } | undefined)!.score > 7.5,
  },
  {
    name: 'cidr_range',
    filters: { since: 1, state: allStates, cidr_range: '10.0.0.0/28' },
    holds: row => Number(row.asset.ipv4.split('.')[3]) < 16,
  },
  {
    name: 'network_id',
    filters: { since: 1, state: allStates, network_id: '00000000-0000-0000-0000-000000000000' },
    holds: row => row.asset.network_id.startsWith('00000000'),
  },
  {
    name: 'time_taken_to_fix',
    filters: { since: 1, state: allStates, time_taken_to_fix: { lte: 30 * day } },
    holds: row => row.state === 'FIXED' && Number(row.time_taken_to_fix) <= 30 * day,
  },
]
let all: readonly Finding[] | undefined
for (const { name, filters, holds } of deltas) {
  test(`${name} returns the rows it should and no others`, async () => {
    all ??= (await findings(everything)).rows
    const { rows } = await findings({ include_unlicensed: true, filters })
    const expected = all.filter(row => safely(() => holds(row)))
    expect(rows.length).toBeGreaterThan(0)
    expect(rows.length).toBeLessThan(all.length)
    expect(rows.map(row => row.finding_id).sort()).toEqual(expected.map(row => row.finding_id).sort())
  })
}

function safely(holds: () => boolean): boolean {
  try {
    return holds()
  } catch {
    return false
  }
}

test('tags of one category are alternatives, categories must all hold', async () => {
  const narrow = await findings({
    filters: { since: 1, 'tag.Location': ['Columbia'], 'tag.Environment': ['Production'] },
  })
  const wide = await findings({ filters: { since: 1, 'tag.Location': ['Columbia', 'Dublin'] } })
  expect(narrow.rows.length).toBeGreaterThan(0)
  expect(narrow.rows.length).toBeLessThan(wide.rows.length)
  expect(narrow.status.filters).toMatchObject({
    tags: { 'tag.Location': ['Columbia'], 'tag.Environment': ['Production'] },
  })
})

test('results indexed late are missed by last_found and caught by indexed_at', async () => {
  await using tenant = await changing()
  const [target] = tenant.simulator.control.edit('scan-asset', { indexedAfterMinutes: 20 * 60 }).changed
  const after = nowSeconds - 3600
  const bySeen = await tenant.findings({ include_unlicensed: true, filters: { last_found: after, state: allStates } })
  const byIndex = await tenant.findings({ include_unlicensed: true, filters: { indexed_at: after, state: allStates } })
  const ofTarget = (rows: readonly Finding[]) => rows.filter(row => row.asset.uuid === target!.asset_uuid)
  expect(ofTarget(bySeen.rows)).toEqual([])
  expect(ofTarget(byIndex.rows).length).toBeGreaterThan(0)
})

test('findings of a deleted asset vanish without being fixed', async () => {
  await using tenant = await changing()
  const { rows: before } = await tenant.findings(everything)
  const uuid = before[0]!.asset.uuid
  tenant.simulator.control.edit('delete-asset', { asset_uuid: uuid })
  const { rows: after } = await tenant.findings({ ...everything, num_assets: 60 })
  expect(after.filter(row => row.asset.uuid === uuid)).toEqual([])
  expect(after.length).toBe(before.filter(row => row.asset.uuid !== uuid).length)
})

test('a chunk can be read again and is the same to the byte', async () => {
  const { uuid } = await findings(everything)
  const first = await client.call('GET', `/vulns/export/${uuid}/chunks/1`)
  const second = await client.call('GET', `/vulns/export/${uuid}/chunks/1`, undefined, {
    'accept-encoding': 'identity',
  })
  expect(second.text).toBe(first.text)
  expect(first.headers.get('content-type')).toBe('application/octet-stream')
  expect(first.headers.get('content-disposition')).toBe(`attachment; filename=${uuid}-1-vulndoc.json`)
})

test('findings are about 4.5 kB, two thirds of it the plugin', async () => {
  const { rows } = await findings(everything)
  const bytes = (value: unknown) => Buffer.byteLength(JSON.stringify(value))
  const total = rows.reduce((sum, row) => sum + bytes(row), 0)
  const plugins = rows.reduce((sum, row) => sum + bytes(row.plugin), 0)
  expect(total / rows.length).toBeGreaterThan(4000)
  expect(total / rows.length).toBeLessThan(5500)
  expect(plugins / total).toBeGreaterThan(0.62)
  expect(plugins / total).toBeLessThan(0.75)
})
