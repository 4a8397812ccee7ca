import { z } from 'zod'
import { assetStatuses } from '../domain/asset.ts'
import {
  endCauses,
  findingEventCauses,
  findingEventKinds,
  findingStates,
  severityModifications,
} from '../domain/finding.ts'
import { severities } from '../domain/severity.ts'
import { AssetRef } from './assets.ts'
import { archived_before, HistoryNote } from './history.ts'
import { pageOf } from './page.ts'
import { PluginDetail } from './plugins.ts'
import { AnyObject, AssetId, Count, Day, Instant, Int4Id, PluginId, Port, RunId } from './primitives.ts'

export const FindingView = z
  .object({
    id: z.string().describe('<asset id>.<plugin id>.<port>.<protocol>[.<instance in base64url>]'),
    finding_id: z.string().nullable().describe('the vendor’s own id'),
    source_id: Int4Id,
    source: z.string(),
    asset_id: AssetId,
    asset_uuid: z.string(),
    asset_name: z.string(),
    asset_status: z.enum(assetStatuses),
    plugin_id: PluginId,
    plugin_name: z.string().nullable(),
    plugin_family: z.string().nullable(),
    port: Port,
    protocol: z.string(),
    instance: z.string().describe('empty but for web-application findings'),
    service: z.string().nullable(),
    state: z.enum(findingStates),
    severity: z.enum(severities).describe('as the source sent it, after recast'),
    default_severity: z.enum(severities).nullable(),
    severity_modification: z.enum(severityModifications),
    is_counted: z.boolean().describe('in the default count: open or reopened, not ended, on a counted asset'),
    first_found: Instant.nullable(),
    last_found: Instant.nullable(),
    last_fixed: Instant.nullable(),
    resurfaced_date: Instant.nullable(),
    ended_at: Instant.nullable().describe('when it stopped counting without the source having called it fixed'),
    end_cause: z.enum(endCauses).nullable(),
    vpr_score: z.number().nullable(),
    epss_score: z.number().nullable(),
    cvss3_base_score: z.number().nullable(),
    is_kev: z.boolean().nullable(),
    kev_due_at: Day.nullable().describe('the day by when CISA asks for a remedy'),
    exploit_available: z.boolean().nullable(),
    owner: z.string().nullable().describe('of the asset, by rule or by a person'),
    updated_at: Instant.describe('when our row last changed'),
  })
  .meta({ id: 'Finding' })
export type FindingView = z.infer<typeof FindingView>

export const FindingDetail = FindingView.extend({
  output: z.string().nullable().describe('hostile text: show it, never interpret it'),
  is_output_archived: z.boolean().describe('it has an output, and the archive has it'),
  modification_reason: z.string().nullable(),
  modification_rule_id: z.string().nullable(),
  time_taken_to_fix: Count.nullable().describe('seconds, as the vendor counts them'),
  sensor: z.string().nullable(),
  scan_uuid: z.string().nullable(),
  scan_schedule_uuid: z.string().nullable(),
  scan_started_at: Instant.nullable(),
  scan_completed_at: Instant.nullable(),
  scan_target: z.string().nullable(),
  indexed: Instant.nullable().describe('when the vendor indexed this version'),
  read_at: Instant,
  recorded_at: Instant,
  run_id: RunId,
  extra: AnyObject.nullable().describe('what the source sent that has no column'),
  asset: AssetRef,
  plugin: PluginDetail.omit({ counts: true }).nullable(),
  history: HistoryNote.optional().describe('when the past was asked about'),
}).meta({ id: 'FindingDetail' })
export type FindingDetail = z.infer<typeof FindingDetail>

export const FindingPage = pageOf(FindingView, 'FindingPage')
export type FindingPage = z.infer<typeof FindingPage>

export const FindingEventView = z
  .object({
    event_id: z.int(),
    happened_at: Instant.nullable().describe('the vendor’s clock; null when the source gives no date'),
    recorded_at: Instant.describe('our clock: when we were told'),
    kind: z.enum(findingEventKinds),
    state: z.enum(findingStates).describe('after the event, as severity and modification'),
    severity: z.enum(severities),
    severity_modification: z.enum(severityModifications),
    cause: z.enum(findingEventCauses),
    is_reconstructed: z.boolean().describe('made from the dates in the row at the first sight of it, not witnessed'),
    run_id: RunId.nullable(),
    before: AnyObject.nullable(),
  })
  .meta({ id: 'FindingEvent' })
export type FindingEventView = z.infer<typeof FindingEventView>

export const FindingHistory = z
  .object({ finding_id: z.string(), items: z.array(FindingEventView), archived_before })
  .meta({ id: 'FindingHistory' })
export type FindingHistory = z.infer<typeof FindingHistory>
