import { readFileSync } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createImportBench, type ImportBench, importActor } from '../../../test/support/imports.ts'
import { csvOf } from '../../../test/support/read-file.ts'
import { systemClock } from '../../platform/clock.ts'
import { silentLog } from '../../platform/log.ts'
import { claimImport, getImport } from '../../store/imports/imports.ts'
import { insertImportRun } from '../../store/imports/run-row.ts'
import { rebuildDailyTotals } from '../../store/rollups/daily-totals.ts'
import { parseKey, sealingWith } from '../../store/sealing.ts'
import { verifyStore } from '../../store/verify/verify.ts'
import { WatchedFolder } from './watched-folder.ts'

let bench: ImportBench
beforeAll(async () => {
  bench = await createImportBench()
})
afterAll(() => bench.stop())

const header = ['Plugin ID', 'Risk', 'Host', 'Port', 'Protocol', 'Name', 'CVE', 'Plugin Output']
type Line = readonly [plugin: number, risk: string, host: string, port?: number, output?: string]
const nessusCsv = (...lines: readonly Line[]) =>
  csvOf([
    header,
    ...lines.map(([plugin, risk, host, port = 443, output = 'out']) => [
      String(plugin),
      risk,
      host,
      String(port),
      'tcp',
      `Check ${plugin}`,
      `CVE-2024-${1000 + plugin}`,
      output,
    ]),
  ])
const at = (day: number) => ({ options: { observedAt: `2026-10-${String(day).padStart(2, '0')}T00:00:00Z` } })

async function findings(source: string) {
  const { rows } = await bench.db.database.query<Record<string, unknown>>(
    `select a.name, f.plugin_id, f.port, f.state, f.severity, f.first_found, f.last_found, f.last_fixed, f.ended_at,
            f.end_cause, o.output
     from finding f
     join asset a using (asset_id)
     join source s on s.source_id = f.source_id
     left join finding_output o using (asset_id, plugin_id, port, protocol, instance)
     where s.name = $1
     order by a.name, f.plugin_id, f.port`,
    [source],
  )
  return rows
}
const brief = async (source: string) =>
  (await findings(source)).map(row => `${row.name} ${row.plugin_id} ${row.end_cause ?? row.state} ${row.severity}`)

async function events(source: string, plugin: number) {
  const { rows } = await bench.db.database.query<{ kind: string; cause: string }>(
    `select e.kind, e.cause from finding_event e join source s using (source_id)
     where s.name = $1 and e.plugin_id = $2 order by e.recorded_at, e.event_id`,
    [source, plugin],
  )
  return rows.map(row => `${row.kind} ${row.cause}`)
}

const sound = async () => {
  const sealing = sealingWith(parseKey('0123456789abcdef0123456789abcdef', 'test'), 'test')
  const verdict = await verifyStore(
    { database: bench.db.database, sealing },
    { actor: importActor, programVersion: '0' },
  )
  expect(verdict.damages).toEqual([])
}

test('weeks of one export: what opens, stays, closes within its scope and is found again', async () => {
  const source = 'weekly'
  const first = await bench.stage(nessusCsv([1, 'High', 'a'], [2, 'Low', 'a'], [1, 'High', 'b']), { source, ...at(1) })
  expect(first).toMatchObject({ status: 'ready', numbers: { open: 3, new_hosts: 2, absent: 0 } })
  expect((await bench.apply(first)).status).toBe('applied')
  expect(await brief(source)).toEqual(['a 1 open high', 'a 2 open low', 'b 1 open high'])

  const again = await bench.stage(nessusCsv([1, 'High', 'a'], [2, 'Low', 'a'], [1, 'High', 'b']), { source, ...at(1) })
  expect(again.numbers).toMatchObject({ open: 0, same: 3, update: 0, new_hosts: 0 })

  // Nothing closes unless somebody says what the file shows wholly.
  const open = await bench.stage(nessusCsv([1, 'Critical', 'a']), { source, ...at(8) })
  expect(open.numbers).toMatchObject({ change: 1, absent: 0, gone: 0 })
  const hosts = await bench.stage(nessusCsv([1, 'Critical', 'a']), { source, ...at(8), scope: { covers: 'hosts' } })
  expect(hosts.numbers).toMatchObject({ change: 1, absent: 1, gone: 0 })
  await bench.apply(hosts)
  expect(await brief(source)).toEqual(['a 1 open critical', 'a 2 fixed low', 'b 1 open high'])
  expect((await findings(source))[1]?.last_fixed).toBe('2026-10-08T00:00:00Z')
  expect(await events(source, 2)).toEqual(['opened source', 'fixed person'])

  // Found again: it had been fixed. And a machine that the whole estate does not have is gone.
  const estate = await bench.stage(nessusCsv([2, 'Low', 'a'], [1, 'Critical', 'a']), {
    source,
    ...at(15),
    scope: { covers: 'estate' },
  })
  expect(estate.numbers).toMatchObject({ reopen: 1, update: 1, absent: 0, gone: 1, gone_hosts: 1 })
  await bench.apply(estate)
  expect(await brief(source)).toEqual(['a 1 open critical', 'a 2 reopened low', 'b 1 asset_gone high'])

  // An older file changes nothing, whatever it covers.
  const older = await bench.stage(nessusCsv([3, 'Low', 'a'], [1, 'Low', 'a']), {
    source,
    ...at(9),
    scope: { covers: 'hosts' },
  })
  expect(older.numbers).toMatchObject({ open: 1, older: 1, absent: 0 })

  const undone = await bench.undo(await getImport(bench.db.database, estate.import_id))
  expect(undone).toMatchObject({ status: 'undone', undo_numbers: { reverted: 3, kept: 0 } })
  expect(await brief(source)).toEqual(['a 1 open critical', 'a 2 fixed low', 'b 1 open high'])
  await sound()
  expect(await rebuildDailyTotals(bench.db.database)).toBe(0)
})

test('undoing leaves alone what has changed since, and lists it', async () => {
  const source = 'undone'
  const first = await bench.apply(
    await bench.stage(nessusCsv([1, 'High', 'a'], [2, 'High', 'a']), { source, ...at(1) }),
  )
  await bench.apply(await bench.stage(nessusCsv([2, 'Low', 'a']), { source, ...at(2) }))
  const undone = await bench.undo(first)
  expect(undone.undo_numbers).toEqual({ reverted: 1, kept: 1 })
  expect(await brief(source)).toEqual(['a 1 withdrawn high', 'a 2 open low'])
  await expect(bench.undo(undone)).rejects.toMatchObject({ code: 'import_not_ready' })
  // What was taken back can be brought again.
  const back = await bench.stage(nessusCsv([1, 'High', 'a']), { source, ...at(1) })
  expect(back.numbers).toMatchObject({ return: 1 })
  await bench.apply(back)
  expect(await brief(source)).toEqual(['a 1 open high', 'a 2 open low'])
  await sound()
})

test('a preview whose numbers have moved is refused, and says the new ones', async () => {
  const source = 'moved'
  const one = await bench.stage(nessusCsv([1, 'High', 'a']), { source, ...at(1) })
  const other = await bench.stage(nessusCsv([1, 'High', 'a']), { source, ...at(1) })
  await bench.apply(one)
  await expect(bench.importer.apply(other.import_id, other.numbers!, importActor)).rejects.toMatchObject({
    code: 'import_moved',
  })
  const now = await getImport(bench.db.database, other.import_id)
  expect(now).toMatchObject({ status: 'ready', numbers: { open: 0, same: 1 } })
})

test('rows about one finding are one, with every output and every CVE; the worst severity counts', async () => {
  const source = 'grouped'
  const text = csvOf([
    header,
    ['7', 'Low', 'a', '80', 'tcp', 'Check', 'CVE-2024-1111', 'first'],
    ['7', 'High', 'a', '80', 'TCP', 'Check', 'CVE-2024-2222', 'second'],
    ['7', 'High', 'a', '80', 'tcp', 'Check', 'CVE-2024-3333', 'second'],
  ])
  const item = await bench.stage(text, { source, ...at(1) })
  expect(item.numbers).toMatchObject({ open: 1, plugins: 1 })
  await bench.apply(item)
  expect(await findings(source)).toMatchObject([{ severity: 'high', output: 'first\n\nsecond' }])
  const { rows } = await bench.db.database.query<{ cves: string[] }>('select cves from plugin where plugin_id = 7')
  expect(rows[0]?.cves).toEqual(['CVE-2024-1111', 'CVE-2024-2222', 'CVE-2024-3333'])
})

test('rejected rows are kept aside and close nothing; so does a file that is cut off', async () => {
  const source = 'rejected'
  await bench.apply(await bench.stage(nessusCsv([1, 'High', 'a'], [2, 'High', 'a']), { source, ...at(1) }))
  const text = `${nessusCsv([1, 'High', 'a'])}x,High,a,443,tcp,Bad,,out\n`
  const item = await bench.stage(text, { source, ...at(2), scope: { covers: 'estate' } })
  expect(item.numbers).toMatchObject({ rejected: 1, absent: 0, gone: 0 })
  const done = await bench.apply(item)
  const { rows } = await bench.db.database.query<{ reason: string; raw: string }>(
    'select reason, raw from rejected_record where run_id = $1',
    [done.run_id],
  )
  expect(rows).toEqual([{ reason: "Row 2: The plugin's id is no whole number: x.", raw: 'x,High,a,443,tcp,Bad,,out' }])
  const whole = readFileSync(new URL('../../../test/fixtures/files/small-report.nessus', import.meta.url), 'utf8')
  const cut = await bench.stage(whole.slice(0, whole.lastIndexOf('<ReportItem') + 200), {
    source,
    name: 'cut.nessus',
    scope: { covers: 'hosts' },
  })
  expect(cut).toMatchObject({ status: 'ready', facts: { incomplete: expect.stringContaining('middle') as string } })
  expect(cut.numbers?.open).toBeGreaterThan(0)
})

test('one machine under several names is one: by uuid, later by its name alone', async () => {
  const source = 'names'
  const columns = ['definition.id', 'severity', 'state', 'asset.id', 'asset.display_fqdn', 'last_seen']
  const vm = (id: string, fqdn: string, seen: string) => csvOf([columns, ['5', 'High', 'ACTIVE', id, fqdn, seen]])
  await bench.apply(await bench.stage(vm('', 'web.example.org', '2026-10-01T00:00:00Z'), { source }))
  await bench.apply(await bench.stage(vm('U-1', 'web.example.org', '2026-10-02T00:00:00Z'), { source }))
  await bench.apply(await bench.stage(vm('u-1', 'renamed.example.org', '2026-10-03T00:00:00Z'), { source }))
  expect(await brief(source)).toHaveLength(1)
  // Another uuid with the same name is another machine.
  await bench.apply(await bench.stage(vm('U-2', 'web.example.org', '2026-10-04T00:00:00Z'), { source }))
  expect(await brief(source)).toHaveLength(2)
})

test('states, dates and decisions of Tenable VM are as it says; fixed findings are fixed', async () => {
  const source = 'states'
  const columns = [
    'definition.id',
    'severity',
    'state',
    'asset.id',
    'first_observed',
    'last_seen',
    'last_fixed',
    'risk_modified',
  ]
  const text = csvOf([
    columns,
    ['1', 'High', 'FIXED', 'm', '2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z', '2026-03-01T00:00:00Z', 'NONE'],
    ['2', 'Low', 'RESURFACED', 'm', '2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z', '', 'ACCEPTED'],
  ])
  const item = await bench.stage(text, { source })
  expect(item).toMatchObject({ observed_at: '2026-03-01T00:00:00Z', numbers: { add_fixed: 1, open: 1 } })
  await bench.apply(item)
  expect(await findings(source)).toMatchObject([
    { state: 'fixed', first_found: '2026-01-01T00:00:00Z', last_fixed: '2026-03-01T00:00:00Z' },
    { state: 'reopened' },
  ])
  await sound()
})

test('compliance results of a .nessus file, and hostile text, come through as they are', async () => {
  const source = 'hostile'
  const evil = `<script>alert(1)</script> =cmd|' /C calc'!A0 \u001b[31m Robert'); drop table finding;--`
  const escaped = evil.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('\u001b', '')
  const text = `<NessusClientData_v2><Report name="r" xmlns:cm="x"><ReportHost name="${escaped.replaceAll('"', '')}"><HostProperties><tag name="host-ip">192.0.2.9</tag><tag name="HOST_END_TIMESTAMP">1790000000</tag></HostProperties>
    <ReportItem port="0" svc_name="general" protocol="tcp" severity="3" pluginID="12" pluginName="${escaped.replaceAll('"', '')}" pluginFamily="x"><plugin_output>${escaped}</plugin_output></ReportItem>
    <ReportItem port="0" svc_name="general" protocol="tcp" severity="3" pluginID="21157" pluginName="Unix" pluginFamily="Policy Compliance"><compliance>true</compliance><cm:compliance-check-name>1.1</cm:compliance-check-name><cm:compliance-result>FAILED</cm:compliance-result><cm:compliance-audit-file>a.audit</cm:compliance-audit-file></ReportItem>
    </ReportHost></Report></NessusClientData_v2>`
  const item = await bench.stage(text, { source, name: 'hostile.nessus' })
  expect(item).toMatchObject({ status: 'ready', numbers: { open: 1, compliance: 1 } })
  await bench.apply(item)
  expect((await findings(source))[0]?.output).toBe(evil.replaceAll('\u001b', ''))
  const { rows } = await bench.db.database.query(
    `select r.state from compliance_result r join asset a using (asset_id) join source s on s.source_id = a.source_id
     where s.name = $1`,
    [source],
  )
  expect(rows).toEqual([{ state: 'failed' }])
})

test('who was at the totals and lets go just now is no reason to refuse', async () => {
  const { database } = bench.db
  const item = await bench.stage(nessusCsv([1, 'High', 'letting go']), { source: 'letting go', ...at(1) })
  await bench.apply(item)
  await vi.waitFor(async () => expect((await getImport(database, item.import_id)).owner).toBeNull())
  expect(await claimImport(database, item.import_id, ['applied'], 'undoing', 'here/1/me', 'here/1/gone')).toBe(true)
  expect(await claimImport(database, item.import_id, ['undoing'], 'undoing', 'here/1/other', 'here/1/gone')).toBe(false)
  await database.query(`update file_import set status = 'applied', owner = null where import_id = $1`, [item.import_id])
})

test('a file that cannot be read fails with what to do, and can be dropped', async () => {
  const item = await bench.stage('name,amount\n1,2\n', { source: 'bad' })
  expect(item).toMatchObject({ status: 'failed', error_code: 'file_not_understood' })
  await bench.importer.abandon(item.import_id, importActor)
  expect((await getImport(bench.db.database, item.import_id)).status).toBe('abandoned')
  // Those of the tests before are removed once their work is told to be done.
  await expect.poll(() => readdir(bench.folder)).toEqual([])
})

test('an import whose process died in the middle waits again, and nothing of it was written', async () => {
  const { database } = bench.db
  const source = 'died'
  const item = await bench.stage(nessusCsv([1, 'High', 'a']), { source, ...at(1) })
  const dead = 'elsewhere/1/dead'
  await claimImport(database, item.import_id, ['ready'], 'applying', dead)
  await insertImportRun(database, { sourceId: item.source_id, trigger: 'cli', streams: ['findings'], owner: dead })
  await database.query("update file_import set heartbeat_at = now() - interval '1 hour' where import_id = $1", [
    item.import_id,
  ])
  await bench.importer.look()
  expect(await getImport(database, item.import_id)).toMatchObject({ status: 'ready', error_code: 'worker_lost' })
  await bench.apply(item)
  expect(await brief(source)).toEqual(['a 1 open high'])
})

test('a watched folder takes what has stopped growing, and says what became of it', async () => {
  const folder = join(bench.folder, 'watched')
  await mkdir(folder)
  const { database } = bench.db
  await database.query("update source set removed_at = now() where kind = 'files'")
  const watched = new WatchedFolder({ database, importer: bench.importer, clock: systemClock, log: silentLog, folder })
  await writeFile(join(folder, 'week_2026-10-01.csv'), nessusCsv([1, 'High', 'w']))
  await writeFile(join(folder, 'bad.csv'), 'nothing,of,the,kind\n')
  await watched.look()
  expect((await readdir(folder)).sort()).toEqual(['bad.csv', 'done', 'failed', 'week_2026-10-01.csv'])
  await watched.look()
  expect((await readdir(folder)).sort()).toEqual(['done', 'failed'])
  const done = await readdir(join(folder, 'done'))
  expect(done).toHaveLength(2)
  const report = done.find(name => name.endsWith('.report.json'))!
  expect(JSON.parse(await readFile(join(folder, 'done', report), 'utf8'))).toMatchObject({
    status: 'applied',
    observed_at: '2026-10-01T00:00:00Z',
  })
  expect(await readdir(join(folder, 'failed'))).toHaveLength(2)
})
