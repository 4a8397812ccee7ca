import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fixedSince, type HostScan, portsInclude, type ScanSighting, type ScanTerms } from './scan-coverage.ts'

const at = (hour: number) => new Date(Date.UTC(2026, 0, 1, hour)).toISOString()
const terms: ScanTerms = { isCredentialed: true, ports: 'default', policy: 'Advanced', settings: 'Thorough tests: no' }
const seen: ScanSighting = { pluginId: 7, family: 'General', port: 443, protocol: 'tcp', lastFound: at(1), terms }
const host: HostScan = { startedAt: at(5), endedAt: at(6), isWhole: true, terms, runs: () => true }

describe('a finding that is missing from a later run of a scan that has seen it', () => {
  test('is fixed since that run began to look', () => {
    expect(fixedSince(seen, [host])).toBe(at(5))
  })

  const overlooked = [
    { name: 'the machine was not met', hosts: [] },
    { name: 'the run or the machine was not scanned to its end', hosts: [{ ...host, isWhole: false }] },
    { name: 'somebody saw it after the run had begun', hosts: [{ ...host, startedAt: at(1) }] },
    {
      name: 'the login is missing that it was seen with',
      hosts: [{ ...host, terms: { ...terms, isCredentialed: false } }],
    },
    { name: 'the plugin was switched off', hosts: [{ ...host, runs: () => false }] },
    { name: 'other ports were scanned', hosts: [{ ...host, terms: { ...terms, ports: '1-100' } }] },
    { name: 'it is not known which ports', hosts: [{ ...host, terms: { ...terms, ports: null } }] },
    { name: 'it looked in another way', hosts: [{ ...host, terms: { ...terms, settings: 'Thorough tests: yes' } }] },
    { name: 'it is not known how it looked', hosts: [{ ...host, terms: { ...terms, settings: null } }] },
    {
      name: 'neither plugins nor the policy are known to be the same',
      hosts: [{ ...host, runs: () => null, terms: { ...terms, policy: 'Other' } }],
    },
    { name: 'one of the addresses of the machine was not looked at', hosts: [host, { ...host, isWhole: false }] },
  ] satisfies { name: string; hosts: readonly HostScan[] }[]
  for (const { name, hosts } of overlooked) {
    test(`stays when ${name}`, () => expect(fixedSince(seen, hosts)).toBeUndefined())
  }

  test('closes where the policy is the same and nothing better is known', () => {
    expect(fixedSince(seen, [{ ...host, runs: () => null }])).toBe(at(5))
  })

  test('of the machine itself is not a matter of ports', () => {
    expect(fixedSince({ ...seen, port: 0 }, [{ ...host, terms: { ...terms, ports: '1-100' } }])).toBe(at(5))
  })
})

const anyTerms: fc.Arbitrary<ScanTerms> = fc.record({
  isCredentialed: fc.boolean(),
  ports: fc.constantFrom(null, 'default', '1-1024', '443', 't:1-65535,u:53', 'nonsense'),
  policy: fc.constantFrom(null, 'a', 'b'),
  settings: fc.constantFrom(null, '', 'x', 'y'),
})
const anyHost: fc.Arbitrary<HostScan> = fc
  .record({
    from: fc.integer({ min: 0, max: 20 }),
    hours: fc.integer({ min: 0, max: 3 }),
    isWhole: fc.boolean(),
    terms: anyTerms,
    runs: fc.constantFrom(true, false, null),
  })
  .map(({ from, hours, isWhole, terms: how, runs }) => ({
    startedAt: at(from),
    endedAt: at(from + hours),
    isWhole,
    terms: how,
    runs: () => runs,
  }))
const anySighting: fc.Arbitrary<ScanSighting> = fc.record({
  pluginId: fc.constant(7),
  family: fc.constantFrom(null, 'General'),
  port: fc.constantFrom(0, 53, 443, 8443),
  protocol: fc.constantFrom('tcp', 'udp'),
  lastFound: fc.integer({ min: 0, max: 20 }).map(at),
  terms: anyTerms,
})

describe('whatever scans there are', () => {
  test('nothing is closed before it was last seen, nor by a machine that is not whole, nor with fewer rights', () => {
    fc.assert(
      fc.property(anySighting, fc.array(anyHost, { maxLength: 3 }), (sighting, hosts) => {
        const fixed = fixedSince(sighting, hosts)
        if (fixed === undefined) return
        expect(Date.parse(fixed)).toBeGreaterThan(Date.parse(sighting.lastFound))
        for (const one of hosts) {
          expect(one.isWhole).toBe(true)
          expect(one.runs(7, null)).not.toBe(false)
          expect(one.terms.isCredentialed || !sighting.terms.isCredentialed).toBe(true)
          expect(Date.parse(fixed)).toBeLessThanOrEqual(Date.parse(one.startedAt))
        }
      }),
    )
  })

  test('to know less never closes more', () => {
    fc.assert(
      fc.property(anySighting, anyHost, fc.constantFrom('ports', 'settings', 'policy'), (sighting, one, field) => {
        const dimmed = { ...one, terms: { ...one.terms, [field]: null } }
        if (fixedSince(sighting, [one]) === undefined) expect(fixedSince(sighting, [dimmed])).toBeUndefined()
      }),
    )
  })

  test('another appearance of the machine never closes more, and their order is no matter', () => {
    fc.assert(
      fc.property(anySighting, fc.array(anyHost, { minLength: 1, maxLength: 3 }), anyHost, (sighting, hosts, more) => {
        if (
          fixedSince(sighting, hosts) === undefined &&
          hosts.every(one => Date.parse(one.startedAt) <= Date.parse(more.startedAt))
        ) {
          expect(fixedSince(sighting, [...hosts, more])).toBeUndefined()
        }
        expect(fixedSince(sighting, hosts.toReversed())).toBe(fixedSince(sighting, hosts))
      }),
    )
  })
})

test.each([
  ['1-1024,9000', 443, 'tcp', true],
  ['1-1024,9000', 9000, 'tcp', true],
  ['1-1024,9000', 8443, 'tcp', false],
  ['1-1024', 53, 'udp', false],
  ['T:1-65535,U:53,161', 161, 'udp', true],
  ['T:1-65535,U:53', 443, 'udp', false],
  ['all', 65_535, 'tcp', true],
  ['default', 443, 'tcp', false],
  ['', 443, 'tcp', false],
] as const)('the ports %s include %d/%s: %s', (ranges, port, protocol, isIncluded) => {
  expect(portsInclude(ranges, port, protocol)).toBe(isIncluded)
})
