import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts'
import { type Plugin, unknownPlugin } from '../../domain/plugin.ts'
import { type RecordNotes, shown } from '../formats/record.ts'
import { embedded, instantOf, isYes, itemsOf, memberOf, numberOf, textOf } from './wire.ts'

/** Members of a finding that are about its plugin. */
export const pluginFields = [
  'pluginName',
  'family',
  'exploitAvailable',
  'exploitEase',
  'exploitFrameworks',
  'synopsis',
  'description',
  'solution',
  'seeAlso',
  'riskFactor',
  'stigSeverity',
  'baseScore',
  'temporalScore',
  'cvssVector',
  'cvssV3BaseScore',
  'cvssV3TemporalScore',
  'cvssV3Vector',
  'cvssV4BaseScore',
  'cvssV4Vector',
  'cvssV4ThreatScore',
  'cvssV4ThreatVector',
  'cvssV4Supplemental',
  'vprScore',
  'vprContext',
  'epssScore',
  'cpe',
  'vulnPubDate',
  'patchPubDate',
  'pluginPubDate',
  'pluginModDate',
  'seolDate',
  'checkType',
  'version',
  'cve',
  'bid',
  'xref',
] as const

/** Reads a plugin as findings carry it, or with `xrefs` and `name` as the catalogue does. */
export function normalisePlugin(pluginId: number, wire: JsonObject, notes: RecordNotes): Plugin {
  const instant = (field: string) => {
    const value = instantOf(wire[field])
    return value === undefined ? notes.odd('plugin', field, wire[field] ?? null, 'This is not a possible time.') : value
  }
  const score = (field: string) => {
    const value = numberOf(wire[field])
    if (value === null || (value >= 0 && value <= 10)) return value
    return notes.odd(
      'plugin',
      field,
      wire[field] ?? null,
      `A score lies between 0 and 10, not ${shown(wire[field] ?? null)}.`,
    )
  }
  const xrefs = referencesOf(wire)
  return {
    ...unknownPlugin,
    pluginId,
    name: textOf(wire.pluginName) ?? textOf(wire.name),
    family: textOf(memberOf(wire.family, 'name')),
    familyId: numberOf(memberOf(wire.family, 'id')),
    type: textOf(wire.checkType)?.toLowerCase() ?? null,
    version: textOf(wire.version),
    riskFactor: textOf(wire.riskFactor)?.toLowerCase() ?? null,
    synopsis: textOf(wire.synopsis),
    description: textOf(wire.description),
    solution: textOf(wire.solution),
    publishedAt: instant('pluginPubDate'),
    modifiedAt: instant('pluginModDate'),
    patchPublishedAt: instant('patchPubDate'),
    vulnPublishedAt: instant('vulnPubDate'),
    cves: itemsOf(wire.cve, /,/) ?? idsIn(xrefs, 'CVE:'),
    cpes: itemsOf(wire.cpe, /<br\s*\/?>|\n/i),
    bids: numbersOf(itemsOf(wire.bid, /,/) ?? idsIn(xrefs, 'BID:')),
    seeAlso: itemsOf(wire.seeAlso, /\n/),
    xrefs,
    msBulletins: idsIn(xrefs, 'MSFT:'),
    cvss2BaseScore: score('baseScore'),
    cvss2TemporalScore: score('temporalScore'),
    cvss2Vector: textOf(wire.cvssVector),
    cvss3BaseScore: score('cvssV3BaseScore'),
    cvss3TemporalScore: score('cvssV3TemporalScore'),
    cvss3Vector: textOf(wire.cvssV3Vector),
    cvss4BaseScore: score('cvssV4BaseScore'),
    cvss4Vector: textOf(wire.cvssV4Vector),
    vprScore: score('vprScore'),
    vpr: vprOf(wire),
    epssScore: epssOf(wire.epssScore),
    isKev: xrefs === null ? null : xrefs.some(reference => reference.startsWith('CISA-KNOWN-EXPLOITED:')),
    exploitAvailable: isYes(wire.exploitAvailable),
    exploitabilityEase: textOf(wire.exploitEase),
    // Names of modules stand in brackets and may hold commas.
    exploitFrameworks: itemsOf(wire.exploitFrameworks, /,(?![^(]*\))/),
    stigSeverity: textOf(wire.stigSeverity),
    extra: extraOf(wire),
  }
}

/** `RHSA #2019:2197,CWE #252` in findings, `CVE:CVE-2019-1, BID:1` in the catalogue. */
function referencesOf(wire: JsonObject): string[] | null {
  const found = itemsOf(wire.xref, /,/)?.map(item => item.replace(/\s*#/, ':'))
  if (found) return found
  return itemsOf(wire.xrefs, /,\s*/)
}

function idsIn(references: readonly string[] | null, prefix: string): string[] | null {
  const ids = references?.filter(item => item.startsWith(prefix)).map(item => item.slice(prefix.length))
  return ids && ids.length > 0 ? ids : null
}

function numbersOf(items: readonly string[] | null): number[] | null {
  return items?.filter(item => /^\d{1,9}$/.test(item)).map(Number) ?? null
}

/** Told as a fraction by some versions and as a percentage by others. */
function epssOf(value: Json | undefined): number | null {
  const number = numberOf(value)
  if (number === null || number < 0 || number > 100) return null
  return number > 1 ? number / 100 : number
}

/** The drivers of the score are JSON in a text, by their ids. */
function vprOf(wire: JsonObject): JsonObject | null {
  const score = numberOf(wire.vprScore)
  if (score === null) return null
  const context = embedded(wire.vprContext)
  const drivers = (Array.isArray(context) ? (context as readonly Json[]) : [])
    .filter(isJsonObject)
    .flatMap(({ id, value }) => (typeof id === 'string' ? [[id, value ?? null] as const] : []))
  return { score, drivers: Object.fromEntries(drivers) }
}

const kept = ['cvssV4ThreatScore', 'cvssV4ThreatVector', 'cvssV4Supplemental'] as const

function extraOf(wire: JsonObject): JsonObject | null {
  const extra: Record<string, Json> = {}
  for (const field of kept) {
    const value = textOf(wire[field])
    if (value !== null) extra[field] = value
  }
  const endOfLife = instantOf(wire.seolDate)
  if (endOfLife) extra.seolDate = endOfLife
  return Object.keys(extra).length > 0 ? extra : null
}
