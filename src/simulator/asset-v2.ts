import type { Asset } from './asset.ts'
import { type AssetBodyOptions, hasServiceNow, present, resourceTags, tell } from './asset-told.ts'
import { iso, isoOrUndefined } from './clock.ts'
import type { Estate } from './estate.ts'
import type { Json, JsonObject } from './json.ts'
import { hexOf, topic, uuidOf } from './random.ts'

/** Version 2: nested, what is empty is left out. */
export function assetV2(estate: Estate, asset: Asset, options: AssetBodyOptions): JsonObject {
  const told = tell(estate, asset)
  const { facts } = told
  const openPorts = options.openPorts ? told.openPorts : []
  return prune({
    id: asset.uuid,
    has_agent: asset.hasAgent,
    has_plugin_results: asset.slots > 0 && asset.lastScan !== 0,
    is_licensed: asset.licensed,
    is_public: asset.kind.cloud !== undefined && asset.hash % 2 === 0,
    agent_uuid: facts.agentUuid,
    serial_number: facts.serial,
    terminated_by: asset.terminatedAt === 0 ? undefined : 'cloud connector',
    deleted_by: asset.deletedAt === 0 ? undefined : estate.tenant.users[0]!.uuid,
    types: asset.kind.types,
    agent_names: present(facts.agentName),
    operating_systems: facts.operatingSystems,
    system_types: [asset.kind.systemType],
    installed_software: told.software,
    custom_attributes:
      asset.hash % 9 === 0 ? [{ id: uuidOf(estate.seed, topic.host, 77), value: `CC-${asset.hash % 90}` }] : [],
    sources: told.sources,
    tags: told.tags,
    tenable_agent_days_since_active: asset.hasAgent ? asset.hash % 30 : undefined,
    resource_tags: options.resourceTags ? resourceTags(asset) : [],
    ratings: asset.licensed ? { acr: { score: told.acr }, aes: { score: told.aes } } : undefined,
    scan: told.scan,
    cloud: told.cloud,
    third_party_ids: hasServiceNow(asset)
      ? { servicenow_sysid: hexOf(estate.seed, topic.host, asset.host, 32, 40) }
      : undefined,
    network: {
      network_id: told.network.id,
      network_name: told.network.name,
      bios_uuid: facts.biosUuid,
      ipv4s: [facts.ipv4],
      ipv6s: present(facts.ipv6),
      fqdns: present(facts.fqdn),
      mac_addresses: [facts.mac],
      netbios_names: present(facts.netbios),
      hostnames: [facts.hostname],
      network_interfaces: told.interfaces,
      open_ports: openPorts,
    },
    timestamps: {
      created_at: iso(asset.createdAt),
      updated_at: iso(asset.updatedAt),
      deleted_at: isoOrUndefined(asset.deletedAt),
      terminated_at: isoOrUndefined(asset.terminatedAt),
      first_seen: iso(asset.createdAt),
      last_seen: iso(Math.max(asset.lastScan, asset.createdAt)),
    },
  })
}

/** Leaves out what is empty (undefined, null, [] and {}) at every level. */
function prune(body: JsonObject): JsonObject {
  const kept: Record<string, Json> = {}
  for (const [key, value] of Object.entries(body)) {
    const rest = pruneValue(value)
    if (rest !== undefined) kept[key] = rest
  }
  return kept
}

function pruneValue(value: Json | undefined): Json | undefined {
  if (value === undefined || value === null) return undefined
  if (Array.isArray(value))
    return value.length === 0 ? undefined : value.map((item: Json) => (isObject(item) ? prune(item) : item))
  if (!isObject(value)) return value
  const inner = prune(value)
  return Object.keys(inner).length === 0 ? undefined : inner
}

function isObject(value: Json): value is JsonObject & Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
