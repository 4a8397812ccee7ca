import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts'
import { assetStatuses } from '../../domain/asset.ts'
import { cloudProviders } from '../../domain/cloud-provider.ts'
import { endCauses, findingStates } from '../../domain/finding.ts'
import { severities } from '../../domain/severity.ts'
import { type Access, scopedTo, unrestricted, wholeAccess } from '../access.ts'
import { listAssets } from './asset-list.ts'
import { loadAssetStatistics } from './asset-statistics.ts'
import type { AssetFilter, FindingFilter } from './filters.ts'
import { type FlowFilter, loadFindingFlow } from './finding-flow.ts'
import { listFindings } from './finding-list.ts'
import { loadFindingStatistics } from './finding-statistics.ts'
import { insertSampleEstate } from './sample-estate.ts'
import { loadStatusReport } from './status-report.ts'

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase()
  await insertSampleEstate(db.database)
})
afterAll(() => db.drop())

// Every number is a door: what a statistic says must be what the list behind it has.
const assetsOf = async (filter: AssetFilter) =>
  (await listAssets(unrestricted(db.database), { filter, sort: 'id', limit: 1 })).total
const findingsOf = async (filter: FindingFilter) =>
  (await listFindings(unrestricted(db.database), { filter: { ...filter, port: [0, 443] }, sort: 'asset_id', limit: 1 }))
    .total

describe('statistics', () => {
  for (const filter of [
    {},
    { source_id: [1] },
    { tag: ['Env'] },
    { include: ['unlicensed'] as const },
  ] satisfies AssetFilter[]) {
    test(`assets of ${JSON.stringify(filter)} are what the lists have`, async () => {
      const statistics = await loadAssetStatistics(unrestricted(db.database), filter)
      expect(statistics.total).toBe(await assetsOf(filter))
      expect(statistics.with_agent).toBe(await assetsOf({ ...filter, has_agent: true }))
      expect(statistics.provisional).toBe(await assetsOf({ ...filter, is_provisional: true }))
      for (const status of assetStatuses) {
        const include = ['unlicensed', 'untracked'] as const
        expect(statistics.by_status[status]).toBe(await assetsOf({ ...filter, status: [status], include }))
      }
      for (const cloud of cloudProviders) {
        expect(statistics.by_cloud[cloud]).toBe(await assetsOf({ ...filter, cloud: [cloud] }))
      }
      for (const severity of severities) {
        expect(statistics.with_open[severity]).toBe(await assetsOf({ ...filter, open_severity: [severity] }))
      }
      for (const { type, count } of statistics.by_type) expect(count).toBe(await assetsOf({ ...filter, type: [type] }))
      for (const { id, count } of statistics.by_network) {
        if (id !== null) expect(count).toBe(await assetsOf({ ...filter, network_id: [id] }))
      }
      const sum = (parts: readonly { readonly count: number }[]) => parts.reduce((all, part) => all + part.count, 0)
      expect(sum(statistics.by_network)).toBe(statistics.total)
    })
  }

  test('what the default count of assets leaves out is there when it is asked for', async () => {
    const { left_out } = await loadAssetStatistics(unrestricted(db.database), {})
    expect(left_out.unlicensed).toBeGreaterThan(0)
    expect(left_out.unlicensed).toBe(await assetsOf({ is_licensed: false, include: ['untracked'] }))
    expect(left_out.untracked).toBeGreaterThan(0)
    expect(left_out.untracked).toBe(await assetsOf({ is_tracked: false }))
    const { left_out: asked } = await loadAssetStatistics(unrestricted(db.database), {
      include: ['unlicensed', 'untracked'],
    })
    expect(asked).toEqual({ unlicensed: 0, untracked: 0, out_of_scope: 0 })
  })

  test('findings by state and severity are what the lists have', async () => {
    const statistics = await loadFindingStatistics(unrestricted(db.database), {})
    expect(statistics.total).toBe(await findingsOf({}))
    for (const state of findingStates) {
      expect(statistics.by_state[state]).toBe(await findingsOf({ state: [state] }))
      for (const severity of severities) {
        expect(statistics.by_state_and_severity[state][severity]).toBe(
          await findingsOf({ state: [state], severity: [severity] }),
        )
      }
    }
    for (const severity of severities) {
      expect(statistics.by_severity[severity]).toBe(await findingsOf({ severity: [severity] }))
    }
  })

  test('what the default count of findings leaves out is there when it is asked for', async () => {
    const ids = (
      await db.database.query<{ asset_id: number }>(
        "update finding set end_cause = 'out_of_scope' where asset_id % 3 = 0 and ended_at is not null returning asset_id",
      )
    ).rows.map(row => row.asset_id)
    await db.database.query(
      `update asset_total t
       set out_of_scope = (select count(*) from finding f where f.asset_id = t.asset_id and f.end_cause = 'out_of_scope')
       where asset_id = any($1::bigint[])`,
      [ids],
    )
    const { left_out } = await loadFindingStatistics(unrestricted(db.database), {})
    expect(left_out.out_of_scope).toBe(await findingsOf({ end_cause: ['out_of_scope'], include: ['all'] }))
    expect(left_out.unlicensed).toBe(await findingsOf({ is_licensed: false, include: ['untracked'] }))
    expect(left_out.untracked).toBe(await findingsOf({ is_tracked: false }))
    expect(left_out.gone).toBe(
      await findingsOf({ asset_status: ['deleted', 'terminated', 'aged_out'], include: ['unlicensed', 'untracked'] }),
    )
    expect(left_out.ended).toBe(await findingsOf({ end_cause: endCauses, include: ['all'] }))
    expect(Object.values(left_out).every(count => count !== null && count > 0)).toBe(true)
  })

  for (const filter of [
    {},
    { severity: ['high', 'critical'] as const },
    { source_id: [1] },
    { tag: ['Env'] },
    { include: ['unlicensed', 'untracked'] as const },
    { severity: ['low'] as const, is_licensed: false },
  ] satisfies FlowFilter[]) {
    test(`the flow of ${JSON.stringify(filter)} is what the lists have, however it is counted`, async () => {
      const now = new Date('2026-11-20T12:00:00Z')
      const tagged: Access = {
        ...wholeAccess,
        isWhole: false,
        taggedSources: [{ sourceIds: [1, 2], tags: ['Env'] }],
        sources: [1, 2],
      }
      for (const database of [unrestricted(db.database), scopedTo(db.database, tagged)]) {
        for (const per of ['day', 'week'] as const) {
          const flowOf = (asked: FlowFilter) =>
            loadFindingFlow(database, { filter: asked, days: 400, per, due: true }, now)
          const flow = await flowOf(filter)
          // Every finding has one of these ports; asked for them, the findings themselves are counted.
          expect(flow).toEqual(await flowOf({ ...filter, port: [0, 443] }))
          const sum = (of: 'found' | 'fixed' | 'resurfaced') => flow.items.reduce((all, item) => all + item[of], 0)
          const [from, to] = [flow.items[0]?.from, flow.items.at(-1)?.to]
          const listed = async (asked: FindingFilter) =>
            (await listFindings(database, { filter: { ...filter, ...asked }, sort: 'asset_id', limit: 1 })).total
          const include = [...(filter.include ?? []), 'fixed' as const]
          expect(sum('found')).toBe(await listed({ include, first_found_from: from, first_found_to: to }))
          expect(sum('fixed')).toBe(await listed({ state: ['fixed'], last_fixed_from: from, last_fixed_to: to }))
          expect(sum('resurfaced')).toBe(
            await listed({ state: ['reopened'], resurfaced_from: from, resurfaced_to: to }),
          )
        }
      }
    })
  }

  test('the flow of the sample has something of everything', async () => {
    const request = { filter: {}, days: 400, per: 'week' as const, due: true }
    const { items } = await loadFindingFlow(unrestricted(db.database), request, new Date('2026-11-20T12:00:00Z'))
    for (const what of ['found', 'fixed', 'fell_due'] as const)
      expect(items.some(item => (item[what] ?? 0) > 0)).toBe(true)
  })

  test('an empty mirror counts nothing and says that it is stale', async () => {
    const empty = await createTestDatabase()
    try {
      const report = await loadStatusReport(unrestricted(empty.database), new Date())
      expect(report).toMatchObject({
        assets: { live: 0, deleted: 0, terminated: 0, aged_out: 0 },
        findings: { state: { open: 0, reopened: 0, fixed: 0 } },
        lastCompleteRun: null,
        asOf: null,
        stale: true,
        sources: [],
      })
      expect((await loadAssetStatistics(unrestricted(empty.database), {})).by_operating_system).toEqual([])
    } finally {
      await empty.drop()
    }
  })

  test('the status report is the statistics of the default count with their freshness', async () => {
    const report = await loadStatusReport(unrestricted(db.database), new Date('2026-11-20T12:00:00Z'))
    const findings = await loadFindingStatistics(unrestricted(db.database), {})
    expect(report.findings).toEqual({ state: findings.by_state, severity: findings.by_severity })
    expect(report.assets.live).toBe(await assetsOf({}))
    expect(report.assets.deleted).toBe(await assetsOf({ status: ['deleted'], include: ['all'] }))
    expect(report.lastCompleteRun).toMatchObject({ id: 1, status: 'completed' })
    expect(report.asOf).toBe('2026-11-20T05:57:00Z')
    // The second source has never been complete.
    expect(report.stale).toBe(true)
    expect(report.sources.map(source => source.is_stale)).toEqual([false, true])
    const later = await loadStatusReport(unrestricted(db.database), new Date('2026-11-20T13:57:01Z'))
    expect(later.sources.map(source => source.is_stale)).toEqual([true, true])
  })
})
