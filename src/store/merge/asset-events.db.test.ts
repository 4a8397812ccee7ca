import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts'
import { aFinding, anAsset, anObservedAsset } from '../../../test/support/make.ts'
import { type MergeRun, startMergeRun } from '../../../test/support/merging.ts'
import type { Asset } from '../../domain/asset.ts'

// What became of an asset, and since when: one event for each thing that changed.

let db: TestDatabase
let run: MergeRun

beforeAll(async () => {
  db = await createTestDatabase()
})
afterAll(() => db.drop())
beforeEach(async () => {
  await db.database.query('truncate finding, finding_event, asset_total, asset, asset_alias, asset_tag, asset_event')
  run = await startMergeRun(db.database)
})

const readAt = '2026-03-01T00:00:00Z'

async function events(): Promise<string[]> {
  const { rows } = await db.database.query<{ text: string }>(
    `select concat_ws(' ', kind, status, case is_licensed when false then 'unlicensed' end,
                      to_char(happened_at at time zone 'utc', 'MM-DD'),
                      case when is_reconstructed then 'reconstructed' end) as text
     from asset_event order by recorded_at, event_id`,
  )
  return rows.map(row => row.text)
}

test('the first sight says what it was like, and what its dates tell', async () => {
  const deleted = anAsset({ status: 'deleted', deletedAt: '2026-02-03T00:00:00Z', createdAt: '2026-01-02T00:00:00Z' })
  await run.merge('assets', [deleted], { isFirstLoad: true })
  expect(await events()).toEqual(['appeared live 01-02 reconstructed', 'status deleted 02-03 reconstructed'])
  await run.merge('assets', [anAsset({ nativeId: 'later', createdAt: '2026-02-09T00:00:00Z' })])
  expect((await events()).at(-1)).toBe('appeared live 02-09')
})

test('a replay writes nothing, nor do the same addresses in another order', async () => {
  const asset = { hostnames: ['a'], ipv4s: ['10.0.0.1', '10.0.0.2'] }
  await run.merge('assets', [anAsset(asset)])
  await run.merge('assets', [anAsset(asset)], { readAt })
  const turned = { hostnames: ['a'], ipv4s: ['10.0.0.2', '10.0.0.1'], updatedAt: '2026-02-01T00:00:00Z' }
  await run.merge('assets', [anAsset(turned)], { readAt })
  expect(await events()).toEqual(['appeared live 01-01'])
})

const before = anAsset({ hostnames: ['web-1'], tags: [aTag('Env', 'Test')] })
const updatedAt = '2026-02-05T00:00:00Z'
const cases: { name: string; next: Partial<Asset>; events: string[] }[] = [
  { name: 'renamed', next: { hostnames: ['web-2'], updatedAt }, events: ['names live 02-05'] },
  { name: 'moved', next: { ipv4s: ['10.0.0.9'], updatedAt }, events: ['addresses live 02-05'] },
  { name: 'tagged', next: { tags: [aTag('Env', 'Test'), aTag('Own', 'x')], updatedAt }, events: ['tags live 02-05'] },
  { name: 'without licence', next: { isLicensed: false, updatedAt }, events: ['licence live unlicensed 02-05'] },
  {
    name: 'deleted',
    next: { status: 'deleted', deletedAt: '2026-02-04T00:00:00Z' },
    events: ['status deleted 02-04'],
  },
  {
    name: 'several at once',
    next: { hostnames: ['x'], ipv4s: [], isLicensed: null, updatedAt },
    events: ['licence live 02-05', 'names live 02-05', 'addresses live 02-05'],
  },
  { name: 'changed without a newer date', next: { hostnames: ['web-2'] }, events: ['names live 03-01'] },
  { name: 'older than what we hold', next: { hostnames: ['old'], updatedAt: '2025-01-01T00:00:00Z' }, events: [] },
]
for (const each of cases) {
  test(`an asset ${each.name}`, async () => {
    await run.merge('assets', [before])
    await run.merge('assets', [{ ...before, ...each.next }], { readAt })
    expect((await events()).slice(1)).toEqual(each.events)
  })
}

test('an event has what was before and what is now', async () => {
  await run.merge('assets', [before])
  await run.merge('assets', [{ ...before, tags: [aTag('Env', 'Prod')], updatedAt }], { readAt })
  const { rows } = await db.database.query("select before, after, run_id from asset_event where kind = 'tags'")
  expect(rows).toEqual([{ before: ['Env:Test'], after: ['Env:Prod'], run_id: run.runId }])
})

test('one that had aged out is back by the reading that met it', async () => {
  await run.merge('assets', [before])
  await db.database.query("update asset set status = 'aged_out'")
  await run.merge('assets', [before], { readAt })
  expect((await events()).at(-1)).toBe('status live 03-01')
})

test('an asset that only a finding names has a history too, and says when it is tracked no more', async () => {
  const seen = (isTracked: boolean, lastFound: string) =>
    aFinding({ asset: anObservedAsset({ isTracked }), lastFound, indexedAt: lastFound })
  await run.merge('findings', [seen(true, '2026-02-01T00:00:00Z')])
  await run.merge('findings', [seen(false, '2026-02-02T00:00:00Z')], { readAt })
  expect(await events()).toEqual(['appeared live 02-01', 'tracking live 03-01'])
})

function aTag(key: string, value: string) {
  return { key, value, uuid: null, addedBy: null, addedAt: null }
}
