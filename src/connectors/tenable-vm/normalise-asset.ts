import {
  type Asset,
  type AssetInterface,
  type AssetStatus,
  type AssetTag,
  type CloudField,
  cloudFields,
  type ThirdPartyField,
  thirdPartyFields,
  unknownAsset,
} from '../../domain/asset.ts'
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts'
import { idOf, RecordNotes } from '../formats/record.ts'

type Draft = { -readonly [Field in keyof Asset]: Asset[Field] } & {
  cloud: Partial<Record<CloudField, string>>
  thirdParty: Partial<Record<ThirdPartyField, string>>
}

/** An asset, and what was odd about it. */
export interface AssetReading {
  readonly asset: Asset
  readonly notes: RecordNotes
}

/**
 * One asset of an export, in the flat form (v1) or the nested one (v2): the sections of v2 hold the names of v1.
 * @throws UnreadableRecord when it has no id
 */
export function normaliseAsset(wire: JsonObject): AssetReading {
  const nativeId = idOf(wire.id, 'asset')
  const notes = new RecordNotes(`asset ${nativeId}`)
  const draft: Draft = { ...unknownAsset, nativeId, cloud: {}, thirdParty: {} }
  for (const key in wire) {
    const value = wire[key] as Json
    if (key === 'id') continue
    if (isJsonObject(value) && Object.hasOwn(sections, key)) readSection(key as SectionName, value, draft, notes)
    else readField(null, key, key, value, draft, notes)
  }
  draft.acrScore ??= scoreIn(draft.ratings, 'acr')
  draft.exposureScore ??= scoreIn(draft.ratings, 'aes')
  draft.status = statusOf(wire)
  draft.extra = notes.extra
  return { asset: draft, notes }
}

/** The date decides, also one we could not read: the vendor sets it on nothing else. */
function statusOf(wire: JsonObject): AssetStatus {
  const times = isJsonObject(wire.timestamps) ? wire.timestamps : wire
  if (isSaid(times.deleted_at ?? wire.deleted_at)) return 'deleted'
  return isSaid(times.terminated_at ?? wire.terminated_at) ? 'terminated' : 'live'
}

function isSaid(value: Json | undefined): boolean {
  return value !== undefined && value !== null && value !== '' && value !== 0
}

type SectionName = keyof typeof sections

/** The parts of v2, and how a name inside them reads in v1. */
const sections = {
  scan: (key: string) => key,
  network: (key: string) => key,
  timestamps: (key: string) => key,
  third_party_ids: (key: string) => key,
  cloud: (key: string) => key,
} as const

function readSection(section: SectionName, wire: JsonObject, draft: Draft, notes: RecordNotes): void {
  for (const key in wire) {
    const value = wire[key] as Json
    if (section === 'cloud' && isJsonObject(value)) readCloud(key, value, draft, notes)
    else readField(section, key, sections[section](key), value, draft, notes)
  }
}

function readCloud(provider: string, wire: JsonObject, draft: Draft, notes: RecordNotes): void {
  for (const key in wire) readField(`cloud.${provider}`, key, `${provider}_${key}`, wire[key] as Json, draft, notes)
}

function readField(
  section: string | null,
  key: string,
  name: string,
  value: Json,
  draft: Draft,
  notes: RecordNotes,
): void {
  const read = readers.get(name)
  if (read) read(draft, value, section, key, notes)
  else notes.keep(section, key, value)
}

type FieldReader = (draft: Draft, value: Json, section: string | null, key: string, notes: RecordNotes) => void

type ColumnOf<Value> = { [Field in keyof Asset]-?: [Value] extends [Asset[Field]] ? Field : never }[keyof Asset]

/** A fact said twice in different words: the first stays, the other is kept beside it. */
function set(
  draft: Draft,
  column: keyof Draft,
  said: unknown,
  value: Json,
  section: string | null,
  key: string,
  notes: RecordNotes,
): void {
  if (said === null) return
  const known = draft[column] as unknown
  if (known === null) (draft as Record<string, unknown>)[column] = said
  else if (known !== said) notes.keep(section, key, value)
}

const text =
  (column: ColumnOf<string | null>): FieldReader =>
  (draft, value, section, key, notes) =>
    set(draft, column, notes.text(section, key, value), value, section, key, notes)

const instant =
  (column: ColumnOf<string | null>): FieldReader =>
  (draft, value, section, key, notes) =>
    set(draft, column, notes.instant(section, key, value), value, section, key, notes)

const flag =
  (column: ColumnOf<boolean | null>): FieldReader =>
  (draft, value, section, key, notes) =>
    set(draft, column, notes.boolean(section, key, value), value, section, key, notes)

const score =
  (column: ColumnOf<number | null>): FieldReader =>
  (draft, value, section, key, notes) =>
    set(draft, column, notes.number(section, key, value), value, section, key, notes)

const texts =
  (column: ColumnOf<readonly string[]>): FieldReader =>
  (draft, value, section, key, notes) => {
    const said = notes.texts(section, key, value)
    if (said.length === 0) return
    const known = draft[column] as readonly string[]
    ;(draft as Record<string, unknown>)[column] = known.length === 0 ? said : [...new Set([...known, ...said])]
  }

const objects =
  (column: ColumnOf<readonly JsonObject[]>): FieldReader =>
  (draft, value, section, key, notes) => {
    const said = notes.objects(section, key, value)
    if (said.length > 0) (draft as Record<string, unknown>)[column] = said
  }

const readers = new Map<string, FieldReader>([
  ['has_agent', flag('hasAgent')],
  ['has_plugin_results', flag('hasPluginResults')],
  ['is_licensed', flag('isLicensed')],
  ['is_public', flag('isPublic')],
  ['types', texts('types')],
  ['hostnames', texts('hostnames')],
  ['fqdns', texts('fqdns')],
  ['ipv4s', texts('ipv4s')],
  ['ipv6s', texts('ipv6s')],
  ['mac_addresses', texts('macAddresses')],
  ['netbios_names', texts('netbiosNames')],
  ['operating_systems', texts('operatingSystems')],
  ['system_types', texts('systemTypes')],
  ['agent_names', texts('agentNames')],
  ['ssh_fingerprints', texts('sshFingerprints')],
  ['manufacturer_tpm_ids', texts('tpmIds')],
  ['qualys_asset_ids', texts('qualysAssetIds')],
  ['qualys_host_ids', texts('qualysHostIds')],
  ['symantec_ep_hardware_keys', texts('symantecHardwareKeys')],
  ['installed_software', texts('installedSoftware')],
  ['agent_uuid', text('agentUuid')],
  ['bios_uuid', text('biosUuid')],
  ['serial_number', text('serialNumber')],
  ['network_device_serial_identifier', text('serialNumber')],
  ['network_id', text('networkId')],
  ['network_name', text('networkName')],
  [
    'tenable_agent_days_since_active',
    (draft, value, section, key, notes) => {
      draft.agentDaysSinceActive = notes.integer(section, key, value)
    },
  ],
  ['acr_score', score('acrScore')],
  ['exposure_score', score('exposureScore')],
  ['created_at', instant('createdAt')],
  ['updated_at', instant('updatedAt')],
  ['deleted_at', instant('deletedAt')],
  ['deleted_by', text('deletedBy')],
  ['terminated_at', instant('terminatedAt')],
  ['terminated_by', text('terminatedBy')],
  ['first_seen', instant('firstSeen')],
  ['last_seen', instant('lastSeen')],
  ['first_scan_time', instant('firstScanAt')],
  ['last_scan_time', instant('lastScanAt')],
  ['last_authenticated_scan_date', instant('lastAuthenticatedScanAt')],
  ['last_licensed_scan_date', instant('lastLicensedScanAt')],
  ['last_authentication_attempt_date', instant('lastAuthenticationAttemptAt')],
  ['last_authentication_success_date', instant('lastAuthenticationSuccessAt')],
  ['last_authentication_scan_status', text('lastAuthenticationStatus')],
  ['last_scan_id', text('lastScanId')],
  ['last_schedule_id', text('lastScheduleId')],
  ['last_scan_target', text('lastScanTarget')],
  ['sources', objects('sightings')],
  ['open_ports', objects('openPorts')],
  ['custom_attributes', objects('customAttributes')],
  ['resource_tags', objects('resourceTags')],
  [
    'ratings',
    (draft, value, section, key, notes) => {
      draft.ratings = notes.object(section, key, value)
    },
  ],
  [
    'tags',
    (draft, value, section, key, notes) => {
      draft.tags = readEach(value, section, key, notes, tagOf)
    },
  ],
  [
    'network_interfaces',
    (draft, value, section, key, notes) => {
      draft.interfaces = readEach(value, section, key, notes, interfaceOf)
    },
  ],
  ...cloudFields.map((field): [string, FieldReader] => [
    field,
    (draft, value, section, key, notes) => {
      const said = notes.text(section, key, value)
      if (said !== null) draft.cloud[field] = said
    },
  ]),
  ...thirdPartyFields.map((field): [string, FieldReader] => [
    field,
    (draft, value, section, key, notes) => {
      const said = notes.text(section, key, value)
      if (said !== null) draft.thirdParty[field] = said
    },
  ]),
])

/** Reads a list of objects; one that says more than we have columns for is kept whole beside it. */
function readEach<T>(
  value: Json,
  section: string | null,
  key: string,
  notes: RecordNotes,
  read: (wire: JsonObject, notes: RecordNotes) => T | undefined,
): T[] {
  const kept: Json[] = []
  const result: T[] = []
  for (const wire of notes.objects(section, key, value)) {
    const inner = new RecordNotes()
    const item = read(wire, inner)
    if (item !== undefined) result.push(item)
    if (item === undefined || inner.extra) kept.push(wire)
    for (const issue of inner.issues ?? []) notes.issue(`${key}.${issue.field}`, issue.problem)
  }
  if (kept.length > 0) notes.keep(section, key, kept)
  return result
}

function tagOf(wire: JsonObject, notes: RecordNotes): AssetTag | undefined {
  const { uuid, key, value, added_by, added_at, tag_uuid, tag_key, tag_value, ...unknown } = wire
  for (const [name, inner] of Object.entries(unknown)) notes.keep(null, name, inner)
  const tag = {
    key: notes.text(null, 'key', key ?? tag_key),
    value: notes.text(null, 'value', value ?? tag_value),
    uuid: notes.text(null, 'uuid', uuid ?? tag_uuid),
    addedBy: notes.text(null, 'added_by', added_by),
    addedAt: notes.instant(null, 'added_at', added_at),
  }
  if (tag.key === null || tag.value === null) return undefined
  return { ...tag, key: tag.key, value: tag.value }
}

function interfaceOf(wire: JsonObject, notes: RecordNotes): AssetInterface {
  const { name, virtual, aliased, ipv4s, ipv6s, fqdns, mac_addresses, ...unknown } = wire
  for (const [key, inner] of Object.entries(unknown)) notes.keep(null, key, inner)
  return {
    name: notes.text(null, 'name', name) ?? '',
    isVirtual: notes.boolean(null, 'virtual', virtual),
    isAliased: notes.boolean(null, 'aliased', aliased),
    ipv4s: notes.texts(null, 'ipv4s', ipv4s),
    ipv6s: notes.texts(null, 'ipv6s', ipv6s),
    fqdns: notes.texts(null, 'fqdns', fqdns),
    macAddresses: notes.texts(null, 'mac_addresses', mac_addresses),
  }
}

function scoreIn(ratings: JsonObject | null, name: string): number | null {
  const rating = ratings?.[name]
  const score = isJsonObject(rating) ? rating.score : undefined
  const number = typeof score === 'string' && score.trim() !== '' ? Number(score) : score
  return typeof number === 'number' && Number.isFinite(number) ? number : null
}
