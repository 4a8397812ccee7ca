import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { tenfoldHere } from '../../test/support/command-here.ts'
import { openSetting, type Setting, withoutKeys } from '../../test/support/command-line.ts'
import { epssText, kevJson } from '../../test/support/feeds.ts'
import { startServer } from '../../test/support/http-server.ts'
import { insertSampleEstate } from '../store/queries/sample-estate.ts'

let setting: Setting
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenfold-feeds-'))
  setting = await openSetting({ assets: 1, findings: 1 })
  await insertSampleEstate(setting.test.database)
})
afterAll(async () => {
  await setting.close()
  await rm(folder, { recursive: true, force: true })
})

const run = (...args: readonly string[]) => tenfoldHere(args, withoutKeys(setting.environment))
async function file(name: string, content: string | Buffer) {
  await writeFile(join(folder, name), content)
  return join(folder, name)
}

test('feeds are loaded from files and addresses, and shown', async () => {
  const epss = await file(
    'epss.csv.gz',
    gzipSync(epssText('2026-07-01', [{ cve: 'CVE-2024-1001', epss: 0.5, percentile: 0.9 }])),
  )
  const loaded = await run('feeds', 'load', 'epss', '--file', epss, '--json')
  expect(loaded.code).toBe(0)
  expect(loaded.json()).toMatchObject({ outcome: 'current', score_on: '2026-07-01', entries: 1 })
  const kev = JSON.stringify(
    kevJson('2026-07-02T00:00:00Z', [{ cve: 'CVE-2024-1001', added: '2026-06-01', due: '2026-07-20' }]),
  )
  const inside = await startServer((_request, response) => response.end(kev) && undefined)
  try {
    const refused = await run('feeds', 'load', 'kev', '--url', `${inside.url}/kev.json?key=secret`)
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('[bad_feed_url]') })
    const fetched = await run('feeds', 'load', 'kev', '--url', `${inside.url}/kev.json?key=secret`, '--allow-private')
    expect(fetched.stdout).toMatch(
      /^KEV of 2026-07-02: 1 CVE, 1 new, 0 changed, 0 gone; \d+ plugins with another score\.\n$/,
    )
  } finally {
    await inside.close()
  }
  const { stdout } = await run('feeds')
  expect(stdout).toMatch(/EPSS +2026-07-01 +v2025\.03\.14 +1/)
  expect(stdout).toContain('TENFOLD_FEEDS_ENABLED')
  expect(stdout).not.toContain('secret')
  expect((await run('feeds', 'cve', 'CVE-2024-1001')).stdout).toMatch(/KEV +2026-07-02 +now/)
  expect((await run('feeds', 'cve', 'CVE-2024-1001', '--on', '2020-01-01')).stdout).toContain('On 2020-01-01 no feed')
})

test('a feed that cannot be used ends with the reason and the code', async () => {
  const broken = await file('broken.csv', epssText('2026-07-03', [{ cve: 'CVE-2024-1001', epss: 7, percentile: 0 }]))
  expect(await run('feeds', 'load', 'epss', '--file', broken)).toMatchObject({
    ...{ code: 1, stderr: expect.stringMatching(/line 3: epss must be a number from 0 to 1.*\[bad_feed\]/s) },
  })
  expect(await run('feeds', 'load', 'epss', '--file', join(folder, 'none'))).toMatchObject({ code: 2 })
  expect(await run('feeds', 'load', 'epss', '--date', 'soon')).toMatchObject({ code: 2 })
  expect(await run('feeds', 'load', 'nvd')).toMatchObject({ code: 2 })
})

test('rules are previewed, added, changed and removed; an owner is given', async () => {
  const rule = { name: 'Prod', conditions: { tag: ['Env:Prod'] }, owner: 'Ann', group: 'prod' }
  const path = await file('rule.json', JSON.stringify(rule))
  const preview = await run('groups', 'preview', '--file', path)
  expect(preview.stdout).toMatch(/^\d+ assets met; \d+ would change: owner of \d+, criticality of 0, groups of \d+\.\n/)
  const added = await run('groups', 'add', '--file', path, '--json')
  const { rule: made, assets_changed } = added.json<{ rule: { id: number }; assets_changed: number }>()
  expect(assets_changed).toBeGreaterThan(0)
  expect((await run('groups', 'rules')).stdout).toContain('Prod')
  expect((await run('groups')).stdout).toMatch(/Ann +\d+ +\d+/)
  expect((await run('assets', '--owner', 'Ann', '--where', 'group=prod')).stdout).toContain('Ann')
  const other = await file('other.json', JSON.stringify({ ...rule, owner: 'Bob' }))
  expect((await run('groups', 'change', String(made.id), '--file', other)).stdout).toContain(
    `${assets_changed} assets changed`,
  )
  expect((await run('groups', 'owner', '1', '--set', 'Zoe')).stdout).toContain('Owner: Zoe (given by a person)')
  expect((await run('groups', 'owner', '1', '--clear', '--json')).json()).toMatchObject({ is_owner_set: false })
  expect((await run('groups', 'remove', String(made.id))).code).toBe(0)
  const bad = await file('bad.json', '{"name": "x"}')
  expect(await run('groups', 'add', '--file', bad)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('[bad_group_rule]'),
  })
  expect(await run('groups', 'remove', '4711')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('[group_rule_not_found]'),
  })
})
