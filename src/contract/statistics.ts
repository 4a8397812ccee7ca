import { z } from 'zod'
import { assetStatuses } from '../domain/asset.ts'
import { findingStates } from '../domain/finding.ts'
import { SeverityCounts } from './assets.ts'
import { cloudProviders } from './filters.ts'
import { HistoryNote } from './history.ts'
import { Level } from './page.ts'
import { Count, Day, Instant, Int4Id } from './primitives.ts'
import { sourceKinds } from './sources.ts'
import { RunView } from './sync.ts'

const countsOf = <const K extends readonly string[]>(keys: K) =>
  z.object(Object.fromEntries(keys.map(key => [key, Count])) as Record<K[number], typeof Count>)

export const LeftOutAssets = z
  .object({
    unlicensed: Count.describe('live, but the source says they have no licence'),
    untracked: Count.describe('live, but given a new id at each scan; without those already unlicensed'),
    out_of_scope: Count.describe('live when last seen, but outside the scope of their source'),
  })
  .meta({ id: 'LeftOutAssets' })

export const LeftOutFindings = z
  .object({
    unlicensed: Count.describe('open, on unlicensed assets'),
    untracked: Count.describe('open, on untracked assets'),
    gone: Count.describe('open, on assets that are deleted, terminated or aged out'),
    ended: Count.describe('stopped counting without a fix'),
    out_of_scope: Count.nullable().describe(
      'of the ended ones, those outside the scope of their source; null for days whose history is in the archive',
    ),
  })
  .meta({ id: 'LeftOutFindings' })

export const AssetStatistics = z
  .object({
    as_of: Instant.nullable(),
    level: Level,
    total: Count.describe('assets of the default count that match'),
    by_status: countsOf(assetStatuses).describe('every asset that matches, counted or not'),
    by_type: z.array(z.object({ type: z.string(), count: Count })),
    by_cloud: countsOf(cloudProviders),
    by_operating_system: z.array(z.object({ name: z.string(), count: Count })).describe('the 20 most frequent'),
    by_network: z.array(z.object({ id: z.string().nullable(), name: z.string().nullable(), count: Count })),
    with_agent: Count,
    provisional: Count,
    with_open: SeverityCounts.describe('assets with at least one open finding of this severity'),
    left_out: LeftOutAssets,
    last_sync_at: Instant.nullable().describe('when the last complete run finished'),
  })
  .meta({ id: 'AssetStatistics' })
export type AssetStatistics = z.infer<typeof AssetStatistics>

export const FindingStatistics = z
  .object({
    as_of: Instant.nullable(),
    level: Level,
    total: Count.describe('open findings of the default count'),
    by_severity: SeverityCounts.describe('of the open ones'),
    by_state: countsOf(findingStates),
    by_state_and_severity: z.object({ open: SeverityCounts, reopened: SeverityCounts, fixed: SeverityCounts }),
    affected_assets: Count.nullable().describe('null for the end of a day of the past: its totals do not tell'),
    left_out: LeftOutFindings,
    last_sync_at: Instant.nullable(),
    history: HistoryNote.optional().describe('when the past was asked about'),
  })
  .meta({ id: 'FindingStatistics' })
export type FindingStatistics = z.infer<typeof FindingStatistics>

export const DayOfFindings = z
  .object({
    day: Day,
    total: Count.describe('open findings of the default count, at the end of the day in UTC'),
    by_severity: SeverityCounts.describe('of the open ones'),
    by_state: countsOf(findingStates),
    by_state_and_severity: z.object({ open: SeverityCounts, reopened: SeverityCounts, fixed: SeverityCounts }),
    left_out: LeftOutFindings,
  })
  .meta({ id: 'DayOfFindings' })
export type DayOfFindings = z.infer<typeof DayOfFindings>

const PerSeverity = z.object({
  low: z.number().nullable(),
  medium: z.number().nullable(),
  high: z.number().nullable(),
  critical: z.number().nullable(),
})

export const ImportedDay = z
  .object({
    day: Day,
    source_id: Int4Id,
    source: z.string(),
    import_id: z.int().min(1),
    origin: z.enum(['hextrackr']).describe('the product that counted, by its own rules'),
    total: Count.nullable().describe('those of severity info too'),
    by_severity: PerSeverity,
    vpr_by_severity: PerSeverity.describe('sums of VPR scores'),
    total_vpr: z.number().nullable(),
    resolved: Count.nullable(),
    reopened: Count.nullable(),
  })
  .meta({ id: 'ImportedDay' })
export type ImportedDay = z.infer<typeof ImportedDay>

export const ImportedTotals = z
  .object({
    first_day: Day.nullable().describe('of all there are, whatever was asked for'),
    last_day: Day.nullable(),
    until: Day.nullable().describe('our own first reading: from this day on ours stand alone'),
    items: z.array(ImportedDay).describe('only days that there are, oldest first'),
  })
  .meta({ id: 'ImportedTotals' })

export const DailyFindingStatistics = z
  .object({
    level: Level,
    first_day: Day.nullable().describe('the earliest date that the sources gave; before it nothing is known'),
    last_day: Day.nullable().describe('the last day on which a source was read'),
    settled_before: Day.nullable().describe(
      'days before are as they were known when their history went to the archive; null when none did',
    ),
    items: z.array(DayOfFindings).describe('one for each day, oldest first'),
    imported: ImportedTotals.describe('what another product counted before our own first reading; never added to ours'),
  })
  .meta({ id: 'DailyFindingStatistics' })
export type DailyFindingStatistics = z.infer<typeof DailyFindingStatistics>

/** Why nothing of a source starts by itself. */
export const SourceHealth = z
  .object({
    is_paused: z.boolean(),
    needs_key: z.boolean().describe('it refuses the key that is saved'),
    circuit: z
      .enum(['closed', 'open', 'half_open'])
      .describe('open: no scheduled run before probe_at; half_open: one tries'),
    failures: Count.describe('runs in a row that it refused or that could not reach it'),
    opened_at: Instant.nullable(),
    probe_at: Instant.nullable(),
    error_code: z.string().nullable(),
    words: z.string().nullable().describe('what stands in the way and the remedy; null when nothing does'),
  })
  .meta({ id: 'SourceHealth' })

export const SourceFreshness = z
  .object({
    source_id: Int4Id,
    source: z.string(),
    kind: z.enum(sourceKinds),
    is_enabled: z.boolean(),
    as_of: Instant.nullable().describe('up to when its data is known complete'),
    last_sync_at: Instant.nullable(),
    stale_after: Instant.nullable().describe('twice its sync interval after as_of'),
    is_stale: z.boolean().describe('also when it has never been complete; never of files, which people bring'),
    last_run: RunView.nullable(),
    last_complete_run: RunView.nullable(),
    health: SourceHealth,
  })
  .meta({ id: 'SourceFreshness' })
export type SourceFreshness = z.infer<typeof SourceFreshness>

export const CallHour = z
  .object({
    hour: Instant.describe('its first moment'),
    calls: Count,
    failed: Count.describe('without an answer, or answered with an error'),
    refused: Count.describe('answered with 429: too many requests'),
    slow: Count.describe('over five seconds, of the calls that carry no rows'),
    average_ms: Count.nullable().describe('likewise'),
    median_ms: Count.nullable().describe('likewise, to within a step of a factor of two'),
    longest_ms: Count.nullable().describe('likewise'),
    bytes: Count,
    utilisation: z.number().describe('the share of the calls that our own limit allows in an hour'),
  })
  .meta({ id: 'CallHour' })
export type CallHour = z.infer<typeof CallHour>

export const SourceCalls = z
  .object({
    source_id: Int4Id,
    source: z.string(),
    is_slow: z.boolean().describe('in the last two hours more than one call in ten took over five seconds'),
    is_refusing: z.boolean().describe('in the last two hours a call was refused as one too many'),
    hours: z.array(CallHour).describe('of the last day, those with calls'),
  })
  .meta({ id: 'SourceCalls' })
export type SourceCalls = z.infer<typeof SourceCalls>

export const SyncStatistics = z
  .object({
    as_of: Instant.nullable(),
    at: Instant.describe('when this was computed'),
    is_stale: z.boolean().describe('any enabled source is'),
    is_running: z.boolean(),
    active: z.array(RunView),
    sources: z.array(SourceFreshness),
    runs: countsOf(['pending', 'running', 'completed', 'partial', 'failed', 'cancelled']),
    calls: z.array(SourceCalls).describe('to each source that was called in the last day'),
    rejected: Count.describe('records we could not read, of the last run of each source'),
    quality_issues: Count.describe('kept though something in them is impossible, likewise'),
  })
  .meta({ id: 'SyncStatistics' })
export type SyncStatistics = z.infer<typeof SyncStatistics>

/** What `tenfold status --json` prints. Its keys are older than this API's, hence their spelling. */
export const StatusReport = z
  .object({
    assets: countsOf(assetStatuses).describe('live: the default count; the others: every asset of that status'),
    findings: z.object({
      state: countsOf(findingStates),
      severity: SeverityCounts.describe('of the open and reopened ones'),
    }),
    leftOut: z.object({ assets: LeftOutAssets, findings: LeftOutFindings }),
    lastCompleteRun: RunView.nullable(),
    asOf: Instant.nullable(),
    stale: z.boolean(),
    level: Level,
    sources: z.array(SourceFreshness),
    notices: z.array(z.string()).describe('what an operator should know of the sources'),
  })
  .meta({ id: 'StatusReport' })
export type StatusReport = z.infer<typeof StatusReport>
