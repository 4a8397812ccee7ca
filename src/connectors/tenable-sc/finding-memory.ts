import type { ObservedAsset } from '../../domain/asset.ts'
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts'
import type { Plugin, PluginDescription } from '../../domain/plugin.ts'
import type { QualityIssue } from '../connector.ts'
import { RecordNotes } from '../formats/record.ts'
import { pluginIdOf } from './normalise.ts'
import { hostFields, normaliseObservedHost } from './normalise-host.ts'
import { normalisePlugin, pluginFields } from './normalise-plugin.ts'
import { textOf } from './wire.ts'

const mostPlugins = 20_000
const mostHosts = 5_000

/**
 * Every row carries all of its plugin and of its host. What they say is read once, and the same object stands for it as
 * long as it is said again: nobody merges it twice.
 */
export class FindingMemory {
  readonly #plugins = new Map<number, RememberedPlugin>()
  readonly #hosts = new Map<string, { readonly wire: JsonObject; readonly host: ObservedAsset }>()

  /** @throws UnreadableRecord */
  pluginOf(wire: JsonObject): PluginDescription & { readonly issues: readonly QualityIssue[] | null } {
    const pluginId = pluginIdOf(wire, 'pluginID')
    const known = this.#plugins.get(pluginId)
    if (known?.isSaidBy(wire)) return known
    if (this.#plugins.size >= mostPlugins) this.#plugins.clear()
    const plugin = new RememberedPlugin(pluginId, wire)
    this.#plugins.set(pluginId, plugin)
    return plugin
  }

  /** @throws UnreadableRecord */
  hostOf(wire: JsonObject): ObservedAsset {
    const name = [wire.ip, wire.uuid, wire.hostUUID, wire.dnsName].map(value => textOf(value) ?? '').join('|')
    const known = this.#hosts.get(name)
    if (known && hostFields.every(field => isSame(known.wire[field], wire[field]))) return known.host
    if (this.#hosts.size >= mostHosts) this.#hosts.clear()
    const host = normaliseObservedHost(wire)
    this.#hosts.set(name, { wire: only(wire, hostFields), host })
    return host
  }
}

class RememberedPlugin implements PluginDescription {
  readonly pluginId: number
  readonly #wire: JsonObject
  /** Told with the first row of the plugin. */
  issues: readonly QualityIssue[] | null

  constructor(pluginId: number, wire: JsonObject) {
    this.pluginId = pluginId
    this.#wire = only(wire, pluginFields)
    this.issues = this.#read().notes.issues
  }

  isSaidBy(wire: JsonObject): boolean {
    const isSaid = pluginFields.every(field => isSame(this.#wire[field], wire[field]))
    if (isSaid) this.issues = null
    return isSaid
  }

  describe(): Plugin {
    return this.#read().plugin
  }

  #read(): { readonly plugin: Plugin; readonly notes: RecordNotes } {
    const notes = new RecordNotes(`plugin ${this.pluginId}`)
    return { plugin: normalisePlugin(this.pluginId, this.#wire, notes), notes }
  }
}

function only(wire: JsonObject, fields: readonly string[]): JsonObject {
  return Object.fromEntries(fields.flatMap(field => (wire[field] === undefined ? [] : [[field, wire[field]]])))
}

function isSame(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true
  if (!isJsonObject(a) || !isJsonObject(b)) {
    return typeof a === 'object' && typeof b === 'object' && JSON.stringify(a) === JSON.stringify(b)
  }
  const names = Object.keys(a)
  return (
    names.length === Object.keys(b).length && names.every(name => Object.hasOwn(b, name) && isSame(a[name], b[name]))
  )
}
