import type { ObservedAsset } from '../../domain/asset.ts'
import type { Finding, SeverityModification } from '../../domain/finding.ts'
import type { Json, JsonObject } from '../../domain/json.ts'
import type { PluginDescription } from '../../domain/plugin.ts'
import { type Severity, severityOfId } from '../../domain/severity.ts'
import { RecordNotes, shown, UnreadableRecord } from '../formats/record.ts'
import { hostFields } from './normalise-host.ts'
import { pluginFields } from './normalise-plugin.ts'
import { instantOf, memberOf, numberOf, textOf } from './wire.ts'

/** The two databases of a repository: what is open, and what went away. */
export type SourceType = 'cumulative' | 'patched'

export interface FindingReading {
  readonly finding: Finding
  readonly notes: RecordNotes
}

/** A record of `vulndetails` in our words. @throws UnreadableRecord */
export function normaliseFinding(
  wire: JsonObject,
  sourceType: SourceType,
  asset: ObservedAsset,
  plugin: PluginDescription,
): FindingReading {
  const port = numberOf(wire.port) ?? 0
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new UnreadableRecord(`The finding has no possible port: ${shown(wire.port ?? null)}.`)
  }
  const protocol = (textOf(wire.protocol) ?? 'unknown').toLowerCase()
  const notes = new RecordNotes(`${asset.nativeId} plugin ${plugin.pluginId} port ${port}/${protocol}`)
  const severity = severityIn(wire)
  const lastSeen = instant(wire, 'lastSeen', notes)
  const isRecast = textOf(wire.recastRisk) === '1'
  const modification = modificationOf(wire, isRecast)
  const isFixed = sourceType === 'patched'
  const finding: Finding = {
    assetNativeId: asset.nativeId,
    asset,
    pluginId: plugin.pluginId,
    plugin,
    port,
    protocol,
    instance: instanceOf(wire),
    state: isFixed ? 'fixed' : textOf(wire.hasBeenMitigated) === '1' ? 'reopened' : 'open',
    severity,
    // What it was before a recast is told nowhere.
    defaultSeverity: isRecast ? null : severity,
    severityModification: modification.kind,
    modificationReason: modification.reason,
    modificationRuleId: null,
    firstFound: instant(wire, 'firstSeen', notes),
    lastFound: lastSeen,
    lastFixed: isFixed ? instant(wire, 'lastMitigated', notes) : null,
    resurfacedAt: null,
    timeTakenToFixSeconds: null,
    indexedAt: null,
    // Of two rows of one finding the later sighting counts: one under an old name of its host went away only there.
    versionAt: lastSeen,
    service: null,
    sensor: null,
    scanUuid: null,
    scanScheduleUuid: null,
    scanStartedAt: null,
    scanCompletedAt: null,
    scanTarget: null,
    nativeId: textOf(wire.vulnUUID),
    output: outputOf(wire.pluginText),
    extra: null,
  }
  keepUnknown(wire, notes)
  return { finding: { ...finding, extra: notes.extra }, notes }
}

/** @throws UnreadableRecord */
export function pluginIdOf(wire: JsonObject, field: 'pluginID' | 'id'): number {
  const id = numberOf(wire[field])
  if (id !== null && Number.isInteger(id) && id > 0 && id < 2 ** 31) return id
  throw new UnreadableRecord(`The record has no usable id of a plugin: ${shown(wire[field] ?? null)}.`)
}

function severityIn(wire: JsonObject): Severity {
  const id = numberOf(memberOf(wire.severity, 'id') ?? wire.severity)
  const severity = id === null ? undefined : severityOfId(id)
  if (severity) return severity
  throw new UnreadableRecord(`The finding has no known severity: ${shown(wire.severity ?? null)}.`)
}

function instant(wire: JsonObject, field: string, notes: RecordNotes): string | null {
  const value = instantOf(wire[field])
  if (value !== undefined) return value
  return notes.odd(null, field, wire[field] ?? null, `This is not a possible time: ${shown(wire[field] ?? null)}.`)
}

function modificationOf(
  wire: JsonObject,
  isRecast: boolean,
): { readonly kind: SeverityModification; readonly reason: string | null } {
  if (textOf(wire.acceptRisk) === '1') return { kind: 'accepted', reason: textOf(wire.acceptRiskRuleComment) }
  if (isRecast) return { kind: 'recasted', reason: textOf(wire.recastRiskRuleComment) }
  return { kind: 'none', reason: null }
}

const usualKey: ReadonlySet<string> = new Set([
  'repositoryID',
  'ip',
  'dnsName',
  'uuid',
  'hostUUID',
  'netbiosName',
  'macAddress',
  'port',
  'protocol',
  'pluginID',
])

/** The last list of fields and what is unusual in it: it is the same for all rows of a repository. */
let lastUniqueness = { text: '', further: [] as readonly string[] }

function furtherFields(text: string): readonly string[] {
  if (text !== lastUniqueness.text) {
    const fields = text.split(',').map(field => field.trim())
    lastUniqueness = { text, further: fields.filter(field => field !== '' && !usualKey.has(field)) }
  }
  return lastUniqueness.further
}

/** What tells findings of one host, plugin and port apart: of web applications their address and input. */
function instanceOf(wire: JsonObject): string {
  const further = furtherFields(textOf(wire.vulnUniqueness) ?? '')
  if (further.length === 0) return ''
  return further
    .map(field => textOf(wire[field]) ?? '')
    .filter(text => text !== '')
    .join('|')
}

const opening = '<plugin_output>'
const closing = '</plugin_output>'

function outputOf(value: Json | undefined): string | null {
  const text = textOf(value)
  if (text === null) return null
  const trimmed = text.trim()
  if (!trimmed.startsWith(opening)) return text
  const from = text.indexOf(opening) + opening.length
  const inner = trimmed.endsWith(closing) ? text.slice(from, text.lastIndexOf(closing)) : text.slice(from)
  return inner === '' ? null : inner
}

const known: ReadonlySet<string> = new Set([
  ...pluginFields,
  ...hostFields,
  'pluginID',
  'pluginInfo',
  'severity',
  'hasBeenMitigated',
  'acceptRisk',
  'recastRisk',
  'acceptRiskRuleComment',
  'recastRiskRuleComment',
  'port',
  'protocol',
  'firstSeen',
  'lastSeen',
  'lastMitigated',
  'pluginText',
  'vulnUUID',
  'vulnUniqueness',
])

function keepUnknown(wire: JsonObject, notes: RecordNotes): void {
  for (const field in wire) {
    if (known.has(field)) continue
    const value = wire[field]
    // Nothing, as Security Center writes it.
    if (value !== '' && value !== '-1') notes.keep(null, field, value)
  }
}
