import type { Agent, DirectoryList, DirectoryRows, Network, Scanner, Tag, TagCategory } from '../../domain/directory.ts'
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts'
import { RecordNotes, shown, UnreadableRecord } from '../formats/record.ts'
import { withoutSecrets } from './secrets.ts'

export interface DirectoryReading<L extends DirectoryList> {
  readonly row: DirectoryRows[L]
  readonly notes: RecordNotes
}

/** How an entry of each list becomes a row. @throws UnreadableRecord when it has no usable id */
export const normaliseDirectory: {
  readonly [L in DirectoryList]: (wire: JsonObject) => DirectoryReading<L>
} = {
  network: wire => read(wire, 'network', 'uuid', network),
  scanner: wire => read(wire, 'scanner', 'id', scanner),
  agent: wire => read(wire, 'agent', 'id', agent),
  tag_category: wire => read(wire, 'tag category', 'uuid', tagCategory),
  tag: wire => read(wire, 'tag', 'uuid', tag),
}

type Facts<Row> = Omit<Row, 'nativeId' | 'extra'>

function read<Row>(
  wire: JsonObject,
  what: string,
  idField: string,
  facts: (fields: Fields, nativeId: string) => Facts<Row>,
): { row: Row; notes: RecordNotes } {
  const nativeId = nativeIdOf(wire[idField], what)
  const notes = new RecordNotes(`${what} ${nativeId}`)
  const fields = new Fields(withoutSecrets(wire), notes, idField)
  const row = { nativeId, ...facts(fields, nativeId), extra: fields.rest() } as Row
  return { row, notes }
}

/** Scanners and agents are numbered; all else has a UUID, and the number may come as a text. */
function nativeIdOf(value: Json | undefined, what: string): string {
  if (typeof value === 'string' && value !== '' && value.length <= 200) return value
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value)
  throw new UnreadableRecord(`The ${what} has no usable id: ${shown(value ?? null)}.`)
}

function network(from: Fields, nativeId: string): Facts<Network> {
  return {
    name: from.text('name') ?? nativeId,
    description: from.text('description'),
    isDefault: from.boolean('is_default'),
    assetsTtlDays: from.integer('assets_ttl_days'),
    ownerId: from.text('owner_uuid'),
    scannerCount: from.integer('scanner_count'),
    // Milliseconds, and once more in seconds.
    createdAt: from.instant('created', 'created_in_seconds'),
    createdBy: from.text('created_by'),
    modifiedAt: from.instant('modified', 'modified_in_seconds'),
    modifiedBy: from.text('modified_by'),
  }
}

function scanner(from: Fields, nativeId: string): Facts<Scanner> {
  return {
    uuid: from.text('uuid'),
    name: from.text('name') ?? nativeId,
    type: from.text('type'),
    status: from.text('status'),
    isLinked: from.boolean('linked'),
    isGroup: from.boolean('group'),
    networkName: from.text('network_name'),
    hostname: from.text('hostname'),
    ipAddresses: from.texts('ip_addresses'),
    groups: from.names('groups'),
    platform: from.text('platform'),
    distro: from.text('distro'),
    engineVersion: from.text('engine_version'),
    pluginSet: from.text('loaded_plugin_set'),
    ownerName: from.text('owner_name', 'owner'),
    scanCount: from.integer('scan_count', 'num_scans'),
    createdAt: from.instant('creation_date'),
    modifiedAt: from.instant('last_modification_date', 'timestamp'),
    lastConnectAt: from.instant('last_connect'),
  }
}

function agent(from: Fields, nativeId: string): Facts<Agent> {
  return {
    uuid: from.text('uuid'),
    assetNativeId: from.text('asset_uuid'),
    name: from.text('name') ?? nativeId,
    platform: from.text('platform'),
    distro: from.text('distro'),
    ipAddress: from.text('ip'),
    status: from.text('status'),
    health: from.text('health_state_name'),
    groups: from.names('groups'),
    networkId: from.text('network_uuid'),
    networkName: from.text('network_name'),
    profileName: from.text('profile_name'),
    coreVersion: from.text('core_version'),
    coreBuild: from.text('core_build'),
    pluginSet: from.text('plugin_feed_id'),
    linkedAt: from.instant('linked_on'),
    lastConnectAt: from.instant('last_connect'),
    lastScannedAt: from.instant('last_scanned'),
  }
}

function tagCategory(from: Fields, nativeId: string): Facts<TagCategory> {
  return {
    name: from.text('name') ?? nativeId,
    description: from.text('description'),
    isReserved: from.boolean('reserved'),
    createdAt: from.instant('created_at'),
    createdBy: from.text('created_by'),
    updatedAt: from.instant('updated_at'),
    updatedBy: from.text('updated_by'),
  }
}

function tag(from: Fields, nativeId: string): Facts<Tag> {
  const categoryId = from.text('category_uuid')
  return {
    categoryId,
    category: from.text('category_name') ?? categoryId ?? nativeId,
    value: from.text('value') ?? '',
    description: from.text('description'),
    type: from.text('type'),
    createdAt: from.instant('created_at'),
    createdBy: from.text('created_by'),
    updatedAt: from.instant('updated_at'),
    updatedBy: from.text('updated_by'),
  }
}

/** The members of an entry; what nobody asked for is left for `extra`. */
class Fields {
  readonly #wire: JsonObject
  readonly #notes: RecordNotes
  readonly #used: Set<string>

  constructor(wire: JsonObject, notes: RecordNotes, idField: string) {
    this.#wire = wire
    this.#notes = notes
    this.#used = new Set([idField])
  }

  /** Of several spellings the first that says something; the others stay where they are. */
  text(...names: readonly string[]): string | null {
    return this.#first(names, (name, value) => this.#notes.text(null, name, value))
  }

  boolean(name: string): boolean | null {
    return this.#notes.boolean(null, name, this.#take(name))
  }

  integer(...names: readonly string[]): number | null {
    return this.#first(names, (name, value) => this.#notes.integer(null, name, value))
  }

  instant(...names: readonly string[]): string | null {
    return this.#first(names, (name, value) => this.#notes.instant(null, name, value))
  }

  texts(name: string): string[] {
    return this.#notes.texts(null, name, this.#take(name))
  }

  /** Of things with names and ids: the names in order. The whole is kept beside them, for the ids. */
  names(name: string): string[] {
    const items = this.#notes.objects(null, name, this.#take(name))
    if (items.length > 0) this.#notes.keep(null, name, items)
    const names = items.flatMap(item => (isJsonObject(item) && typeof item.name === 'string' ? [item.name] : []))
    return [...new Set(names)].sort()
  }

  rest(): JsonObject | null {
    for (const [name, value] of Object.entries(this.#wire)) {
      if (!this.#used.has(name)) this.#notes.keep(null, name, value)
    }
    return this.#notes.extra
  }

  #take(name: string): Json | undefined {
    this.#used.add(name)
    return this.#wire[name]
  }

  #first<Value>(names: readonly string[], read: (name: string, value: Json | undefined) => Value | null): Value | null {
    for (const name of names) {
      const value = this.#wire[name]
      if (value === undefined || value === null) continue
      const said = read(name, this.#take(name))
      if (said !== null) return said
    }
    return null
  }
}
