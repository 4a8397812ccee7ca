import { z } from 'zod'
import { findingStates } from '../domain/finding.ts'
import { severities } from '../domain/severity.ts'
import { AssetRef, SeverityCounts } from './assets.ts'
import { PluginScores } from './feeds.ts'
import { pageOf } from './page.ts'
import { AnyObject, Count, Day, Instant, PluginId, Port, RunId } from './primitives.ts'

/** Open findings of the default count. */
export const PluginCounts = z
  .object({ open_findings: Count, affected_assets: Count, open: SeverityCounts })
  .meta({ id: 'PluginCounts' })
export type PluginCounts = z.infer<typeof PluginCounts>

export const PluginView = z
  .object({
    plugin_id: PluginId,
    owner_source_id: z.int().describe('0: shared by all sources; else the source a custom plugin belongs to'),
    name: z.string().nullable(),
    family: z.string().nullable(),
    type: z.string().nullable(),
    risk_factor: z.string().nullable(),
    cves: z.array(z.string()),
    cvss2_base_score: z.number().nullable(),
    cvss3_base_score: z.number().nullable(),
    cvss4_base_score: z.number().nullable(),
    vpr_score: z.number().nullable(),
    epss_score: z.number().nullable().describe('0 to 1; of the feed where one is loaded, as is_kev'),
    is_kev: z.boolean().nullable(),
    kev_due_at: Day.nullable().describe('the day by when CISA asks for a remedy'),
    exploit_available: z.boolean().nullable(),
    has_patch: z.boolean().nullable(),
    published_at: Instant.nullable(),
    modified_at: Instant.nullable(),
    updated_at: Instant.describe('when our row last changed'),
    counts: PluginCounts.optional().describe('with counts=true'),
  })
  .meta({ id: 'Plugin' })
export type PluginView = z.infer<typeof PluginView>

export const PluginDetail = PluginView.extend({
  counts: PluginCounts,
  family_id: z.int().nullable(),
  version: z.string().nullable(),
  synopsis: z.string().nullable(),
  description: z.string().nullable(),
  solution: z.string().nullable(),
  patch_published_at: Instant.nullable(),
  vuln_published_at: Instant.nullable(),
  cpes: z.array(z.string()),
  bids: z.array(z.int()),
  see_also: z.array(z.string()),
  xrefs: z.array(z.string()),
  ms_bulletins: z.array(z.string()),
  cvss2_temporal_score: z.number().nullable(),
  cvss2_vector: z.string().nullable(),
  cvss3_temporal_score: z.number().nullable(),
  cvss3_vector: z.string().nullable(),
  cvss4_vector: z.string().nullable(),
  vpr_updated_at: Instant.nullable(),
  vpr: AnyObject.nullable(),
  vpr_v2_score: z.number().nullable(),
  vpr_v2: AnyObject.nullable(),
  exploitability_ease: z.string().nullable(),
  exploited_by_malware: z.boolean().nullable(),
  exploited_by_nessus: z.boolean().nullable(),
  exploit_frameworks: z.array(z.string()),
  has_workaround: z.boolean().nullable(),
  in_the_news: z.boolean().nullable(),
  unsupported_by_vendor: z.boolean().nullable(),
  checks_for_default_account: z.boolean().nullable(),
  checks_for_malware: z.boolean().nullable(),
  stig_severity: z.string().nullable(),
  extra: AnyObject.nullable(),
  scores: PluginScores.describe('where EPSS and KEV are from'),
  run_id: RunId,
  read_at: Instant,
  recorded_at: Instant,
}).meta({ id: 'PluginDetail' })
export type PluginDetail = z.infer<typeof PluginDetail>

export const PluginPage = pageOf(PluginView, 'PluginPage')
export type PluginPage = z.infer<typeof PluginPage>

/** One asset that has the plugin, with its findings of it folded together. */
export const PluginAsset = AssetRef.extend({
  findings: Count,
  ports: z.array(z.object({ port: Port, protocol: z.string() })),
  severity: z.enum(severities).describe('the worst of them'),
  state: z.enum(findingStates).describe('open before reopened before fixed'),
  first_found: Instant.nullable(),
  last_found: Instant.nullable(),
}).meta({ id: 'PluginAsset' })
export type PluginAsset = z.infer<typeof PluginAsset>

export const PluginAssetPage = pageOf(PluginAsset, 'PluginAssetPage')
export type PluginAssetPage = z.infer<typeof PluginAssetPage>
