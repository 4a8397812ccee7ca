import { z } from 'zod'
import { severities } from '../domain/severity.ts'
import { pageOf, pageQuery } from './page.ts'
import { AssetId, Count, Instant, Int4Id, listOf, numericListOf, PluginId, Port, RunId } from './primitives.ts'

export const sweepStatuses = ['held', 'confirmed', 'applied', 'rejected', 'skipped'] as const
export const sweepCauses = ['aged_out', 'asset_gone', 'superseded', 'withdrawn', 'out_of_scope', 'unconfirmed'] as const

/** What a complete full run did not meet, and what became of it. */
export const SweepView = z
  .object({
    run_id: RunId,
    source_id: Int4Id,
    source: z.string(),
    status: z
      .enum(sweepStatuses)
      .describe('held: waits for a person; confirmed: a person has said so, and it is being carried out'),
    reason: z.string(),
    assets_live: Count.describe('of the source, when the sweep was planned'),
    findings_open: Count.describe('of the source, when the sweep was planned'),
    would_end: z
      .object({
        assets: Count.describe('aged out: the source no longer has them'),
        findings: Count.describe('the sum of those of assets that are gone, superseded and withdrawn'),
        asset_gone: Count.describe('findings of assets that are gone'),
        superseded: Count.describe('findings of an untracked asset that a newer scan names anew'),
        withdrawn: Count.describe('findings that a second full run missed though their asset is there'),
      })
      .describe('or has ended, when it was applied'),
    unconfirmed: Count.describe('findings missed for the first time: marked, not ended'),
    out_of_scope: z
      .object({ assets: Count, findings: Count })
      .describe('outside the scope of the source: marked by the run itself, whatever becomes of the rest'),
    planned_at: Instant,
    decided_at: Instant.nullable(),
    decided_by: z.string().nullable(),
    applied_at: Instant.nullable().describe('when all of it was carried out'),
    progress: z
      .object({ assets_done: Count, assets: Count.describe('whose rows it ends') })
      .nullable()
      .describe('of one that a person confirmed; null until somebody began'),
    error: z.string().nullable().describe('why a confirmed one could not be carried out; it is tried again'),
  })
  .meta({ id: 'Sweep' })
export type SweepView = z.infer<typeof SweepView>

export const SweepPage = pageOf(SweepView, 'SweepPage')
export type SweepPage = z.infer<typeof SweepPage>

export const SweepRowView = z
  .object({
    cause: z.enum(sweepCauses).describe('aged_out: the asset itself'),
    asset_id: AssetId,
    asset_uuid: z.string(),
    asset_name: z.string(),
    last_seen: Instant.nullable(),
    plugin_id: PluginId.nullable().describe('null: the row is the asset itself'),
    plugin_name: z.string().nullable(),
    port: Port.nullable(),
    protocol: z.string().nullable(),
    instance: z.string().nullable(),
    severity: z.enum(severities).nullable(),
    last_found: Instant.nullable(),
  })
  .meta({ id: 'SweepRow' })
export type SweepRowView = z.infer<typeof SweepRowView>

export const SweepRowPage = pageOf(SweepRowView, 'SweepRowPage')
export type SweepRowPage = z.infer<typeof SweepRowPage>

export const SweepDetail = SweepView.extend({
  rows: SweepRowPage.describe('by asset; none any more once it was decided'),
}).meta({ id: 'SweepDetail' })
export type SweepDetail = z.infer<typeof SweepDetail>

export const sweepFilterShape = {
  source_id: numericListOf(Int4Id).optional(),
  status: listOf(z.enum(sweepStatuses)).optional(),
}
export const SweepFilter = z.strictObject(sweepFilterShape)
export type SweepFilter = z.infer<typeof SweepFilter>

export const sweepRowQuery = z.strictObject({ cause: listOf(z.enum(sweepCauses)).optional(), ...pageQuery })
