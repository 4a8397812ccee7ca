import type { ComplianceState } from '../../domain/compliance.ts'
import type { FileComplianceResult, FileFinding } from '../../domain/file-reading.ts'
import { severities } from '../../domain/severity.ts'
import { complianceStateOf } from './compliance-state.ts'
import type { NessusHost } from './nessus-host.ts'
import type { XmlItem } from './nessus-xml.ts'
import { UnreadableRow } from './unreadable-row.ts'
import { itemsOf, severityOf } from './values.ts'
import { instanceOf } from './web-app.ts'

/** Old files put the whole result into the description: `"check name" : [FAILED]`, then text. */
const oldResult = /^\s*"?(.+?)"?\s*:\s*\[(PASSED|FAILED|WARNING|ERROR|SKIPPED)\]\s*([\s\S]*)$/

export function isCompliance(item: XmlItem): boolean {
  if (item.children.has('cm:compliance-check-name') || item.children.has('cm:compliance-result')) return true
  const isFlagged = item.children.get('compliance')?.[0]?.trim() === 'true'
  const isFamily = item.attributes.pluginFamily === 'Policy Compliance'
  return (isFlagged || isFamily) && oldResult.test(item.children.get('description')?.[0] ?? '')
}

/** @param target null when the item stands outside any host */
export function namelessItem(target: string | null): string {
  return target === null
    ? 'The item stands in no ReportHost, so that nothing names its machine. Export the scan again.'
    : `Nothing names the machine of the item; its target is "${target}".`
}

/** @throws UnreadableRow */
export function itemPluginId({ attributes }: XmlItem): number {
  const text = attributes.pluginID ?? ''
  const id = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  if (Number.isNaN(id) || id > 2_147_483_647) {
    throw new UnreadableRow(`The item's plugin id is no whole number: ${text.slice(0, 60) || 'none'}.`)
  }
  return id
}

/** @throws UnreadableRow when it cannot be told which finding it is, or what it says of it */
export function nessusFinding(row: number, item: XmlItem, { host, startedAt, endedAt, url }: NessusHost): FileFinding {
  const { attributes, children } = item
  const output = children.get('plugin_output')?.join('\n') ?? null
  const isWeb = url !== null || children.has('cvssv3')
  const named = children.get('url')?.[0] ?? children.get('uri')?.[0] ?? url
  const risk = severityOf(children.get('risk_factor')?.[0] ?? '')
  return {
    row,
    nativeId: host.nativeId,
    pluginId: itemPluginId(item),
    port: portOf(attributes.port),
    protocol: attributes.protocol?.trim().toLowerCase() || 'unknown',
    instance: isWeb ? instanceOf(named, output) : '',
    state: null,
    severity: itemSeverity(attributes.severity, risk),
    defaultSeverity: risk ?? null,
    severityModification: null,
    modificationReason: null,
    firstFound: null,
    lastFound: endedAt,
    lastFixed: null,
    resurfacedAt: null,
    versionAt: endedAt,
    service: attributes.svc_name?.trim() || null,
    sensor: null,
    scanUuid: null,
    scanScheduleUuid: null,
    scanStartedAt: startedAt,
    scanCompletedAt: endedAt,
    scanTarget: host.asset.lastScanTarget,
    findingId: null,
    output: output === null || output.trim() === '' ? null : output,
    extra: null,
  }
}

function itemSeverity(text: string | undefined, risk: ReturnType<typeof severityOf>) {
  const severity = /^[0-4]$/.test(text ?? '') ? severities[Number(text)] : severityOf(text ?? '')
  if (severity) return severity
  // Malformed items leave it out.
  if (risk) return risk
  throw new UnreadableRow(`The item's severity is unknown: ${(text ?? '').slice(0, 60) || 'none'}.`)
}

function portOf(text: string | undefined): number {
  if (text === undefined || text.trim() === '') return 0
  if (!/^\d{1,5}$/.test(text.trim())) throw new UnreadableRow(`The item's port is no number: ${text.slice(0, 60)}.`)
  return Number(text)
}

/** @throws UnreadableRow */
export function nessusCompliance(row: number, item: XmlItem, { host, endedAt }: NessusHost): FileComplianceResult {
  const { attributes, children } = item
  const text = (name: string) => children.get(`cm:compliance-${name}`)?.join('\n').trim() || null
  const description = children.get('description')?.[0]?.trim() ?? null
  const old = oldResult.exec(description ?? '')
  const name = text('check-name') ?? old?.[1]?.trim() ?? null
  if (name === null) throw new UnreadableRow('The item names no check.')
  const fullId = text('full-id')
  return {
    row,
    nativeId: host.nativeId,
    check: {
      auditFile: text('audit-file') ?? attributes.pluginName?.trim() ?? 'unnamed audit',
      nativeId: fullId ?? `name:${name}`,
      name,
      info: text('info') ?? old?.[3]?.trim() ?? null,
      solution: text('solution'),
      synopsis: null,
      seeAlso: text('see-also'),
      pluginId: itemPluginId(item),
      pluginName: attributes.pluginName?.trim() || null,
      profileName: text('benchmark-profile'),
      benchmarkName: text('benchmark-name'),
      benchmarkVersion: text('benchmark-version'),
      vendorCheckId: text('check-id'),
      controlId: text('control-id'),
      functionalId: text('functional-id'),
      informationalId: text('informational-id'),
      metadataId: null,
      dbType: null,
      refs: itemsOf(text('reference') ?? '').sort(),
    },
    state: resultOf(text('result') ?? old?.[2] ?? null, attributes.severity),
    actualValue: text('actual-value'),
    expectedValue: text('policy-value'),
    checkError: text('error'),
    description,
    firstSeen: null,
    lastSeen: endedAt,
    extra: null,
  }
}

function resultOf(result: string | null, severity: string | undefined): ComplianceState {
  if (result !== null) return complianceStateOf(result) ?? 'unknown'
  // An item without a result still has the severity that goes with one.
  const bySeverity: Readonly<Record<string, ComplianceState>> = { '0': 'passed', '2': 'warning', '3': 'failed' }
  return bySeverity[severity ?? ''] ?? 'unknown'
}
