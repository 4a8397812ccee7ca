import { z } from 'zod'
import { complianceEndCauses, complianceStates } from '../domain/compliance.ts'
import { AssetRef } from './assets.ts'
import { sortOf } from './filters.ts'
import { pageOf } from './page.ts'
import {
  AssetId,
  Count,
  Day,
  flag,
  Instant,
  Int4Id,
  instantInput,
  listOf,
  numericListOf,
  text,
  textList,
} from './primitives.ts'

/** As for assets; `ended` are results that stopped counting. */
export const complianceIncludes = ['ended', 'unlicensed', 'untracked', 'gone', 'all'] as const

const CheckId = z.int().min(1)

export const complianceFilterShape = {
  q: text(200).optional().describe('part of a check’s name, an audit file or a reference'),
  source_id: numericListOf(Int4Id).optional(),
  include: listOf(z.enum(complianceIncludes)).optional().describe('rows the default count leaves out'),
  state: listOf(z.enum(complianceStates)).optional(),
  audit_file: textList(500).optional(),
  check_id: numericListOf(CheckId).optional(),
  asset_id: numericListOf(AssetId).optional(),
  framework: textList(100).optional().describe('of a reference, for example 800-53'),
  reference: textList(200).optional().describe('framework|control, for example 800-53|AC-2'),
  tag: textList(500).optional().describe('of the asset: Key:Value, or Key alone; several must all be there'),
  network_id: textList(100).optional(),
  is_unconfirmed: flag().optional().describe('true: a complete full run did not meet it'),
  last_seen_from: instantInput().optional(),
  last_seen_to: instantInput().optional().describe('exclusive, as every …_to'),
  updated_since: instantInput().optional().describe('rows of ours that changed at or after this instant'),
}

/** Which compliance results. */
export const ComplianceFilter = z.strictObject(complianceFilterShape)
export type ComplianceFilter = z.infer<typeof ComplianceFilter>

export const ComplianceSort = sortOf(['last_seen', 'asset_id'] as const, '-last_seen')

export const ComplianceCounts = z
  .object({ passed: Count, failed: Count, warning: Count, skipped: Count, error: Count, unknown: Count })
  .meta({ id: 'ComplianceCounts' })
export type ComplianceCounts = z.infer<typeof ComplianceCounts>

export const ComplianceCheckRef = z
  .object({
    id: CheckId,
    source_id: Int4Id,
    audit_file: z.string(),
    name: z.string(),
    references: z.array(z.string()).describe('framework|control'),
  })
  .meta({ id: 'ComplianceCheckRef' })

export const ComplianceView = z
  .object({
    asset: AssetRef,
    check: ComplianceCheckRef,
    state: z.enum(complianceStates),
    vendor_state: z.string().nullable().describe('open, reopened or fixed, as the vendor keeps it beside the outcome'),
    actual_value: z.string().nullable(),
    expected_value: z.string().nullable().describe('what the policy asks for'),
    check_error: z.string().nullable(),
    description: z.string().nullable(),
    first_seen: Instant.nullable(),
    last_seen: Instant.nullable(),
    last_fixed: Instant.nullable(),
    last_observed: Instant.nullable(),
    ended_at: Instant.nullable(),
    end_cause: z.enum(complianceEndCauses).nullable(),
    unconfirmed_at: Instant.nullable().describe('when a complete full run first did not meet it'),
    updated_at: Instant.describe('when our row last changed'),
    last_change: z
      .object({ before: z.enum(complianceStates), happened_at: Instant.nullable(), recorded_at: Instant })
      .nullable()
      .describe('the latest change of the outcome that we saw'),
  })
  .meta({ id: 'ComplianceResult' })
export type ComplianceView = z.infer<typeof ComplianceView>

export const CompliancePage = pageOf(ComplianceView, 'CompliancePage')
export type CompliancePage = z.infer<typeof CompliancePage>

export const ComplianceCheckView = ComplianceCheckRef.extend({
  source: z.string(),
  benchmark_name: z.string().nullable(),
  benchmark_version: z.string().nullable(),
  plugin_id: z.int().nullable(),
  counts: ComplianceCounts,
  assets: Count,
  last_seen: Instant.nullable(),
}).meta({ id: 'ComplianceCheck' })
export type ComplianceCheckView = z.infer<typeof ComplianceCheckView>

export const ComplianceCheckPage = pageOf(ComplianceCheckView, 'ComplianceCheckPage')
export type ComplianceCheckPage = z.infer<typeof ComplianceCheckPage>

export const ComplianceAssetView = AssetRef.extend({
  counts: ComplianceCounts,
  checks: Count,
  last_seen: Instant.nullable(),
}).meta({ id: 'ComplianceAsset' })
export type ComplianceAssetView = z.infer<typeof ComplianceAssetView>

export const ComplianceAssetPage = pageOf(ComplianceAssetView, 'ComplianceAssetPage')
export type ComplianceAssetPage = z.infer<typeof ComplianceAssetPage>

export const ComplianceCheckDetail = ComplianceCheckView.extend({
  native_id: z.string().describe('the vendor’s compliance_full_id'),
  info: z.string().nullable(),
  solution: z.string().nullable(),
  synopsis: z.string().nullable(),
  see_also: z.string().nullable(),
  plugin_name: z.string().nullable(),
  profile_name: z.string().nullable(),
  vendor_check_id: z.string().nullable().describe('changes with the content of the check'),
  control_id: z.string().nullable(),
  functional_id: z.string().nullable(),
  informational_id: z.string().nullable(),
  metadata_id: z.string().nullable(),
  db_type: z.string().nullable(),
  updated_at: Instant,
  recorded_at: Instant,
}).meta({ id: 'ComplianceCheckDetail' })
export type ComplianceCheckDetail = z.infer<typeof ComplianceCheckDetail>

/** A check, and a page of what it found on each asset. */
export const ComplianceCheckAnswer = pageOf(ComplianceView, 'ComplianceCheckResultPage')
  .extend({ check: ComplianceCheckDetail })
  .meta({ id: 'ComplianceCheckAnswer' })
export type ComplianceCheckAnswer = z.infer<typeof ComplianceCheckAnswer>

export const ComplianceStatistics = z
  .object({
    as_of: Instant.nullable(),
    total: Count,
    counts: ComplianceCounts,
    by_audit_file: z.array(
      z.object({ audit_file: z.string(), checks: Count, assets: Count, counts: ComplianceCounts }),
    ),
    days: z.array(z.object({ day: Day, counts: ComplianceCounts })).describe('at the end of each day in UTC'),
  })
  .meta({ id: 'ComplianceStatistics' })
export type ComplianceStatistics = z.infer<typeof ComplianceStatistics>
