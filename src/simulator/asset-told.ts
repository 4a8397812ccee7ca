import { type Asset, describe, type HostFacts } from './asset.ts'
import { iso, minuteMs } from './clock.ts'
import type { Estate } from './estate.ts'
import type { JsonObject } from './json.ts'
import { hexOf, topic, uuidOf } from './random.ts'
import { runUuid } from './tenant.ts'

export interface AssetBodyOptions {
  readonly openPorts: boolean
  readonly resourceTags: boolean
}

/** Everything both models tell, once; the models differ in nesting and in what they do with nothing. */
interface AssetTold {
  readonly facts: HostFacts
  readonly scan: Readonly<Record<string, string | undefined>>
  readonly cloud: { readonly aws?: Texts; readonly azure?: Texts; readonly gcp?: Texts }
  readonly network: { readonly id: string; readonly name: string }
  readonly sources: readonly JsonObject[]
  readonly tags: readonly JsonObject[]
  readonly interfaces: readonly JsonObject[]
  readonly openPorts: readonly JsonObject[]
  readonly software: readonly string[]
  readonly acr: number
  readonly aes: number
}

type Texts = Readonly<Record<string, string>>

export function hasServiceNow(asset: Asset): boolean {
  return asset.hash % 20 === 0
}

/** Names under which scans and connectors report an asset. */
export function sourceNames(asset: Asset): readonly string[] {
  return asset.hasAgent && !asset.kind.sources.includes('NESSUS_AGENT')
    ? [...asset.kind.sources, 'NESSUS_AGENT']
    : asset.kind.sources
}

export function scoresOf(asset: Asset): { acr: number; aes: number } {
  return { acr: 1 + (asset.hash % 10), aes: 100 + (asset.hash % 850) }
}

export function isAuthenticated(asset: Asset): boolean {
  return asset.lastScan !== 0 && (asset.hasAgent || asset.hash % 10 < 7)
}

export function tell(estate: Estate, asset: Asset): AssetTold {
  const facts = describe(estate.seed, asset)
  const network = estate.tenant.networks[asset.network]!
  const firstSeen = iso(asset.createdAt)
  const lastSeen = iso(Math.max(asset.lastScan, asset.createdAt))
  return {
    facts,
    scan: scanOf(estate, asset, facts),
    cloud: cloudOf(estate, asset),
    network: { id: network.uuid, name: network.name },
    sources: sourceNames(asset).map(name => ({ name, first_seen: firstSeen, last_seen: lastSeen })),
    tags: tagsOf(estate, asset),
    interfaces:
      asset.hash % 3 === 0
        ? []
        : [
            {
              name: asset.hash % 6 === 1 ? 'UNKNOWN' : 'eth0',
              virtual: asset.hash % 6 === 1 ? null : false,
              aliased: asset.hash % 6 === 1 ? null : false,
              fqdns: present(facts.fqdn),
              mac_addresses: [facts.mac],
              ipv4s: [facts.ipv4],
              ipv6s: present(facts.ipv6),
            },
          ],
    openPorts: openPortsOf(asset, firstSeen, lastSeen),
    software: softwareOf(asset),
    ...scoresOf(asset),
  }
}

function scanOf(estate: Estate, asset: Asset, facts: HostFacts): Readonly<Record<string, string | undefined>> {
  if (asset.lastScan === 0) return {}
  const authenticated = isAuthenticated(asset)
  const schedule = Math.max(asset.schedule, 0)
  return {
    first_scan_time: iso(asset.firstScan),
    last_scan_time: iso(asset.lastScan),
    last_authenticated_scan_date: authenticated ? iso(asset.lastScan) : undefined,
    last_licensed_scan_date: asset.licensed ? iso(asset.lastScan) : undefined,
    last_scan_id: runUuid(estate.seed, schedule, asset.lastRun),
    last_schedule_id: estate.tenant.scans[schedule]!.scheduleUuid,
    last_authentication_attempt_date: iso(asset.lastScan - minuteMs),
    last_authentication_success_date: authenticated ? iso(asset.lastScan - minuteMs) : undefined,
    last_authentication_scan_status: authenticated ? 'Success' : asset.hash % 2 === 0 ? 'Failure' : 'N/A',
    last_scan_target: facts.fqdn ?? facts.ipv4,
  }
}

function cloudOf(estate: Estate, asset: Asset): AssetTold['cloud'] {
  const digits = (count: number, b: number) => hexOf(estate.seed, topic.host, asset.host, count, b)
  switch (asset.kind.cloud) {
    case 'aws':
      return {
        aws: {
          ec2_instance_ami_id: `ami-${digits(17, 1)}`,
          ec2_instance_id: `i-${digits(17, 2)}`,
          owner_id: '123456789012',
          availability_zone: 'eu-west-1a',
          region: 'eu-west-1',
          vpc_id: `vpc-${digits(17, 3)}`,
          ec2_instance_group_name: 'launch-wizard-1',
          ec2_instance_state_name: asset.terminatedAt === 0 ? 'running' : 'terminated',
          ec2_instance_type: 't3.large',
          subnet_id: `subnet-${digits(17, 4)}`,
          ec2_name: describe(estate.seed, asset).name,
        },
      }
    case 'azure':
      return {
        azure: {
          vm_id: uuidOf(estate.seed, topic.host, asset.host, 5),
          resource_id: `/subscriptions/${uuidOf(estate.seed, topic.host, 0, 5)}/resourceGroups/rg-1/providers/Microsoft.Compute/virtualMachines/vm-${asset.host}`,
        },
      }
    case 'gcp':
      return {
        gcp: {
          project_id: 'tenant-project-1',
          zone: 'europe-west1-b',
          instance_id: String(5_000_000_000 + asset.host),
        },
      }
    default:
      return {}
  }
}

function tagsOf(estate: Estate, asset: Asset): JsonObject[] {
  const tags: JsonObject[] = []
  estate.tenant.tags.forEach((tag, n) => {
    if ((asset.tags & (1 << n)) === 0) return
    tags.push({
      uuid: tag.uuid,
      key: tag.category,
      value: tag.value,
      ...(tag.isDynamic ? {} : { added_by: estate.tenant.users[0]!.uuid }),
      added_at: iso(asset.createdAt + minuteMs * (n + 1)),
    })
  })
  return tags
}

function openPortsOf(asset: Asset, firstSeen: string, lastSeen: string): JsonObject[] {
  if (asset.lastScan === 0) return []
  return [22, 80, 443].slice(0, 1 + (asset.hash % 3)).map(port => ({
    port,
    protocol: 'TCP',
    service_names: [port === 22 ? 'ssh' : 'www'],
    first_seen: firstSeen,
    last_seen: lastSeen,
  }))
}

function softwareOf(asset: Asset): string[] {
  if (!isAuthenticated(asset)) return []
  const names = [
    'cpe:/a:openbsd:openssh:8.0',
    'cpe:/a:haxx:curl:7.61.1',
    'cpe:/a:tenable:nessus_agent:10.8.4',
    'cpe:/a:google:chrome',
    'cpe:/a:vim:vim:8.0',
  ]
  return names.slice(0, asset.hash % 6)
}

export function resourceTags(asset: Asset): JsonObject[] {
  return asset.kind.cloud === undefined
    ? []
    : [
        { key: 'owner', value: 'platform' },
        { key: 'cost-centre', value: `CC-${asset.hash % 9}` },
      ]
}

export function present(text: string | undefined): string[] {
  return text === undefined ? [] : [text]
}
