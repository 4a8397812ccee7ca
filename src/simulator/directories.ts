import { describe, isLive } from './asset.ts'
import { dayMs, iso } from './clock.ts'
import type { DirectoryEntry, DirectoryName } from './directory-book.ts'
import { hash32, hexOf, topic, uuidOf } from './random.ts'
import type { Simulation } from './simulation.ts'
import { longUuid } from './tenant.ts'

type World = Pick<Simulation, 'estate' | 'seed' | 'clock' | 'directory'>

/** Each list as the vendor would serve all of it now. */
export const directories: Readonly<Record<DirectoryName, (world: World) => DirectoryEntry[]>> = {
  network: world => world.directory.present('network', drawNetworks(world)),
  scanner: world => world.directory.present('scanner', drawScanners(world)),
  agent: world => world.directory.present('agent', drawAgents(world)),
  tag_category: world => world.directory.present('tag_category', drawCategories(world)),
  tag: world => world.directory.present('tag', drawTags(world)),
}

function drawNetworks({ estate }: World): DirectoryEntry[] {
  const owner = estate.tenant.users[0]!.uuid
  return estate.tenant.networks.map((network, n) => {
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
}

function networkNames(world: World): ReadonlyMap<unknown, unknown> {
  return new Map(directories.network(world).map(network => [network.uuid, network.name]))
}

function drawScanners(world: World): DirectoryEntry[] {
  const { estate, seed, clock } = world
  const names = networkNames(world)
  const owner = estate.tenant.users[0]!
  const created = Math.floor((estate.startMs - 500 * dayMs) / 1000)
  return ['US Cloud Scanner', 'Headquarters scanner', 'Plant scanner'].map((name, n) => ({
    creation_date: created,
    group: n === 0,
    id: 120_958 + n,
    key: hexOf(seed, topic.keys, 50 + n, 64),
    last_connect: n === 0 ? null : Math.floor(clock.now() / 1000) - 60,
    last_modification_date: created,
    linked: 1,
    name,
    network_name: names.get(estate.tenant.networks[n]!.uuid),
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
}

function drawAgents(world: World): DirectoryEntry[] {
  const { estate, seed, clock } = world
  const names = networkNames(world)
  const nowSeconds = Math.floor(clock.now() / 1000)
  return estate.assets
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
        network_name: names.get(estate.tenant.networks[asset.network]!.uuid),
        profile_uuid: '00000000-0000-0000-0000-000000000000',
        profile_name: 'Default',
        asset_uuid: asset.uuid,
        health: asset.hash % 3 === 0 ? 10 : 0,
        health_state_name: asset.hash % 3 === 0 ? 'WARNING' : 'HEALTHY',
        safe_mode: 0,
      }
    })
}

function drawTags({ estate }: World): DirectoryEntry[] {
  const by = estate.tenant.users[0]!.name
  return estate.tenant.tags.map((tag, n) => {
    const at = iso(estate.startMs - (300 - n) * dayMs)
    return {
      uuid: tag.uuid,
      created_at: at,
      created_by: by,
      updated_at: at,
      updated_by: by,
      category_uuid: tag.categoryUuid,
      value: tag.value,
      type: tag.isDynamic ? 'dynamic' : 'static',
      category_name: tag.category,
      ...(n % 2 === 0 ? { category_description: `Where ${tag.category} says` } : {}),
      access_control: {
        current_user_permissions: ['ALL', 'CAN_EDIT', 'CAN_SET_PERMISSIONS'],
        defined_domain_permissions: [],
        all_users_permissions: [],
        current_domain_permissions: [],
        version: 1,
      },
    }
  })
}

function drawCategories({ estate }: World): DirectoryEntry[] {
  const by = estate.tenant.users[0]!.name
  const seen = new Map(estate.tenant.tags.map(tag => [tag.categoryUuid, tag.category]))
  return [...seen].map(([uuid, name], n) => {
    const at = iso(estate.startMs - (400 - n) * dayMs)
    return {
      uuid,
      created_at: at,
      created_by: by,
      updated_at: at,
      updated_by: by,
      name,
      description: `${name} of the asset`,
      reserved: false,
    }
  })
}
