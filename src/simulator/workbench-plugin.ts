import { type Answer, json, Refusal } from './answer.ts'
import { describe } from './asset.ts'
import { iso } from './clock.ts'
import type { Context } from './context.ts'
import type { FindingRow } from './finding-row.ts'
import { listedPlugin } from './listed-plugin.ts'
import type { Plugin } from './plugin-catalogue.ts'
import { visibleAsset } from './visible-asset.ts'
import { scopedAssets } from './workbenches.ts'

function pluginOf({ simulation, params }: Context): Plugin {
  const plugin = simulation.estate.plugins.byId(Number(params.plugin_id))
  if (plugin === undefined) throw new Refusal(json({ error: 'Plugin not found' }, 404))
  return plugin
}

function* rowsOf(context: Context, plugin: Plugin): Generator<FindingRow> {
  const { simulation, params } = context
  const assets = params.asset_id === undefined ? scopedAssets(simulation) : [visibleAsset(simulation, params.asset_id)]
  const row = simulation.estate.newRow()
  for (const asset of assets) {
    for (let slot = 0; slot < asset.slots; slot++) {
      if (simulation.estate.read(asset, slot, row) && row.plugin === plugin && row.state !== 'FIXED') yield row
    }
  }
}

export function getPluginInfo(context: Context): Answer {
  const plugin = pluginOf(context)
  const seen = { count: 0, first: Number.POSITIVE_INFINITY, last: 0 }
  for (const row of rowsOf(context, plugin)) {
    seen.count++
    seen.first = Math.min(seen.first, row.firstFound)
    seen.last = Math.max(seen.last, row.lastFound)
  }
  const { attributes } = listedPlugin(plugin) as { attributes: Record<string, unknown> }
  return json({
    info: {
      count: seen.count,
      vuln_count: seen.count,
      description: attributes.description,
      synopsis: attributes.synopsis,
      solution: attributes.solution,
      discovery: seen.count === 0 ? {} : { seen_first: iso(seen.first), seen_last: iso(seen.last) },
      severity: plugin.severity,
      plugin_details: {
        family: plugin.family,
        ...(plugin.modifiedAt === 0 ? {} : { modification_date: iso(plugin.modifiedAt) }),
        name: plugin.name,
        publication_date: iso(plugin.publishedAt),
        type: plugin.type,
        version: null,
        severity: plugin.severity,
      },
      reference_information:
        plugin.cves.length === 0
          ? []
          : [{ name: 'cve', url: 'http://web.nvd.nist.gov/view/vuln/detail?vulnId=', values: plugin.cves }],
      risk_information: {
        risk_factor: ['None', 'Low', 'Medium', 'High', 'Critical'][plugin.severity],
        cvss_base_score: String(plugin.cvss2),
        cvss3_base_score: String(plugin.cvss3),
      },
      see_also: attributes.see_also,
    },
  })
}

export function getPluginOutputs(context: Context): Answer {
  const plugin = pluginOf(context)
  const { simulation } = context
  const places = new Map<
    string,
    { port: number; protocol: string; service: string; severity: number; assets: unknown[] }
  >()
  for (const row of rowsOf(context, plugin)) {
    const key = `${row.port.protocol} ${row.port.port}`
    const place = places.get(key) ?? {
      port: row.port.port,
      protocol: row.port.protocol.toLowerCase(),
      service: row.port.service ?? 'unknown',
      severity: row.severity,
      assets: [],
    }
    const facts = describe(simulation.seed, row.asset)
    place.assets.push({
      hostname: facts.hostname,
      id: row.asset.uuid,
      uuid: row.asset.uuid,
      netbios_name: facts.netbios ?? null,
      fqdn: facts.fqdn ?? null,
      ipv4: facts.ipv4,
      first_seen: iso(row.firstFound),
      last_seen: iso(row.lastFound),
    })
    places.set(key, place)
  }
  const results = [...places.values()].map(({ port, protocol, service, severity, assets }) => ({
    application_protocol: service,
    port,
    transport_protocol: protocol,
    assets,
    severity,
  }))
  return json({ outputs: [{ plugin_output: `Output of ${plugin.name}`, states: [{ name: 'Active', results }] }] })
}
