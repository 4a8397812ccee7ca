import { type Asset, describe } from './asset.ts'
import { iso } from './clock.ts'
import { type Check, type ComplianceResult, complianceResults, indexedAt, seenAt } from './compliance-book.ts'
import type { Estate } from './estate.ts'
import { fraction, hash32, hexOf, topic } from './random.ts'

/** Mostly passed or failed; a scan changes the mind of one check in fifty. */
export function resultOf({ asset, n, change }: Check): ComplianceResult {
  if (change?.result !== undefined) return change.result
  const base = fraction(hash32(asset.hash, topic.compliance, n))
  const flip = hash32(asset.hash, topic.compliance, n, Math.floor(asset.lastScan / 86_400_000)) % 50 === 0
  if (base > 0.97) return complianceResults[2 + (n % 4)]!
  return base < 0.68 !== flip ? 'PASSED' : 'FAILED'
}

function tagsByCategory(estate: Estate, asset: Asset): { category: string; values: string[] }[] {
  const byCategory = new Map<string, string[]>()
  estate.tenant.tags.forEach((tag, n) => {
    if ((asset.tags & (1 << n)) !== 0)
      byCategory.set(tag.category, [...(byCategory.get(tag.category) ?? []), tag.value])
  })
  return [...byCategory].map(([category, values]) => ({ category, values }))
}

/** Null for what was last seen before the vendor kept states. */
export function stateOf(check: Check): string | null {
  if (check.n === 13 && check.asset.hash % 4 === 0) return null
  return resultOf(check) === 'PASSED' && check.n % 5 === 0 ? 'FIXED' : 'OPEN'
}

export function auditOf(asset: Asset): { file: string; pluginId: number } {
  return asset.kind.platform === 'windows'
    ? { file: 'CIS_Microsoft_Windows_Server_2022_v3.0.0_L1.audit', pluginId: 21156 }
    : { file: 'CIS_Red_Hat_Enterprise_Linux_9_v2.0.0_L1_Server.audit', pluginId: 21157 }
}

/** The vendor's lasting name of a check. */
export function fullIdOf(seed: number, check: Check): string {
  return checkId(seed, check, 64, 3)
}

export function lastFixedOf(check: Check): number | undefined {
  return resultOf(check) === 'PASSED' && check.n % 5 === 0 ? seenAt(check) : undefined
}

function checkId(seed: number, { asset, n }: Check, length: number, part: number): string {
  const family = asset.kind.platform === 'windows' ? 0 : 1
  return hexOf(seed, topic.compliance, family * 100 + n, length, part)
}

export function complianceBody(estate: Estate, check: Check) {
  const { asset, n } = check
  const { seed } = estate
  const facts = describe(seed, asset)
  const audit = auditOf(asset)
  const isWindows = asset.kind.platform === 'windows'
  const id = (length: number, part: number) => checkId(seed, check, length, part)
  const lastFixed = lastFixedOf(check)
  const result = resultOf(check)
  return {
    asset_uuid: asset.uuid,
    first_seen: iso(asset.createdAt),
    last_seen: iso(seenAt(check)),
    audit_file: audit.file,
    check_id: id(64, 1),
    check_name: `${1 + (n % 6)}.${1 + n} Ensure setting ${n} is configured`,
    check_info: 'This setting decides who may use the service and what it writes to its log.',
    expected_value: 'expect: ^enabled$',
    actual_value: result === 'PASSED' ? 'enabled' : 'disabled',
    status: result,
    reference: [
      { framework: '800-53', control: `AC-${1 + n}` },
      { framework: 'CSCv7', control: `5.${n}` },
    ],
    see_also: 'https://workbench.cisecurity.org/benchmarks/1',
    solution: 'Set the value to enabled.',
    plugin_id: audit.pluginId,
    state: stateOf(check),
    description: `"Check ${n}: [${result}]"`,
    compliance_benchmark_name: isWindows ? 'CIS Windows Server 2022' : 'CIS Red Hat Enterprise Linux 9',
    compliance_benchmark_version: isWindows ? '3.0.0' : '2.0.0',
    compliance_control_id: id(64, 2),
    compliance_full_id: fullIdOf(seed, check),
    compliance_functional_id: id(10, 4),
    compliance_informational_id: id(64, 5),
    synopsis: 'Compliance checks.',
    ...(lastFixed === undefined ? {} : { last_fixed: iso(lastFixed) }),
    last_observed: iso(seenAt(check)),
    metadata_id: id(64, 6),
    ...(isWindows ? {} : { uname_output: 'Linux 5.14.0-427.el9.x86_64' }),
    indexed_at: iso(indexedAt(check)),
    plugin_name: isWindows ? 'Windows Compliance Checks' : 'Unix Compliance Checks',
    asset: {
      id: asset.uuid,
      ipv4_addresses: [facts.ipv4],
      ipv6_addresses: facts.ipv6 === undefined ? [] : [facts.ipv6],
      fqdns: facts.fqdn === undefined ? [] : [facts.fqdn],
      name: facts.name,
      agent_name: facts.agentName,
      agent_uuid: facts.agentUuid,
      netbios_name: facts.netbios,
      mac_addresses: [facts.mac],
      operating_systems: facts.operatingSystems,
      system_type: asset.kind.systemType,
      network_id: estate.tenant.networks[asset.network]!.uuid,
      tags: tagsByCategory(estate, asset),
    },
  }
}
