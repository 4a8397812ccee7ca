import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../../src/platform/clock.ts'
import { silentLog } from '../../src/platform/log.ts'
import type { TruthFinding } from '../../src/simulator/truth-rows.ts'
import { fileSourceFor } from '../../src/store/imports/file-source.ts'
import { declarePair } from '../../src/store/reconciliation/pairs.ts'
import type { Importer } from '../../src/sync/imports/importer.ts'
import { compareNow } from '../../src/sync/reconciliation/comparing.ts'
import { Reconciler } from '../../src/sync/reconciliation/reconciler.ts'
import { testImporter } from '../support/importer.ts'
import { importActor } from '../support/imports.ts'
import { type Mirror, openMirror, tester } from '../support/mirror.ts'
import {
  bring,
  type CsvRow,
  comparisonAfter,
  csvOfRows,
  differencesOf,
  handExport,
  keyOf,
  keyOfRow,
  keyOfTruth,
  rowOf,
  still,
} from '../support/reconciling.ts'

// A file and an estate whose every difference was planted: each is found, and each by the cause it was planted for.

let mirror: Mirror
let importer: Importer
let reconciler: Reconciler
beforeAll(async () => {
  mirror = await openMirror({ assets: 36, findings: 600, life: still })
  importer = testImporter(mirror.database)
  reconciler = new Reconciler({
    database: mirror.database,
    clock: systemClock,
    log: silentLog,
    importer,
    countSource: (sourceId, signal) => mirror.engine.countSource(sourceId, signal),
  })
}, 60_000)
afterAll(async () => {
  await reconciler.stop()
  await importer.stop()
  await mirror.close()
})

const dayMs = 86_400_000
const streams = ['assets', 'findings'] as const

test('every planted difference is found, by the cause it was planted for', async () => {
  const { simulator, database } = mirror
  const { control } = simulator
  control.edit('recast-finding', { count: 4 })
  control.edit('accept-finding', { count: 3 })
  control.edit('unlicense-asset')
  const fileAt = control.now()
  const truth = [...control.truthFindings()]
  const planted = new Map<string, string>()
  const rows = plant(handExport(simulator), truth, planted)
  for (const row of truth) plantTerms(row, fileAt, planted)

  // After the file: something new, something fixed, something recast.
  control.advance({ days: 1, pace: still })
  const shown = new Set(rows.map(keyOfRow))
  const untouched = truth.filter(row => shown.has(keyOfTruth(row)) && !planted.has(keyOfTruth(row)))
  const target = (row: TruthFinding) => ({
    ...{ asset_uuid: row.asset_uuid, plugin_id: row.plugin_id, port: row.port, protocol: row.protocol },
  })
  for (const row of untouched.slice(0, 3)) {
    if (control.edit('fix-finding', target(row)).changed.length > 0) planted.set(keyOfTruth(row), 'timing')
  }
  for (const row of untouched.slice(3, 5)) {
    const severity = row.severity === 'low' ? 'medium' : 'low'
    if (control.edit('recast-finding', { ...target(row), severity }).changed.length > 0)
      planted.set(keyOfTruth(row), 'recast')
  }
  const opened = control.edit('add-finding', { asset_uuid: untouched[6]!.asset_uuid, count: 1 }).changed
  const before = new Set(truth.map(keyOfTruth))
  for (const row of control.truthFindings()) {
    if (!before.has(keyOfTruth(row)) && row.severity !== 'info') planted.set(keyOfTruth(row), 'timing')
    if (!before.has(keyOfTruth(row)) && row.severity === 'info') planted.set(keyOfTruth(row), 'info')
  }
  expect(opened.length).toBeGreaterThan(0)

  expect((await mirror.sync({ streams })).status).toBe('completed')
  // The name of one machine is all that the file has of it: an identity that nothing makes sure.
  const renamed = await nameOnly(rows, planted)
  const imported = await bring(database, importer, csvOfRows(renamed), { at: fileAt })
  expect(imported.numbers?.rejected).toBe(2)

  const { id: filesSourceId } = await fileSourceFor(database, 'Files', undefined, importActor)
  const pairId = await declarePair(
    database,
    { filesSourceId, apiSourceId: mirror.sourceId, isAutomatic: false },
    tester,
  )
  await reconciler.settle(await reconciler.start({ pairId }, 'api', tester), 60_000)
  const comparison = await comparisonAfter(database, pairId)
  expect([comparison.status, comparison.error_message]).toEqual(['completed', null])
  const found = (await differencesOf(database, comparison.id)).filter(one => one.level === 'finding')
  expect(sorted(new Map(found.map(one => [one.key, one.cause])))).toEqual(sorted(planted))
  const causes = new Set(found.map(one => one.cause))
  for (const cause of [
    'licensed',
    'info',
    'window',
    'state',
    'recast',
    'scope',
    'identity',
    'rejected',
    'timing',
    'missing',
  ])
    expect(causes, `${cause} was planted`).toContain(cause)
  expect(comparison.totals.open).toBe([...planted.values()].filter(cause => cause === 'missing').length)
  const { findings } = comparison.totals
  expect(findings.agreed! + findings.only_files! + findings.severity! + findings.state!).toBe(findings.files)
  expect(findings.agreed! + findings.only_api! + findings.severity! + findings.state!).toBe(findings.api)

  // Another file, and another reading: nothing is a matter of time any more.
  control.advance({ days: 1, pace: still })
  expect((await mirror.sync({ kind: 'delta', streams })).status).toBe('completed')
  await bring(database, importer, csvOfRows(handExport(simulator)), { at: control.now() })
  await compareNow({ database, clock: systemClock, log: silentLog }, filesRequest(pairId, filesSourceId))
  const next = await comparisonAfter(database, pairId, comparison.id)
  expect(next.totals.causes.timing).toBeUndefined()
  const { total, gone, explained, waiting } = next.totals.timing_before
  expect(total).toBe(found.filter(one => one.cause === 'timing').length)
  expect([waiting, gone! + explained!]).toEqual([0, total])
}, 60_000)

const filesRequest = (pairId: number, filesSourceId: number) => ({
  kind: 'files' as const,
  pair: { pairId, filesSourceId, apiSourceId: mirror.sourceId, isAutomatic: false },
  trigger: 'api' as const,
  startedBy: 'test',
})

const sorted = (of: ReadonlyMap<string, string>) => [...of].map(([key, cause]) => `${key} ${cause}`).sort()

/** What an export leaves out by its terms. */
function plantTerms(row: TruthFinding, fileAt: string, planted: Map<string, string>): void {
  const key = keyOfTruth(row)
  if (row.state === 'FIXED' || planted.has(key)) return
  const cause = !(row.asset_licensed && row.asset_tracked)
    ? 'licensed'
    : row.severity === 'info'
      ? 'info'
      : Date.parse(row.last_found) < Date.parse(fileAt) - 30 * dayMs
        ? 'window'
        : row.severity_modification_type === 'ACCEPTED'
          ? 'recast'
          : undefined
  if (cause) planted.set(key, cause)
}

/** Rows made wrong, left out and added, on machines of their own. */
function plant(rows: CsvRow[], truth: readonly TruthFinding[], planted: Map<string, string>): CsvRow[] {
  const result = [...rows]
  const plain = rows.filter(row => row.modified === 'NONE' && row.state === 'ACTIVE')
  // Rows that cannot be read.
  for (const row of plain.slice(0, 2)) {
    result[result.indexOf(row)] = { ...row, severity: 'Dreadful' }
    planted.set(keyOfRow(row), 'rejected')
  }
  // Rows that are not in the file, for no reason.
  for (const row of plain.slice(2, 5)) {
    result.splice(result.indexOf(row), 1)
    planted.set(keyOfRow(row), 'missing')
  }
  // Recast at the source; the file has the severity that the plugin has.
  for (const row of rows.filter(one => one.modified === 'RECASTED')) {
    const severity = row.severity === 'Critical' ? 'High' : 'Critical'
    result[result.indexOf(row)] = { ...row, severity, modified: 'NONE' }
    planted.set(keyOfRow(row), 'recast')
  }
  // Found again, says the file; open, says the API.
  const host = plain[5]!
  result[result.indexOf(host)] = { ...host, state: 'RESURFACED', resurfaced: host.first }
  planted.set(keyOfRow(host), 'state')
  // Fixed long ago, and in the file all the same.
  for (const row of truth
    .filter(one => one.state === 'FIXED' && one.severity !== 'info' && one.asset_licensed)
    .slice(0, 3)) {
    result.push({ ...rowOf(row), state: 'ACTIVE', fixed: '' })
    planted.set(keyOfTruth(row), 'state')
  }
  // The API never had them.
  for (const plugin of [999_001, 999_002]) {
    result.push({ ...host, plugin, state: 'ACTIVE', resurfaced: '' })
    planted.set(keyOf(host.asset, plugin, host.port, host.protocol), 'missing')
  }
  // Seen by a scan after the API is read.
  const soon = new Date(Date.parse(mirror.simulator.control.now()) + 2 * dayMs).toISOString()
  result.push({ ...host, plugin: 999_003, state: 'NEW', resurfaced: '', first: soon, last: soon })
  planted.set(keyOf(host.asset, 999_003, host.port, host.protocol), 'timing')
  return withoutOneNetwork(result, planted)
}

/** No machine of one network is in the file. */
function withoutOneNetwork(rows: CsvRow[], planted: Map<string, string>): CsvRow[] {
  const networks = new Map(
    [...mirror.simulator.control.truthAssets()].map(asset => [asset.asset_uuid, asset.network_id]),
  )
  const counts = Map.groupBy(rows, row => networks.get(row.asset))
  const [smallest] = [...counts].sort(([, a], [, b]) => a.length - b.length)[0]!
  for (const row of mirror.simulator.control.truthFindings()) {
    if (networks.get(row.asset_uuid) !== smallest) continue
    planted.delete(keyOfTruth(row))
    if (row.state !== 'FIXED')
      planted.set(keyOfTruth(row), row.asset_licensed && row.asset_tracked ? 'scope' : 'licensed')
  }
  for (const key of planted.keys())
    if (networks.get(key.split('|')[0]!) === smallest && key.includes('|9990')) planted.delete(key)
  return rows.filter(row => networks.get(row.asset) !== smallest)
}

/** Takes the ids of one machine away. */
async function nameOnly(rows: readonly CsvRow[], planted: Map<string, string>): Promise<CsvRow[]> {
  const { rows: named } = await mirror.database.query<{ native_id: string; fqdn: string }>(
    `select native_id, fqdns[1] as fqdn from asset
     where source_id = $1 and status = 'live' and cardinality(fqdns) = 1 order by native_id`,
    [mirror.sourceId],
  )
  const busy = new Set(
    [...planted].filter(([, cause]) => !['window', 'info'].includes(cause)).map(([key]) => key.split('|')[0]),
  )
  const chosen = named.find(one => !busy.has(one.native_id) && rows.some(row => row.asset === one.native_id))
  if (!chosen) throw new Error('no machine has a name of its own')
  for (const row of mirror.simulator.control.truthFindings()) {
    if (row.asset_uuid === chosen.native_id && row.state !== 'FIXED') planted.set(keyOfTruth(row), 'identity')
  }
  return rows.map(row => {
    if (row.asset !== chosen.native_id) return row
    const alone = { ...row, asset: '', fqdn: chosen.fqdn }
    planted.set(keyOfRow(alone), 'identity')
    return alone
  })
}

test('the source’s own counts agree with the mirror, and what moved since is a matter of time', async () => {
  const { simulator, database, engine, sourceId } = mirror
  const compare = async () => {
    await reconciler.settle(await reconciler.start({ sourceId }, 'api', tester), 60_000)
    const { rows } = await database.query<{
      id: number
      status: string
      totals: Record<string, never> & { open: number }
    }>(
      "select reconciliation_id as id, status, totals from reconciliation where kind = 'counts' order by 1 desc limit 1",
    )
    return { ...rows[0]!, differences: await differencesOf(database, rows[0]!.id) }
  }
  const counts = await engine.countSource(sourceId, AbortSignal.timeout(30_000))
  expect(counts.rows.length).toBeGreaterThan(20)
  const equal = await compare()
  expect([equal.status, equal.differences]).toEqual(['completed', []])

  simulator.control.advance({ hours: 2, pace: still })
  simulator.control.edit('fix-finding', { count: 4 })
  const moved = await compare()
  expect(moved.differences.length).toBeGreaterThan(0)
  expect(new Set(moved.differences.map(one => one.cause))).toEqual(new Set(['timing']))
  await mirror.sync({ kind: 'delta', streams })
  const after = await compare()
  expect([after.differences, after.totals.timing_before]).toMatchObject([[], { waiting: 0, explained: 0 }])
}, 60_000)
