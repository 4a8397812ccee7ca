import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts'
import { ruleOf } from '../../../test/support/groups.ts'
import { cloudProviderOf } from '../../domain/cloud-provider.ts'
import { criticalityOf } from '../../domain/criticality.ts'
import { type Severity, severities } from '../../domain/severity.ts'
import { unrestricted } from '../access.ts'
import { getAsset, getAssetId } from './asset-detail.ts'
import { assetExportColumns, exportAssets } from './asset-export.ts'
import { type AssetSort, listAssets } from './asset-list.ts'
import type { AssetView } from './asset-view.ts'
import type { AssetFilter } from './filters.ts'
import { insertSampleEstate } from './sample-estate.ts'

let db: TestDatabase
let rows: readonly Row[]

interface Row {
  readonly asset_id: number
  readonly native_id: string
  readonly name: string
  readonly source_id: number
  readonly status: string
  readonly is_licensed: boolean | null
  readonly is_tracked: boolean | null
  readonly is_provisional: boolean
  readonly out_of_scope_at: string | null
  readonly has_agent: boolean | null
  readonly types: readonly string[]
  readonly names: readonly string[]
  readonly addresses: readonly string[]
  readonly native_ids: readonly string[]
  readonly operating_systems: readonly string[]
  readonly network_id: string | null
  readonly aws_ec2_instance_id: string | null
  readonly azure_vm_id: string | null
  readonly gcp_instance_id: string | null
  readonly acr_score: number | null
  readonly exposure_score: number | null
  readonly first_seen: string | null
  readonly last_seen: string | null
  readonly last_scan_at: string | null
  readonly last_authenticated_scan_at: string | null
  readonly changed_at: string
  readonly tags: readonly string[]
  readonly owner: string | null
  readonly groups: readonly string[] | null
  readonly assigned: 'low' | 'medium' | 'high' | 'critical' | null
  readonly open: readonly Severity[]
}

beforeAll(async () => {
  db = await createTestDatabase()
  await insertSampleEstate(db.database)
  await db.database.query("update asset set out_of_scope_at = '2026-11-20T00:00:00Z' where asset_id % 7 = 1")
  await ruleOf(db.database, {
    name: 'prod',
    conditions: { tag: ['Env:Prod'] },
    owner: 'Ann',
    criticality: 'high',
    group: 'prod',
  })
  await ruleOf(db.database, { name: 'win', conditions: { os: ['windows'] }, owner: 'Bob', group: 'windows' })
  const result = await db.database.query<Row>(`
    select a.*, ag.owner, a.name || a.hostnames || a.fqdns || a.netbios_names as names, a.ipv4s || a.ipv6s as addresses,
           array(select native_id from asset_alias l where l.asset_id = a.asset_id) as native_ids, ag.group_names as groups, ag.criticality as assigned,
           array(select unnest(array[g.tag_key, g.tag_key || ':' || g.tag_value]) from asset_tag g where g.asset_id = a.asset_id) as tags,
           array(select distinct f.severity from finding f
                 where f.asset_id = a.asset_id and f.state <> 'fixed' and f.ended_at is null) as open
    from asset a
    left join asset_group ag using (asset_id)`)
  rows = result.rows
})
afterAll(() => db.drop())

const globs = (glob: string, text: string) =>
  new RegExp(`^${glob.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.')}$`, 'i').test(text)

const cloudOf = (row: Row) =>
  cloudProviderOf({
    ...(row.aws_ec2_instance_id ? { aws_ec2_instance_id: row.aws_ec2_instance_id } : {}),
    ...(row.azure_vm_id ? { azure_vm_id: row.azure_vm_id } : {}),
    ...(row.gcp_instance_id ? { gcp_instance_id: row.gcp_instance_id } : {}),
  })

function expected(filter: AssetFilter): number[] {
  const include = new Set<string>(filter.include)
  const all = include.has('all')
  const at = (text: string | null) => (text === null ? Number.NaN : Date.parse(text))
  const between = (value: number | null, min?: number, max?: number) =>
    (min === undefined || (value !== null && value >= min)) && (max === undefined || (value !== null && value <= max))
  const within = (value: string | null, from?: string, to?: string) =>
    (from === undefined || at(value) >= Date.parse(from)) && (to === undefined || at(value) < Date.parse(to))
  const q = filter.q?.toLowerCase()
  return rows
    .filter(
      row =>
        (filter.status
          ? filter.status.some(one => one === row.status)
          : all || include.has('gone') || row.status === 'live') &&
        (filter.is_licensed === undefined
          ? all || include.has('unlicensed') || row.is_licensed !== false
          : row.is_licensed === filter.is_licensed) &&
        (filter.is_tracked === undefined
          ? all || include.has('untracked') || row.is_tracked !== false
          : row.is_tracked === filter.is_tracked) &&
        (filter.is_out_of_scope === undefined
          ? all || include.has('out_of_scope') || row.out_of_scope_at === null
          : (row.out_of_scope_at !== null) === filter.is_out_of_scope) &&
        (filter.is_provisional === undefined || row.is_provisional === filter.is_provisional) &&
        (filter.has_agent === undefined || (row.has_agent ?? false) === filter.has_agent) &&
        (filter.name === undefined || filter.name.some(name => row.names.some(one => globs(name, one)))) &&
        (filter.ip === undefined ||
          filter.ip.some(ip =>
            row.addresses.some(one => (ip === '10.0.0.0/24' ? one.startsWith('10.0.0.') : one === ip)),
          )) &&
        (filter.uuid === undefined || filter.uuid.some(uuid => row.native_ids.includes(uuid))) &&
        (filter.asset_id === undefined || filter.asset_id.includes(row.asset_id)) &&
        (filter.source_id === undefined || filter.source_id.includes(row.source_id)) &&
        (filter.cloud === undefined || filter.cloud.includes(cloudOf(row))) &&
        (filter.criticality === undefined || filter.criticality.includes(criticalityOf(row.acr_score))) &&
        (filter.type === undefined || filter.type.some(type => row.types.includes(type))) &&
        (filter.os === undefined ||
          row.operating_systems.some(os => os.toLowerCase().includes(filter.os!.toLowerCase()))) &&
        (filter.network_id === undefined || filter.network_id.includes(row.network_id ?? '')) &&
        (filter.tag ?? []).every(tag => row.tags.includes(tag)) &&
        (filter.owner === undefined || (row.owner !== null && filter.owner.includes(row.owner))) &&
        (filter.has_owner === undefined || (row.owner !== null) === filter.has_owner) &&
        (filter.group === undefined || filter.group.some(group => row.groups?.includes(group))) &&
        (filter.assigned_criticality === undefined ||
          (row.assigned !== null && filter.assigned_criticality.includes(row.assigned))) &&
        (filter.open_severity === undefined || filter.open_severity.some(one => row.open.includes(one))) &&
        between(row.acr_score, filter.acr_min, filter.acr_max) &&
        between(row.exposure_score, filter.exposure_min, filter.exposure_max) &&
        within(row.first_seen, filter.first_seen_from, filter.first_seen_to) &&
        within(row.last_seen, filter.last_seen_from, filter.last_seen_to) &&
        within(row.last_scan_at, filter.last_scan_from, filter.last_scan_to) &&
        within(
          row.last_authenticated_scan_at,
          filter.last_authenticated_scan_from,
          filter.last_authenticated_scan_to,
        ) &&
        (filter.never_scanned ?? row.last_scan_at === null) === (row.last_scan_at === null) &&
        (filter.never_scanned_with_credentials ?? row.last_authenticated_scan_at === null) ===
          (row.last_authenticated_scan_at === null) &&
        within(row.changed_at, filter.updated_since) &&
        (q === undefined ||
          [row.name, row.native_id, `10.0.0.${row.asset_id}`, `host-${row.asset_id}.example.com`].some(text =>
            text.toLowerCase().includes(q),
          )),
    )
    .map(row => row.asset_id)
    .sort((a, b) => a - b)
}

async function everyPage(filter: AssetFilter, sort: AssetSort, limit: number) {
  const items: AssetView[] = []
  let cursor: string | undefined
  let total: number | undefined
  do {
    const page = await listAssets(unrestricted(db.database), { filter, sort, limit, cursor })
    items.push(...page.items)
    total ??= page.total
    cursor = page.next_cursor ?? undefined
  } while (cursor !== undefined)
  return { items, total }
}

const some = <T>(...values: readonly T[]) => fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 3 })
const instants = fc.constantFrom('2026-01-03T00:00:00Z', '2026-11-01T05:00:00Z', '2026-11-20T00:05:00Z')

const filters: fc.Arbitrary<AssetFilter> = fc
  .record(
    {
      q: fc.constantFrom('host-1', 'TWIN', '10.0.0.2', '%', 'nothing like it'),
      asset_id: some(1, 2, 3, 20, 999),
      name: some('host-1*', 'HOST-2', 'host-?.example.com', '%'),
      ip: some('10.0.0.2', '10.0.0.0/24', '10.0.0.20', '192.0.2.1'),
      uuid: some('former-name-of-5', 'nothing'),
      source_id: some(1, 2),
      include: some<'unlicensed' | 'untracked' | 'gone' | 'out_of_scope' | 'all'>(
        'unlicensed',
        'untracked',
        'gone',
        'out_of_scope',
        'all',
      ),
      status: some<'live' | 'deleted' | 'terminated' | 'aged_out'>('live', 'deleted', 'terminated', 'aged_out'),
      is_licensed: fc.boolean(),
      is_tracked: fc.boolean(),
      is_provisional: fc.boolean(),
      is_out_of_scope: fc.boolean(),
      has_agent: fc.boolean(),
      cloud: some<'aws' | 'azure' | 'gcp' | 'on_premise'>('aws', 'azure', 'gcp', 'on_premise'),
      criticality: some<'unknown' | 'low' | 'medium' | 'high' | 'critical'>(
        'unknown',
        'low',
        'medium',
        'high',
        'critical',
      ),
      type: some('host', 'cloud', 'webapp'),
      os: fc.constantFrom('ubuntu', '100%_SURE', 'windows \\', '%', '_'),
      network_id: some('net-1', 'net-2', 'net-9'),
      tag: some('Env', 'Env:a:b', 'Owner:team-0', 'Nothing'),
      owner: some('Ann', 'Bob', 'Nobody'),
      has_owner: fc.boolean(),
      group: some('prod', 'windows', 'none'),
      assigned_criticality: some('high' as const, 'low' as const),
      open_severity: some(...severities),
      acr_min: fc.constantFrom(1, 5, 10),
      acr_max: fc.constantFrom(1, 5, 10),
      exposure_min: fc.constantFrom(0, 300),
      exposure_max: fc.constantFrom(300, 1000),
      first_seen_from: instants,
      first_seen_to: instants,
      last_seen_from: instants,
      last_seen_to: instants,
      last_scan_from: instants,
      last_scan_to: instants,
      last_authenticated_scan_from: instants,
      last_authenticated_scan_to: instants,
      never_scanned: fc.boolean(),
      never_scanned_with_credentials: fc.boolean(),
      updated_since: instants,
    },
    { requiredKeys: [] },
  )
  .chain(filter =>
    fc
      .subarray(Object.keys(filter) as (keyof AssetFilter)[], { maxLength: 4 })
      .map(keys => Object.fromEntries(keys.map(key => [key, filter[key]])) as AssetFilter),
  )

const keys = [
  'name',
  'last_seen',
  'first_seen',
  'acr_score',
  'exposure_score',
  'open_critical',
  'updated_at',
  'id',
] as const

describe('assets', () => {
  test('whatever the filter, sort and page size, the pages together are the rows that match, each once', async () => {
    const sorts = fc.constantFrom<AssetSort>(...keys.flatMap(key => [key, `-${key}`] as const))
    await fc.assert(
      fc.asyncProperty(filters, sorts, fc.constantFrom(1, 6, 500), async (filter, sort, limit) => {
        const wanted = expected(filter)
        fc.pre(limit > 1 || wanted.length < 12)
        const { items, total } = await everyPage(filter, sort, limit)
        expect(items.map(item => item.id).sort((a, b) => a - b)).toEqual(wanted)
        expect(total).toBe(wanted.length)
      }),
      { numRuns: 200, seed: 20261124 },
    )
  }, 120_000)

  test('the order is total, and a reversed sort gives the exact reverse', async () => {
    for (const key of keys) {
      const filter: AssetFilter = { include: ['all'] }
      const ids = (await everyPage(filter, key, 7)).items.map(item => item.id)
      const reversed = (await everyPage(filter, `-${key}`, 9)).items.map(item => item.id)
      expect(new Set(ids).size).toBe(rows.length)
      expect(reversed.reverse()).toEqual(ids)
    }
  })

  test('what is unknown comes last in a falling order', async () => {
    const { items } = await everyPage({ include: ['all'] }, '-acr_score', 50)
    const scores = items.map(item => item.acr_score)
    expect(scores.indexOf(null)).toBe(scores.filter(score => score !== null).length)
  })

  test('counts, cloud, criticality and tags stand with each asset', async () => {
    const { items } = await everyPage({ include: ['all'] }, 'id', 50)
    for (const item of items) {
      const row = rows.find(one => one.asset_id === item.id)!
      const open = severities.filter(severity => item.open[severity] > 0)
      expect(open.toSorted()).toEqual(row.open.toSorted())
      expect(item.cloud_provider).toBe(cloudOf(row))
      expect(item.criticality).toBe(criticalityOf(row.acr_score))
      expect(item.tags.flatMap(tag => [tag.key, `${tag.key}:${tag.value}`]).sort()).toEqual([...row.tags].sort())
      expect(item.is_counted).toBe(expected({}).includes(item.id))
    }
    expect(items.find(item => item.id === 1)?.tags[0]?.added_at).toBe('2026-03-01T12:00:00.500000Z')
  })

  test('an asset is found by our id and by every id the source has used', async () => {
    const asset = await getAsset(unrestricted(db.database), '5')
    expect(asset).toMatchObject({ id: 5, extra: { n: 5 }, cloud: {}, ended: expect.any(Number) })
    expect(asset.aliases).toEqual([asset.uuid, 'former-name-of-5'].sort())
    expect(await getAssetId(unrestricted(db.database), asset.uuid)).toBe(5)
    expect(await getAssetId(unrestricted(db.database), asset.uuid.toUpperCase())).toBe(5)
    expect(await getAssetId(unrestricted(db.database), 'former-name-of-5')).toBe(5)
    for (const id of ['41', '0', 'nobody', '99999999999999999999', "' or true --"]) {
      await expect(getAsset(unrestricted(db.database), id)).rejects.toMatchObject({ code: 'asset_not_found' })
    }
  })

  test('everything that was read of an asset is in its details', async () => {
    const asset = await getAsset(unrestricted(db.database), '1')
    expect(asset.interfaces).toEqual([
      {
        name: 'eth0',
        is_virtual: false,
        is_aliased: null,
        ipv4s: ['10.0.0.1'],
        ipv6s: [],
        fqdns: [],
        mac_addresses: ['00:00:00:00:00:01'],
      },
    ])
    expect(asset.software).toHaveLength(2)
    expect(asset.cloud).toEqual({ aws_ec2_instance_id: 'i-1' })
  })

  test('an export has every asset, also those that the default count leaves out', async () => {
    const exported = []
    for await (const batch of exportAssets(unrestricted(db.database), { batchSize: 7 })) exported.push(...batch)
    expect(exported.map(row => row.asset_uuid)).toEqual(rows.map(row => row.native_id).sort())
    expect(Object.keys(exported[0]!).sort()).toEqual([...assetExportColumns].sort())
    const chosen = []
    for await (const batch of exportAssets(unrestricted(db.database), { filter: { tag: ['Env:a:b'] } }))
      chosen.push(...batch)
    expect(chosen.map(row => row.asset_id).sort((a, b) => a - b)).toEqual(expected({ tag: ['Env:a:b'] }))
  })
})
