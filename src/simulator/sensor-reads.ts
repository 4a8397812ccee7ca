import { type Answer, gatewayError, json } from './answer.ts'
import { isLive } from './asset.ts'
import { dayMs } from './clock.ts'
import type { Context } from './context.ts'
import { directories } from './directories.ts'
import { paged, pagingOf } from './paging.ts'

export function getNetworks({ simulation, query }: Context): Answer {
  if (simulation.recording !== undefined) return json(simulation.recording.networks)
  return paged('networks', directories.network(simulation), pagingOf(query, 50, 50), 'name')
}

export function getAssetsNotSeen({ simulation, params }: Context): Answer {
  const { estate, clock } = simulation
  const index = estate.tenant.networks.findIndex(network => network.uuid === params.network_id)
  if (index < 0) return gatewayError(404)
  const before = clock.now() - Number(params.days) * dayMs
  const inside = estate.assets.filter(asset => asset.network === index && isLive(asset) && asset.tracked)
  return json({
    numAssetsNotSeen: inside.filter(asset => Math.max(asset.lastScan, asset.createdAt) < before).length,
    numAssetsTotal: inside.length,
  })
}

/** Wrapped in an object, as recorded; the published schema says a bare array. */
export function getScanners({ simulation }: Context): Answer {
  return json({ scanners: directories.scanner(simulation) })
}

export function getAgents({ simulation, query }: Context): Answer {
  if (simulation.recording !== undefined) return json(simulation.recording.agents)
  return paged('agents', directories.agent(simulation), pagingOf(query, 50, 5000), 'name')
}
