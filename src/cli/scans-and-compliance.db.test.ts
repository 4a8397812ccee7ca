import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tenfoldHere } from '../../test/support/command-here.ts'
import { openSetting, type Setting, tenfold } from '../../test/support/command-line.ts'
import { ComplianceCheckPage, CompliancePage } from '../contract/compliance.ts'
import { ScanCoverage, ScanPage } from '../contract/scans.ts'

// Scans and compliance results from the terminal, of a mirror that was read for real.

let setting: Setting
beforeAll(async () => {
  setting = await openSetting({ assets: 40, findings: 400 })
  const streams = 'assets,findings,scans,compliance'
  const ended = await tenfold(['sync', '--full', '--wait', '--json', '--streams', streams], setting.environment)
  expect(ended.json()).toMatchObject({ status: 'completed' })
})
afterAll(() => setting.close())

const run = (...args: readonly string[]) => tenfoldHere(args, setting.environment)

async function count(sql: string): Promise<number> {
  return (await setting.test.database.query<{ n: number }>(`select count(*)::int as n from ${sql}`)).rows[0]!.n
}

const refusals = [
  { argv: ['scans', '--sort', 'colour'], code: 'bad_sort' },
  { argv: ['scans', '--where', 'colour=red'], code: 'bad_filter' },
  { argv: ['scans', '--source', 'nobody'], code: 'source_not_found' },
  { argv: ['scans', '--cursor', 'nonsense'], code: 'bad_cursor' },
  { argv: ['compliance', '--state', 'green'], code: 'bad_filter' },
  { argv: ['compliance', '--by-check', '--sort', 'colour'], code: 'bad_sort' },
]

describe('scans', () => {
  test('all that the tenant has are listed, page by page, for a program and for a person', async () => {
    const { total } = setting.tenant.control.truth().scans
    const [all, first, table] = await Promise.all([
      run('scans', '--json'),
      run('scans', '--limit', '2', '--sort', '-last_run', '--json'),
      run('scans'),
    ])
    const scans = ScanPage.strict().parse(all.json())
    expect([all.code, scans.total, scans.items.length]).toEqual([0, total, total])
    const names = scans.items.map(scan => scan.name)
    expect(names).toEqual(names.toSorted((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1)))
    const page = ScanPage.parse(first.json())
    const next = await run('scans', '--limit', '500', '--sort', '-last_run', '--cursor', page.next_cursor!, '--json')
    const ids = [...page.items, ...ScanPage.parse(next.json()).items].map(scan => scan.id)
    expect(ids.toSorted()).toEqual(scans.items.map(scan => scan.id).toSorted())
    expect(table.code).toBe(0)
    expect(table.stdout).toMatch(/Id +Name +Status +Schedule/)
    expect(table.stdout).toContain(`${scans.items[0]!.name.slice(0, 20)}`)
    expect(table.stdout).toContain(`${total} scan`)
  })

  test('are chosen by name, status and folder; what none chooses is an empty list and no failure', async () => {
    const known = ScanPage.parse((await run('scans', '--json')).json()).items
    const { name, status, folder } = known.find(scan => scan.folder !== null)!
    const [named, chosen, none] = await Promise.all([
      run('scans', '--search', name.toUpperCase(), '--json'),
      run('scans', '--status', status!, '--folder', folder!, '--json'),
      run('scans', '--search', 'no such scan'),
    ])
    expect(ScanPage.parse(named.json()).items.map(scan => scan.name)).toContain(name)
    const { items } = ScanPage.parse(chosen.json())
    expect(items.map(scan => [scan.status, scan.folder])).toEqual(items.map(() => [status, folder]))
    expect(items.map(scan => scan.name)).toContain(name)
    expect([none.code, none.stdout]).toEqual([0, expect.stringMatching(/no scan/i)])
  })

  test('coverage names what no scan has met', async () => {
    const [json, table] = await Promise.all([
      run('scans', '--coverage', '14', '--json'),
      run('scans', '--coverage', '14'),
    ])
    const coverage = ScanCoverage.strict().parse(json.json())
    expect(coverage.total.assets).toBe(
      await count("asset where status = 'live' and is_licensed is not false and is_tracked is not false"),
    )
    expect(coverage.days).toBe(14)
    expect(table.stdout).toMatch(new RegExp(`all +${coverage.total.assets} +${coverage.total.never_scanned} `))
    expect(table.stdout).toContain('14 days ago.')
  })
})

describe('compliance', () => {
  test('results are those of the mirror, and filters leave out the others', async () => {
    const counted = `compliance_result r join asset a using (asset_id)
      where r.ended_at is null and a.status = 'live' and a.is_licensed is not false and a.is_tracked is not false`
    const [all, failed, table] = await Promise.all([
      run('compliance', '--limit', '1000', '--json'),
      run('compliance', '--state', 'failed', '--limit', '1000', '--json'),
      run('compliance', '--limit', '3'),
    ])
    const page = CompliancePage.strict().parse(all.json())
    expect([all.code, page.total]).toEqual([0, await count(counted)])
    const { items } = CompliancePage.parse(failed.json())
    expect(items).toHaveLength(await count(`${counted} and r.state = 'failed'`))
    expect(new Set(items.map(result => result.state))).toEqual(new Set(['failed']))
    expect(table.stdout).toMatch(/State +Check +Asset +Audit file/)
    const { asset } = page.items[0]!
    const one = await run('compliance', '--asset', String(asset.id), '--json')
    expect(new Set(CompliancePage.parse(one.json()).items.map(result => result.asset.id))).toEqual(new Set([asset.id]))
  })

  test('by check each has its counts, those that fail most first', async () => {
    const [all, table] = await Promise.all([
      run('compliance', '--by-check', '--limit', '1000', '--json'),
      run('compliance', '--by-check', '--limit', '5'),
    ])
    const { items, total } = ComplianceCheckPage.strict().parse(all.json())
    expect([items.length, total]).toEqual([total, await count('compliance_check')])
    const failing = items.map(check => check.counts.failed)
    expect(failing).toEqual(failing.toSorted((a, b) => b - a))
    expect(table.stdout).toMatch(/Id +Failed +Passed +Warning +Assets +Check/)
  })
})

describe('what cannot be answered is refused, and named', () => {
  for (const { argv, code } of refusals) {
    test(argv.join(' '), async () => {
      const ended = await run(...argv, '--json')
      expect(ended.json()).toMatchObject({ error: { code, message: expect.any(String) } })
      expect(ended.code).toBe(2)
    })
  }
})
