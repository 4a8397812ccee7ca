import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts'
import type { XmlHost, XmlItem } from '../formats/nessus-xml.ts'
import type { NessusClient } from './client.ts'
import type { RunReader } from './run-reader.ts'
import { scanInformationId } from './scan-terms.ts'
import { idOf, memberOf, objectsIn, textOf } from './wire.ts'

/**
 * Reads a run where exports are refused: machine by machine, plugin by plugin, a call for each. What is told becomes the
 * same elements that an export has.
 * @yields after each machine
 */
export async function* walkRun(
  client: NessusClient,
  scanId: number,
  historyId: number | null,
  reader: RunReader,
  signal: AbortSignal,
): AsyncGenerator<void> {
  const run = historyId === null ? '' : `?history_id=${historyId}`
  const details = await client.get(`/scans/${scanId}${run}`, signal)
  for (const listed of objectsIn(memberOf(details, 'hosts'))) {
    const hostId = idOf(listed.host_id)
    if (hostId === null) continue
    const path = `/scans/${scanId}/hosts/${hostId}`
    const answer = await client.get(`${path}${run}`, signal)
    const items: XmlItem[] = []
    for (const found of [
      ...objectsIn(memberOf(answer, 'vulnerabilities')),
      ...objectsIn(memberOf(answer, 'compliance')),
    ]) {
      const pluginId = idOf(found.plugin_id)
      if (pluginId !== null)
        items.push(...itemsOf(found, await client.get(`${path}/plugins/${pluginId}${run}`, signal)))
    }
    reader.begin(hostOf(listed, memberOf(answer, 'info'), items))
    for (const item of items) reader.item(item)
    reader.end()
    yield
  }
}

const tagNames: Readonly<Record<string, string>> = { host_start: 'HOST_START', host_end: 'HOST_END' }

/** Missing keys are simply absent; some are lists. */
function hostOf(listed: JsonObject, info: Json | undefined, items: readonly XmlItem[]): XmlHost {
  const tags = new Map<string, string>()
  for (const [name, value] of Object.entries(isJsonObject(info) ? info : {})) {
    const text = Array.isArray(value) ? value.map(textOf).filter(Boolean).join('\n') : textOf(value)
    if (text) tags.set(tagNames[name] ?? name, text)
  }
  const ip = textOf(listed.host_ip)
  if (ip !== null && !tags.has('host-ip')) tags.set('host-ip', ip)
  const information = items.find(({ attributes }) => attributes.pluginID === String(scanInformationId))
  const output = information?.children.get('plugin_output')?.[0] ?? ''
  if (information) tags.set('Credentialed_Scan', String(/^\s*Credentialed checks\s*:\s*yes/im.test(output)))
  return { name: textOf(listed.hostname) ?? '', tags }
}

/** A finding for each port that an output names: `443 / tcp / www`. */
function itemsOf(found: JsonObject, answer: Json): XmlItem[] {
  const description = memberOf(memberOf(answer, 'info'), 'plugindescription')
  const told = childrenOf(memberOf(description, 'pluginattributes'))
  return objectsIn(memberOf(answer, 'outputs')).flatMap(output => {
    const ports = isJsonObject(output.ports) ? Object.keys(output.ports) : []
    const text = textOf(output.plugin_output)
    return (ports.length === 0 ? ['0 / tcp'] : ports).map(place => {
      const [port = '0', protocol = 'tcp', service = ''] = place.split('/').map(part => part.trim())
      const attributes = {
        port,
        protocol,
        svc_name: service,
        severity: textOf(output.severity ?? found.severity) ?? '',
        pluginID: textOf(found.plugin_id) ?? '',
        pluginName: textOf(found.plugin_name) ?? textOf(memberOf(description, 'pluginname')) ?? '',
        pluginFamily: textOf(found.plugin_family) ?? textOf(memberOf(description, 'pluginfamily')) ?? '',
      }
      const children = new Map(told)
      if (text !== null) children.set('plugin_output', [text])
      return { attributes, children }
    })
  })
}

const groups = ['plugin_information', 'risk_information', 'vuln_information'] as const

function childrenOf(attributes: Json | undefined): Map<string, string[]> {
  const children = new Map<string, string[]>()
  const add = (name: string, value: Json | undefined) => {
    const texts = (Array.isArray(value) ? (value as readonly Json[]) : [value]).flatMap(one => textOf(one) ?? [])
    if (texts.length > 0) children.set(name, [...(children.get(name) ?? []), ...texts])
  }
  for (const name of ['plugin_name', 'synopsis', 'description', 'solution', 'see_also', 'fname'])
    add(name, memberOf(attributes, name))
  for (const group of groups) {
    const members = memberOf(attributes, group)
    for (const [name, value] of Object.entries(isJsonObject(members) ? members : {})) {
      if (name !== 'plugin_id' && name !== 'plugin_family') add(name, value)
    }
  }
  for (const reference of objectsIn(memberOf(memberOf(attributes, 'ref_information'), 'ref'))) {
    const name = textOf(reference.name)?.toLowerCase()
    if (name) add(name, memberOf(reference.values, 'value'))
  }
  return children
}
