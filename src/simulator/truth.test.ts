import { createHash } from 'node:crypto'
import { afterEach, expect, test } from 'vitest'
import { type Simulator, type SimulatorOptions, startSimulator, type TruthFinding } from './index.ts'
import { everything, naiveClient } from './naive-client.ts'
import { assetLine, findingLine } from './truth-rows.ts'

let running: Simulator[] = []
const started = async (options: SimulatorOptions = {}) => {
  const simulator = await startSimulator({ assets: 120, findings: 3000, ...options })
  running.push(simulator)
  return simulator
}
afterEach(async () => {
  await Promise.all(running.map(simulator => simulator.stop()))
  running = []
})

interface Finding {
  readonly asset: { readonly uuid: string }
  readonly plugin: { readonly id: number }
  readonly port: { readonly port: number; readonly protocol: string }
  readonly state: string
  readonly severity: string
  readonly first_found: string
  readonly last_found: string
  readonly last_fixed?: string
  readonly resurfaced_date?: string
}

const instant = (text: string | undefined) => (text === undefined ? '' : new Date(text).toISOString())

/** Another program's way to the checksum, from what it downloaded. */
function lineOf(row: Finding): string {
  return [
    row.asset.uuid,
    row.plugin.id,
    row.port.port,
    row.port.protocol,
    row.state,
    row.severity,
    instant(row.first_found),
    instant(row.last_found),
    instant(row.last_fixed),
    instant(row.resurfaced_date),
  ]
    .join('|')
    .toLowerCase()
}

function checksum(lines: readonly string[]): string {
  return createHash('sha256')
    .update(
      [...lines]
        .sort()
        .map(line => `${line}\n`)
        .join(''),
    )
    .digest('hex')
}

async function downloaded(simulator: Simulator) {
  const client = naiveClient(simulator)
  const findings = await client.exported<Finding>('vulns', everything)
  const assets = await client.exported<{ id: string; is_licensed: boolean; timestamps: Record<string, string> }>(
    'assets/v2',
    {
      chunk_size: 100,
      filters: { since: 1, types: ['host', 'webapp'] },
    },
  )
  return { findings: findings.rows, assets: assets.rows }
}

async function compare(simulator: Simulator) {
  const truth = simulator.control.truth()
  const { findings, assets } = await downloaded(simulator)
  expect(findings.length).toBe(truth.findings.total)
  expect(checksum(findings.map(lineOf))).toBe(truth.findings.checksum)
  const count = (state: string, severity: string) =>
    findings.filter(row => row.state === state && row.severity === severity).length
  for (const [state, severities] of Object.entries(truth.findings.byStateAndSeverity)) {
    for (const [severity, expected] of Object.entries(severities)) expect(count(state, severity)).toBe(expected)
  }
  expect(assets.length).toBe(truth.assets.total)
  const lines = assets.map(({ id, timestamps: { created_at, deleted_at, terminated_at } }) => {
    const status = deleted_at !== undefined ? 'deleted' : terminated_at !== undefined ? 'terminated' : 'live'
    return [id, status, created_at, deleted_at ?? '', terminated_at ?? ''].join('|').toLowerCase()
  })
  expect(checksum(lines)).toBe(truth.assets.checksum)
}

test('the truth is what a client counts that downloads everything', async () => {
  await compare(await started())
})

test('and still is after a month of life', async () => {
  const simulator = await started()
  simulator.control.advance({ days: 30 })
  await compare(simulator)
})

test('and for a key that sees half of it', async () => {
  const simulator = await started({ role: 32 })
  simulator.control.setRole(32, 0.5)
  await compare(simulator)
})

test('an emptied tenant is empty', async () => {
  const simulator = await started()
  simulator.control.edit('empty')
  expect(simulator.control.truth()).toMatchObject({ assets: { total: 0 }, findings: { total: 0 } })
  await compare(simulator)
})

test('the streamed rows are sorted as their lines and give the checksum', async () => {
  const simulator = await started()
  const response = await fetch(`${simulator.url}/__simulator/truth/findings`)
  const rows = (await response.text())
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as TruthFinding)
  const lines = rows.map(findingLine)
  expect(lines).toEqual([...lines].sort())
  expect(checksum(lines)).toBe(simulator.control.truth().findings.checksum)
  const assets = [...simulator.control.truthAssets()].filter(row => row.tracked).map(assetLine)
  expect(checksum(assets)).toBe(simulator.control.truth().assets.checksum)
})

test('the same options give the same estate, the same life and the same bytes', async () => {
  const [a, b] = await Promise.all([started(), started()])
  for (const simulator of [a, b]) simulator!.control.advance({ days: 9 })
  expect(a.control.truth()).toEqual(b.control.truth())
  expect(a.control.events()).toEqual(b.control.events())
  expect(await downloaded(a)).toEqual(await downloaded(b))
  const other = await started({ seed: 7 })
  expect(other.control.truth().findings.checksum).not.toBe(a.control.truth().findings.checksum)
})

test('the estate is as large as asked, mostly informational, with every kind of asset', async () => {
  const { control } = await started({ assets: 500, findings: 20_000 })
  const { assets, findings } = control.truth()
  expect(findings.total).toBeGreaterThan(19_000)
  expect(findings.total).toBeLessThan(21_000)
  expect(findings.severity.info / findings.total).toBeGreaterThan(0.5)
  expect(findings.severity.info / findings.total).toBeLessThan(0.7)
  expect(Math.min(...Object.values(findings.severity), ...Object.values(findings.state))).toBeGreaterThan(0)
  expect(
    Math.min(assets.deleted, assets.terminated, assets.unlicensed, assets.webapp, assets.cloud, assets.untracked),
  ).toBeGreaterThan(0)
})
