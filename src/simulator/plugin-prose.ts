import { iso } from './clock.ts'
import type { JsonObject } from './json.ts'
import type { Plugin } from './plugin-catalogue.ts'
import { fillers, infoSentences, weaknesses } from './plugin-vocabulary.ts'
import { fraction, hash32, pick, topic } from './random.ts'

export function drawFor(plugin: Plugin): (k: number) => number {
  return k => fraction(hash32(plugin.hash, topic.pluginText, k))
}

export function iso0(ms: number): string {
  return iso(ms).replace('.000', '')
}

export function descriptionOf(plugin: Plugin): string {
  if (plugin.severity === 0) {
    const count = 6 + (plugin.hash % 8)
    return Array.from({ length: count }, (_, k) => pick(infoSentences, plugin.hash + k)).join('\n\n')
  }
  const points = 2 + (plugin.hash % 4)
  const bullets = Array.from(
    { length: points },
    (_, k) =>
      `  - ${pick(weaknesses, plugin.hash + k * 3)}. (${plugin.cves[k % Math.max(plugin.cves.length, 1)] ?? 'CVE-2024-0000'})`,
  )
  const edition = plugin.revision === 0 ? '' : ` Revised ${plugin.revision} times since it was first published.`
  return [
    `The version of ${plugin.name} on the remote host is affected by multiple vulnerabilities :`,
    ...bullets,
    pick(fillers, plugin.hash),
    pick(fillers, plugin.hash + 1),
    pick(fillers, plugin.hash + 2) + edition,
  ].join('\n\n')
}

export function synopsisOf(plugin: Plugin): string {
  return plugin.severity === 0
    ? 'The scanner was able to obtain information about the remote host.'
    : 'The remote host is missing one or more security updates.'
}

export function solutionOf(plugin: Plugin): string {
  return plugin.severity === 0
    ? 'n/a'
    : `Apply the update for ${plugin.family} that the vendor's advisory names, or a later one.`
}

export function riskFactor(plugin: Plugin, at: number): string {
  const plain = ['None', 'Low', 'Medium', 'High', 'Critical'][plugin.severity]!
  if (at < 0.15) return plain.toUpperCase()
  if (at < 0.45) return plugin.severity === 0 ? 'info' : plain.toLowerCase()
  return plain
}

export function seeAlso(plugin: Plugin): readonly string[] | undefined {
  if (plugin.hash % 5 === 0) return undefined
  return Array.from(
    { length: 1 + (plugin.hash % 4) },
    (_, k) => `http://www.nessus.org/u?${((plugin.hash + k * 7919) >>> 0).toString(16)}`,
  )
}

export function crossReferences(plugin: Plugin): { type: string; id: string }[] {
  if (plugin.severity === 0) return []
  const references = plugin.cves.map(cve => ({ type: 'CVE', id: cve.slice(4) }))
  references.push({ type: 'IAVA', id: `${2020 + (plugin.hash % 6)}-A-${String(plugin.hash % 600).padStart(4, '0')}-S` })
  if (plugin.categories.includes('cisa known exploitable'))
    references.push({ type: 'CISA-KNOWN-EXPLOITED', id: '2026/06/30' })
  return references
}

export function temporal(score: number): number {
  return Math.round(score * 0.87 * 10) / 10
}

export function vprOf(plugin: Plugin): JsonObject | undefined {
  if (plugin.vpr === undefined) return undefined
  const old = plugin.hash % 3 === 0
  return {
    score: plugin.vpr,
    drivers: {
      age_of_vuln: old ? { lower_bound: 731 } : { lower_bound: 61, upper_bound: 180 },
      exploit_code_maturity: plugin.exploitMaturity,
      cvss_impact_score_predicted: plugin.hash % 4 === 0,
      cvss3_impact_score: 5.9,
      threat_intensity_last28: plugin.threatIntensity,
      threat_recency: plugin.threatIntensity === 'VERY_LOW' ? undefined : { lower_bound: 8, upper_bound: 30 },
      threat_sources_last28:
        plugin.threatIntensity === 'VERY_LOW' ? ['No recorded events'] : ['Security Research', 'Social Media'],
      product_coverage: 'LOW',
    },
    updated: iso0(plugin.publishedAt + (30 + plugin.scoring) * 86_400_000),
  }
}
