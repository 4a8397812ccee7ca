import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts'
import { type Plugin, unknownPlugin } from '../../domain/plugin.ts'
import { RecordNotes, UnreadableRecord } from '../formats/record.ts'

type Draft = { -readonly [Field in keyof Plugin]: Plugin[Field] }

/** A plugin, and what was odd about it. */
export interface PluginReading {
  readonly plugin: Plugin
  readonly notes: RecordNotes
}

/**
 * One plugin as a finding carries it, or as the catalogue describes it: the catalogue says `plugin_modification_date` where
 * a finding says `modification_date`, and puts all but id and name under `attributes`.
 * @throws UnreadableRecord when it has no usable id
 */
export function normalisePlugin(wire: JsonObject): PluginReading {
  const pluginId = pluginIdOf(wire.id ?? wire.plugin_id)
  const notes = new RecordNotes(`plugin ${pluginId}`)
  const draft: Draft = { ...unknownPlugin, pluginId }
  const frameworks = new Map<string, boolean>()
  readFields(wire, draft, frameworks, notes)
  if ('attributes' in wire) {
    const attributes = attributesOf(wire.attributes)
    if (attributes) readFields(attributes, draft, frameworks, notes)
    else notes.keep(null, 'attributes', wire.attributes)
  }
  if (frameworks.size > 0) {
    draft.exploitFrameworks = [...frameworks].filter(([, isThere]) => isThere).map(([name]) => name)
  }
  if (namesKev(draft)) draft.isKev = true
  draft.extra = notes.extra
  return { plugin: draft, notes }
}

/** @throws UnreadableRecord */
export function pluginIdOf(value: Json | undefined): number {
  const id = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
  if (typeof id === 'number' && Number.isInteger(id) && id >= 0 && id <= 2_147_483_647) return id
  throw new UnreadableRecord(`The plugin has no usable id: ${JSON.stringify(value) ?? 'none'}.`.slice(0, 200))
}

function readFields(wire: JsonObject, draft: Draft, frameworks: Map<string, boolean>, notes: RecordNotes): void {
  for (const key in wire) {
    const value = wire[key] as Json
    const read = readers.get(key)
    if (read) read(draft, value, key, notes)
    else if (key.startsWith('exploit_framework_')) {
      const isThere = notes.boolean(null, key, value)
      if (isThere !== null) frameworks.set(key.slice('exploit_framework_'.length), isThere)
    } else notes.keep(null, key, value)
  }
}

type FieldReader = (draft: Draft, value: Json, key: string, notes: RecordNotes) => void

type ColumnOf<Value> = { [Field in keyof Draft]: [Value] extends [Draft[Field]] ? Field : never }[keyof Draft]

/** Sets a column once; another spelling of the same fact that says something else is kept beside it. */
function into<Value>(
  column: ColumnOf<Value | null>,
  read: (notes: RecordNotes, key: string, value: Json) => Value | null,
): FieldReader {
  return (draft, value, key, notes) => {
    const said = read(notes, key, value)
    if (said === null) return
    const known = draft[column] as unknown
    if (known === null) (draft as Record<string, unknown>)[column] = said
    else if (JSON.stringify(known) !== JSON.stringify(said)) notes.keep(null, key, value)
  }
}

const text = (column: ColumnOf<string | null>) =>
  into<string>(column, (notes, key, value) => notes.text(null, key, value))
const lower = (column: ColumnOf<string | null>) =>
  into<string>(column, (notes, key, value) => notes.text(null, key, value)?.toLowerCase() ?? null)
const instant = (column: ColumnOf<string | null>) =>
  into<string>(column, (notes, key, value) => notes.instant(null, key, value))
const flag = (column: ColumnOf<boolean | null>) =>
  into<boolean>(column, (notes, key, value) => notes.boolean(null, key, value))
const score = (column: ColumnOf<number | null>) =>
  into<number>(column, (notes, key, value) => notes.number(null, key, value))
const texts = (column: ColumnOf<readonly string[] | null>) =>
  into<readonly string[]>(column, (notes, key, value) => notes.texts(null, key, value))

/** The vector's own text to its column, the parsed rest of it to `extra`. */
function vector(column: ColumnOf<string | null>): FieldReader {
  const set = text(column)
  return (draft, value, key, notes) => {
    if (!isJsonObject(value)) {
      set(draft, value, key, notes)
      return
    }
    for (const part in value) {
      const inner = value[part]
      if (part === 'raw' && typeof inner === 'string') set(draft, inner, key, notes)
      else notes.keep(key, part, inner)
    }
  }
}

const vpr: FieldReader = (draft, value, key, notes) => {
  if (!isJsonObject(value)) {
    draft.vprScore ??= notes.number(null, key, value)
    return
  }
  draft.vpr = notes.object(null, key, value)
  draft.vprScore ??= numberIn(value, 'score') ?? numberIn(value, 'vpr_score')
  draft.vprUpdatedAt ??= notes.instant(null, 'vpr_updated', value.updated)
  // From July 2026 this key carries the second model, which knows the catalogue of known exploited vulnerabilities.
  if (typeof value.on_cisa_kev === 'boolean') draft.isKev = draft.isKev === true || value.on_cisa_kev
}

const vprV2: FieldReader = (draft, value, key, notes) => {
  if (!isJsonObject(value)) {
    draft.vprV2Score ??= notes.number(null, key, value)
    return
  }
  draft.vprV2 = notes.object(null, key, value)
  draft.vprV2Score ??= numberIn(value, 'score') ?? numberIn(value, 'vpr_score')
  if (typeof value.on_cisa_kev === 'boolean') draft.isKev = draft.isKev === true || value.on_cisa_kev
}

function numberIn(object: JsonObject, key: string): number | null {
  const value = object[key]
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : null
}

/** A percentage, also below one: 0.4 is 0.4 %. */
const epss: FieldReader = (draft, value, key, notes) => {
  const percent = notes.number(null, key, value)
  if (percent === null) return
  if (percent < 0 || percent > 100) notes.odd(null, key, value, `A percentage was expected, not ${percent}.`)
  else draft.epssScore = Number((percent / 100).toPrecision(12))
}

const xrefs: FieldReader = (draft, value, key, notes) => {
  const items = Array.isArray(value) ? (value as readonly Json[]) : [value]
  const known = new Set(draft.xrefs ?? [])
  for (const item of items) {
    const reference = referenceOf(item)
    if (reference !== undefined) known.add(reference)
    if (reference === undefined || (isJsonObject(item) && Object.keys(item).length > 2)) notes.keep(null, key, value)
  }
  draft.xrefs = [...known]
}

function referenceOf(item: Json): string | undefined {
  if (typeof item === 'string') return item
  if (!isJsonObject(item)) return undefined
  const { type, id } = item
  if (typeof type !== 'string' || (typeof id !== 'string' && typeof id !== 'number')) return undefined
  return `${type}:${id}`
}

const bids: FieldReader = (draft, value, key, notes) => {
  const items = Array.isArray(value) ? (value as readonly Json[]) : [value]
  const numbers = items.map(item => (typeof item === 'string' && /^\d+$/.test(item) ? Number(item) : item))
  const usable = numbers.filter(item => typeof item === 'number' && Number.isInteger(item) && Math.abs(item) < 2 ** 31)
  if (usable.length < items.length) notes.odd(null, key, value, 'A list of Bugtraq numbers was expected.')
  draft.bids = usable as number[]
}

/** Every spelling the vendor uses, in findings, in the catalogue's list and in its details. */
const fields = {
  name: text('name'),
  plugin_name: text('name'),
  family: text('family'),
  family_name: text('family'),
  plugin_family: text('family'),
  family_id: into<number>('familyId', (notes, key, value) => notes.integer(null, key, value)),
  type: lower('type'),
  plugin_type: lower('type'),
  version: text('version'),
  plugin_version: text('version'),
  script_version: text('version'),
  risk_factor: lower('riskFactor'),
  synopsis: text('synopsis'),
  description: text('description'),
  solution: text('solution'),
  publication_date: instant('publishedAt'),
  plugin_publication_date: instant('publishedAt'),
  modification_date: instant('modifiedAt'),
  plugin_modification_date: instant('modifiedAt'),
  patch_publication_date: instant('patchPublishedAt'),
  vuln_publication_date: instant('vulnPublishedAt'),
  cve: texts('cves'),
  cpe: texts('cpes'),
  bid: bids,
  see_also: texts('seeAlso'),
  xrefs,
  xref: xrefs,
  ms_bulletin: texts('msBulletins'),
  cvss_base_score: score('cvss2BaseScore'),
  cvss_temporal_score: score('cvss2TemporalScore'),
  cvss_vector: vector('cvss2Vector'),
  cvss3_base_score: score('cvss3BaseScore'),
  cvss3_temporal_score: score('cvss3TemporalScore'),
  cvss3_vector: vector('cvss3Vector'),
  cvss4_base_score: score('cvss4BaseScore'),
  cvss4_vector: vector('cvss4Vector'),
  vpr,
  vpr_v2: vprV2,
  epss_score: epss,
  exploit_available: flag('exploitAvailable'),
  exploitability_ease: text('exploitabilityEase'),
  exploited_by_malware: flag('exploitedByMalware'),
  exploited_by_nessus: flag('exploitedByNessus'),
  has_patch: flag('hasPatch'),
  has_workaround: flag('hasWorkaround'),
  in_the_news: flag('inTheNews'),
  unsupported_by_vendor: flag('unsupportedByVendor'),
  checks_for_default_account: flag('checksForDefaultAccount'),
  default_account: flag('checksForDefaultAccount'),
  checks_for_malware: flag('checksForMalware'),
  malware: flag('checksForMalware'),
  stig_severity: text('stigSeverity'),
} satisfies Record<string, FieldReader>

/** Read before the others, or apart from them. */
const alreadyRead: FieldReader = () => {}
const readers = new Map<string, FieldReader>([
  ...Object.entries(fields),
  ['id', alreadyRead],
  ['plugin_id', alreadyRead],
  ['attributes', alreadyRead],
])

function namesKev(draft: Draft): boolean {
  return draft.xrefs?.some(reference => reference.startsWith('CISA-KNOWN-EXPLOITED:')) ?? false
}

/** The list endpoint sends an object, the detail endpoint `[{attribute_name, attribute_value}]` with repeated names. */
function attributesOf(value: Json | undefined): JsonObject | undefined {
  if (isJsonObject(value)) return value
  if (!Array.isArray(value)) return undefined
  const gathered: Record<string, Json> = {}
  for (const item of value as readonly Json[]) {
    if (!isJsonObject(item) || typeof item.attribute_name !== 'string') return undefined
    const name = item.attribute_name
    const said = item.attribute_value ?? null
    const before = Object.hasOwn(gathered, name) ? gathered[name] : undefined
    gathered[name] = before === undefined ? said : Array.isArray(before) ? [...before, said] : [before, said]
  }
  return gathered
}
