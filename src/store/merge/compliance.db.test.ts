import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts'
import { anObservedAsset } from '../../../test/support/make.ts'
import { startMergeRun } from '../../../test/support/merging.ts'
import { type ComplianceCheck, type ComplianceResult, complianceStates } from '../../domain/compliance.ts'

// Merging compliance results: whatever the order of chunks, the newest version stays, and history tells the changes once.

let db: TestDatabase
beforeEach(async () => {
  db = await createTestDatabase()
})
afterEach(() => db.drop())

function aCheck(facts: Partial<ComplianceCheck> = {}): ComplianceCheck {
  return {
    auditFile: 'CIS.audit',
    nativeId: 'full-1',
    name: '1.1 Ensure a setting',
    info: null,
    solution: null,
    synopsis: null,
    seeAlso: null,
    pluginId: 21157,
    pluginName: null,
    profileName: null,
    benchmarkName: null,
    benchmarkVersion: null,
    vendorCheckId: null,
    controlId: null,
    functionalId: null,
    informationalId: null,
    metadataId: null,
    dbType: null,
    refs: ['800-53|AC-2'],
    ...facts,
  }
}

function aResult(facts: Partial<ComplianceResult> = {}): ComplianceResult {
  const assetNativeId = facts.assetNativeId ?? 'asset-1'
  return {
    assetNativeId,
    asset: anObservedAsset({ nativeId: assetNativeId }),
    check: aCheck(),
    state: 'passed',
    vendorState: 'open',
    actualValue: null,
    expectedValue: null,
    checkError: null,
    description: null,
    firstSeen: '2026-01-01T00:00:00Z',
    lastSeen: '2026-01-01T00:00:00Z',
    lastFixed: null,
    lastObserved: null,
    indexedAt: '2026-01-01T01:00:00Z',
    extra: null,
    ...facts,
  }
}

const stored = `
select a.native_id, c.native_id as check, c.solution, c.vendor_version_at as check_version, r.state, r.actual_value,
       r.last_seen, r.vendor_version_at, r.row_hash
from compliance_result r join compliance_check c using (check_id) join asset a using (asset_id)
order by 1, 2`

test('whatever the order of versions and parts, the newest version stays, of the result and of its check', async () => {
  const results = fc.array(
    fc.record({
      asset: fc.constantFrom('asset-1', 'asset-2'),
      check: fc.constantFrom('full-1', 'full-2'),
      version: fc.integer({ min: 1, max: 4 }),
      state: fc.constantFrom(...complianceStates),
      solution: fc.constantFrom('a', 'b'),
      actual: fc.constantFrom(null, 'x\ty\\n', '=1+1'),
    }),
    { minLength: 2, maxLength: 8 },
  )
  let number = 0
  await fc.assert(
    fc.asyncProperty(results, fc.infiniteStream(fc.nat()), async (drawn, shuffle) => {
      const rows = drawn.map(({ asset, check, version, state, solution, actual }) =>
        aResult({
          assetNativeId: asset,
          check: aCheck({ nativeId: check, solution }),
          state,
          actualValue: actual,
          lastSeen: `2026-01-0${version}T00:00:00Z`,
          indexedAt: `2026-01-0${version}T01:00:00.123456Z`,
        }),
      )
      const mixed = rows.map(row => ({ row, at: shuffle.next().value as number })).sort((a, b) => a.at - b.at)
      const outcomes: unknown[] = []
      const parts = Array.from({ length: 3 }, (_, part) =>
        mixed.flatMap(({ row, at }) => (at % 3 === part ? [row] : [])),
      )
      for (const order of [[rows], parts, mixed.map(({ row }) => [row]), [rows.toReversed(), rows]]) {
        const run = await startMergeRun(db.database, `source ${++number}`)
        // Two workers take turns: neither knows what the other has met.
        for (const [place, part] of order.entries()) await run.merge('compliance', part, { worker: place % 2 })
        const held = await db.database.query(stored.replace('order by', `where r.source_id = ${run.sourceId} order by`))
        outcomes.push(held.rows)
        const again = await run.merge('compliance', rows)
        expect(again.counts).toMatchObject({ inserted: 0, changed: 0, unchanged: rows.length })
      }
      expect(outcomes[1]).toEqual(outcomes[0])
      expect(outcomes[2]).toEqual(outcomes[0])
      expect(outcomes[3]).toEqual(outcomes[0])
    }),
    { numRuns: 12, seed: 20261124 },
  )
}, 120_000)

test('a change of outcome is one event, dated as the vendor saw it; a mere re-sighting is none', async () => {
  const run = await startMergeRun(db.database)
  const seen = (day: number, state: ComplianceResult['state']) =>
    aResult({ state, lastSeen: `2026-01-0${day}T00:00:00Z`, indexedAt: `2026-01-0${day}T01:00:00Z` })
  for (const [day, state] of [
    [1, 'passed'],
    [2, 'passed'],
    [3, 'failed'],
    [3, 'failed'],
    [2, 'passed'],
  ] as const) {
    await run.merge('compliance', [seen(day, state)])
  }
  const { rows } = await db.database.query('select kind, state, before, happened_at, cause from compliance_event')
  expect(rows).toEqual([
    { kind: 'changed', state: 'failed', before: 'passed', happened_at: '2026-01-03T00:00:00Z', cause: 'source' },
  ])
})

test('a result of an unknown asset makes a provisional one, and of a known asset changes nothing', async () => {
  const run = await startMergeRun(db.database)
  await run.merge('compliance', [aResult({ assetNativeId: 'stranger' })])
  const assets = () => db.database.query('select native_id, is_provisional, observed, changed_at from asset')
  const before = await assets()
  expect(before.rows).toMatchObject([{ native_id: 'stranger', is_provisional: true, observed: null }])
  await run.merge('compliance', [
    aResult({ assetNativeId: 'stranger', state: 'failed', indexedAt: '2026-01-09T00:00:00Z' }),
  ])
  expect((await assets()).rows).toEqual(before.rows)
})

test('a part of a run that was taken over changes nothing', async () => {
  const run = await startMergeRun(db.database)
  await expect(run.merge('compliance', [aResult()], { fence: run.fence - 1 })).rejects.toMatchObject({ code: 'fenced' })
  expect((await db.database.query(stored)).rows).toEqual([])
})
