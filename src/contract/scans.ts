import { z } from 'zod'
import { SeverityCounts } from './assets.ts'
import { sortOf } from './filters.ts'
import { pageOf } from './page.ts'
import { AnyObject, Count, flag, Instant, Int4Id, listOf, numericListOf, text, textList } from './primitives.ts'

export const scanFilterShape = {
  q: text(200).optional().describe('part of the name'),
  source_id: numericListOf(Int4Id).optional(),
  include: listOf(z.enum(['gone']))
    .optional()
    .describe('gone: those, too, that the source no longer lists'),
  status: textList(50).optional().describe('of the latest run: completed, running, empty …'),
  type: textList(50).optional().describe('remote, agent, ps, webapp …'),
  is_enabled: flag().optional(),
  owner: textList(200).optional(),
  folder: textList(200).optional().describe('name or vendor’s id'),
}

/** Which scans. */
export const ScanFilter = z.strictObject(scanFilterShape)
export type ScanFilter = z.infer<typeof ScanFilter>

export const scanSortKeys = ['name', 'last_run', 'id'] as const
export type ScanSortKey = (typeof scanSortKeys)[number]
export const ScanSort = sortOf(scanSortKeys, 'name')

export const ScanView = z
  .object({
    id: z.int(),
    native_id: z.int().describe('the vendor’s integer id'),
    schedule_uuid: z.string().nullable().describe('the vendor’s other name of the scan, which findings use'),
    source_id: Int4Id,
    source: z.string(),
    name: z.string(),
    type: z.string().nullable(),
    status: z.string().nullable().describe('of the latest run, in the vendor’s words'),
    owner: z.string().nullable(),
    folder: z.string().nullable(),
    policy: z.string().nullable(),
    scanner: z.string().nullable(),
    targets: z.string().nullable(),
    is_enabled: z.boolean().nullable(),
    schedule: z.string().describe('in words, for example weekly on Monday at 01:00 (Etc/UTC)'),
    rrules: z.string().nullable(),
    starts: z.string().nullable().describe('the first start on the wall clock of time_zone'),
    time_zone: z.string().nullable(),
    progress: z.int().nullable(),
    total_targets: z.int().nullable(),
    created_at: Instant.nullable(),
    last_run_at: Instant.nullable(),
    gone_at: Instant.nullable().describe('when a complete list of the scans first lacked it'),
    updated_at: Instant.describe('when our row last changed'),
    latest_results: z
      .object({
        run_uuid: z.string(),
        started_at: Instant.nullable(),
        hosts: Count.nullable(),
        severities: SeverityCounts.nullable(),
      })
      .nullable()
      .describe('of the latest run whose details were read'),
  })
  .meta({ id: 'Scan' })
export type ScanView = z.infer<typeof ScanView>

export const ScanPage = pageOf(ScanView, 'ScanPage')
export type ScanPage = z.infer<typeof ScanPage>

export const scanRunDetails = ['read', 'waiting', 'unfinished', 'archived', 'forbidden', 'not_found'] as const

export const ScanRunView = z
  .object({
    id: z.int(),
    uuid: z.string().nullable(),
    native_id: z.int().nullable(),
    status: z.string().nullable(),
    started_at: Instant.nullable(),
    completed_at: Instant.nullable(),
    duration_seconds: z.number().nullable(),
    is_archived: z.boolean().describe('the source gives no results of it any more, only a file'),
    details: z.enum(scanRunDetails).describe('whether hosts and severities are known, and if not, why'),
    hosts: Count.nullable(),
    severities: SeverityCounts.nullable().describe('results over all hosts, as the source counts them'),
    policy: z.string().nullable(),
    scanner: z.string().nullable(),
    targets: z.string().nullable(),
    assets_last_met: Count.describe('assets whose latest scan it was'),
  })
  .meta({ id: 'ScanRun' })
export type ScanRunView = z.infer<typeof ScanRunView>

export const ScanRunPage = pageOf(ScanRunView, 'ScanRunPage')
export type ScanRunPage = z.infer<typeof ScanRunPage>

export const ScanDetail = ScanView.extend({
  policy_id: z.int().nullable(),
  template_uuid: z.string().nullable(),
  user_permissions: z.int().nullable().describe('of the key on this scan: 16 view, 32 execute, 64 edit, 128 owner'),
  is_shared: z.boolean().nullable(),
  extra: AnyObject.nullable().describe('fields of the source without one of their own'),
  read_at: Instant,
  recorded_at: Instant,
  runs: z.object({
    total: Count,
    archived: Count,
    with_details: Count,
    details_waiting: Count.describe('finished runs whose details the next syncs ask for'),
  }),
  last_runs: z.array(ScanRunView).describe('newest first, ten at most'),
}).meta({ id: 'ScanDetail' })
export type ScanDetail = z.infer<typeof ScanDetail>

const coverageCounts = {
  assets: Count,
  never_scanned: Count,
  not_scanned: Count.describe('scanned, and last before since'),
  never_scanned_with_credentials: Count,
  not_scanned_with_credentials: Count.describe('scanned with credentials, and last before since'),
}

export const ScanCoverage = z
  .object({
    as_of: Instant.nullable(),
    days: z.int(),
    since: Instant.describe('so many days ago'),
    total: z.object(coverageCounts),
    by_network: z
      .array(z.object({ network_id: z.string().nullable(), network: z.string().nullable(), ...coverageCounts }))
      .describe('those with most gaps first, 200 at most'),
    by_os: z
      .array(z.object({ os: z.string().nullable().describe('as the source names it'), ...coverageCounts }))
      .describe('of an asset with several systems each counts it'),
    by_owner: z.array(z.object({ owner: z.string().nullable(), ...coverageCounts })),
    by_tag: z.array(z.object({ tag: z.string().describe('Key:Value'), ...coverageCounts })),
    filters: z
      .object({
        never_scanned: z.object({ never_scanned: z.boolean() }),
        not_scanned: z.object({ last_scan_to: Instant }),
        never_scanned_with_credentials: z.object({ never_scanned_with_credentials: z.boolean() }),
        not_scanned_with_credentials: z.object({ last_authenticated_scan_to: Instant }),
      })
      .describe('the list of assets with one of these, and the filter asked with, has the rows of that count'),
  })
  .meta({ id: 'ScanCoverage' })
export type ScanCoverage = z.infer<typeof ScanCoverage>
