import { type Answer, gatewayError, json } from './answer.ts'
import { type Asset, describe, isLive } from './asset.ts'
import { scoresOf, sourceNames } from './asset-told.ts'
import { iso, isoOrNull, minuteMs } from './clock.ts'
import type { Context } from './context.ts'
import type { Estate } from './estate.ts'
import { scopeOf } from './export.ts'
import { runUuid } from './tenant.ts'
import { visibleAsset } from './visible-asset.ts'

const listLimit = 5000

/** `GET /assets`: at most 5,000, without paging. */
export function getAssetList({ simulation }: Context): Answer {
  if (simulation.recording !== undefined) return gatewayError(501)
  const scope = scopeOf(simulation)
  const shown = simulation.estate.assets.filter(asset => asset.tracked && isLive(asset) && scope.views(asset))
  return json({
    assets: shown.slice(0, listLimit).map(asset => briefOf(simulation.estate, asset)),
    total: shown.length,
  })
}

/** Names are singular here though the values are lists. */
export function briefOf(estate: Estate, asset: Asset) {
  const facts = describe(estate.seed, asset)
  const scores = scoresOf(asset)
  return {
    id: asset.uuid,
    has_agent: asset.hasAgent,
    last_seen: iso(Math.max(asset.lastScan, asset.createdAt)),
    ...(asset.lastScan === 0 ? {} : { last_scan_target: facts.fqdn ?? facts.ipv4 }),
    sources: sourceNames(asset).map(name => ({
      name,
      first_seen: iso(asset.createdAt),
      last_seen: iso(Math.max(asset.lastScan, asset.createdAt)),
    })),
    acr_score: scores.acr,
    acr_drivers: [{ driver_name: 'device_type', driver_value: [asset.kind.deviceType] }],
    exposure_score: scores.aes,
    scan_frequency: asset.lastScan === 0 ? null : [{ interval: 90, frequency: 3, licensed: asset.licensed }],
    ipv4: [facts.ipv4],
    ipv6: listOf(facts.ipv6),
    fqdn: listOf(facts.fqdn),
    mac_address: [facts.mac],
    netbios_name: listOf(facts.netbios),
    operating_system: facts.operatingSystems,
    hostname: [facts.hostname],
    agent_name: listOf(facts.agentName),
    aws_ec2_name: asset.kind.cloud === 'aws' ? [facts.name] : [],
    security_protection_level: null,
    security_protections: [],
    exposure_confidence_value: null,
  }
}

/** `GET /assets/{uuid}`: the same and more, with names of its own for tags and networks. */
export function getAssetDetail({ simulation, params }: Context): Answer {
  const { estate } = simulation
  const asset = visibleAsset(simulation, params.asset_uuid!)
  const facts = describe(estate.seed, asset)
  const scores = scoresOf(asset)
  const isScanned = asset.lastScan !== 0
  const schedule = Math.max(asset.schedule, 0)
  return json({
    name: facts.name,
    ...briefOf(estate, asset),
    created_at: iso(asset.createdAt),
    updated_at: iso(asset.updatedAt),
    terminated_at: isoOrNull(asset.terminatedAt),
    deleted_at: isoOrNull(asset.deletedAt),
    aes_score_v3: scores.aes,
    acr_score_v3: scores.acr,
    first_seen: iso(asset.createdAt),
    ...(isScanned
      ? {
          last_authentication_attempt_date: iso(asset.lastScan - minuteMs),
          last_licensed_scan_date: iso(asset.lastScan),
          last_scan_id: runUuid(estate.seed, schedule, asset.lastRun),
          last_schedule_id: estate.tenant.scans[schedule]!.scheduleUuid,
        }
      : {}),
    tags: estate.tenant.tags.flatMap((tag, n) =>
      (asset.tags & (1 << n)) === 0
        ? []
        : [
            {
              tag_uuid: tag.uuid,
              tag_key: tag.category,
              tag_value: tag.value,
              added_by: estate.tenant.users[0]!.uuid,
              added_at: iso(asset.createdAt + minuteMs * (n + 1)),
            },
          ],
    ),
    interfaces: [
      {
        name: 'eth0',
        ipv4: [facts.ipv4],
        ipv6: listOf(facts.ipv6),
        fqdn: listOf(facts.fqdn),
        mac_address: [facts.mac],
        virtual: null,
        aliased: null,
      },
    ],
    network_id: [estate.tenant.networks[asset.network]!.uuid],
    system_type: [asset.kind.systemType],
    tenable_uuid: listOf(facts.agentUuid),
    bios_uuid: listOf(facts.biosUuid),
    aws_ec2_instance_id: [],
    aws_ec2_instance_ami_id: [],
    aws_owner_id: [],
    aws_availability_zone: [],
    aws_region: [],
    aws_vpc_id: [],
    ssh_fingerprint: [],
    mcafee_epo_guid: [],
    mcafee_epo_agent_guid: [],
    qualys_asset_id: [],
    qualys_host_id: [],
    servicenow_sysid: [],
    installed_software: [],
    bigfix_asset_id: [],
  })
}

function listOf(text: string | undefined): string[] {
  return text === undefined ? [] : [text]
}
