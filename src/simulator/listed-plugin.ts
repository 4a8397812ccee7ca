import { iso } from './clock.ts'
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

/** The same plugin as `GET /plugins/plugin` tells it: other names, other vectors. */
export function listedPlugin(plugin: Plugin): JsonObject {
  const draw = drawFor(plugin)
  const rated = plugin.severity > 0
  const exploitable = plugin.exploitMaturity !== undefined && plugin.exploitMaturity !== 'UNPROVEN'
  return {
    id: plugin.id,
    name: plugin.name,
    attributes: {
      plugin_modification_date: plugin.modifiedAt === 0 ? undefined : iso0(plugin.modifiedAt),
      plugin_version: `1.${(plugin.hash % 40) + plugin.revision}`,
      exploited_by_malware: plugin.weapons.includes('malware'),
      description: descriptionOf(plugin),
      unsupported_by_vendor: draw(31) < 0.02,
      patch_publication_date: rated && draw(27) < 0.8 ? iso0(plugin.publishedAt) : undefined,
      see_also: seeAlso(plugin) ?? [],
      default_account: draw(23) < 0.01,
      exploit_available: exploitable,
      cve: plugin.cves,
      exploit_framework_canvas: false,
      cvss_base_score: plugin.cvss2,
      cvss_temporal_score: rated ? temporal(plugin.cvss2) : 0,
      solution: solutionOf(plugin),
      cvss_vector: rated
        ? {
            raw: 'AV:N/AC:L/Au:N/C:P/I:P/A:P',
            AccessVector: 'Network',
            AccessComplexity: 'Low',
            Authentication: 'None required',
            'Confidentiality-Impact': 'Partial',
            'Integrity-Impact': 'Partial',
            'Availability-Impact': 'Partial',
          }
        : undefined,
      cvss3_base_score: plugin.cvss3,
      cvss3_temporal_score: rated ? temporal(plugin.cvss3) : 0,
      exploit_framework_exploithub: false,
      cpe: plugin.cpe === undefined ? [] : [plugin.cpe],
      plugin_publication_date: iso0(plugin.publishedAt),
      exploit_framework_core: false,
      in_the_news: plugin.categories.includes('in the news'),
      has_patch: rated && draw(27) < 0.8,
      xref: crossReferences(plugin).map(reference => `${reference.type}:${reference.id}`),
      xrefs: crossReferences(plugin),
      malware: draw(24) < 0.01,
      risk_factor: riskFactor(plugin, draw(29)),
      synopsis: synopsisOf(plugin),
      plugin_type: plugin.type,
      exploit_framework_metasploit: exploitable && draw(20) < 0.3,
      exploit_framework_d2_elliot: false,
      exploited_by_nessus: draw(25) < 0.01,
      always_run: false,
      compliance: false,
      intel_type: 'SENSOR',
      vpr: plugin.vpr === undefined ? {} : vprOf(plugin),
    },
  }
}

/** `GET /plugins/plugin/{id}`: a flat list of texts with slashes in its dates. */
export function detailedPlugin(plugin: Plugin): JsonObject {
  const attributes: { attribute_name: string; attribute_value: string }[] = []
  const add = (name: string, value: string) => attributes.push({ attribute_name: name, attribute_value: value })
  add('fname', `${plugin.family.toLowerCase().replace(/[^a-z]+/g, '_')}_${plugin.id}.nasl`)
  add('plugin_name', plugin.name)
  add('script_version', `1.${(plugin.hash % 40) + plugin.revision}`)
  add('solution', solutionOf(plugin))
  add('risk_factor', riskFactor(plugin, 1))
  add('description', descriptionOf(plugin))
  add('plugin_publication_date', slashed(plugin.publishedAt))
  add('plugin_type', plugin.type)
  add('synopsis', synopsisOf(plugin))
  if (plugin.modifiedAt !== 0) add('plugin_modification_date', slashed(plugin.modifiedAt))
  for (const cve of plugin.cves) add('cve', cve)
  return { attributes, family_name: plugin.family, name: plugin.name, id: plugin.id }
}

function slashed(ms: number): string {
  return iso(ms).slice(0, 10).replaceAll('-', '/')
}
