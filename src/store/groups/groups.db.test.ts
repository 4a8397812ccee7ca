import { BlockList, isIPv4, isIPv6 } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts'
import { aRule, ruleOf } from '../../../test/support/groups.ts'
import { aFinding, anAsset, anObservedAsset } from '../../../test/support/make.ts'
import { startMergeRun } from '../../../test/support/merging.ts'
import { tester } from '../../../test/support/mirror.ts'
import type { GroupConditions } from '../../domain/group-rule.ts'
import { unrestricted } from '../access.ts'
import { getAssetOwnership, loadGroups } from '../queries/groups.ts'
import { insertSampleEstate } from '../queries/sample-estate.ts'
import { checkAssetGroups } from '../verify/derived-checks.ts'
import { setAssetOwner } from './owner.ts'
import { followRuleDates } from './regroup.ts'
import type { GroupRuleTerms } from './rule-rows.ts'
import { createGroupRule, previewGroupRule, removeGroupRule, updateGroupRule } from './rules.ts'

interface Row {
  readonly asset_id: number
  readonly source_id: number
  readonly name: string
  readonly names: readonly string[]
  readonly network_id: string | null
  readonly network_name: string | null
  readonly operating_systems: readonly string[]
  readonly addresses: readonly string[]
  readonly tags: readonly { readonly key: string; readonly value: string }[]
}

let db: TestDatabase
let assets: readonly Row[]
beforeAll(async () => {
  db = await createTestDatabase()
  await insertSampleEstate(db.database)
  await db.database.query(
    `update asset set ipv4s = ipv4s || array['not an address', '192.168.' || asset_id || '.1'],
                      ipv6s = array['2001:db8::' || to_hex(asset_id), 'fe80::zz']
     where asset_id % 2 = 0`,
  )
  const { rows } = await db.database.query<Row & Record<string, unknown>>(
    `select asset_id, source_id, name, array[name] || hostnames || fqdns || netbios_names as names, network_id, network_name,
            operating_systems, ipv4s || ipv6s as addresses,
            coalesce((select jsonb_agg(jsonb_build_object('key', tag_key, 'value', tag_value))
                      from asset_tag g where g.asset_id = a.asset_id), '[]') as tags
     from asset a order by asset_id`,
  )
  assets = rows
})
afterAll(() => db.drop())

/** The meaning of a rule, said once more and without SQL. */
function meets(row: Row, { tag, network, os, name, cidr, source_id }: GroupConditions): boolean {
  const lower = (text: string | null) => text?.toLowerCase()
  return (
    (!tag || tag.some(wanted => row.tags.some(({ key, value }) => key === wanted || `${key}:${value}` === wanted))) &&
    (!network ||
      network.some(wanted => lower(row.network_id) === lower(wanted) || lower(row.network_name) === lower(wanted))) &&
    (!os || os.some(part => row.operating_systems.some(system => lower(system)!.includes(lower(part)!)))) &&
    (!name || name.some(glob => row.names.some(one => globOf(glob).test(one)))) &&
    (!cidr || cidr.some(range => row.addresses.some(address => isWithin(address, range)))) &&
    (!source_id || source_id.includes(row.source_id))
  )
}

function globOf(glob: string): RegExp {
  const pattern = glob
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${pattern}$`, 'is')
}

function isWithin(address: string, range: string): boolean {
  const family = isIPv4(address) ? 'ipv4' : isIPv6(address) ? 'ipv6' : undefined
  const [network = '', bits] = range.split('/')
  if (family === undefined || isIPv4(network) !== (family === 'ipv4')) return false
  const list = new BlockList()
  list.addSubnet(network, bits === undefined ? (family === 'ipv4' ? 32 : 128) : Number(bits), family)
  return list.check(address, family)
}

interface Expected {
  readonly owner: string | null
  readonly criticality: string | null
  readonly groups: readonly string[]
}

function expected(row: Row, rules: readonly GroupRuleTerms[], today: string): Expected {
  const met = rules
    .map((rule, index) => ({ rule, index }))
    .filter(({ rule }) => rule.isEnabled && rule.validFrom <= today && (rule.validTo === null || rule.validTo > today))
    .filter(({ rule }) => meets(row, rule.conditions))
    .sort((a, b) => a.rule.priority - b.rule.priority || a.index - b.index)
    .map(({ rule }) => rule)
  return {
    owner: met.find(rule => rule.owner !== null)?.owner ?? null,
    criticality: met.find(rule => rule.criticality !== null)?.criticality ?? null,
    groups: [...new Set(met.flatMap(rule => rule.group ?? []))].sort(),
  }
}

async function stored(): Promise<ReadonlyMap<number, Expected>> {
  const { rows } = await db.database.query<Expected & { readonly asset_id: number }>(
    `select a.asset_id, g.owner, g.criticality, coalesce(g.group_names, '{}') as groups
     from asset a left join asset_group g using (asset_id)`,
  )
  return new Map(rows.map(({ asset_id, owner, criticality, groups }) => [asset_id, { owner, criticality, groups }]))
}

const some = <T>(...values: readonly T[]) => fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 2 })
const conditions: fc.Arbitrary<GroupConditions> = fc
  .record(
    {
      tag: some('Env', 'Env:Prod', 'Env:a:b', 'Owner:team-0', 'Nothing'),
      network: some('net-1', 'NET 2', 'nowhere'),
      os: some('windows', '100%_SURE', 'ubuntu', '%', '\\'),
      name: some('host-1*', '*.example.com', 'TWIN', 'Host-?.example.com', '*', 'x%', '?-_'),
      cidr: some('10.0.0.0/28', '10.0.0.7', '192.168.0.0/16', '2001:db8::/32', '2001:db8::10/124', '0.0.0.0/0'),
      source_id: some(1, 2, 9),
    },
    { requiredKeys: [] },
  )
  .filter(one => Object.keys(one).length > 0)
const rule: fc.Arbitrary<GroupRuleTerms> = fc
  .record({
    name: fc.constant(''),
    priority: fc.constantFrom(1, 2, 3),
    conditions,
    owner: fc.constantFrom(null, 'Ann', 'Bob'),
    criticality: fc.constantFrom(null, 'low' as const, 'critical' as const),
    group: fc.constantFrom(null, 'web', 'db'),
    validFrom: fc.constantFrom('2020-01-01', '2999-01-01'),
    validTo: fc.constantFrom(null, '2020-02-01', '2999-02-01'),
    isEnabled: fc.constantFrom(true, true, true, false),
  })
  .filter(one => one.owner !== null || one.criticality !== null || one.group !== null)
  .filter(one => one.validTo === null || one.validTo > one.validFrom)

const now = new Date()
const today = now.toISOString().slice(0, 10)

describe('rules', () => {
  test('give each asset what a reader of them would, and a preview says before what follows', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(rule, { minLength: 1, maxLength: 6 }), async drawn => {
        const ids: number[] = []
        const rules: GroupRuleTerms[] = []
        for (const [index, one] of drawn.entries()) {
          const terms = { ...one, name: `rule ${index}` }
          const before = await stored()
          const preview = await previewGroupRule(db.database, { rule: terms }, now)
          const created = await createGroupRule(db.database, terms, now, tester)
          ids.push(created.rule.id)
          rules.push(terms)
          const after = await stored()
          for (const asset of assets) expect(after.get(asset.asset_id)).toEqual(expected(asset, rules, today))
          const changed = assets.filter(
            ({ asset_id }) => JSON.stringify(before.get(asset_id)) !== JSON.stringify(after.get(asset_id)),
          )
          expect(preview.changed).toBe(changed.length)
          for (const sample of preview.sample) {
            expect(sample.before).toEqual(before.get(sample.asset_id))
            expect(sample.after).toEqual(after.get(sample.asset_id))
          }
          expect(preview.sample).toHaveLength(Math.min(20, changed.length))
        }
        // Taken away one by one, the first first, with a look beforehand.
        for (const id of ids) {
          const preview = await previewGroupRule(db.database, { replaces: id }, now)
          const before = await stored()
          await removeGroupRule(db.database, id, now, tester)
          rules.shift()
          const after = await stored()
          for (const asset of assets) expect(after.get(asset.asset_id)).toEqual(expected(asset, rules, today))
          const changed = assets.filter(
            ({ asset_id }) => JSON.stringify(before.get(asset_id)) !== JSON.stringify(after.get(asset_id)),
          )
          expect(preview.changed).toBe(changed.length)
        }
        expect((await db.database.query('select from asset_group')).rowCount).toBe(0)
      }),
      { numRuns: 12 },
    )
  })

  test('that are changed are previewed in the place of what they were', async () => {
    const { rule: made } = await ruleOf(db.database, { name: 'one', conditions: { source_id: [1] }, owner: 'Ann' })
    const terms = aRule({ name: 'one', conditions: { source_id: [1] }, owner: 'Bob' })
    const preview = await previewGroupRule(db.database, { rule: terms, replaces: made.id }, now)
    expect(preview).toMatchObject({ holds_today: true, matched: 30, changed: 30, owner_changed: 30, groups_changed: 0 })
    expect(await updateGroupRule(db.database, made.id, terms, now, tester)).toMatchObject({ assetsChanged: 30 })
    await removeGroupRule(db.database, made.id, now, tester)
  })

  test('need a name of their own, and be there', async () => {
    const { rule: made } = await ruleOf(db.database, { name: 'taken', owner: 'Ann' })
    await expect(ruleOf(db.database, { name: 'taken', owner: 'Bob' })).rejects.toMatchObject({
      code: 'group_rule_name_taken',
    })
    await removeGroupRule(db.database, made.id, now, tester)
    await expect(removeGroupRule(db.database, made.id, now, tester)).rejects.toMatchObject({
      code: 'group_rule_not_found',
    })
    const { rows } = await db.database.query<{ action: string }>(
      `select action from audit_event where subject = $1 order by audit_id`,
      [`group_rule:${made.id}`],
    )
    expect(rows.map(row => row.action)).toEqual(['group_rule.created', 'group_rule.removed'])
  })

  test('begin and end with their days', async () => {
    const at = (day: number) => new Date(now.getTime() + day * 86_400_000)
    const dayOf = (day: number) => at(day).toISOString().slice(0, 10)
    const { rule: made } = await ruleOf(db.database, {
      ...{ name: 'dated', conditions: { source_id: [2] }, owner: 'Ann' },
      ...{ validFrom: dayOf(2), validTo: dayOf(4) },
    })
    const owned = async () => [...(await stored()).values()].filter(one => one.owner === 'Ann').length
    expect(await owned()).toBe(0)
    expect(await followRuleDates(db.database, at(1))).toBe(0)
    expect(await followRuleDates(db.database, at(3))).toBe(10)
    expect(await owned()).toBe(10)
    // A clock that goes back changes nothing.
    expect(await followRuleDates(db.database, at(0))).toBe(0)
    expect(await checkAssetGroups(db.database)).toBeUndefined()
    expect(await followRuleDates(db.database, at(4))).toBe(10)
    expect(await owned()).toBe(0)
    await removeGroupRule(db.database, made.id, now, tester)
    await db.database.query('update group_state set evaluated_on = $1', [today])
  })
})

describe('an owner that a person gives', () => {
  test('stands before the rules until it is taken back, and any moment can be asked about', async () => {
    const { rule: made } = await ruleOf(db.database, {
      name: 'all',
      conditions: { source_id: [1, 2] },
      owner: 'Ann',
      group: 'all',
    })
    await setAssetOwner(db.database, 1, 'Zoe', tester)
    expect(await getAssetOwnership(unrestricted(db.database), '1')).toMatchObject({
      owner: 'Zoe',
      is_owner_set: true,
      groups: ['all'],
    })
    const { rule: first } = await ruleOf(db.database, {
      name: 'first',
      priority: 0,
      conditions: { source_id: [1] },
      owner: 'Bob',
    })
    expect(await getAssetOwnership(unrestricted(db.database), '1')).toMatchObject({
      owner: 'Zoe',
      rule_ids: [first.id, made.id],
    })
    await setAssetOwner(db.database, 1, null, tester)
    const { history, ...current } = await getAssetOwnership(unrestricted(db.database), '1')
    expect(current).toMatchObject({ owner: 'Bob', is_owner_set: false })
    const recent = history.slice(-4)
    expect(recent.map(one => [one.owner, one.cause])).toEqual([
      ...[
        ['Ann', 'rule'],
        ['Zoe', 'person'],
        ['Zoe', 'rule'],
        ['Bob', 'person'],
      ],
    ])
    expect((await getAssetOwnership(unrestricted(db.database), '1', recent[0]!.recorded_at)).owner).toBe('Ann')
    expect((await getAssetOwnership(unrestricted(db.database), '1', recent[2]!.recorded_at)).owner).toBe('Zoe')
    expect(await getAssetOwnership(unrestricted(db.database), '1', '2020-01-01T00:00:00Z')).toMatchObject({
      owner: null,
      history: [],
    })
    await removeGroupRule(db.database, made.id, now, tester)
    await removeGroupRule(db.database, first.id, now, tester)
  })

  test('is that of the asset whichever of its names the source uses', async () => {
    await setAssetOwner(db.database, 5, 'Zoe', tester)
    await db.database.query(`update owner_override set native_id = 'former-name-of-5'`)
    expect(await checkAssetGroups(db.database)).toBeUndefined()
    await setAssetOwner(db.database, 5, null, tester)
    expect((await db.database.query('select from owner_override')).rowCount).toBe(0)
  })
})

test('owners and groups are counted as the default count has them', async () => {
  const { rule: made } = await ruleOf(db.database, {
    name: 'counted',
    conditions: { name: ['host-1*'] },
    owner: 'Ann',
    group: 'ones',
  })
  const { owners, groups } = await loadGroups(unrestricted(db.database))
  const counted = await db.database.query<{ assets: number; open: number }>(
    `select count(*) as assets,
            sum((select count(*) from finding f
                 where f.asset_id = a.asset_id and f.state <> 'fixed' and f.ended_at is null))::float8 as open
     from asset a
     where a.status = 'live' and a.is_licensed is not false and a.is_tracked is not false and a.name ilike 'host-1%'`,
  )
  const { assets: count, open } = counted.rows[0]!
  expect(count).toBeGreaterThan(0)
  expect(owners.find(one => one.name === 'Ann')).toMatchObject({ assets: count, open_findings: open })
  expect(groups.find(one => one.name === 'ones')).toMatchObject({ assets: count, open_findings: open })
  expect(owners.at(-1)?.name).toBeNull()
  await removeGroupRule(db.database, made.id, now, tester)
})

describe('an asset that is merged', () => {
  test('has at once what the rules say: when it is new, when its tags change, when only a finding names it', async () => {
    const { rule: made } = await ruleOf(db.database, {
      ...{ name: 'merged', conditions: { tag: ['Team:Red'], cidr: ['10.9.0.0/16'] } },
      ...{ owner: 'Red', group: 'red' },
    })
    const { rule: provisional } = await ruleOf(db.database, {
      ...{ name: 'provisional', conditions: { name: ['only-*'] }, owner: 'Blue' },
    })
    const run = await startMergeRun(db.database, 'groups')
    const tag = (value: string) => [{ key: 'Team', value, uuid: null, addedBy: null, addedAt: null }]
    const asset = anAsset({ nativeId: 'm-1', ipv4s: ['10.9.1.1'], tags: tag('Red') })
    await run.merge('assets', [asset])
    expect(await getAssetOwnership(unrestricted(db.database), 'm-1')).toMatchObject({ owner: 'Red', groups: ['red'] })
    await run.merge('assets', [{ ...asset, tags: tag('Green'), updatedAt: '2026-01-02T00:00:00Z' }])
    const { history, ...after } = await getAssetOwnership(unrestricted(db.database), 'm-1')
    expect(after).toMatchObject({ owner: null, groups: [] })
    expect(history.map(one => [one.owner, one.cause])).toEqual([
      ['Red', 'asset'],
      [null, 'asset'],
    ])
    await run.merge('findings', [aFinding({ asset: anObservedAsset({ nativeId: 'm-2', hostname: 'only-seen' }) })])
    expect(await getAssetOwnership(unrestricted(db.database), 'm-2')).toMatchObject({ owner: 'Blue' })
    // A replay writes nothing.
    const events = async () => (await db.database.query('select from asset_group_event')).rowCount
    const before = await events()
    await run.merge('assets', [{ ...asset, tags: tag('Green'), updatedAt: '2026-01-02T00:00:00Z' }])
    expect(await events()).toBe(before)
    expect(await checkAssetGroups(db.database)).toBeUndefined()
    await removeGroupRule(db.database, made.id, now, tester)
    await removeGroupRule(db.database, provisional.id, now, tester)
  })

  test('beside a rule that changes ends up under the new one, whoever comes first', async () => {
    const run = await startMergeRun(db.database, 'groups')
    const merge = (n: number) => run.merge('assets', [anAsset({ nativeId: `race-${n}`, ipv4s: ['10.8.0.1'] })])
    const rules = [1, 2, 3].map(n =>
      ruleOf(db.database, { name: `race ${n}`, conditions: { cidr: ['10.8.0.0/16'] }, group: `g${n}` }),
    )
    const [made] = await Promise.all([Promise.all(rules), Promise.all([1, 2, 3, 4].map(merge))])
    for (const n of [1, 2, 3, 4]) {
      expect(await getAssetOwnership(unrestricted(db.database), `race-${n}`)).toMatchObject({
        groups: ['g1', 'g2', 'g3'],
      })
    }
    for (const one of made) await removeGroupRule(db.database, one.rule.id, now, tester)
  })
})
