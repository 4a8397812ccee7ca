import { type Asset, describe } from './asset.ts'
import { severityNames } from './finding-body.ts'
import type { Simulation } from './simulation.ts'

/** A .nessus version 2 document of the open findings of some assets. */
export function* nessusPieces(simulation: Simulation, scan: string, assets: readonly Asset[]): Generator<string> {
  const { estate, seed } = simulation
  const row = estate.newRow()
  yield `<?xml version="1.0" ?>\n<NessusClientData_v2>\n<Report name="${escapeXml(scan)}" xmlns:cm="http://www.nessus.org/cm">\n`
  for (const asset of assets) {
    const facts = describe(seed, asset)
    yield `<ReportHost name="${facts.hostname}"><HostProperties>`
    yield `<tag name="host-uuid">${asset.uuid}</tag><tag name="host-ip">${facts.ipv4}</tag>`
    if (facts.fqdn !== undefined) yield `<tag name="host-fqdn">${facts.fqdn}</tag>`
    yield `<tag name="mac-address">${facts.mac}</tag><tag name="HOST_END">${new Date(asset.lastScan).toUTCString()}</tag></HostProperties>\n`
    for (let slot = 0; slot < asset.slots; slot++) {
      if (!estate.read(asset, slot, row) || row.state === 'FIXED') continue
      const { plugin, port } = row
      yield `<ReportItem port="${port.port}" svc_name="${port.service ?? 'general'}" protocol="${port.protocol.toLowerCase()}" severity="${row.severity}" pluginID="${plugin.id}" pluginName="${escapeXml(plugin.name)}" pluginFamily="${escapeXml(plugin.family)}">\n`
      yield `<risk_factor>${['None', 'Low', 'Medium', 'High', 'Critical'][plugin.severity]}</risk_factor>\n`
      for (const cve of plugin.cves) yield `<cve>${cve}</cve>\n`
      yield `<plugin_output>${escapeXml(`Host ${facts.hostname}, port ${port.port}`)}</plugin_output>\n</ReportItem>\n`
    }
    yield '</ReportHost>\n'
  }
  yield '</Report>\n</NessusClientData_v2>\n'
}

export function* csvPieces(simulation: Simulation, assets: readonly Asset[]): Generator<string> {
  const { estate, seed } = simulation
  const row = estate.newRow()
  yield 'Plugin ID,CVE,CVSS,Risk,Host,Protocol,Port,Name,Asset UUID\r\n'
  for (const asset of assets) {
    const { hostname } = describe(seed, asset)
    for (let slot = 0; slot < asset.slots; slot++) {
      if (!estate.read(asset, slot, row) || row.state === 'FIXED') continue
      const name = `"${row.plugin.name.replaceAll('"', '""')}"`
      const risk = row.severity === 0 ? 'None' : severityNames[row.severity]
      yield `${row.plugin.id},${row.plugin.cves[0] ?? ''},${row.plugin.cvss2},${risk},${hostname},${row.port.protocol.toLowerCase()},${row.port.port},${name},${asset.uuid}\r\n`
    }
  }
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, sign => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign]!)
}
