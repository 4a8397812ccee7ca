import { z } from 'zod'
import { assetStatuses } from '../domain/asset.ts'
import { findingStates } from '../domain/finding.ts'
import { evidenceKinds } from '../domain/identity/index.ts'
import { severities } from '../domain/severity.ts'
import { SeverityCounts } from './assets.ts'
import { Level, pageOf } from './page.ts'
import { AssetId, Count, flag, Instant, Int4Id, numeric, numericListOf, PluginId, Port, text } from './primitives.ts'

export const DeviceId = z.int().min(1)

export const DeviceFilter = z.strictObject({
  q: text(200).optional().describe('part of a name, an address or an id of one of its records'),
  source_id: numericListOf(Int4Id).optional().describe('with a record of one of them'),
  is_shared: flag().optional().describe('true: of several records; false: of one'),
})

export const DeviceSort = z.enum(['id', '-id', 'name', '-name', 'records', '-records']).default('name')

const DeviceRecord = z.object({
  asset_id: AssetId,
  uuid: z.string().describe('the vendor’s id'),
  name: z.string(),
  source_id: Int4Id,
  source: z.string(),
  kind: z.string().describe('of the source: tenable-vm, tenable-sc, nessus, files'),
  status: z.enum(assetStatuses),
  last_seen: Instant.nullable(),
  since: Instant.describe('since when it is held to be of this machine'),
})

export const DeviceView = z
  .object({
    id: DeviceId,
    name: z.string().describe('of the record seen last'),
    tenant_id: Int4Id,
    records: Count.describe('that you may see'),
    sources: z.array(z.object({ source_id: Int4Id, source: z.string() })),
    confidence: z.number().min(0).max(1).nullable().describe('of its weakest link; null for a machine of one record'),
    last_seen: Instant.nullable(),
  })
  .meta({ id: 'Device' })
export type DeviceView = z.infer<typeof DeviceView>

export const DevicePage = pageOf(DeviceView, 'DevicePage')

const Evidence = z.object({
  kind: z.enum([...evidenceKinds, 'neighbourhood', 'os_family', 'same_source']),
  value: z.string().nullable().describe('what is shared; null for what speaks against it'),
  weight: z.number().describe('above zero for one machine, below against it'),
})

export const DeviceLink = z
  .object({
    asset_a: AssetId,
    asset_b: AssetId,
    name_a: z.string(),
    name_b: z.string(),
    source_a: z.string(),
    source_b: z.string(),
    device_a: DeviceId,
    device_b: DeviceId,
    score: z.number(),
    confidence: z.number(),
    evidence: z.array(Evidence),
  })
  .meta({ id: 'DeviceLink' })

export const DeviceDecision = z
  .object({
    id: z.int().min(1),
    asset_ids: z.tuple([AssetId, AssetId]),
    is_same: z.boolean(),
    reason: z.string().nullable(),
    decided_by: z.string(),
    decided_at: Instant,
    undone_by: z.string().nullable(),
    undone_at: Instant.nullable(),
  })
  .meta({ id: 'DeviceDecision' })

export const DeviceDetail = DeviceView.extend({
  members: z.array(DeviceRecord),
  links: z.array(DeviceLink).describe('what joins its records'),
  asked: z.array(DeviceLink).describe('records of others that may be this machine'),
  decisions: z.array(DeviceDecision).describe('of people, on its records; those taken back too'),
  open: SeverityCounts.describe('each finding once, whoever reported it'),
}).meta({ id: 'DeviceDetail' })

export const DeviceFinding = z
  .object({
    plugin_id: PluginId,
    plugin_name: z.string().nullable(),
    port: Port,
    protocol: z.string(),
    severity: z.enum(severities).describe('the worst that a witness says'),
    state: z.enum(findingStates).describe('of the witness that saw it last'),
    first_found: Instant.nullable(),
    last_found: Instant.nullable(),
    witnesses: z.array(
      z.object({
        asset_id: AssetId,
        source: z.string(),
        finding: z.string().describe('its id among the findings'),
        state: z.enum(findingStates),
        severity: z.enum(severities),
        last_found: Instant.nullable(),
      }),
    ),
  })
  .meta({ id: 'DeviceFinding' })

export const DeviceFindings = z
  .object({ items: z.array(DeviceFinding), level: Level, total: Count })
  .meta({ id: 'DeviceFindings' })

export const ReviewPage = pageOf(DeviceLink, 'DeviceReviewPage')
export const DecisionPage = pageOf(DeviceDecision, 'DeviceDecisionPage')

export const DecisionInput = z
  .strictObject({
    asset_ids: z.tuple([AssetId, AssetId]).describe('two records of one tenant'),
    is_same: z.boolean().describe('true: one machine; false: two'),
    reason: text(1_000).nullable().default(null),
  })
  .meta({ id: 'NewDeviceDecision' })

export const EstateStatistics = z
  .object({
    level: Level,
    as_of: Instant.nullable(),
    devices: Count.describe('with a record in the default count'),
    records: Count.describe('in the default count'),
    shared: Count.describe('devices of several records'),
    to_review: Count,
    open: SeverityCounts.describe('open findings, each once per device'),
    reported: SeverityCounts.describe('the same as every source counts them'),
  })
  .meta({ id: 'EstateStatistics' })

export const deviceKey = z.strictObject({ id: numeric(DeviceId) })
export const decisionKey = z.strictObject({ id: numeric(z.int().min(1)) })
