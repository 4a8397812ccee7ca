import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { JsonObject } from '../../domain/json.ts'
import { RecordNotes, UnreadableRecord } from '../formats/record.ts'
import { FindingMemory } from './finding-memory.ts'
import { normaliseFinding, type SourceType } from './normalise.ts'
import { namesOfListedHost, normaliseHost } from './normalise-host.ts'
import { normalisePlugin } from './normalise-plugin.ts'

const rowsOf = (name: string): JsonObject[] => {
  const text = readFileSync(new URL(`../../../test/fixtures/tenable-sc/${name}`, import.meta.url), 'utf8')
  return (JSON.parse(text) as { response: { results: JsonObject[] } }).response.results
}
const [recorded = {}] = rowsOf('analysis.vulndetails.page-1.json')

const read = (wire: JsonObject, sourceType: SourceType = 'cumulative') => {
  const memory = new FindingMemory()
  return normaliseFinding(wire, sourceType, memory.hostOf(wire), memory.pluginOf(wire)).finding
}

test('a recorded finding of 5.8 is read whole', () => {
  const { plugin, asset, ...finding } = read(recorded)
  expect(finding).toMatchObject({
    assetNativeId: 'repositoryID=1|ip=192.168.100.1|dnsName=pfsense.home.cugnet.net',
    pluginId: 10107,
    port: 80,
    protocol: 'tcp',
    instance: '',
    state: 'open',
    severity: 'info',
    firstFound: '2018-12-17T19:16:22Z',
    lastFixed: null,
    output: 'The remote web server type is :\n\nnginx',
    extra: null,
  })
  expect(asset).toMatchObject({ fqdn: 'pfsense.home.cugnet.net', ipv4: '192.168.100.1', netbiosName: null })
  expect(plugin.describe()).toMatchObject({
    name: 'HTTP Server Type and Version',
    family: 'Web Servers',
    familyId: 11,
    riskFactor: 'none',
    vulnPublishedAt: null,
    publishedAt: '2000-01-04T17:00:00Z',
    cves: null,
    exploitAvailable: false,
  })
})

const states = [
  { wire: { hasBeenMitigated: '0' }, from: 'cumulative', state: 'open' },
  { wire: { hasBeenMitigated: '1' }, from: 'cumulative', state: 'reopened' },
  { wire: { hasBeenMitigated: '1', lastMitigated: '1545080000' }, from: 'patched', state: 'fixed' },
  { wire: { hasBeenMitigated: '0' }, from: 'patched', state: 'fixed' },
] as const

test.each(states)('$wire from $from is $state', ({ wire, from, state }) => {
  expect(read({ ...recorded, ...wire }, from).state).toBe(state)
})

test('a risk rule is told with its comment, and what a recast was before is not known', () => {
  const accepted = read({ ...recorded, acceptRisk: '1', acceptRiskRuleComment: 'behind a wall' })
  expect(accepted).toMatchObject({ severityModification: 'accepted', modificationReason: 'behind a wall' })
  const recast = read({ ...recorded, recastRisk: '1', severity: { id: '4' } })
  expect(recast).toMatchObject({ severityModification: 'recasted', severity: 'critical', defaultSeverity: null })
})

test('findings of a web application are told apart by what their repository tells them apart by', () => {
  const wire = { ...recorded, vulnUniqueness: 'repositoryID,hostUUID,pluginID,port,wasURL', wasURL: 'https://a/b?c' }
  expect(read(wire).instance).toBe('https://a/b?c')
})

test('a field that nobody knows is kept, and nothing said is not', () => {
  expect(read({ ...recorded, somethingNew: { a: '1' }, empty: '', none: '-1' }).extra).toEqual({
    somethingNew: { a: '1' },
  })
})

const unreadable = [
  { name: 'no plugin', wire: { pluginID: 'x' } },
  { name: 'no severity', wire: { severity: { id: '7' } } },
  { name: 'no repository', wire: { repository: null } },
  { name: 'an impossible port', wire: { port: '70000' } },
  { name: 'no host', wire: { ip: '', dnsName: '', uuid: '' } },
]

test.each(unreadable)('a record with $name is kept aside', ({ wire }) => {
  expect(() => read({ ...recorded, ...wire } as JsonObject)).toThrow(UnreadableRecord)
})

test('the same plugin and host are the same objects until they say something else', () => {
  const memory = new FindingMemory()
  const plugin = memory.pluginOf(recorded)
  expect(memory.pluginOf({ ...recorded })).toBe(plugin)
  expect(memory.hostOf({ ...recorded })).toBe(memory.hostOf(recorded))
  expect(memory.pluginOf({ ...recorded, solution: 'another' })).not.toBe(plugin)
  expect(memory.hostOf({ ...recorded, operatingSystem: 'another' }).operatingSystems).toEqual(['another'])
})

test('a plugin of version 6, with what is written as text in text', () => {
  const wire = {
    cve: 'CVE-2024-1,CVE-2024-2',
    xref: 'RHSA #2019:2197,CISA-KNOWN-EXPLOITED #2024/01/01',
    cpe: 'cpe:/a:x:y<br/>cpe:/a:z',
    vprScore: '6.7',
    vprContext: '[{"id":"threat_recency","value":"none"}]',
    epssScore: '12.5',
    pluginModDate: '',
    exploitFrameworks: 'Metasploit (a, b), Core Impact',
    cvssV3BaseScore: '11',
  }
  const notes = new RecordNotes()
  expect(normalisePlugin(1, wire, notes)).toMatchObject({
    cves: ['CVE-2024-1', 'CVE-2024-2'],
    xrefs: ['RHSA:2019:2197', 'CISA-KNOWN-EXPLOITED:2024/01/01'],
    isKev: true,
    cpes: ['cpe:/a:x:y', 'cpe:/a:z'],
    vprScore: 6.7,
    vpr: { score: 6.7, drivers: { threat_recency: 'none' } },
    epssScore: 0.125,
    modifiedAt: null,
    exploitFrameworks: ['Metasploit (a, b)', 'Core Impact'],
    cvss3BaseScore: null,
  })
  expect(notes.issues).toHaveLength(1)
})

test('a host of sumip, and the names that the list of hosts may have it under', () => {
  const [wire = {}] = rowsOf('analysis.sumip.page-1.json')
  expect(normaliseHost(wire).row).toMatchObject({
    nativeId: 'repositoryID=1|ip=192.168.100.1|dnsName=pfsense.home.cugnet.net',
    operatingSystems: ['freebsd 11.1'],
    networkId: '1',
    networkName: 'Default',
    lastSeen: '2018-12-17T18:29:30Z',
    lastAuthenticatedScanAt: null,
    biosUuid: null,
  })
  const listed = { repID: '1', uuid: '', tenableUUID: '', name: '192.168.100.1', ipAddress: '192.168.100.1' }
  expect(namesOfListedHost(listed)).toContain('repositoryID=1|ip=192.168.100.1|dnsName=')
  expect(namesOfListedHost({ ipAddress: '10.0.0.1' })).toEqual([])
})
