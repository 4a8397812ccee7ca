import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { HexTrackr, type Observed, zipOf } from '../../../../test/support/hextrackr.ts'
import { readWhole, type WholeFile } from '../../../../test/support/read-file.ts'

const day = (n: number) => new Date(Date.UTC(2026, 0, 5 + 7 * n)).toISOString().slice(0, 10)
const instant = (text: string) => `${text}T00:00:00.000Z`

/** Three weeks of two machines: one finding stays, one goes, one goes and comes again. */
function lived(): HexTrackr {
  const hex = new HexTrackr()
  const stays: Observed = {
    ...{ host: 'nrwan1', ip: '10.0.0.1', plugin: 100, severity: 'Critical', vpr: 9.1, os: 'IOS XE' },
    cves: ['CVE-2024-1001', 'CVE-2024-1002', 'cisco-sa-abc-XYZ'],
    published: '2019-03-01',
  }
  const goes: Observed = { host: 'web-1', ip: '10.0.0.2', plugin: 200, severity: 'High', vpr: 7 }
  const returns: Observed = { host: 'web-1', ip: '10.0.0.2', plugin: 300, severity: 'Low', cves: ['CVE-2024-3'] }
  hex.import(day(0), [stays, goes, returns])
  hex.import(day(1), [stays, goes])
  hex.import(day(2), [stays, returns])
  return hex
}

const brief = (file: WholeFile) =>
  file.findings.map(one => `${one.nativeId} ${one.pluginId} ${one.state} ${one.severity}`).sort()
const found = (file: WholeFile, plugin: number) => file.findings.find(one => one.pluginId === plugin)!
const known = (file: WholeFile, plugin: number) =>
  (found(file, plugin).extra as { hextrackr: { known: Record<string, string> } } | null)?.hextrackr.known

describe('a HexTrackr database', () => {
  test('rows of single CVEs are one finding, with what is known of it and how well', async () => {
    const file = await readWhole(lived().database(), 'hextrackr.db')
    expect(file.summary).toMatchObject({ format: 'hextrackr:database', incomplete: null, observedAt: instant(day(2)) })
    expect(brief(file)).toEqual([
      'netbios:nrwan1 100 open critical',
      'netbios:web-1 200 fixed high',
      'netbios:web-1 300 reopened low',
    ])
    expect(file.rejected).toEqual([])
    expect(found(file, 100)).toMatchObject({
      ...{ port: 0, protocol: 'unknown', firstFound: instant(day(0)), lastFound: instant(day(2)), lastFixed: null },
      extra: {
        hextrackr: {
          ...{ claimed_first_seen: '2019-03-01', vendor: 'CISCO', confidence_score: 85, dedup_tier: 2 },
          advisories: ['cisco-sa-abc-xyz'],
        },
      },
    })
    expect(known(file, 100)).toEqual({
      ...{ machine: 'derived', port: 'guessed', severity: 'exact', state: 'exact' },
      ...{ first_found: 'derived', last_found: 'exact' },
    })
    expect(found(file, 200)).toMatchObject({
      firstFound: instant(day(0)),
      lastFound: instant(day(1)),
      lastFixed: instant(day(2)),
    })
    expect(known(file, 200)).toMatchObject({ state: 'exact', first_found: 'exact', last_fixed: 'derived' })
    expect(found(file, 300)).toMatchObject({ lastFixed: instant(day(1)), resurfacedAt: instant(day(2)) })
    const plugin = file.plugins.find(one => one.pluginId === 100)
    expect(plugin).toMatchObject({
      ...{ name: 'Check 100', description: 'About 100.', solution: 'Mend 100.', vprScore: 9.1 },
      ...{
        cves: ['CVE-2024-1001', 'CVE-2024-1002'],
        xrefs: ['CISCO-SA:cisco-sa-abc-xyz'],
        publishedAt: instant('2019-03-01'),
      },
    })
    expect(file.hosts.map(host => [host.nativeId, host.asset.ipv4s, host.asset.operatingSystems])).toEqual([
      ['netbios:nrwan1', ['10.0.0.1'], ['IOS XE']],
      ['netbios:web-1', ['10.0.0.2'], []],
    ])
  })

  test('its totals are handed on as they are, and its snapshots are named', async () => {
    const hex = lived()
    const file = await readWhole(hex.database(), 'hextrackr.db')
    const all = file.totals.filter(total => total.vendor === '')
    expect(all.map(total => [total.day, total.counts.critical_count, total.counts.critical_total_vpr])).toEqual(
      [...hex.totals.values()].map(one => [one.day, one.counts.critical.count, one.counts.critical.vpr]),
    )
    expect(all.at(-1)?.counts).toMatchObject({ total_vulnerabilities: 2, resolved_count: 1, reopened_count: 0 })
    expect(file.totals.filter(total => total.vendor === 'CISCO')).toHaveLength(3)
    expect(file.summary.past).toEqual({
      ...{ totalDays: 3, firstDay: day(0), lastDay: day(2) },
      snapshots: [
        { day: day(0), rows: 5, findings: 3 },
        { day: day(1), rows: 4, findings: 2 },
        { day: day(2), rows: 4, findings: 2 },
      ],
      leftOut: [{ table: 'vulnerability_imports', rows: 3 }],
    })
  })

  test('a backup says the same, whole or in parts, and so does a packed database', async () => {
    const hex = lived()
    const { summary: _summary, ...database } = await readWhole(hex.database(), 'hextrackr.db')
    for (const content of [
      hex.backup(),
      hex.backup(2),
      gzipSync(hex.database()),
      zipOf({ 'a/hextrackr.db': hex.database() }),
    ]) {
      const { summary, ...file } = await readWhole(content, 'copy')
      expect({ ...file, findings: file.findings.map(one => ({ ...one, row: 0 })) }).toEqual({
        ...database,
        findings: database.findings.map(one => ({ ...one, row: 0 })),
        totals: file.totals,
      })
      expect(file.totals.map(({ row: _row, ...total }) => total)).toEqual(
        database.totals.map(({ row: _row, ...total }) => total),
      )
      expect(summary.incomplete).toBeNull()
    }
  })

  test('whatever the rows say of a machine and a plugin, each is one finding: open where any of them is', async () => {
    const severity = fc.constantFrom('Critical', 'High', 'Medium', 'Low', 'Info')
    const observed: fc.Arbitrary<Observed> = fc.record({
      host: fc.constantFrom('a', 'b', 'nfpan7'),
      ip: fc.constantFrom(null, '10.1.1.1', 'fe80::1'),
      plugin: fc.integer({ min: 1, max: 4 }),
      severity,
      cves: fc.subarray(['CVE-2020-1111', 'CVE-2020-2222', 'CVE-2021-33333']),
      vpr: fc.constantFrom(null, 1.5, 9.9),
      published: fc.constantFrom(null, '2018-01-01'),
    })
    const weeks = fc.array(fc.array(observed, { maxLength: 8 }), { minLength: 1, maxLength: 5 })
    await fc.assert(
      fc.asyncProperty(weeks, async lives => {
        const hex = new HexTrackr()
        for (const [index, week] of lives.entries()) hex.import(day(index), week)
        const file = await readWhole(hex.database(), 'hextrackr.db')
        const keys = file.findings.map(one => `${one.nativeId.replace('netbios:', '')} ${one.pluginId}`)
        expect(new Set(keys).size).toBe(keys.length)
        const open = keys.filter((_, index) => file.findings[index]!.state !== 'fixed').sort()
        expect(open).toEqual(hex.open())
        expect(file.rejected).toEqual([])
        expect(file.totals).toHaveLength(hex.totals.size + hex.vendorTotals.size)
        for (const one of file.findings) {
          const course = [one.firstFound, one.lastFixed, one.state === 'fixed' ? null : one.resurfacedAt]
          const told = course.filter(at => at !== null)
          expect(told).toEqual([...told].sort())
        }
        const marks = file.summary.confidence!.filter(mark => mark.fact === 'state')
        expect(marks.reduce((sum, mark) => sum + mark.findings, 0)).toBe(file.findings.length)
      }),
      { numRuns: 25 },
    )
  })

  test('a row that cannot be read is kept aside with its table and the reason', async () => {
    const content = lived().database({
      change: database => {
        database.exec(`
          update vulnerabilities_current set plugin_id = null where plugin_id = '200';
          insert into vulnerabilities_current (import_id, scan_date, hostname, plugin_id, severity, unique_key)
            values (1, '2026-01-05', null, '7', 'High', 'a'), (1, '2026-01-05', 'x', '7', 'worst', 'b'),
                   (1, '2026-01-05', 'x', '9e99', 'Low', 'c'), (1, 'no day', 'x', '8', 'Low', 'd'),
                   (1, '2999-01-01', 'x' || char(0) || 'y', '8', 'Low', 'e');
          update vulnerability_daily_totals set high_count = -1 where scan_date = '${day(1)}';
          update vulnerability_snapshots set scan_date = 'never' where plugin_id = '200'`)
      },
    })
    const file = await readWhole(content, 'hextrackr.db')
    expect(file.rejected.map(row => row.reason)).toEqual([
      'vulnerabilities_current: The row names no plugin: HexTrackr knew it by its CVE or its text alone, which name no finding. Import the CSV it came from if that has the id.',
      'vulnerabilities_current: Nothing in the row names a machine.',
      'vulnerabilities_current: The severity is unknown: worst.',
      "vulnerabilities_current: The plugin's id is no whole number: 9e99.",
      'vulnerability_snapshots: The row names no day that can be: never.',
      'vulnerability_snapshots: The row names no day that can be: never.',
      'vulnerability_daily_totals: The totals have a number that is none: high_count is -1.',
    ])
    expect(file.rejected[0]?.raw).toContain('"hostname":"web-1"')
    expect(file.issues.map(issue => issue.problem)).toEqual([
      'This is no day that can be: no day.',
      'This is no day that can be: 2999-01-01.',
    ])
    expect(brief(file)).toContain('netbios:x\ufffdy 8 open low')
    expect(new Set(file.rejected.map(row => row.row)).size).toBe(7)
  })

  test('what is damaged is said, and what is not is kept', async () => {
    const hex = new HexTrackr()
    const wide = Array.from(
      { length: 900 },
      (_, index): Observed => ({ host: `h${index}`, plugin: 7, severity: 'Low' }),
    )
    hex.import(day(0), wide)
    const whole = hex.database()
    const cut = await readWhole(whole.subarray(0, Math.floor((whole.length * 0.4) / 4096) * 4096), 'hextrackr.db')
    expect(cut.summary.incomplete).toMatch(/is damaged .*cannot be read after row \d+/)
    expect(cut.findings.length).toBeGreaterThan(0)
    // One leaf in the middle of a table overwritten: both sides of it are there.
    const torn = Buffer.from(whole)
    const leaf = torn.indexOf(Buffer.from('2026-01-05h450'))
    torn.fill(0xff, leaf - (leaf % 4096), leaf - (leaf % 4096) + 64)
    const file = await readWhole(torn, 'hextrackr.db')
    expect(file.summary.incomplete).toMatch(/but for its last \d+ rows/)
    expect(file.findings.length).toBeGreaterThan(500)
  })

  test('what is no HexTrackr is refused with what to do', async () => {
    const refused = async (content: Buffer, name = 'hextrackr.db') =>
      readWhole(content, name).then(
        () => 'read',
        (error: { code: string }) => error.code,
      )
    const other = lived().database({
      change: database => {
        for (const table of [
          'vulnerabilities_current',
          'vulnerability_snapshots',
          'vulnerability_daily_totals',
          'vendor_daily_totals',
        ]) {
          database.exec(`drop table ${table}`)
        }
      },
    })
    expect(await refused(other)).toBe('not_hextrackr')
    expect(await refused(Buffer.concat([other.subarray(0, 16), Buffer.alloc(100)]))).toBe('bad_database')
    expect(await refused(lived().database().subarray(0, 50))).toBe('bad_database')
    expect(
      await refused(zipOf({ 'backup_metadata.json': '{}', 'tickets.json': '{"count":0,"data":[]}' }), 'a.zip'),
    ).toBe('not_hextrackr')
  })

  test('a view, a virtual table or a computed column of the file is not asked', async () => {
    const endless = 'with recursive n (x) as (select 1 union all select x + 1 from n) select x from n'
    const viewed = lived().database({
      change: database =>
        database.exec(`drop table vulnerability_snapshots; create view vulnerability_snapshots as ${endless};
          alter table vulnerabilities_current rename to old;
          create table vulnerabilities_current (hostname text, plugin_id text, severity text,
            last_seen text generated always as (substr('2026-01-05', 1, 10)) virtual);
          insert into vulnerabilities_current values ('h', '1', 'Low')`),
    })
    const file = await readWhole(viewed, 'hextrackr.db')
    expect(brief(file)).toEqual(['netbios:h 1 open low'])
    expect(found(file, 1).lastFound).toBeNull()
    expect(file.summary.past?.snapshots).toEqual([])
  })

  test('a text of more than a megabyte is left out before it is loaded', async () => {
    const large = lived().database({
      change: database =>
        database.exec(
          "update vulnerabilities_current set description = hex(zeroblob(1000000)) where plugin_id = '100'",
        ),
    })
    const file = await readWhole(large, 'hextrackr.db')
    expect(file.plugins.find(one => one.pluginId === 100)?.description).toBe('About 100.')
    expect(file.summary.notes.join()).toContain('3 rows of vulnerabilities_current have texts of more than 1 MB')
  })

  test('a database that writes ahead is read without its log, and it is said', async () => {
    const file = await readWhole(lived().database({ isWriteAhead: true }), 'hextrackr.db')
    expect(brief(file)).toHaveLength(3)
    expect(file.summary.notes.join()).toContain('-wal')
  })
})

describe('a HexTrackr backup', () => {
  const backup = (files: Record<string, unknown>) =>
    zipOf(
      Object.fromEntries(
        Object.entries(files).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
      ),
    )
  const row = { hostname: 'h', plugin_id: 5, severity: 'Low', last_seen: '2026-01-05' }

  test('parts that are not there, rows that are none and a count that does not hold are said', async () => {
    const file = await readWhole(
      backup({
        'vulnerabilities_current_chunk_1_of_3.json': { count: 3, data: [row, 'no row'] },
        'vulnerabilities_current_chunk_3_of_3.json': [{ ...row, plugin_id: '6', hostname: 'a\ud800' }],
        'vulnerability_daily_totals.json': '{"count":1,"data":[{"scan_date":"2026-01-05","high_count":1},{"scan_d',
      }),
      'hextrackr_vulnerabilities_backup_1.zip',
    )
    expect(file.summary.incomplete).toContain('lacks 1 parts of vulnerabilities_current: 2.')
    expect(file.summary.incomplete).toContain('says that it has 3 rows, and has 2')
    expect(file.summary.incomplete).toContain('vulnerability_daily_totals.json is damaged after 1 rows')
    expect(brief(file)).toEqual(['netbios:a\ufffd 6 open low', 'netbios:h 5 open low'])
    expect(file.rejected.map(one => one.reason)).toEqual(['vulnerabilities_current: The row is no object.'])
    expect(file.totals).toHaveLength(1)
  })

  test('one that would become too large is refused', async () => {
    const limits = { maxBytes: 10_000, maxRatio: 250, maxEntries: 100 }
    const large = backup({ 'vulnerabilities_current.json': { data: Array.from({ length: 1000 }, () => row) } })
    await expect(readWhole(large, 'a.zip', { limits })).rejects.toMatchObject({ code: 'archive_refused' })
  })
})
