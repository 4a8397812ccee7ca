import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { correlate, identityRecord, weigh } from '../../src/domain/identity/index.ts'
import { type LabelledRecord, makeEstate, scoreOf, stories } from './machines.ts'

const correlated = (records: readonly LabelledRecord[]) =>
  correlate(records.map(record => identityRecord(record.facts)))

const told = ([a, b]: readonly [LabelledRecord, LabelledRecord]) =>
  `${a.story} ${a.machine} / ${b.machine}: ${JSON.stringify(a.facts)} ${JSON.stringify(b.facts)}`

describe.each([
  { machines: 2_000, seed: 1 },
  { machines: 1_000, seed: 42 },
  { machines: 300, seed: 2026 },
])('$machines made machines, seed $seed', options => {
  const records = makeEstate(options)
  const { devices, links } = correlated(records)
  const score = scoreOf(records, devices)

  test('are told apart: precision is at least 99.5 %', () => {
    expect(score.precision, score.wrong.map(told).join('\n')).toBeGreaterThanOrEqual(0.995)
  })

  test('are found again: recall is at least 95 %', () => {
    expect(score.recall, score.missed.map(told).join('\n')).toBeGreaterThanOrEqual(0.95)
  })

  test('each record is of one machine', () => {
    const ids = devices.flat()
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.length).toBe(records.length)
  })

  test('every link says what speaks for it, and never a name or an address alone', () => {
    for (const { evidence, score: sum } of links) {
      expect(evidence.reduce((all, one) => all + one.weight, 0)).toBeCloseTo(sum)
      const kinds = new Set(evidence.filter(one => one.weight > 0).map(one => one.kind))
      expect(kinds.size === 1 && (kinds.has('hostname') || kinds.has('fqdn') || kinds.has('ip_in_time'))).toBe(false)
    }
  })
})

test('every hard story occurs, and has machines of several records', () => {
  const records = makeEstate({ machines: 1_000, seed: 3 })
  const several = [...Map.groupBy(records, record => record.machine).values()].filter(group => group.length > 1)
  expect([...new Set(several.map(group => group[0]!.story))].sort()).toEqual([...stories].sort())
})

test('tenants share names and addresses, and no machine', () => {
  const records = makeEstate({ machines: 400, seed: 8, tenants: 2 })
  const names = (tenant: number) =>
    new Set(records.filter(record => record.tenant === tenant).flatMap(record => record.facts.hostnames ?? []))
  expect([...names(1)].filter(name => names(2).has(name)).length).toBeGreaterThan(100)
  for (const tenant of [1, 2]) {
    const own = records.filter(record => record.tenant === tenant)
    expect(scoreOf(own, correlated(own).devices).precision).toBeGreaterThanOrEqual(0.995)
  }
})

test('the order of the records changes nothing', () => {
  const records = makeEstate({ machines: 60, seed: 5 })
  const expected = sorted(correlated(records).devices)
  fc.assert(
    fc.property(fc.shuffledSubarray(records, { minLength: records.length, maxLength: records.length }), shuffled => {
      expect(sorted(correlated(shuffled).devices)).toEqual(expected)
    }),
    { numRuns: 20 },
  )
})

test('what a person decided stands over the evidence, and can be taken back', () => {
  const records = makeEstate({ machines: 80, seed: 6 })
  const identities = records.map(record => identityRecord(record.facts))
  const before = correlate(identities)
  const [first, second] = before.devices.filter(device => device.length > 1)
  const split = { a: first![0]!, b: first![1]!, isSame: false }
  const merge = { a: first![0]!, b: second![0]!, isSame: true }
  const deviceOf = (devices: readonly (readonly number[])[], id: number) => devices.find(device => device.includes(id))
  expect(deviceOf(correlate(identities, [split]).devices, split.a)).not.toContain(split.b)
  expect(deviceOf(correlate(identities, [merge]).devices, merge.a)).toContain(merge.b)
  expect(sorted(correlate(identities, []).devices)).toEqual(sorted(before.devices))
})

test('a machine with another agent and another card is not the one whose name it has', () => {
  const one = identityRecord({
    assetId: 1,
    sourceId: 1,
    agentUuid: 'a1a1a1a1-0000-4000-8000-000000000001',
    macAddresses: ['00:1b:21:00:00:01'],
    fqdns: ['web-1.example.com'],
    addresses: ['10.0.0.1'],
  })
  const other = identityRecord({
    assetId: 2,
    sourceId: 2,
    agentUuid: 'a1a1a1a1-0000-4000-8000-000000000002',
    macAddresses: ['00:1b:21:00:00:02'],
    fqdns: ['WEB-1.example.com.'],
    addresses: ['10.0.0.1'],
  })
  expect(weigh(one, other, () => 1).score).toBeLessThan(3)
  expect(correlate([one, other]).devices).toHaveLength(2)
})

test('networks of two sources cannot be compared, those of one source can', () => {
  const record = (assetId: number, sourceId: number, networkId: string | null) =>
    identityRecord({
      assetId,
      sourceId,
      networkId,
      fqdns: ['app-7.example.com'],
      addresses: ['10.1.2.3'],
      operatingSystems: ['Debian 12'],
    })
  const [plant, office, repository, file] = [
    record(1, 1, 'plant'),
    record(2, 1, 'office'),
    record(3, 2, '4'),
    record(4, 3, null),
  ]
  expect(weigh(plant, file, () => 1)).toMatchObject({ score: 5.5, isGrounded: true })
  expect(weigh(plant, repository, () => 1)).toMatchObject({ score: 5.5, isGrounded: true })
  expect(weigh(plant, office, () => 1).evidence.map(one => one.kind)).not.toContain('ip_in_time')
})

test.each([
  ['Cisco IOS XE 17.3', 'network'],
  ['Apple macOS 14.5', 'macos'],
  ['Mac OS X 10.15', 'macos'],
  ['Linux Kernel 5.15 on Ubuntu 22.04', 'linux'],
])('%s is of the family %s', (name, family) => {
  expect(identityRecord({ assetId: 1, sourceId: 1, operatingSystems: [name] }).osFamily).toBe(family)
})

test('what many machines answer with identifies none', () => {
  const { identifiers } = identityRecord({
    assetId: 1,
    sourceId: 1,
    macAddresses: ['00:00:5e:00:01:0a', '02:42:ac:11:00:02', 'ff:ff:ff:ff:ff:ff', '01:00:5e:00:00:fb'],
    biosUuid: '03000200-0400-0500-0006-000700080009',
    serialNumber: 'To be filled by O.E.M.',
    fqdns: ['localhost.localdomain', '4.3.2.1.in-addr.arpa'],
    hostnames: ['localhost', '10'],
    netbiosNames: ['WORKGROUP\\LOCALHOST'],
  })
  expect(identifiers).toEqual({})
})

function sorted(devices: readonly (readonly number[])[]): string[] {
  return devices.map(device => [...device].sort((a, b) => a - b).join(' ')).sort()
}
