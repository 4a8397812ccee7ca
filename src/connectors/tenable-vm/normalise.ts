import type { ObservedAsset } from '../../domain/asset.ts'
import type { Finding, FindingState, SeverityModification } from '../../domain/finding.ts'
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts'
import type { PluginDescription } from '../../domain/plugin.ts'
import { isSeverity, type Severity, severityOfId } from '../../domain/severity.ts'
import type { Repairs } from '../formats/clean-text.ts'
import { RecordNotes, shown, UnreadableRecord } from '../formats/record.ts'

/** A finding, and what was odd about it. */
export interface FindingReading {
  readonly finding: Finding
  readonly notes: RecordNotes
}

/**
 * One finding of an export.
 * @param rest the record; its `asset` and `plugin` were read before
 * @throws UnreadableRecord when it cannot be told which finding it is, or what it says of it
 */
export function normaliseFinding(
  rest: JsonObject,
  asset: ObservedAsset,
  plugin: PluginDescription,
  repairs: Repairs,
): FindingReading {
  const notes = new RecordNotes()
  let severityValue: Json | undefined
  let severityId: Json | undefined
  let state: FindingState | undefined
  let defaultSeverity: Severity | null = null
  let severityModification: SeverityModification = 'none'
  let modificationReason: string | null = null
  let modificationRuleId: string | null = null
  let firstFound: string | null = null
  let lastFound: string | null = null
  let lastFixed: string | null = null
  let resurfacedAt: string | null = null
  let timeTakenToFixSeconds: number | null = null
  let indexedAt: string | null = null
  let sensor: string | null = null
  let nativeId: string | null = null
  let output: string | null = null
  let port = noPort
  let scan = noScan
  for (const key in rest) {
    const value = rest[key] as Json
    switch (key) {
      case 'asset':
      case 'plugin':
        break
      case 'port':
        port = readPort(value, notes)
        break
      case 'scan':
        scan = readScan(value, notes)
        break
      case 'output':
        output = typeof value === 'string' ? value : notes.text(null, key, value)
        break
      case 'severity':
        severityValue = value
        break
      case 'severity_id':
        severityId = value
        break
      case 'severity_default_id':
        defaultSeverity = readDefaultSeverity(value, notes)
        break
      case 'severity_modification_type':
        severityModification = readModification(value, notes)
        break
      case 'recast_reason':
        modificationReason = notes.text(null, key, value)
        break
      case 'recast_rule_uuid':
        modificationRuleId = notes.text(null, key, value)
        break
      case 'first_found':
        firstFound = notes.instant(null, key, value)
        break
      case 'last_found':
        lastFound = notes.instant(null, key, value)
        break
      case 'last_fixed':
        lastFixed = notes.instant(null, key, value)
        break
      case 'resurfaced_date':
        resurfacedAt = notes.instant(null, key, value)
        break
      case 'time_taken_to_fix':
        timeTakenToFixSeconds = notes.integer(null, key, value, 53)
        break
      case 'state':
        state = readState(value)
        break
      case 'indexed':
        indexedAt = notes.instant(null, key, value)
        break
      case 'indexed_at':
        // Third parties' copies of this record say `indexed_at`.
        if (indexedAt === null) indexedAt = notes.instant(null, key, value)
        else notes.keep(null, key, value)
        break
      case 'source':
        sensor = notes.text(null, key, value)
        break
      case 'finding_id':
        nativeId = notes.text(null, key, value)
        break
      default:
        notes.keep(null, key, value)
    }
  }
  if (state === undefined) throw new UnreadableRecord('The finding has no state.')
  const severity = readSeverity(severityValue, severityId, notes)
  if (port === noPort) port = withoutPort(notes)
  if (repairs.nul || repairs.surrogate || repairs.utf8) notes.repaired(repairs)
  if (notes.issues) notes.name(`${asset.nativeId} plugin ${plugin.pluginId} ${port.port}/${port.protocol}`)
  const finding: Finding = {
    assetNativeId: asset.nativeId,
    asset,
    pluginId: plugin.pluginId,
    plugin,
    port: port.port,
    protocol: port.protocol,
    instance: '',
    state,
    severity,
    defaultSeverity,
    severityModification,
    modificationReason,
    modificationRuleId,
    firstFound,
    lastFound,
    lastFixed,
    resurfacedAt,
    timeTakenToFixSeconds,
    indexedAt,
    service: port.service,
    sensor,
    scanUuid: scan.uuid,
    scanScheduleUuid: scan.scheduleUuid,
    scanStartedAt: scan.startedAt,
    scanCompletedAt: scan.completedAt,
    scanTarget: scan.target,
    nativeId,
    output,
    extra: notes.extra,
  }
  return { finding, notes }
}

function readState(value: Json): FindingState {
  if (value === 'OPEN') return 'open'
  if (value === 'FIXED') return 'fixed'
  if (value === 'REOPENED') return 'reopened'
  const text = typeof value === 'string' ? value.toLowerCase() : ''
  if (text === 'open' || text === 'fixed' || text === 'reopened') return text
  throw new UnreadableRecord(`The finding's state is unknown: ${shown(value)}.`)
}

function readSeverity(value: Json | undefined, id: Json | undefined, notes: RecordNotes): Severity {
  const fromId = severityFromId(id)
  if (typeof value === 'string') {
    const text = isSeverity(value) ? value : value.toLowerCase()
    if (isSeverity(text)) {
      if (id !== undefined && id !== null && fromId !== text) {
        notes.odd(null, 'severity_id', id, `It says ${shown(id)} while severity says ${text}; severity was believed.`)
      }
      return text
    }
  }
  if (fromId === undefined) {
    throw new UnreadableRecord(
      `The finding's severity is unknown: ${shown(value ?? null)}, severity_id ${shown(id ?? null)}.`,
    )
  }
  if (value !== undefined && value !== null) {
    notes.odd(null, 'severity', value, `The severity is unknown; severity_id ${shown(id ?? null)} was believed.`)
  }
  return fromId
}

function severityFromId(id: Json | undefined): Severity | undefined {
  if (typeof id === 'number') return severityOfId(id)
  return typeof id === 'string' && /^[0-4]$/.test(id) ? severityOfId(Number(id)) : undefined
}

function readDefaultSeverity(value: Json, notes: RecordNotes): Severity | null {
  if (value === null) return null
  const severity = severityFromId(value)
  return severity ?? notes.odd(null, 'severity_default_id', value, `The severity id is unknown: ${shown(value)}.`)
}

function readModification(value: Json, notes: RecordNotes): SeverityModification {
  if (value === 'NONE' || value === null || value === '') return 'none'
  const text = typeof value === 'string' ? value.toLowerCase() : ''
  if (text === 'none' || text === 'recasted' || text === 'accepted') return text
  notes.odd(null, 'severity_modification_type', value, `The kind of modification is unknown: ${shown(value)}.`)
  return 'none'
}

interface Port {
  readonly port: number
  readonly protocol: string
  readonly service: string | null
}

const noPort: Port = { port: 0, protocol: 'unknown', service: null }

function withoutPort(notes: RecordNotes): Port {
  notes.issue('port', 'The finding names no port; it was taken as port 0 of an unknown protocol.')
  return noPort
}

function readPort(wire: Json, notes: RecordNotes): Port {
  if (wire === null) return noPort
  if (!isJsonObject(wire)) return withoutProtocol(readPortNumber(wire, notes) ?? 0, null, notes)
  let number: number | undefined
  let protocol: string | null = null
  let service: string | null = null
  for (const key in wire) {
    const value = wire[key] as Json
    if (key === 'port') number = readPortNumber(value, notes)
    else if (key === 'protocol') protocol = readProtocol(value, notes)
    else if (key === 'service') service = notes.text('port', key, value)
    else notes.keep('port', key, value)
  }
  if (number === undefined) notes.issue('port.port', 'The finding names no port; it was taken as port 0.')
  if (protocol === null) return withoutProtocol(number ?? 0, service, notes)
  return { port: number ?? 0, protocol, service }
}

function withoutProtocol(port: number, service: string | null, notes: RecordNotes): Port {
  notes.issue('port.protocol', 'The finding names no protocol; it was taken as unknown.')
  return { port, protocol: 'unknown', service }
}

function readPortNumber(value: Json, notes: RecordNotes): number | undefined {
  if (typeof value === 'number' && value >= 0 && value <= 65_535 && Number.isInteger(value)) return value
  if (value === null || value === '') return undefined
  const number = typeof value === 'string' && /^-?\d+$/.test(value.trim()) ? Number(value) : value
  if (typeof number !== 'number' || !Number.isInteger(number) || Math.abs(number) > 2_147_483_647) {
    throw new UnreadableRecord(`The finding's port is no number: ${shown(value)}.`)
  }
  if (number < 0 || number > 65_535) notes.issue('port.port', `There is no port ${number}.`)
  return number
}

function readProtocol(value: Json, notes: RecordNotes): string | null {
  if (value === 'TCP') return 'tcp'
  if (value === 'UDP') return 'udp'
  return notes.text('port', 'protocol', value)?.toLowerCase() ?? null
}

interface Scan {
  readonly uuid: string | null
  readonly scheduleUuid: string | null
  readonly startedAt: string | null
  readonly completedAt: string | null
  readonly target: string | null
}

const noScan: Scan = { uuid: null, scheduleUuid: null, startedAt: null, completedAt: null, target: null }

function readScan(wire: Json, notes: RecordNotes): Scan {
  if (!isJsonObject(wire)) {
    if (wire !== null) notes.odd(null, 'scan', wire, 'An object was expected.')
    return noScan
  }
  let uuid: string | null = null
  let scheduleUuid: string | null = null
  let startedAt: string | null = null
  let completedAt: string | null = null
  let target: string | null = null
  for (const key in wire) {
    const value = wire[key] as Json
    if (key === 'uuid') uuid = notes.text('scan', key, value)
    else if (key === 'schedule_uuid') scheduleUuid = notes.text('scan', key, value)
    else if (key === 'started_at') startedAt = notes.instant('scan', key, value)
    else if (key === 'completed_at') completedAt = notes.instant('scan', key, value)
    else if (key === 'last_scan_target') target = notes.text('scan', key, value)
    else notes.keep('scan', key, value)
  }
  return { uuid, scheduleUuid, startedAt, completedAt, target }
}
