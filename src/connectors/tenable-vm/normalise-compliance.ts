import type { ObservedAsset } from '../../domain/asset.ts'
import {
  type ComplianceCheck,
  type ComplianceResult,
  type ComplianceState,
  complianceStates,
} from '../../domain/compliance.ts'
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts'
import { idOf, RecordNotes, shown, UnreadableRecord } from '../formats/record.ts'

/** A compliance result, and what was odd about it. */
export interface ComplianceReading {
  readonly result: ComplianceResult
  readonly notes: RecordNotes
}

/** @throws UnreadableRecord when it cannot be told which check of which asset it is, or how it ended */
export function normaliseCompliance(wire: JsonObject): ComplianceReading {
  const { asset: described, assets, asset_uuid, status, reference, ...facts } = wire
  // The schema says `assets`, the examples `asset`.
  const asset = described ?? assets
  const assetNativeId = idOf(asset_uuid ?? (isJsonObject(asset) ? asset.id : undefined), "compliance result's asset")
  const notes = new RecordNotes()
  const check = readCheck(facts, reference, notes)
  notes.name(`check ${check.nativeId} of ${check.auditFile} on asset ${assetNativeId}`)
  for (const [field, value] of Object.entries(facts)) if (!columns.has(field)) notes.keep(null, field, value)
  const text = (field: string) => notes.text(null, field, facts[field])
  const instant = (field: string) => notes.instant(null, field, facts[field])
  const result: ComplianceResult = {
    assetNativeId,
    asset: readAsset(assetNativeId, asset, notes),
    check,
    state: stateOf(status),
    vendorState: text('state')?.toLowerCase() ?? null,
    actualValue: text('actual_value'),
    expectedValue: text('expected_value'),
    checkError: text('check_error'),
    // It names the outcome, so it is the result's and not the check's.
    description: text('description'),
    firstSeen: instant('first_seen'),
    lastSeen: instant('last_seen'),
    lastFixed: instant('last_fixed'),
    lastObserved: instant('last_observed'),
    indexedAt: instant('indexed_at'),
    extra: null,
  }
  return { result: { ...result, extra: notes.extra }, notes }
}

/** Fields with a column of their own; all others are kept beside them. */
const columns = new Set([
  ...['audit_file', 'check_id', 'check_name', 'check_info', 'expected_value', 'actual_value', 'see_also', 'solution'],
  ...['db_type', 'plugin_id', 'plugin_name', 'state', 'check_error', 'profile_name', 'description', 'synopsis'],
  ...['compliance_benchmark_name', 'compliance_benchmark_version', 'compliance_control_id', 'compliance_full_id'],
  ...['compliance_functional_id', 'compliance_informational_id', 'metadata_id'],
  ...['first_seen', 'last_seen', 'last_fixed', 'last_observed', 'indexed_at'],
])

function readCheck(facts: JsonObject, reference: Json | undefined, notes: RecordNotes): ComplianceCheck {
  const text = (field: string) => notes.text(null, field, facts[field])
  const auditFile = text('audit_file')
  const fullId = text('compliance_full_id')
  const name = text('check_name') ?? fullId
  if (auditFile === null) throw new UnreadableRecord('The compliance result names no audit file.')
  if (name === null) throw new UnreadableRecord('The compliance result names no check.')
  return {
    auditFile,
    nativeId: fullId ?? `name:${name}`,
    name,
    info: text('check_info'),
    solution: text('solution'),
    synopsis: text('synopsis'),
    seeAlso: text('see_also'),
    pluginId: notes.integer(null, 'plugin_id', facts.plugin_id),
    pluginName: text('plugin_name'),
    profileName: text('profile_name'),
    benchmarkName: text('compliance_benchmark_name'),
    benchmarkVersion: text('compliance_benchmark_version'),
    vendorCheckId: text('check_id'),
    controlId: text('compliance_control_id'),
    functionalId: text('compliance_functional_id'),
    informationalId: text('compliance_informational_id'),
    metadataId: text('metadata_id'),
    dbType: text('db_type'),
    refs: readReferences(reference, notes),
  }
}

/** `[{framework, control}]` as `framework|control`. */
function readReferences(value: Json | undefined, notes: RecordNotes): string[] {
  if (typeof value === 'string') return value === '' ? [] : value.split(',').map(part => part.trim())
  const refs = notes.objects(null, 'reference', value).flatMap(({ framework, control, ...unknown }) => {
    for (const [field, inner] of Object.entries(unknown)) notes.keep('reference', field, inner)
    const parts = [framework, control].map(part => notes.text('reference', 'control', part))
    return parts.every(part => part === null) ? [] : [parts.map(part => part ?? '').join('|')]
  })
  return [...new Set(refs)].sort()
}

function stateOf(status: Json | undefined): ComplianceState {
  const state = complianceStates.find(known => typeof status === 'string' && known === status.toLowerCase())
  if (state === undefined)
    throw new UnreadableRecord(`The compliance result has no known status: ${shown(status ?? null)}.`)
  return state
}

/** What is enough to show an asset that no asset export has named yet. */
function readAsset(nativeId: string, value: Json | undefined, notes: RecordNotes): ObservedAsset {
  const wire = notes.object(null, 'asset', value) ?? {}
  const first = (field: string) => notes.texts('asset', field, wire[field])[0] ?? null
  const text = (field: string) => notes.text('asset', field, wire[field])
  return {
    nativeId,
    hostname: text('name') ?? text('agent_name'),
    fqdn: first('fqdns'),
    ipv4: first('ipv4_addresses'),
    ipv6: first('ipv6_addresses'),
    macAddress: first('mac_addresses'),
    netbiosName: text('netbios_name'),
    netbiosWorkgroup: null,
    operatingSystems: notes.texts('asset', 'operating_systems', wire.operating_systems),
    deviceType: null,
    agentUuid: text('agent_uuid'),
    biosUuid: null,
    serialNumber: null,
    networkId: text('network_id'),
    isTracked: null,
    lastAuthenticatedResultsAt: null,
    lastUnauthenticatedResultsAt: null,
    extra: null,
  }
}
