import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { HexTrackr, type Observed } from '../../../test/support/hextrackr.ts'
import { createImportBench, type ImportBench } from '../../../test/support/imports.ts'
import { unrestricted } from '../../store/access.ts'
import { getImport } from '../../store/imports/imports.ts'
import { loadDailyStatistics } from '../../store/queries/daily-statistics.ts'
import { getImportView } from '../../store/queries/import-list.ts'
import { rebuildDailyTotals, rollUpDailyTotals } from '../../store/rollups/daily-totals.ts'

// What HexTrackr kept, brought over: its picture of each day it kept one of is our answer for that day.

let bench: ImportBench
beforeAll(async () => {
  bench = await createImportBench()
})
afterAll(() => bench.stop())

const day = (n: number) => new Date(Date.UTC(2026, 0, 5 + 7 * n)).toISOString().slice(0, 10)
const rows = async <R extends Record<string, unknown>>(text: string, values: readonly unknown[] = []) =>
  (await bench.db.database.query<R>(text, [...values])).rows

let numbers = 0
async function bring(hex: HexTrackr, content = hex.database()) {
  numbers += 1
  const source = `Hex ${numbers}`
  const staged = await bench.stage(content, { name: 'hextrackr.db', source })
  expect(staged.error_message).toBeNull()
  const applied = await bench.apply(staged)
  // The totals of its days are made after it is applied; here they are waited for.
  await rollUpDailyTotals(bench.db.database, applied.source_id)
  return { source, staged, applied }
}

/** `host plugin` of what the mirror says was open at the end of a day. */
async function openOn(source: string, on: string): Promise<string[]> {
  const found = await rows<{ key: string }>(
    `select lower(v.hostname) || ' ' || v.plugin_id as key
     from compat.vulnerability_snapshots v
     join compat.scan_days d on to_char(d.day, 'YYYY-MM-DD') = v.scan_date and d.run_id = v.import_id
     join source s on s.source_id = d.source_id
     where s.name = $1 and v.scan_date = $2`,
    [source, on],
  )
  return found.map(row => row.key).sort()
}

const finding = (host: string, plugin: number, more: Partial<Observed> = {}): Observed => ({
  ...{ host, ip: '10.0.0.1', plugin, severity: 'High', vpr: 5 },
  ...more,
})

function lived(): HexTrackr {
  const hex = new HexTrackr()
  const cves = ['CVE-2024-1111', 'CVE-2024-2222']
  hex.import(day(0), [finding('a', 1, { cves }), finding('a', 2), finding('b', 3, { severity: 'Critical' })])
  hex.import(day(1), [finding('a', 1, { cves }), finding('a', 2)])
  hex.import(day(2), [finding('a', 1, { cves }), finding('b', 3, { severity: 'Critical' })])
  hex.import(day(3), [finding('a', 1, { cves }), finding('b', 3, { severity: 'Critical' }), finding('c', 4)])
  return hex
}

test('previewed, applied, asked for each of its days, and taken back', async () => {
  const hex = lived()
  const { source, staged, applied } = await bring(hex)
  expect(staged).toMatchObject({
    ...{ status: 'ready', format: 'hextrackr:database', observed_at: `${day(3)}T00:00:00Z`, observed_from: 'file' },
    numbers: { open: 3, add_fixed: 1, rejected: 0, new_hosts: 3 },
  })
  expect(applied.status).toBe('applied')
  const view = await getImportView(unrestricted(bench.db.database), applied.import_id)
  expect(view.confidence.filter(mark => mark.fact === 'state').map(mark => [mark.mark, mark.findings])).toEqual([
    ['exact', 3],
    ['derived', 1],
  ])
  expect(view.past).toMatchObject({ total_days: 4, first_day: day(0), last_day: day(3) })
  for (const on of hex.snapshotDays) expect([on, await openOn(source, on)]).toEqual([on, hex.openOn(on)])
  const extra = await rows(
    `select o.extra #>> '{hextrackr,known,port}' as port from finding_output o
     join finding f using (asset_id, plugin_id, port, protocol, instance) join source s using (source_id) where s.name = $1`,
    [source],
  )
  expect(extra).toEqual(Array(4).fill({ port: 'guessed' }))
  // The totals that are ours are made of the events alone.
  expect(await rebuildDailyTotals(bench.db.database)).toBe(0)

  const again = await bench.stage(hex.backup(), { name: 'backup.zip', source })
  expect(again).toMatchObject({ format: 'hextrackr:backup', numbers: { open: 0, same: 4, update: 0 } })
  const undone = await bench.undo(await getImport(bench.db.database, applied.import_id))
  expect(undone).toMatchObject({ status: 'undone', undo_numbers: { reverted: 4, kept: 0 } })
  expect(await openOn(source, day(3))).toEqual([])
  const ids = await rows<{ source_id: number }>('select source_id from source where name = $1', [source])
  const statistics = await loadDailyStatistics(unrestricted(bench.db.database), { source_id: [ids[0]!.source_id] })
  expect(statistics.imported.items).toEqual([])
})

test('its totals stand apart from ours, as they are, before our own first reading', async () => {
  const hex = lived()
  const { source, applied } = await bring(hex)
  const [row] = await rows<{ source_id: number }>('select source_id from source where name = $1', [source])
  const ask = (from?: string) =>
    loadDailyStatistics(unrestricted(bench.db.database), { source_id: [row!.source_id], ...(from ? { from } : {}) })
  const { imported, items } = await ask(day(0))
  expect(imported).toMatchObject({ first_day: day(0), last_day: day(2), until: day(3) })
  expect(
    imported.items.map(item => [item.day, item.total, item.by_severity.critical, item.total_vpr, item.resolved]),
  ).toEqual(
    [day(0), day(1), day(2)].map(on => {
      const { total, counts, totalVpr, resolved } = hex.totals.get(on)!
      return [on, total, counts.critical.count, totalVpr, resolved]
    }),
  )
  expect(imported.items[0]).toMatchObject({ origin: 'hextrackr', source, import_id: applied.import_id })
  expect(items.find(item => item.day === day(3))).toMatchObject({ total: 3 })

  // In the view one row a day: theirs until our reading, ours from then on.
  const shown = await rows(
    `select scan_date, total_vulnerabilities as total, critical_count, total_vpr, resolved_count as resolved, origin
     from compat.vulnerability_daily_totals_by_source where source = $1 and scan_date <= $2 order by scan_date`,
    [source, day(3)],
  )
  expect(shown.map(one => [one.scan_date, one.origin])).toEqual([
    ...[0, 1, 2].map(n => [day(n), 'hextrackr']),
    [day(3), 'tenfold'],
  ])
  expect(shown[1]).toMatchObject({ total: 2, critical_count: 0, total_vpr: 10, resolved: 1 })
  // Scores are known of the newest day alone.
  expect(shown[3]).toMatchObject({ total: 3, critical_count: 1, total_vpr: null, resolved: 0 })

  // A later backup tells the same days anew: its numbers stand, until it is taken back.
  const other = new HexTrackr()
  other.import(day(0), [finding('a', 1)])
  other.import(day(4), [finding('a', 1)])
  const later = await bench.apply(await bench.stage(other.database(), { name: 'later.db', source }))
  expect((await ask(day(0))).imported.items[0]).toMatchObject({ total: 1, import_id: later.import_id })
  await bench.undo(later)
  expect((await ask(day(0))).imported.items[0]).toMatchObject({ total: 3, import_id: applied.import_id })
  const vendors = await rows('select distinct vendor, origin from compat.vendor_daily_totals')
  expect(vendors).toEqual([{ vendor: 'Other', origin: 'hextrackr' }])
})

test('a file that is cut off closes nothing, whatever it is said to cover', async () => {
  const hex = new HexTrackr()
  hex.import(
    day(0),
    Array.from({ length: 200 }, (_, index) => finding(`h${index}`, 1)),
  )
  const { source } = await bring(hex)
  hex.import(
    day(1),
    Array.from({ length: 200 }, (_, index) => finding(`h${index}`, 1)),
  )
  const whole = hex.database()
  const cut = await bench.stage(whole.subarray(0, 4096 * 15), { name: 'cut.db', source, scope: { covers: 'estate' } })
  expect(cut).toMatchObject({ status: 'ready', numbers: { absent: 0, gone: 0 } })
  const view = await getImportView(unrestricted(bench.db.database), cut.import_id)
  expect(view.closes_nothing_because).toContain('cut off')
  expect(cut.numbers!.update).toBeGreaterThan(0)
})

test('whatever three weeks it lived through, each of its days is told as its snapshot has it', async () => {
  const week = fc.uniqueArray(
    fc.record({
      host: fc.constantFrom('a', 'b'),
      plugin: fc.integer({ min: 1, max: 3 }),
      published: fc.constantFrom(null, '2019-01-01'),
    }),
    { selector: one => `${one.host} ${one.plugin}`, maxLength: 6 },
  )
  await fc.assert(
    fc.asyncProperty(fc.array(week, { minLength: 3, maxLength: 3 }), async weeks => {
      const hex = new HexTrackr()
      for (const [index, one] of weeks.entries())
        hex.import(
          day(index),
          one.map(({ host, plugin, published }) => finding(host, plugin, { published })),
        )
      if (hex.current.length === 0) return
      const { source } = await bring(hex)
      for (const on of hex.snapshotDays) expect([on, await openOn(source, on)]).toEqual([on, hex.openOn(on)])
    }),
    { numRuns: 5 },
  )
})
