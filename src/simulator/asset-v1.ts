import type { Asset } from './asset.ts'
import { type AssetBodyOptions, hasServiceNow, present, resourceTags, tell } from './asset-told.ts'
import { iso, isoOrNull } from './clock.ts'
import type { Estate } from './estate.ts'
import type { JsonObject } from './json.ts'
import { hexOf, topic } from './random.ts'

/** Version 1: flat, every key present, null and [] where there is nothing. */
export function assetV1(estate: Estate, asset: Asset, options: AssetBodyOptions): JsonObject {
  const told = tell(estate, asset)
  const { facts, scan, cloud } = told
  const scored = asset.licensed
  return {
    id: asset.uuid,
    has_agent: asset.hasAgent,
    has_plugin_results: asset.lastScan === 0 ? null : asset.slots > 0,
    created_at: iso(asset.createdAt),
    terminated_at: isoOrNull(asset.terminatedAt),
    terminated_by: asset.terminatedAt === 0 ? null : 'cloud connector',
    updated_at: iso(asset.updatedAt),
    deleted_at: isoOrNull(asset.deletedAt),
    deleted_by: asset.deletedAt === 0 ? null : estate.tenant.users[0]!.uuid,
    first_seen: iso(asset.createdAt),
    last_seen: iso(Math.max(asset.lastScan, asset.createdAt)),
    first_scan_time: scan.first_scan_time ?? null,
    last_scan_time: scan.last_scan_time ?? null,
    last_authenticated_scan_date: scan.last_authenticated_scan_date ?? null,
    last_licensed_scan_date: scan.last_licensed_scan_date ?? null,
    last_scan_id: scan.last_scan_id ?? null,
    last_schedule_id: scan.last_schedule_id ?? null,
    azure_vm_id: cloud.azure?.vm_id ?? null,
    azure_resource_id: cloud.azure?.resource_id ?? null,
    gcp_project_id: cloud.gcp?.project_id ?? null,
    gcp_zone: cloud.gcp?.zone ?? null,
    gcp_instance_id: cloud.gcp?.instance_id ?? null,
    aws_ec2_instance_ami_id: cloud.aws?.ec2_instance_ami_id ?? null,
    aws_ec2_instance_id: cloud.aws?.ec2_instance_id ?? null,
    agent_uuid: facts.agentUuid ?? null,
    bios_uuid: facts.biosUuid ?? null,
    network_id: told.network.id,
    network_name: told.network.name,
    aws_owner_id: cloud.aws?.owner_id ?? null,
    aws_availability_zone: cloud.aws?.availability_zone ?? null,
    aws_region: cloud.aws?.region ?? null,
    aws_vpc_id: cloud.aws?.vpc_id ?? null,
    aws_ec2_instance_group_name: cloud.aws?.ec2_instance_group_name ?? null,
    aws_ec2_instance_state_name: cloud.aws?.ec2_instance_state_name ?? null,
    aws_ec2_instance_type: cloud.aws?.ec2_instance_type ?? null,
    aws_subnet_id: cloud.aws?.subnet_id ?? null,
    aws_ec2_product_code: null,
    aws_ec2_name: cloud.aws?.ec2_name ?? null,
    mcafee_epo_guid: null,
    mcafee_epo_agent_guid: null,
    servicenow_sysid: hasServiceNow(asset) ? hexOf(estate.seed, topic.host, asset.host, 32, 40) : null,
    bigfix_asset_id: null,
    last_authentication_attempt_date: scan.last_authentication_attempt_date ?? null,
    last_authentication_success_date: scan.last_authentication_success_date ?? null,
    last_authentication_scan_status: scan.last_authentication_scan_status ?? null,
    last_scan_target: scan.last_scan_target ?? null,
    serial_number: facts.serial ?? null,
    agent_names: present(facts.agentName),
    installed_software: told.software,
    ipv4s: [facts.ipv4],
    ipv6s: present(facts.ipv6),
    fqdns: present(facts.fqdn),
    mac_addresses: [facts.mac],
    netbios_names: present(facts.netbios),
    operating_systems: facts.operatingSystems,
    system_types: [asset.kind.systemType],
    hostnames: [facts.hostname],
    ssh_fingerprints: [],
    qualys_asset_ids: [],
    qualys_host_ids: [],
    manufacturer_tpm_ids: [],
    symantec_ep_hardware_keys: [],
    sources: told.sources,
    tags: told.tags,
    network_interfaces: told.interfaces,
    open_ports: options.openPorts ? told.openPorts : [],
    acr_score: scored ? mixedScore(told.acr, asset.hash % 4) : null,
    exposure_score: scored ? mixedScore(told.aes, (asset.hash >>> 4) % 4) : null,
    ratings: scored ? { acr: { score: told.acr }, aes: { score: told.aes } } : null,
    tenable_agent_days_since_active: asset.hasAgent ? asset.hash % 30 : null,
    ...(options.resourceTags ? { resource_tags: resourceTags(asset) } : {}),
  }
}

/** Scores came as "9.0", "9", 9 and 9.0 over the years. */
function mixedScore(score: number, shape: number): string | number {
  return shape === 0 ? score : shape === 1 ? String(score) : `${score}.0`
}
