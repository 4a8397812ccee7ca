import { z } from 'zod'
import { assetStatuses } from '../domain/asset.ts'
import { cloudProviders } from '../domain/cloud-provider.ts'
import { criticalities } from '../domain/criticality.ts'
import { endCauses, findingStates, severityModifications } from '../domain/finding.ts'
import { assignedCriticalities } from '../domain/group-rule.ts'
import { severities } from '../domain/severity.ts'
import { AssetId, Count, Day, Instant, PluginId, Port } from './primitives.ts'

/** One row of an export; in CSV a list is joined with semicolons, and what is unknown is an empty cell. */
export const FindingExportRow = z
  .object({
    source: z.string(),
    asset_uuid: z.string(),
    asset_name: z.string(),
    asset_status: z.enum(assetStatuses),
    plugin_id: PluginId,
    plugin_name: z.string().nullable(),
    port: Port,
    protocol: z.string(),
    instance: z.string(),
    state: z.enum(findingStates),
    severity: z.enum(severities),
    default_severity: z.enum(severities).nullable(),
    severity_modification: z.enum(severityModifications),
    first_found: Instant.nullable(),
    last_found: Instant.nullable(),
    last_fixed: Instant.nullable(),
    resurfaced_date: Instant.nullable(),
    ended_at: Instant.nullable(),
    end_cause: z.enum(endCauses).nullable(),
    service: z.string().nullable(),
    finding_id: z.string().nullable(),
    vpr_score: z.number().nullable(),
    cvss3_base_score: z.number().nullable(),
    epss_score: z.number().nullable(),
    is_kev: z.boolean().nullable(),
    kev_due_at: Day.nullable(),
    owner: z.string().nullable(),
    output: z.string().nullable().optional().describe('with output=true'),
  })
  .meta({ id: 'FindingExportRow' })
export type FindingExportRow = z.infer<typeof FindingExportRow>

export const AssetExportRow = z
  .object({
    source: z.string(),
    asset_uuid: z.string(),
    asset_id: AssetId,
    name: z.string(),
    status: z.enum(assetStatuses),
    is_provisional: z.boolean(),
    is_licensed: z.boolean().nullable(),
    is_tracked: z.boolean().nullable(),
    is_counted: z.boolean(),
    types: z.array(z.string()),
    hostnames: z.array(z.string()),
    fqdns: z.array(z.string()),
    ipv4s: z.array(z.string()),
    ipv6s: z.array(z.string()),
    mac_addresses: z.array(z.string()),
    netbios_names: z.array(z.string()),
    operating_systems: z.array(z.string()),
    has_agent: z.boolean().nullable(),
    agent_uuid: z.string().nullable(),
    cloud_provider: z.enum(cloudProviders),
    network_id: z.string().nullable(),
    network_name: z.string().nullable(),
    acr_score: z.number().nullable(),
    criticality: z.enum(criticalities),
    exposure_score: z.number().nullable(),
    owner: z.string().nullable(),
    assigned_criticality: z.enum(assignedCriticalities).nullable(),
    groups: z.array(z.string()),
    tags: z.array(z.string()).describe('Key:Value'),
    open_critical: Count,
    open_high: Count,
    open_medium: Count,
    open_low: Count,
    open_info: Count,
    first_seen: Instant.nullable(),
    last_seen: Instant.nullable(),
    last_scan_at: Instant.nullable(),
    last_authenticated_scan_at: Instant.nullable(),
    created_at: Instant.nullable(),
    updated_at: Instant.nullable(),
    deleted_at: Instant.nullable(),
    terminated_at: Instant.nullable(),
  })
  .meta({ id: 'AssetExportRow' })
export type AssetExportRow = z.infer<typeof AssetExportRow>
