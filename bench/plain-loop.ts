// The plain loop: download each chunk, parse it whole, insert into SQLite 1,000 rows at a time, without history.
import { DatabaseSync } from 'node:sqlite'

const [url = '', file = ''] = process.argv.slice(2)
const get = async (path: string) => (await fetch(`${url}${path}`)).json()

const db = new DatabaseSync(file)
db.exec('pragma journal_mode = wal; pragma synchronous = normal')
const columns =
  'asset_uuid hostname ipv4 fqdn operating_system plugin_id plugin_name family risk_factor cvss_base_score cvss3_base_score vpr_score epss_score exploit_available solution synopsis port protocol service severity severity_id state first_found last_found last_fixed resurfaced_date indexed scan_uuid schedule_uuid finding_id output'.split(
    ' ',
  )
db.exec(`drop table if exists vuln; create table vuln (${columns.join(', ')})`)
const insert = db.prepare(`insert into vuln values (${columns.map(() => '?').join(', ')})`)

interface Vuln {
  asset: Record<string, string> & { operating_system?: string[] }
  plugin: Record<string, string | number> & { vpr?: { score?: number } }
  port: Record<string, string | number>
  scan: Record<string, string>
  [key: string]: unknown
}

function row({ asset, plugin, port, scan, ...vuln }: Vuln): (string | number | null)[] {
  const values = [
    asset.uuid,
    asset.hostname,
    asset.ipv4,
    asset.fqdn,
    asset.operating_system?.join(','),
    plugin.id,
    plugin.name,
    plugin.family,
    plugin.risk_factor,
    plugin.cvss_base_score,
    plugin.cvss3_base_score,
    plugin.vpr?.score,
    plugin.epss_score,
    plugin.exploit_available ? 1 : 0,
    plugin.solution,
    plugin.synopsis,
    port.port,
    port.protocol,
    port.service,
    vuln.severity,
    vuln.severity_id,
    vuln.state,
    vuln.first_found,
    vuln.last_found,
    vuln.last_fixed,
    vuln.resurfaced_date,
    vuln.indexed,
    scan.uuid,
    scan.schedule_uuid,
    vuln.finding_id,
    vuln.output,
  ]
  return values.map(value => (value ?? null) as string | number | null)
}

const started = performance.now()
const { export_uuid } = (await (
  await fetch(`${url}/vulns/export`, {
    method: 'POST',
    body: JSON.stringify({ num_assets: 250, filters: { since: 1 } }),
  })
).json()) as { export_uuid: string }
const { chunks_available } = (await get(`/vulns/export/${export_uuid}/status`)) as { chunks_available: number[] }
let rows = 0
for (const chunk of chunks_available) {
  const vulns = (await get(`/vulns/export/${export_uuid}/chunks/${chunk}`)) as Vuln[]
  for (let from = 0; from < vulns.length; from += 1000) {
    db.exec('begin')
    for (const vuln of vulns.slice(from, from + 1000)) insert.run(...row(vuln))
    db.exec('commit')
  }
  rows += vulns.length
}
console.log(JSON.stringify({ rows, seconds: (performance.now() - started) / 1000 }))
