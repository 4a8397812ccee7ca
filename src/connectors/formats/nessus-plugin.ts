import type { Json } from '../../domain/json.ts'
import { readInstant } from './instants.ts'
import type { XmlItem } from './nessus-xml.ts'
import { newPlugin, type PluginDraft } from './plugin-book.ts'
import {
  booleanOf,
  cvesOf,
  integerOf,
  kept,
  linesOf,
  numberOf,
  severityOf,
  vector2Of,
  wordsOf,
  xrefOf,
} from './values.ts'

type Set = (draft: PluginDraft, texts: readonly string[]) => void

const text =
  (field: 'name' | 'version' | 'synopsis' | 'description' | 'solution' | 'exploitabilityEase' | 'stigSeverity'): Set =>
  (draft, [value = '']) => {
    if (value.trim() !== '') draft[field] ??= kept(value.trim())
  }
const instant =
  (field: 'publishedAt' | 'modifiedAt' | 'patchPublishedAt' | 'vulnPublishedAt'): Set =>
  (draft, [value = '']) => {
    draft[field] ??= readInstant(value, { dayFirst: false, zoneOffsetMinutes: 0 }) ?? null
  }
const score =
  (
    field:
      | 'cvss2BaseScore'
      | 'cvss2TemporalScore'
      | 'cvss3BaseScore'
      | 'cvss3TemporalScore'
      | 'cvss4BaseScore'
      | 'vprScore'
      | 'vprV2Score'
      | 'epssScore',
  ): Set =>
  (draft, [value = '']) => {
    const number = numberOf(value)
    const limit = field === 'epssScore' ? 1 : 10
    if (number !== undefined && number >= 0 && number <= limit) draft[field] ??= number
  }
const flag =
  (
    field:
      | 'exploitAvailable'
      | 'exploitedByMalware'
      | 'exploitedByNessus'
      | 'inTheNews'
      | 'unsupportedByVendor'
      | 'checksForDefaultAccount'
      | 'checksForMalware',
  ): Set =>
  (draft, [value = '']) => {
    draft[field] ??= booleanOf(value)
  }
const reference =
  (type: string): Set =>
  (draft, texts) => {
    const named = texts.flatMap(wordsOf).map(id => `${type}:${kept(id)}`)
    draft.xrefs = [...new Set([...(draft.xrefs ?? []), ...named])]
  }
const vector =
  (field: 'cvss2Vector' | 'cvss3Vector' | 'cvss4Vector'): Set =>
  (draft, [value = '']) => {
    const read = field === 'cvss2Vector' ? vector2Of(value) : value.trim()
    if (read !== '') draft[field] ??= kept(read)
  }

/** Every element that says something of the plugin; those of the finding, and what the scanner needed it for, apart. */
const setters: Readonly<Record<string, Set>> = {
  plugin_name: text('name'),
  plugin_type: (draft, [value = '']) => {
    draft.type ??= kept(value.trim().toLowerCase()) || null
  },
  script_version: text('version'),
  plugin_version: text('version'),
  synopsis: text('synopsis'),
  description: text('description'),
  solution: text('solution'),
  risk_factor: (draft, [value = '']) => {
    const word = value.trim().toLowerCase()
    if (word === 'none' || severityOf(word)) draft.riskFactor ??= word
  },
  plugin_publication_date: instant('publishedAt'),
  plugin_modification_date: instant('modifiedAt'),
  patch_publication_date: instant('patchPublishedAt'),
  vuln_publication_date: instant('vulnPublishedAt'),
  cve: (draft, texts) => {
    draft.cves = [...new Set(texts.flatMap(cvesOf))]
  },
  bid: (draft, texts) => {
    draft.bids = [...new Set(texts.flatMap(wordsOf).flatMap(id => integerOf(id) ?? []))].filter(id => id < 2 ** 31)
  },
  cpe: (draft, texts) => {
    draft.cpes = texts.flatMap(linesOf).map(kept)
  },
  see_also: (draft, texts) => {
    draft.seeAlso = [...new Set(texts.flatMap(linesOf))].map(kept)
  },
  xref: (draft, texts) => {
    draft.xrefs = [...new Set([...(draft.xrefs ?? []), ...texts.map(item => kept(xrefOf(item)))])]
  },
  cwe: reference('CWE'),
  'edb-id': reference('EDB-ID'),
  osvdb: reference('OSVDB'),
  secunia: reference('SECUNIA'),
  cert: reference('CERT'),
  iava: reference('IAVA'),
  iavb: reference('IAVB'),
  iavt: reference('IAVT'),
  rhsa: reference('RHSA'),
  owasp: reference('OWASP'),
  tra: reference('TRA'),
  msft: (draft, texts) => {
    draft.msBulletins = [...new Set([...(draft.msBulletins ?? []), ...texts.flatMap(wordsOf).map(kept)])]
  },
  mskb: (draft, texts) => {
    draft.msBulletins = [...new Set([...(draft.msBulletins ?? []), ...texts.flatMap(wordsOf).map(kept)])]
  },
  cvss: score('cvss2BaseScore'),
  cvss_base_score: score('cvss2BaseScore'),
  cvss_temporal_score: score('cvss2TemporalScore'),
  cvss_vector: vector('cvss2Vector'),
  cvssv3: score('cvss3BaseScore'),
  cvss3_base_score: score('cvss3BaseScore'),
  cvss3_temporal_score: score('cvss3TemporalScore'),
  cvss3_vector: vector('cvss3Vector'),
  cvssv4: score('cvss4BaseScore'),
  cvss4_base_score: score('cvss4BaseScore'),
  cvss4_vector: vector('cvss4Vector'),
  vpr_score: score('vprScore'),
  epss_score: score('epssScore'),
  stig_severity: text('stigSeverity'),
  exploit_available: flag('exploitAvailable'),
  exploitability_ease: text('exploitabilityEase'),
  exploited_by_malware: flag('exploitedByMalware'),
  exploited_by_nessus: flag('exploitedByNessus'),
  in_the_news: flag('inTheNews'),
  unsupported_by_vendor: flag('unsupportedByVendor'),
  default_account: flag('checksForDefaultAccount'),
  malware: flag('checksForMalware'),
  'cisa-known-exploited': (draft, [value = '']) => {
    draft.isKev = true
    draft.xrefs = [...new Set([...(draft.xrefs ?? []), `CISA-KNOWN-EXPLOITED:${kept(value.trim())}`])]
  },
}

const ofTheFinding = new Set(['plugin_output', 'compliance', 'attachment', 'url', 'uri', 'fname', 'script_copyright'])

export function nessusPlugin(pluginId: number, { attributes, children }: XmlItem): PluginDraft {
  const draft = newPlugin(pluginId)
  draft.name = kept(attributes.pluginName?.trim() ?? '') || null
  draft.family = kept(attributes.pluginFamily?.trim() ?? '') || null
  const frameworks: string[] = []
  const extra: Record<string, Json> = {}
  for (const [name, texts] of children) {
    const set = setters[name]
    if (set) set(draft, texts)
    else if (name.startsWith('exploit_framework_')) {
      if (booleanOf(texts[0] ?? '') === true) frameworks.push(name.slice('exploit_framework_'.length))
    } else if (!ofTheFinding.has(name) && !name.startsWith('cm:')) {
      const values = texts.map(value => kept(value.trim().slice(0, 20_000)))
      extra[name] = values.length === 1 ? (values[0] as string) : values
    }
  }
  if (frameworks.length > 0) draft.exploitFrameworks = frameworks
  if (draft.xrefs?.some(xref => xref.startsWith('CISA-KNOWN-EXPLOITED:'))) draft.isKev = true
  if (Object.keys(extra).length > 0) draft.extra = extra
  return draft
}
