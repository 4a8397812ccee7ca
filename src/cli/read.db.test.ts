import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { tenfoldHere } from '../../test/support/command-here.ts'
import { openSetting, type Setting, startTenfold, tenfold, withoutKeys } from '../../test/support/command-line.ts'
import { StatusReport } from '../contract/statistics.ts'

// One mirror, read in every way.

let setting: Setting
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenfold-export-'))
  setting = await openSetting({ assets: 60, findings: 4000 })
  const ended = await tenfold(['sync', '--full', '--wait', '--json'], setting.environment)
  expect(ended.json()).toMatchObject({ status: 'completed' })
})
afterAll(async () => {
  await setting.close()
  await rm(folder, { recursive: true, force: true })
})

const run = (...args: readonly string[]) => tenfoldHere(args, setting.environment)
const byState = (state: Readonly<Record<'OPEN' | 'REOPENED' | 'FIXED', number>>) => ({
  open: state.OPEN,
  reopened: state.REOPENED,
  fixed: state.FIXED,
})

test('status counts what the tenant has, and says what the default count leaves out', async () => {
  const truth = setting.tenant.control.truth()
  const ended = await run('status', '--json')
  expect(ended.code).toBe(0)
  const status = ended.json<StatusReport & { runs: unknown[]; workers: unknown[] }>()
  expect(StatusReport.strict().safeParse({ ...status, runs: undefined }).error?.issues ?? []).toEqual([
    expect.objectContaining({ keys: ['runs', 'workers'] }),
  ])
  const { assets, findings, leftOut } = status
  expect(assets).toMatchObject({ deleted: truth.assets.deleted, terminated: truth.assets.terminated, aged_out: 0 })
  expect(assets.live + leftOut.assets.unlicensed).toBe(truth.assets.live)
  const open = findings.state.open + findings.state.reopened
  expect(Object.values(findings.severity).reduce((sum, count) => sum + count, 0)).toBe(open)
  const { unlicensed, untracked, gone } = leftOut.findings
  const { OPEN, REOPENED } = truth.findings.state
  expect(open + unlicensed + untracked + gone).toBe(OPEN + REOPENED)
  expect(status.lastCompleteRun).toMatchObject({ id: 1, status: 'completed' })
  expect(status.runs).toEqual([])
})

test('status for a person has the same numbers', async () => {
  const json = (await run('status', '--json')).json<StatusReport>()
  const { code, stdout } = await tenfold(['status'], setting.environment)
  expect(code).toBe(0)
  expect(stdout).toMatch(new RegExp(`live +${json.assets.live}\\n`))
  expect(stdout).toMatch(new RegExp(`critical +${json.findings.severity.critical}\\n`))
  expect(stdout).toContain(`left out: ${json.leftOut.assets.unlicensed} unlicensed`)
  expect(stdout).toMatch(/Tenable VM +2026-06-01 06:00:00 UTC +1 completed +stale/)
})

test('export findings is every finding: its checksum is the tenant’s', async () => {
  const ended = await tenfold(['export', 'findings', '--format', 'ndjson'], setting.environment)
  expect(ended.code).toBe(0)
  const rows = ended.stdout
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as Record<string, string | null>)
  const truth = setting.tenant.control.truth().findings
  expect(rows.length).toBe(truth.total)
  const first = ['source', 'asset_uuid', 'asset_status', 'plugin_id', 'port', 'protocol', 'state', 'severity']
  expect(Object.keys(rows[0] ?? {})).toEqual(
    expect.arrayContaining([...first, 'first_found', 'last_found', 'last_fixed', 'ended_at']),
  )
  const states = { open: 0, reopened: 0, fixed: 0 }
  for (const row of rows) states[row.state as keyof typeof states] += 1
  expect(states).toEqual(byState(truth.state))
  const instant = (text: string | null | undefined) => (text ? new Date(text).toISOString() : '')
  const lines = rows.map(row =>
    [
      ...[row.asset_uuid, row.plugin_id, row.port, row.protocol, row.state, row.severity],
      ...[row.first_found, row.last_found, row.last_fixed, row.resurfaced_date].map(instant),
    ].join('|'),
  )
  expect(checksum(lines)).toBe(truth.checksum)
})

test('export assets is every asset: its checksum is the tenant’s', async () => {
  const { stdout } = await tenfold(['export', 'assets'], setting.environment)
  const rows = stdout
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as Record<string, string | null>)
  const instant = (text: string | null | undefined) => (text ? new Date(text).toISOString() : '')
  const lines = rows
    // Named by findings alone; asset exports do not tell them.
    .filter(row => !row.is_provisional)
    .map(row =>
      [row.asset_uuid, row.status, ...[row.created_at, row.deleted_at, row.terminated_at].map(instant)].join('|'),
    )
  expect(checksum(lines)).toBe(setting.tenant.control.truth().assets.checksum)
})

test('CSV has a header and a line for each row, and a file only appears when it is whole', async () => {
  const file = join(folder, 'findings.csv')
  const ended = await run(
    'export',
    'findings',
    '--format',
    'csv',
    '--output',
    file,
    '--severity',
    'critical',
    '--counted',
  )
  expect(ended).toMatchObject({ code: 0, stdout: '' })
  const status = (await run('status', '--json')).json<StatusReport>()
  const lines = (await readFile(file, 'utf8')).split('\r\n')
  expect(lines[0]).toMatch(/^source,asset_uuid,/)
  expect(lines.length - 2).toBe(status.findings.severity.critical)
  expect(await readdir(folder)).toEqual(['findings.csv'])
  const nowhere = await run('export', 'assets', '--output', join(folder, 'missing', 'assets.json'))
  expect(nowhere.code).toBe(2)
  expect(nowhere.stderr).toContain('[bad_output_file]')
})

test('a reader that leaves early, as head does, is no failure', async () => {
  const running = startTenfold(['export', 'findings', '--with-output'], setting.environment)
  await new Promise(resolve => running.child.stdout.once('data', resolve))
  running.child.stdout.destroy()
  const { code, stderr } = await running.ended
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
})

test('findings lists by the API’s filters, with a total', async () => {
  const status = (await run('status', '--json')).json<StatusReport>()
  const page = (await run('findings', '--severity', 'high,critical', '--limit', '600', '--json')).json<{
    items: { severity: string; state: string }[]
    total: number
    next_cursor: string | null
  }>()
  const { high, critical } = status.findings.severity
  expect(page.total).toBe(high + critical)
  expect(page.items.length).toBe(Math.min(600, page.total))
  expect(new Set(page.items.map(item => item.severity))).toEqual(new Set(['critical', 'high']))
  const fixed = await run('findings', '--state', 'fixed', '--limit', '3')
  expect(fixed.stdout.split('\n')[0]).toMatch(/^Severity +State +Plugin +Name +Asset/)
  expect(fixed.stdout).toContain(`3 rows of ${status.findings.state.fixed} findings`)
  const later = await run('findings', '--where', 'last_found_from=2027-01-01')
  expect(later.stdout).toMatch(/^No finding matches; complete as of 2026-06-01/)
})

test('assets are found by name and followed page by page', async () => {
  const first = (await run('assets', '--limit', '2', '--json')).json<{
    items: { name: string }[]
    next_cursor: string
  }>()
  const second = (await run('assets', '--limit', '2', '--cursor', first.next_cursor, '--json')).json<{
    items: { name: string }[]
  }>()
  const [wanted] = second.items
  expect(first.items.map(item => item.name)).not.toContain(wanted?.name)
  const found = await run('assets', '--search', wanted?.name ?? '', '--source', 'tenable vm')
  expect(found.stdout).toContain(wanted?.name)
})

const badFilters = [
  { args: ['findings', '--severity', 'urgent'], says: '--severity: ' },
  { args: ['findings', '--where', 'colour=red'], says: 'There is no filter colour.' },
  { args: ['findings', '--where', 'port'], says: '--where takes key=value' },
  { args: ['assets', '--sort', 'size'], says: '--sort size: ' },
  { args: ['assets', '--source', 'Nowhere'], says: 'There is no source "Nowhere". The sources are: 1 Tenable VM.' },
]
for (const { args, says } of badFilters) {
  test(`tenfold ${args.join(' ')} ends with 2`, async () => {
    const { code, stderr } = await run(...args)
    expect(code).toBe(2)
    expect(stderr).toContain(says)
  })
}

test('networks, agents and tags are listed for a person and for a program', async () => {
  const { control } = setting.tenant
  interface Listed {
    readonly total: number
    readonly items: readonly { readonly name?: string; readonly value?: string; readonly members?: number }[]
  }
  for (const [command, list] of [
    ['networks', 'network'],
    ['agents', 'agent'],
    ['tags', 'tag'],
  ] as const) {
    const truth = control.truthDirectory(list)
    const listed = await run(command, '--json', '--limit', '1000')
    expect([listed.code, listed.json<Listed>().total, listed.json<Listed>().items.length]).toEqual([
      0,
      truth.length,
      truth.length,
    ])
    const told = await run(command, '--limit', '1')
    expect(told.code).toBe(0)
    expect(told.stdout).toMatch(new RegExp(`1 row of ${truth.length} ${command}; complete as of 2026-`))
    expect((await run(command, '--help')).stdout).toContain(`Example:\n  tenfold ${command}`)
  }
  const off = (await run('agents', '--status', 'off', '--json')).json<Listed>()
  expect(off.total).toBe(control.truthDirectory('agent').filter(agent => agent.status === 'off').length)
  expect((await run('tags', '--category', 'Nothing')).stdout).toContain('No tag matches')
  expect((await run('agents', '--where', 'colour=red')).code).toBe(2)
})

test('hostile names do nothing to a terminal', async () => {
  const { database } = setting.test
  const hostile = '\u001b]0;owned\u0007\u001b[2Jevil\u202egnp\u009b1m\nsecond line'
  const { rows } = await database.query<{ asset_id: number; name: string }>(
    "select asset_id, name from asset where status = 'live' order by asset_id limit 1",
  )
  const asset = rows[0]
  await database.query('update asset set name = $2 where asset_id = $1', [asset?.asset_id, hostile])
  const listed = await run('assets', '--search', 'evil')
  const json = await run('assets', '--search', 'evil', '--json')
  await database.query('update asset set name = $2 where asset_id = $1', [asset?.asset_id, asset?.name])
  expect(listed.stdout).toContain('evilgnp second line')
  expect(listed.stdout + json.stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/)
  expect(json.json<{ items: { name: string }[] }>().items[0]?.name).toBe(hostile)
})

test('check says who the key is and what it may read, without a database', async () => {
  const { tenant, environment } = setting
  const { DATABASE_URL: _none, ...rest } = environment
  const ended = await tenfold(['check', '--trace', '--json'], { ...rest, DATABASE_URL: 'postgres://127.0.0.1:1/none' })
  expect(ended.code).toBe(0)
  const report = ended.json<{ rights: { right: string; outcome: string }[] }>()
  expect(report).toMatchObject({ success: true, error: null, base_url: tenant.url, user: { role: 'Administrator' } })
  expect(report.rights.every(right => right.outcome === 'granted')).toBe(true)
  expect(ended.stderr).toMatch(/^GET \/session {2}200 {2}\d+ ms {2}\d+ bytes/m)
  expect(ended.stdout + ended.stderr).not.toContain(tenant.accessKey)
  expect(ended.stdout + ended.stderr).not.toContain(tenant.secretKey)
})

test('check of a key with fewer rights names each, its cost and the remedy', async () => {
  const { tenant } = setting
  tenant.control.setRole(16)
  const ended = await tenfold(['check'], setting.environment)
  tenant.control.setRole(64)
  expect(ended.stdout).toMatch(/\[NO {2}\] users/)
  expect(ended.stdout).toMatch(/\[NO {2}\] deleted assets/)
})

test('check of a saved source, and of keys that are wrong', async () => {
  const saved = await tenfoldHere(['check', '--json'], withoutKeys(setting.environment))
  expect(saved.json()).toMatchObject({ source: 'Tenable VM', success: true })
  const wrong = await tenfoldHere(['check', '--json'], { ...setting.environment, TENABLE_ACCESS_KEY: '0'.repeat(64) })
  expect(wrong.code).toBe(1)
  expect(wrong.json()).toMatchObject({ success: false, error_code: 'bad_credentials' })
})

test('migrate has nothing to do a second time', async () => {
  const ended = await tenfold(['migrate', '--json'], setting.environment)
  expect(ended.json()).toEqual({ schema_version: expect.any(Number), applied: [] })
})

function checksum(lines: string[]): string {
  return createHash('sha256')
    .update(
      lines
        .sort()
        .map(line => `${line}\n`)
        .join('')
        .toLowerCase(),
    )
    .digest('hex')
}

test('a list is chosen in the query language as by its options', async () => {
  const asked = (...args: readonly string[]) => run('findings', '--json', '--limit', '200', ...args)
  const byOptions = await asked('--severity', 'critical', '--where', 'exploit_available=true')
  const byQuery = await asked('severity:critical', 'exploit:true')
  expect(byQuery.json<{ total: number }>().total).toBeGreaterThan(0)
  expect(byQuery.stdout).toBe(byOptions.stdout)
})

test('a mistake in a query is marked where it is', async () => {
  const { code, stderr } = await run('findings', 'kev:true severty:high')
  expect(code).toBe(2)
  expect(stderr).toContain('kev:true severty:high\n         ^^^^^^^\nThere is no field severty. Did you mean severity?')
  const twice = await run('findings', 'severity:high', '--severity', 'low')
  expect([twice.code, twice.stderr]).toEqual([2, expect.stringContaining('both in the query and an option')])
})
