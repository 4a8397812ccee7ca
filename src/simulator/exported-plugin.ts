import type { JsonObject } from './json.ts'
import type { Plugin } from './plugin-catalogue.ts'
import {
  crossReferences,
  descriptionOf,
  drawFor,
  iso0,
  riskFactor,
  seeAlso,
  solutionOf,
  synopsisOf,
  temporal,
  vprOf,
} from './plugin-prose.ts'

/** The `plugin` object of a finding, in the vendor's order of keys and with the mixed shapes seen on the wire. */
export function exportedPlugin(plugin: Plugin): JsonObject {
  const draw = drawFor(plugin)
  const rated = plugin.severity > 0
  const exploitable = plugin.exploitMaturity !== undefined && plugin.exploitMaturity !== 'UNPROVEN'
  const framework = exploitable && draw(20) < 0.3
  return {
    bid: rated && draw(21) < 0.4 ? [plugin.hash % 110_000] : undefined,
    canvas_package: framework && draw(22) < 0.3 ? 'CANVAS' : undefined,
    checks_for_default_account: draw(23) < 0.01,
    checks_for_malware: draw(24) < 0.01,
    cpe: plugin.cpe === undefined ? [] : [plugin.cpe],
    cvss3_base_score: plugin.cvss3,
    cvss3_temporal_score: rated ? temporal(plugin.cvss3) : 0,
    cvss3_temporal_vector: rated ? temporalVector(exploitable, 'E:U/RL:O/RC:C') : undefined,
    cvss3_vector: rated ? cvss3Vector(plugin) : undefined,
    cvss4_base_score: plugin.cvss4,
    cvss4_vector: plugin.cvss4 === undefined ? undefined : cvss4Vector,
    cvss4_threat_vector:
      plugin.cvss4 === undefined
        ? undefined
        : { threat_score: temporal(plugin.cvss4), exploit_maturity: 'Unreported', raw: 'CVSS:4.0/E:U' },
    cvss_base_score: plugin.cvss2,
    cvss_temporal_score: rated ? temporal(plugin.cvss2) : 0,
    cvss_temporal_vector: rated ? temporalVector(exploitable, 'E:U/RL:OF/RC:C') : undefined,
    cvss_vector: rated ? cvss2Vector(plugin) : undefined,
    description: descriptionOf(plugin),
    exploit_available: exploitable,
    exploit_framework_canvas: framework && draw(22) < 0.3,
    exploit_framework_core: false,
    exploit_framework_d2_elliot: false,
    exploit_framework_exploithub: false,
    exploit_framework_metasploit: framework,
    exploitability_ease: rated
      ? exploitable
        ? 'Exploits are available'
        : 'No known exploits are available'
      : undefined,
    exploited_by_malware: plugin.weapons.includes('malware'),
    exploited_by_nessus: draw(25) < 0.01,
    family: plugin.family,
    family_id: draw(26) < 0.003 ? undefined : plugin.familyId,
    has_patch: rated && draw(27) < 0.8,
    has_workaround: rated && draw(28) < 0.06,
    id: plugin.id,
    in_the_news: plugin.categories.includes('in the news'),
    metasploit_name: framework ? `${plugin.family} Remote Code Execution` : undefined,
    ms_bulletin: plugin.family.includes('Bulletins')
      ? [`MS${String(plugin.id).slice(0, 2)}-${String(plugin.hash % 999).padStart(3, '0')}`]
      : undefined,
    name: plugin.name,
    patch_publication_date: rated && draw(27) < 0.8 ? iso0(plugin.publishedAt) : undefined,
    modification_date: plugin.modifiedAt === 0 ? undefined : iso0(plugin.modifiedAt),
    publication_date: iso0(plugin.publishedAt),
    risk_factor: riskFactor(plugin, draw(29)),
    see_also: seeAlso(plugin),
    solution: solutionOf(plugin),
    stig_severity: rated && draw(30) < 0.15 ? 'I' : undefined,
    synopsis: synopsisOf(plugin),
    unsupported_by_vendor: draw(31) < 0.02,
    version: draw(32) < 0.1 ? `$Revision: 1.${plugin.hash % 90} $` : `1.${(plugin.hash % 40) + plugin.revision}`,
    vuln_publication_date: rated ? iso0(plugin.publishedAt - 864_000_000) : undefined,
    xrefs: crossReferences(plugin),
    vpr: vprOf(plugin),
    vpr_v2: vprV2Of(plugin),
    epss_score: plugin.epss,
    workaround:
      rated && draw(28) < 0.06
        ? `Disable the affected feature.\n\n    1. Stop the service\n    2. Start it without ${plugin.family}`
        : undefined,
    workaround_type: rated && draw(28) < 0.06 ? 'disable service' : undefined,
    vendor_unpatched: rated && draw(33) < 0.02,
    vendor_severity: rated && draw(34) < 0.5 ? 'Important' : undefined,
    cve: plugin.cves.length === 0 ? undefined : plugin.cves,
    type: draw(35) < 0.05 ? plugin.type.toUpperCase() : plugin.type,
  }
}

function temporalVector(exploitable: boolean, raw: string): JsonObject {
  return {
    exploitability: exploitable ? 'Proof-of-concept' : 'Unproven',
    remediation_level: 'Official Fix',
    report_confidence: 'Confirmed',
    raw,
  }
}

/** Version 3 keeps the names of version 2, and sometimes leaves some out. */
function cvss3Vector(plugin: Plugin): JsonObject {
  return {
    access_complexity: 'Low',
    access_vector: plugin.hash % 3 === 0 ? 'Local' : 'Network',
    availability_impact: plugin.hash % 7 === 0 ? undefined : 'High',
    confidentiality_impact: 'High',
    integrity_impact: 'High',
    raw: 'AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H',
  }
}

function cvss2Vector(plugin: Plugin): JsonObject {
  return {
    access_complexity: 'Low',
    access_vector: plugin.hash % 3 === 0 ? 'Local' : 'Network',
    authentication: 'None required',
    availability_impact: 'Complete',
    confidentiality_impact: 'Complete',
    integrity_impact: 'Complete',
    raw: 'AV:N/AC:L/Au:N/C:C/I:C/A:C',
  }
}

const cvss4Vector: JsonObject = {
  attack_vector: 'Network',
  attack_complexity: 'Low',
  attack_requirements: 'Present',
  privileges_required: 'High',
  user_interaction: 'None',
  vulnerable_system_confidentiality: 'None',
  vulnerable_system_integrity: 'None',
  vulnerable_system_availability: 'High',
  subsequent_system_confidentiality: 'None',
  subsequent_system_integrity: 'None',
  subsequent_system_availability: 'High',
  raw: 'AV:N/AC:L/AT:P/PR:H/UI:N/VC:N/VI:N/VA:H/SC:N/SI:N/SA:H',
}

function vprV2Of(plugin: Plugin): JsonObject | undefined {
  if (plugin.vprV2 === undefined) return undefined
  return {
    score: plugin.vprV2,
    vpr_percentile: Math.round(plugin.vprV2 * 997) / 100,
    vpr_severity: plugin.vprV2 >= 9 ? 'CRITICAL' : plugin.vprV2 >= 7 ? 'HIGH' : plugin.vprV2 >= 4 ? 'MEDIUM' : 'LOW',
    exploit_probability: Math.round((plugin.epss ?? 0) * 10) / 1000,
    cve_id: plugin.cves[0],
    exploit_code_maturity: plugin.exploitMaturity,
    on_cisa_kev: plugin.categories.includes('cisa known exploitable'),
    in_the_news_intensity_last30: 'VERY_LOW',
    in_the_news_recency: 'NO_RECORDED_EVENTS',
    malware_observations_intensity_last30: 'VERY_LOW',
    malware_observations_recency: 'NO_RECORDED_EVENTS',
  }
}
