import type { Json } from '../../domain/json.ts'
import type { Plugin } from '../../domain/plugin.ts'
import { newPlugin, PluginBook, type PluginDraft, unite } from '../formats/plugin-book.ts'
import {
  booleanOf,
  cvesOf,
  integerOf,
  itemsOf,
  kept,
  linesOf,
  numberOf,
  severityOf,
  vector2Of,
  vector3Of,
  wordsOf,
  xrefOf,
} from '../formats/values.ts'
import type { CsvField, CsvLayout } from './csv-columns.ts'
import type { CsvRow } from './csv-row.ts'

/** Columns of which each row about a plugin may tell another piece. */
const referenceFields: readonly CsvField[] = [
  ...([
    'plugin.cves',
    'plugin.references',
    'plugin.bids',
    'plugin.cpes',
    'plugin.msBulletins',
    'plugin.xrefs',
  ] as const),
  ...(['plugin.cwes', 'plugin.iava', 'plugin.iavb', 'plugin.iavt'] as const),
]

const rememberedCharacters = 16_000_000

/**
 * The plugins of a file. The first row about one describes it; of a later one only references are news, and most say the
 * same as one before, which is remembered also when the plugin has been handed on.
 */
export class CsvPlugins {
  readonly #layout: CsvLayout
  readonly #places: readonly number[]
  readonly #book = new PluginBook()
  readonly #told = new Set<string>()
  #toldCharacters = 0

  constructor(layout: CsvLayout) {
    this.#layout = layout
    this.#places = referenceFields.flatMap(field => layout.places.get(field) ?? [])
  }

  see(pluginId: number, row: CsvRow): void {
    let told = String(pluginId)
    for (const place of this.#places) told += `\u0001${row.cells[place] ?? ''}`
    if (this.#told.has(told)) return
    this.#remember(told)
    const known = this.#book.find(pluginId)
    if (known) addReferences(known, row)
    else this.#book.add(csvPlugin(pluginId, row, this.#layout))
  }

  get isFull(): boolean {
    return this.#book.isFull
  }

  takeAll(): Plugin[] {
    return this.#book.takeAll()
  }

  #remember(told: string): void {
    this.#toldCharacters += told.length
    if (this.#toldCharacters > rememberedCharacters) {
      this.#told.clear()
      this.#toldCharacters = told.length
    }
    this.#told.add(kept(told))
  }
}

/** The plugin as the first row about it describes it. */
function csvPlugin(pluginId: number, row: CsvRow, layout: CsvLayout): PluginDraft {
  const text = (field: CsvField) => {
    const value = row.raw(field).trim()
    return value === '' ? null : kept(value)
  }
  const flag = (field: CsvField) => (row.has(field) ? booleanOf(row.raw(field)) : null)
  const draft: PluginDraft = {
    ...newPlugin(pluginId),
    name: text('plugin.name'),
    family: row.text('plugin.family') === null ? null : text('plugin.family'),
    familyId: integerOf(row.raw('plugin.familyId')) ?? null,
    type: text('plugin.type')?.toLowerCase() ?? null,
    version: text('plugin.version'),
    riskFactor: riskFactorOf(row.raw('plugin.riskFactor')),
    synopsis: text('plugin.synopsis'),
    description: text('plugin.description'),
    solution: text('plugin.solution'),
    publishedAt: row.instant('plugin.published'),
    modifiedAt: row.instant('plugin.modified'),
    patchPublishedAt: row.instant('plugin.patchPublished'),
    vulnPublishedAt: row.instant('plugin.vulnPublished'),
    cvss2BaseScore: row.score('plugin.cvss2'),
    cvss2TemporalScore: row.score('plugin.cvss2Temporal'),
    cvss2Vector: joined(row, 'plugin.cvss2Vector', 'plugin.cvss2TemporalVector', vector2Of),
    cvss3BaseScore: row.score('plugin.cvss3'),
    cvss3TemporalScore: row.score('plugin.cvss3Temporal'),
    cvss3Vector: joined(row, 'plugin.cvss3Vector', 'plugin.cvss3TemporalVector', vector3Of),
    cvss4BaseScore: row.score('plugin.cvss4'),
    cvss4Vector: text('plugin.cvss4Vector'),
    vprScore: row.score('plugin.vpr'),
    vprV2Score: row.score('plugin.vprV2'),
    epssScore: row.share('plugin.epss'),
    isKev: flag('plugin.kev'),
    exploitAvailable: flag('plugin.exploitAvailable'),
    exploitabilityEase: text('plugin.exploitEase'),
    exploitedByMalware: flag('plugin.exploitedByMalware'),
    exploitedByNessus: flag('plugin.exploitedByNessus'),
    exploitFrameworks: frameworksOf(row),
    hasPatch: flag('plugin.hasPatch'),
    inTheNews: flag('plugin.inTheNews'),
    unsupportedByVendor: flag('plugin.unsupported'),
    checksForDefaultAccount: flag('plugin.defaultAccount'),
    checksForMalware: flag('plugin.malware'),
    stigSeverity: text('plugin.stigSeverity'),
    seeAlso: row.text('plugin.seeAlso') === null ? null : wordsOf(row.raw('plugin.seeAlso')).map(kept),
    extra: extraOf(row, layout),
  }
  addReferences(draft, row)
  return draft
}

/** What each row of a repeated finding adds: its CVE, its BID, its cross reference. */
function addReferences(draft: PluginDraft, row: CsvRow): void {
  const references = row.raw('plugin.references')
  const cves = [...cvesOf(row.raw('plugin.cves')), ...cvesOf(references)]
  if (cves.length > 0) draft.cves = unite(draft.cves, cves.map(kept))
  const bids = bidsOf(row.raw('plugin.bids'))
  if (bids.length > 0) draft.bids = unite(draft.bids, bids)
  const cpes = linesOf(row.raw('plugin.cpes')).flatMap(line => line.split(/,\s*(?=cpe:)/))
  if (cpes.length > 0) draft.cpes = unite(draft.cpes, cpes.map(kept))
  const bulletins = wordsOf(row.raw('plugin.msBulletins'))
  if (bulletins.length > 0) draft.msBulletins = unite(draft.msBulletins, bulletins.map(kept))
  const xrefs = [
    ...itemsOf(row.raw('plugin.xrefs')).map(xrefOf),
    ...itemsOf(row.raw('plugin.cwes')).map(cwe => `CWE:${cwe.replace(/^CWE[-:# ]*/i, '')}`),
    ...(['iava', 'iavb', 'iavt'] as const).flatMap(kind =>
      itemsOf(row.raw(`plugin.${kind}`)).map(id => `${kind.toUpperCase()}:${id}`),
    ),
    ...bracketed(references),
  ]
  if (xrefs.length > 0) draft.xrefs = unite(draft.xrefs, xrefs.map(kept))
  if (xrefs.some(xref => xref.startsWith('CISA-KNOWN-EXPLOITED:'))) draft.isKev = true
}

/** `CISA-KNOWN-EXPLOITED=[2022/03/24], CVE=[CVE-2022-1, CVE-2022-2]` */
function bracketed(text: string): string[] {
  return [...text.matchAll(/([\w .-]+)=\[([^\]]*)\]/g)].flatMap(([, type = '', list = '']) => {
    const name = type.trim()
    return /^(CVE|BID)$/i.test(name) ? [] : itemsOf(list).map(id => `${name}:${id}`)
  })
}

/** `1,184,933,065` was three numbers before a spreadsheet read it as one: nothing of it can be believed. */
function bidsOf(text: string): number[] {
  if (/^\d{1,3}(,\d{3}){2,}$/.test(text.trim())) return []
  return wordsOf(text)
    .map(word => numberOf(word) ?? Number.NaN)
    .filter(bid => Number.isInteger(bid) && bid > 0 && bid < 2 ** 31)
}

function riskFactorOf(text: string): string | null {
  const trimmed = text.trim().toLowerCase()
  return trimmed === 'none' || severityOf(trimmed) !== undefined ? trimmed : null
}

function joined(row: CsvRow, base: CsvField, temporal: CsvField, read: (text: string) => string): string | null {
  const vector = row.text(base)
  if (vector === null) return null
  const more = row.text(temporal)
  const whole = more === null || vector.includes('/E:') ? vector : `${vector}/${more}`
  return kept(read(whole))
}

const frameworkFields = {
  'plugin.metasploit': 'metasploit',
  'plugin.core': 'core',
  'plugin.canvas': 'canvas',
  'plugin.d2': 'd2_elliot',
  'plugin.exploitHub': 'exploithub',
} as const satisfies Partial<Record<CsvField, string>>

function frameworksOf(row: CsvRow): string[] | null {
  const fields = Object.keys(frameworkFields) as (keyof typeof frameworkFields)[]
  const told = fields.filter(field => row.has(field))
  const named = itemsOf(row.raw('plugin.frameworks')).map(name => (name.split('(')[0] ?? '').trim().toLowerCase())
  if (told.length === 0 && !row.has('plugin.frameworks')) return null
  const flagged = told.filter(field => booleanOf(row.raw(field)) === true).map(field => frameworkFields[field])
  return [...new Set([...flagged, ...named.filter(name => name !== '')])]
}

function extraOf(row: CsvRow, layout: CsvLayout): Record<string, Json> | null {
  const known = layout.unknown.filter(column => column.isPlugin && (row.cells[column.place] ?? '') !== '')
  if (known.length === 0) return null
  return Object.fromEntries(known.map(column => [column.name, kept(row.cells[column.place] ?? '')]))
}
