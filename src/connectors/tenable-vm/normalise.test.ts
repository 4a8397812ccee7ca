import { describe, expect, test } from 'vitest'
import { described } from '../../../test/support/make.ts'
import type { JsonObject } from '../../domain/json.ts'
import { noRepairs } from '../formats/clean-text.ts'
import { normaliseFinding } from './normalise.ts'
import { normaliseAsset } from './normalise-asset.ts'
import { normaliseObservedAsset } from './normalise-observed-asset.ts'
import { normalisePlugin } from './normalise-plugin.ts'

const { asset } = normaliseObservedAsset({ uuid: 'asset-1' })
const plugin = described(normalisePlugin({ id: 19506 }).plugin)
const least: JsonObject = { port: { port: 0, protocol: 'TCP' }, severity: 'info', severity_id: 0, state: 'OPEN' }

function findingOf(more: JsonObject) {
  const { finding, notes } = normaliseFinding({ ...least, ...more }, asset, plugin, noRepairs)
  return { finding, problems: notes.issues?.map(({ field }) => field) ?? [] }
}

describe('findings', () => {
  const cases: readonly {
    readonly name: string
    readonly wire: JsonObject
    readonly is: object
    readonly problems?: readonly string[]
  }[] = [
    { name: 'states in any case', wire: { state: 'reopened' }, is: { state: 'reopened' } },
    { name: 'severity in any case', wire: { severity: 'HIGH', severity_id: 3 }, is: { severity: 'high', extra: null } },
    { name: 'severity from its id alone', wire: { severity: null, severity_id: 4 }, is: { severity: 'critical' } },
    { name: 'severity from its id as text', wire: { severity: null, severity_id: '2' }, is: { severity: 'medium' } },
    {
      name: 'an unknown severity with a known id',
      wire: { severity: 'urgent', severity_id: 4 },
      is: { severity: 'critical', extra: { severity: 'urgent' } },
      problems: ['severity'],
    },
    {
      name: 'the severity before a recast',
      wire: { severity_default_id: 4, severity_modification_type: 'RECASTED' },
      is: { defaultSeverity: 'critical', severityModification: 'recasted' },
    },
    {
      name: 'an accepted risk',
      wire: { severity_modification_type: 'accepted', recast_reason: 'because', recast_rule_uuid: 'r-1' },
      is: { severityModification: 'accepted', modificationReason: 'because', modificationRuleId: 'r-1' },
    },
    {
      name: 'an unknown modification',
      wire: { severity_modification_type: 'MUTED' },
      is: { severityModification: 'none', extra: { severity_modification_type: 'MUTED' } },
      problems: ['severity_modification_type'],
    },
    { name: 'seconds to fix as number', wire: { time_taken_to_fix: 3045760 }, is: { timeTakenToFixSeconds: 3045760 } },
    { name: 'seconds to fix as text', wire: { time_taken_to_fix: '3045760' }, is: { timeTakenToFixSeconds: 3045760 } },
    {
      name: 'seconds to fix that are none',
      wire: { time_taken_to_fix: 'long' },
      is: { timeTakenToFixSeconds: null, extra: { time_taken_to_fix: 'long' } },
      problems: ['time_taken_to_fix'],
    },
    {
      name: 'a port as text',
      wire: { port: { port: '443', protocol: 'UDP', service: 'dns' } },
      is: { port: 443, protocol: 'udp', service: 'dns' },
    },
    { name: 'ICMP', wire: { port: { port: 0, protocol: 'ICMP' } }, is: { port: 0, protocol: 'icmp' } },
    {
      name: 'a port too large',
      wire: { port: { port: 70_000, protocol: 'TCP' } },
      is: { port: 70_000 },
      problems: ['port.port'],
    },
    {
      name: 'the time of indexing',
      wire: { indexed: '2022-11-20T10:30:00.123456Z' },
      is: { indexedAt: '2022-11-20T10:30:00.123456Z' },
    },
    {
      name: 'the time of indexing by its other name, in Unix seconds',
      wire: { indexed_at: '1590006395' },
      is: { indexedAt: '2020-05-20T20:26:35Z' },
    },
    {
      name: 'nulls are absent',
      wire: { output: null, last_fixed: null, scan: null, time_taken_to_fix: null, unknown: null },
      is: { output: null, lastFixed: null, scanUuid: null, extra: null },
    },
    { name: 'a time of 0 is none', wire: { last_fixed: 0 }, is: { lastFixed: null } },
    {
      name: 'unknown fields keep their path',
      wire: { port: { port: 1, protocol: 'TCP', tunnel: 'x' }, scan: { uuid: 's', why: { a: 1 } }, mood: ['y'] },
      is: { extra: { port: { tunnel: 'x' }, scan: { why: { a: 1 } }, mood: ['y'] } },
    },
    { name: 'a text where a list came', wire: { source: ['NESSUS'] }, is: { sensor: 'NESSUS', extra: null } },
    {
      name: 'the first of several texts, and all of them',
      wire: { source: ['NESSUS', 'AGENT'] },
      is: { sensor: 'NESSUS', extra: { source: ['NESSUS', 'AGENT'] } },
    },
    {
      name: 'an output that is no text',
      wire: { output: { a: 1 } },
      is: { output: null, extra: { output: { a: 1 } } },
      problems: ['output'],
    },
  ]
  for (const { name, wire, is, problems = [] } of cases) {
    test(name, () => {
      const result = findingOf(wire)
      expect(result.finding).toMatchObject(is)
      expect(result.problems).toEqual(problems)
    })
  }

  test('a key __proto__ is a field like any other', () => {
    const wire = JSON.parse('{"__proto__":{"polluted":true}}') as JsonObject
    const { finding } = findingOf({})
    const { notes } = normaliseFinding(
      Object.defineProperties({ ...least }, Object.getOwnPropertyDescriptors(wire)),
      asset,
      plugin,
      noRepairs,
    )
    expect(JSON.stringify(notes.extra)).toBe('{"__proto__":{"polluted":true}}')
    expect((finding as unknown as { polluted?: boolean }).polluted).toBeUndefined()
  })
})

describe('the asset of a finding', () => {
  test('as Data Stream writes it: nulls, and lists where exports have one', () => {
    const reading = normaliseObservedAsset({
      uuid: 'a',
      netbios_workgroup: ['WORKGROUP'],
      operating_system: 'Linux',
      ipv6: null,
      tracked: 'false',
      last_authenticated_results: '2018-03-14T04:51:45Z',
      brand_new: 1,
    })
    expect(reading.asset).toMatchObject({
      netbiosWorkgroup: 'WORKGROUP',
      operatingSystems: ['Linux'],
      ipv6: null,
      isTracked: false,
      lastAuthenticatedResultsAt: '2018-03-14T04:51:45Z',
      extra: { brand_new: 1 },
    })
    expect(reading.notes.issues).toBeNull()
  })
})

describe('plugins', () => {
  const cases: readonly {
    readonly name: string
    readonly wire: JsonObject
    readonly is: object
    readonly problems?: readonly string[]
  }[] = [
    { name: 'an id as text', wire: { id: '19506' }, is: { pluginId: 19506 } },
    { name: 'risk in any case', wire: { risk_factor: 'HIGH' }, is: { riskFactor: 'high' } },
    {
      name: 'references as objects',
      wire: {
        xrefs: [
          { type: 'CVE', id: '2022-21837' },
          { type: 'CWE', id: 79 },
        ],
      },
      is: { xrefs: ['CVE:2022-21837', 'CWE:79'] },
    },
    {
      name: 'references as texts, in both spellings',
      wire: { xref: ['FEDORA:2003-047'], xrefs: [{ type: 'FEDORA', id: '2003-047' }] },
      is: { xrefs: ['FEDORA:2003-047'] },
    },
    { name: 'a bulletin as text', wire: { ms_bulletin: 'MS17-010' }, is: { msBulletins: ['MS17-010'] } },
    {
      name: 'bulletins as list',
      wire: { ms_bulletin: ['MS17-010', 'MS08-067'] },
      is: { msBulletins: ['MS17-010', 'MS08-067'] },
    },
    {
      name: 'scores as text',
      wire: { cvss3_base_score: '9.8', cvss_base_score: 0 },
      is: { cvss3BaseScore: 9.8, cvss2BaseScore: 0 },
    },
    {
      name: 'a score that is none',
      wire: { cvss_base_score: 'n/a' },
      is: { cvss2BaseScore: null, extra: { cvss_base_score: 'n/a' } },
      problems: ['cvss_base_score'],
    },
    {
      name: 'a vector as object',
      wire: { cvss3_vector: { raw: 'AV:N', access_vector: 'Network' } },
      is: { cvss3Vector: 'AV:N', extra: { cvss3_vector: { access_vector: 'Network' } } },
    },
    { name: 'a vector as text', wire: { cvss3_vector: 'AV:N' }, is: { cvss3Vector: 'AV:N', extra: null } },
    {
      name: 'temporal vectors have no column',
      wire: { cvss_temporal_vector: { raw: 'E:U' } },
      is: { extra: { cvss_temporal_vector: { raw: 'E:U' } } },
    },
    { name: 'EPSS is a percentage', wire: { epss_score: 97.3 }, is: { epssScore: 0.973 } },
    { name: 'EPSS below one is a percentage too', wire: { epss_score: 0.05 }, is: { epssScore: 0.0005 } },
    {
      name: 'EPSS out of range',
      wire: { epss_score: 120 },
      is: { epssScore: null, extra: { epss_score: 120 } },
      problems: ['epss_score'],
    },
    {
      name: 'VPR',
      wire: { vpr: { score: 6.7, updated: '2022-08-17T05:19:09Z', drivers: {} } },
      is: { vprScore: 6.7, vprUpdatedAt: '2022-08-17T05:19:09Z', vpr: { score: 6.7 } },
    },
    { name: 'an empty VPR says nothing', wire: { vpr: {} }, is: { vprScore: null, vpr: null } },
    {
      name: 'VPR of the second model under the first name',
      wire: { vpr: { score: 9.1, vpr_severity: 'CRITICAL', on_cisa_kev: true } },
      is: { vprScore: 9.1, isKev: true },
    },
    {
      name: 'both models',
      wire: { vpr: { score: 6.7 }, vpr_v2: { score: '8.2', on_cisa_kev: false } },
      is: { vprScore: 6.7, vprV2Score: 8.2, isKev: false },
    },
    {
      name: 'known exploited, by reference',
      wire: { xrefs: [{ type: 'CISA-KNOWN-EXPLOITED', id: '2022/05/03' }] },
      is: { isKev: true },
    },
    {
      name: 'known exploited, by reference, though not by the model',
      wire: { vpr_v2: { on_cisa_kev: false }, xrefs: ['CISA-KNOWN-EXPLOITED:2022/05/03'] },
      is: { isKev: true },
    },
    { name: 'nothing said of known exploitation', wire: {}, is: { isKev: null } },
    {
      name: 'frameworks',
      wire: { exploit_framework_canvas: true, exploit_framework_core: false, exploit_framework_new: 'true' },
      is: { exploitFrameworks: ['canvas', 'new'] },
    },
    { name: 'no framework', wire: { exploit_framework_canvas: false }, is: { exploitFrameworks: [] } },
    { name: 'nothing said of frameworks', wire: {}, is: { exploitFrameworks: null } },
    { name: 'Bugtraq numbers as text', wire: { bid: ['91133', 5] }, is: { bids: [91133, 5] } },
    {
      name: 'yes and no in other words',
      wire: { has_patch: 'true', in_the_news: 0 },
      is: { hasPatch: true, inTheNews: false },
    },
    { name: 'absent lists are unknown, empty ones are empty', wire: { cve: [] }, is: { cves: [], cpes: null } },
    {
      name: 'an impossible date',
      wire: { modification_date: '2020-02-30T00:00:00Z' },
      is: { modifiedAt: null, extra: { modification_date: '2020-02-30T00:00:00Z' } },
      problems: ['modification_date'],
    },
    { name: 'a name under two keys that agree', wire: { name: 'x', plugin_name: 'x' }, is: { name: 'x', extra: null } },
    {
      name: 'a name under two keys that do not',
      wire: { name: 'x', plugin_name: 'y' },
      is: { name: 'x', extra: { plugin_name: 'y' } },
    },
  ]
  for (const { name, wire, is, problems = [] } of cases) {
    test(name, () => {
      const { plugin: row, notes } = normalisePlugin({ id: 1, ...wire })
      expect(row).toMatchObject(is)
      expect(notes.issues?.map(({ field }) => field) ?? []).toEqual(problems)
    })
  }

  test("the catalogue's attributes, as object", () => {
    const { plugin: row } = normalisePlugin({
      id: 32,
      name: 'n',
      attributes: {
        plugin_modification_date: '2019-09-30T00:00:00Z',
        plugin_type: 'Local',
        malware: true,
        default_account: false,
        intel_type: 'SENSOR',
      },
    })
    expect(row).toMatchObject({
      name: 'n',
      modifiedAt: '2019-09-30T00:00:00Z',
      type: 'local',
      checksForMalware: true,
      checksForDefaultAccount: false,
      extra: { intel_type: 'SENSOR' },
    })
  })

  test("the catalogue's attributes, as list of names and values", () => {
    const { plugin: row, notes } = normalisePlugin({
      id: 19506,
      family_name: 'Settings',
      attributes: [
        { attribute_name: 'plugin_modification_date', attribute_value: '2017/10/26' },
        { attribute_name: 'cve', attribute_value: 'CVE-1' },
        { attribute_name: 'cve', attribute_value: 'CVE-2' },
        { attribute_name: 'cve', attribute_value: 'CVE-3' },
        { attribute_name: 'fname', attribute_value: 'scan_info.nasl' },
      ],
    })
    expect(row).toMatchObject({
      family: 'Settings',
      modifiedAt: '2017-10-26T00:00:00Z',
      cves: ['CVE-1', 'CVE-2', 'CVE-3'],
      extra: { fname: 'scan_info.nasl' },
    })
    expect(notes.issues).toBeNull()
  })
})

describe('assets', () => {
  const cases: readonly { readonly name: string; readonly wire: JsonObject; readonly is: object }[] = [
    { name: 'live', wire: {}, is: { status: 'live' } },
    {
      name: 'deleted, flat',
      wire: { deleted_at: '2020-01-01T00:00:00Z', terminated_at: '2019-01-01T00:00:00Z' },
      is: { status: 'deleted' },
    },
    {
      name: 'terminated, flat',
      wire: { terminated_at: '2019-01-01T00:00:00Z', deleted_at: null },
      is: { status: 'terminated', terminatedAt: '2019-01-01T00:00:00Z' },
    },
    {
      name: 'deleted, nested',
      wire: { timestamps: { deleted_at: '2020-01-01T00:00:00Z' } },
      is: { status: 'deleted', deletedAt: '2020-01-01T00:00:00Z' },
    },
    {
      name: 'scores as text',
      wire: { acr_score: '9.0', exposure_score: '744.0' },
      is: { acrScore: 9, exposureScore: 744 },
    },
    { name: 'scores as number', wire: { acr_score: 3, exposure_score: 721 }, is: { acrScore: 3, exposureScore: 721 } },
    {
      name: 'scores from the ratings',
      wire: { ratings: { acr: { score: 9 }, aes: { score: 744 } } },
      is: { acrScore: 9, exposureScore: 744 },
    },
    { name: 'one text where a list belongs', wire: { ipv4s: '10.0.0.1' }, is: { ipv4s: ['10.0.0.1'] } },
    { name: 'a list where one text belongs', wire: { network_id: ['n-1'] }, is: { networkId: 'n-1', extra: null } },
    {
      name: 'cloud facts, nested',
      wire: {
        cloud: {
          aws: { ec2_instance_id: 'i-1', vpc_id: 'v' },
          azure: { vm_id: 'a' },
          gcp: { zone: 'z' },
          oci: { id: 'o' },
        },
      },
      is: {
        cloud: { aws_ec2_instance_id: 'i-1', aws_vpc_id: 'v', azure_vm_id: 'a', gcp_zone: 'z' },
        extra: { cloud: { oci: { id: 'o' } } },
      },
    },
    {
      name: 'cloud facts, flat',
      wire: { aws_ec2_instance_id: 'i-1', gcp_zone: null },
      is: { cloud: { aws_ec2_instance_id: 'i-1' } },
    },
    {
      name: 'ids of other products, nested',
      wire: { third_party_ids: { servicenow_sysid: 's', qualys_host_ids: ['q'] } },
      is: { thirdParty: { servicenow_sysid: 's' }, qualysHostIds: ['q'] },
    },
    {
      name: 'the serial number of a network device',
      wire: { network_device_serial_identifier: 'FOC1' },
      is: { serialNumber: 'FOC1' },
    },
    {
      name: 'two serial numbers',
      wire: { serial_number: 'A', network_device_serial_identifier: 'B' },
      is: { serialNumber: 'A', extra: { network_device_serial_identifier: 'B' } },
    },
    {
      name: 'a tag without who added it',
      wire: { tags: [{ uuid: 't', key: 'k', value: 'v', added_at: '2020-01-01T00:00:00Z' }] },
      is: { tags: [{ key: 'k', value: 'v', uuid: 't', addedBy: null, addedAt: '2020-01-01T00:00:00Z' }], extra: null },
    },
    {
      name: 'a tag by the names of the other endpoint',
      wire: { tags: [{ tag_uuid: 't', tag_key: 'k', tag_value: 'v' }] },
      is: { tags: [{ key: 'k', value: 'v', uuid: 't' }], extra: null },
    },
    {
      name: 'a tag without a value is kept',
      wire: { tags: [{ uuid: 't', key: 'k' }] },
      is: { tags: [], extra: { tags: [{ uuid: 't', key: 'k' }] } },
    },
    {
      name: 'unknown fields keep their path',
      wire: { network: { vlan: 5 }, mood: 'x' },
      is: { extra: { network: { vlan: 5 }, mood: 'x' } },
    },
  ]
  for (const { name, wire, is } of cases) {
    test(name, () => {
      const { asset: row, notes } = normaliseAsset({ id: 'a', ...wire })
      expect(row).toMatchObject(is)
      expect(notes.issues).toBeNull()
    })
  }

  test('a deletion date that cannot be is still a deletion', () => {
    const { asset: row, notes } = normaliseAsset({ id: 'a', deleted_at: '2020-02-30T00:00:00Z' })
    expect(row).toMatchObject({ status: 'deleted', deletedAt: null, extra: { deleted_at: '2020-02-30T00:00:00Z' } })
    expect(notes.issues).toHaveLength(1)
  })
})
