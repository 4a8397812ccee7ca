import { type Answer, gatewayError, json } from './answer.ts'
import { describe, isLive } from './asset.ts'
import { dayMs } from './clock.ts'
import type { Context } from './context.ts'
import { paged, pagingOf } from './paging.ts'
import { hash32, hexOf, topic, uuidOf } from './random.ts'
import { longUuid } from './tenant.ts'

export function getNetworks({ simulation, query }: Context): Answer {
  const { recording, estate } = simulation
  if (recording !== undefined) return json(recording.networks)
  const owner = estate.tenant.users[0]!.uuid
  const networks = estate.tenant.networks.map((network, n) => {
    const created = estate.startMs - (800 - n * 90) * dayMs
    return {
      owner_uuid: owner,
      created,
      modified: created,
      scanner_count: 3 - n,
      uuid: network.uuid,
      name: network.name,
      ...(network.description === undefined ? {} : { description: network.description }),
      is_default: network.isDefault,
      created_by: owner,
      modified_by: owner,
      ...(network.ttlDays === undefined ? {} : { assets_ttl_days: network.ttlDays }),
      created_in_seconds: Math.floor(created / 1000),
      modified_in_seconds: Math.floor(created / 1000),
    }
  })
  return paged('networks', networks, pagingOf(query, 50, 50), 'name')
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
  const { estate, seed, clock } = simulation
  const owner = estate.tenant.users[0]!
  const created = Math.floor((estate.startMs - 500 * dayMs) / 1000)
  const scanners = ['US Cloud Scanner', 'Headquarters scanner', 'Plant scanner'].map((name, n) => ({
    creation_date: created,
    group: n === 0,
    id: 120_958 + n,
    key: hexOf(seed, topic.keys, 50 + n, 64),
    last_connect: n === 0 ? null : Math.floor(clock.now() / 1000) - 60,
    last_modification_date: created,
    linked: 1,
    name,
    network_name: estate.tenant.networks[n]!.name,
    num_scans: n,
    owner: 'system',
    owner_id: 1,
    owner_name: 'system',
    owner_uuid: owner.uuid,
    pool: n === 0,
    scan_count: 0,
    shared: 1,
    source: 'service',
    status: n === 2 ? 'off' : 'on',
    timestamp: created,
    type: n === 0 ? 'local' : 'managed',
    user_permissions: 64,
    uuid: longUuid(seed, topic.scan, 500 + n),
    supports_remote_logs: false,
    ...(n === 0
      ? {}
      : {
          engine_version: '10.7.2',
          loaded_plugin_set: '202605301241',
          platform: 'LINUX',
          distro: 'es9-x86-64',
          ip_addresses: [`192.0.2.${n}`],
        }),
  }))
  return json({ scanners })
}

export function getAgents({ simulation, query }: Context): Answer {
  const { recording, estate, seed, clock } = simulation
  if (recording !== undefined) return json(recording.agents)
  const nowSeconds = Math.floor(clock.now() / 1000)
  const agents = estate.assets
    .filter(asset => asset.hasAgent && isLive(asset))
    .map(asset => {
      const facts = describe(seed, asset)
      const isOn = hash32(asset.hash, topic.agent) % 5 !== 0
      return {
        id: 2_000_000 + asset.index,
        uuid: uuidOf(seed, topic.agent, asset.host, 1),
        name: facts.name,
        platform: asset.kind.platform === 'windows' ? 'WINDOWS' : 'LINUX',
        distro: asset.kind.platform === 'windows' ? 'win-x86-64' : 'es9-x86-64',
        ip: facts.ipv4,
        last_scanned: Math.floor(asset.lastScan / 1000),
        plugin_feed_id: '202605301241',
        core_build: '21',
        core_version: '10.8.4',
        linked_on: Math.floor(asset.createdAt / 1000),
        last_connect: isOn ? nowSeconds - 30 : Math.floor(asset.lastScan / 1000),
        status: isOn ? 'on' : 'off',
        groups: [{ name: 'All agents', id: 8 }],
        supports_remote_logs: false,
        network_uuid: estate.tenant.networks[asset.network]!.uuid,
        network_name: estate.tenant.networks[asset.network]!.name,
        profile_uuid: '00000000-0000-0000-0000-000000000000',
        profile_name: 'Default',
        asset_uuid: asset.uuid,
        health: asset.hash % 3 === 0 ? 10 : 0,
        health_state_name: asset.hash % 3 === 0 ? 'WARNING' : 'HEALTHY',
        safe_mode: 0,
      }
    })
  return paged('agents', agents, pagingOf(query, 50, 5000), 'name')
}
