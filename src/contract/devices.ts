import { z } from 'zod'
import { assetStatuses } from '../domain/asset.ts'
import { findingStates } from '../domain/finding.ts'
import { evidenceKinds } from '../domain/identity/index.ts'
import { severities } from '../domain/severity.ts'
import { SeverityCounts } from './assets.ts'
import { HistoryNote } from './history.ts'
import { Level, pageOf } from './page.ts'
import {
  AssetId,
  Count,
  Day,
  DeviceId,
  flag,
  Instant,
  Int4Id,
  numeric,
  numericListOf,
  PluginId,
  Port,
  text,
} from './primitives.ts'
import { sourceKinds } from './sources.ts'

const Share = z.number().min(0).max(1)

export const DeviceFilter = z.strictObject({
  q: text(200).optional().describe('part of a name, an address or an id of one of its records'),
  source_id: numericListOf(Int4Id).optional().describe('with a record of one of them'),
  is_shared: flag().optional().describe('true: of several records; false: of one'),
  records_min: numeric(Count).optional().describe('of at least so many records'),
  records_max: numeric(Count).optional().describe('of at most so many records'),
  in_review: flag().optional().describe('true: somebody should look at a pair that one of its records is in'),
  confidence_min: numeric(Share).optional().describe('of several records, and its weakest link at least so certain'),
  confidence_max: numeric(Share).optional().describe('of several records, and its weakest link at most so certain'),
})
export type DeviceFilter = z.infer<typeof DeviceFilter>

export const deviceSorts = [
  ...(['id', '-id', 'name', '-name', 'records', '-records'] as const),
  ...(['confidence', '-confidence', 'last_seen', '-last_seen'] as const),
] as const
export type DeviceSort = (typeof deviceSorts)[number]
export const DeviceSort = z.enum(deviceSorts).default('name')

const DeviceRecord = z.object({
  asset_id: AssetId,
  uuid: z.string().describe('the vendor’s id'),
  name: z.string(),
  source_id: Int4Id,
  source: z.string(),
  kind: z.enum(sourceKinds).describe('of the source'),
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
    to_review: Count.describe('pairs of one of its records and one of another machine that a person should look at'),
    address: z.string().nullable().describe('of the record seen last'),
    operating_system: z.string().nullable().describe('of the record seen last that knows it'),
    last_seen: Instant.nullable(),
    open: SeverityCounts.describe('open findings of the default count, each once, whoever reported it'),
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
    names: z.tuple([z.string().nullable(), z.string().nullable()]).describe('of the two; null for one that is gone'),
    is_same: z.boolean(),
    reason: z.string().nullable(),
    decided_by: z.string(),
    decided_at: Instant,
    act_id: z.int().min(1).describe('decisions of one act are taken back together'),
    undone_by: z.string().nullable(),
    undone_at: Instant.nullable(),
  })
  .meta({ id: 'DeviceDecision' })

export const DeviceDetail = DeviceView.extend({
  members: z.array(DeviceRecord),
  links: z.array(DeviceLink).describe('what joins its records'),
  asked: z.array(DeviceLink).describe('records of others that may be this machine'),
  decisions: z.array(DeviceDecision).describe('of people, on its records; those taken back too'),
}).meta({ id: 'DeviceDetail' })

export const DeviceFinding = z
  .object({
    plugin_id: PluginId,
    plugin_name: z.string().nullable(),
    port: Port,
    protocol: z.string(),
    instance: z.string().describe('empty but for findings of web applications'),
    severity: z.enum(severities).describe('the worst that a witness says of those for whom it is open'),
    state: z.enum(findingStates).describe('of that witness'),
    first_found: Instant.nullable(),
    last_found: Instant.nullable(),
    witnesses: z
      .array(
        z.object({
          asset_id: AssetId,
          source_id: Int4Id,
          source: z.string(),
          finding: z.string().describe('its id among the findings'),
          state: z.enum(findingStates),
          severity: z.enum(severities),
          first_found: Instant.nullable(),
          last_found: Instant.nullable(),
        }),
      )
      .describe('everybody who reports it, also those for whom it is fixed'),
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
    to_review: Count.nullable().describe('null for a day of the past'),
    open: SeverityCounts.describe('open findings, each once per device'),
    reported: SeverityCounts.describe('the same as every source counts them'),
    history: HistoryNote.optional().describe('when the past was asked about'),
  })
  .meta({ id: 'EstateStatistics' })
export type EstateStatistics = z.infer<typeof EstateStatistics>

const DayOfEstate = z
  .object({
    day: Day,
    devices: Count.describe('with a record in the default count, at the end of the day in UTC'),
    records: Count.describe('in the default count'),
    shared: Count.describe('devices of several such records'),
    total: Count.describe('open findings, each once per device'),
    by_severity: SeverityCounts.describe('of the open ones'),
    by_state: z.object({ open: Count, reopened: Count, fixed: Count }),
    reported: SeverityCounts.describe('the open ones as every source counts them'),
  })
  .meta({ id: 'DayOfEstate' })

export const DailyEstateStatistics = z
  .object({
    level: Level,
    first_day: Day.nullable().describe('the earliest date that the sources gave; before it nothing is known'),
    last_day: Day.nullable().describe('the last day on which a source was read'),
    settled_before: Day.nullable().describe(
      'days before are as they were known when their history went to the archive; null when none did',
    ),
    items: z.array(DayOfEstate).describe('one for each day, oldest first; none before the machines were counted first'),
  })
  .meta({ id: 'DailyEstateStatistics' })
export type DailyEstateStatistics = z.infer<typeof DailyEstateStatistics>

export const MergeInput = z
  .strictObject({
    device_id: DeviceId.describe('the other machine'),
    reason: text(1_000).nullable().default(null),
  })
  .meta({ id: 'DeviceMerge' })

export const SplitInput = z
  .strictObject({
    asset_ids: z.array(AssetId).min(1).max(100).describe('records that are another machine than the rest of this one'),
    reason: text(1_000).nullable().default(null),
  })
  .meta({ id: 'DeviceSplit' })

export const DeviceAct = z
  .object({
    act_id: z.int().min(1),
    device_ids: z.array(DeviceId).describe('the machines that the records are of now'),
    decisions: z.array(DeviceDecision).describe('pair by pair; to take one back takes back all of the act'),
  })
  .meta({ id: 'DeviceAct' })

export const deviceKey = z.strictObject({ id: numeric(DeviceId) })
export const decisionKey = z.strictObject({ id: numeric(z.int().min(1)) })

export type DeviceDetail = z.infer<typeof DeviceDetail>
export type DeviceLink = z.infer<typeof DeviceLink>
export type DeviceDecision = z.infer<typeof DeviceDecision>
export type DeviceFinding = z.infer<typeof DeviceFinding>
