import { z } from 'zod'
import { findingStates } from '../domain/finding.ts'
import { severities } from '../domain/severity.ts'
import { SeverityCounts } from './assets.ts'
import { sortOf } from './filters.ts'
import { Level, pageOf } from './page.ts'
import { AssetId, Count, Day, Instant, PluginId, Port } from './primitives.ts'

const as_of = Instant.nullable()

/** One plugin with the findings of a filter folded together. */
export const FindingPlugin = z
  .object({
    plugin_id: PluginId,
    owner_source_id: z.int().describe('0: shared by all sources; else the source a custom plugin belongs to'),
    name: z.string().nullable(),
    family: z.string().nullable(),
    severity: z.enum(severities).describe('the worst of its findings'),
    findings: Count,
    affected_assets: Count,
    first_found: Instant.nullable().describe('the oldest of its findings'),
    last_found: Instant.nullable(),
    vpr_score: z.number().nullable(),
    cvss3_base_score: z.number().nullable(),
    epss_score: z.number().nullable(),
    is_kev: z.boolean().nullable(),
    kev_due_at: Day.nullable(),
    exploit_available: z.boolean().nullable(),
    has_patch: z.boolean().nullable(),
    risk: z
      .number()
      .describe('VPR, or CVSS v3 where there is none, times its findings: what mending it everywhere takes away'),
  })
  .meta({
    id: 'FindingPlugin',
    examples: [
      {
        plugin_id: 156327,
        owner_source_id: 0,
        name: 'Apache Log4j 2.0 < 2.3.2 RCE',
        family: 'Misc.',
        severity: 'critical',
        findings: 24,
        affected_assets: 21,
        first_found: '2026-10-02T06:11:40.000000Z',
        last_found: '2026-11-24T04:02:11.000000Z',
        vpr_score: 9.8,
        cvss3_base_score: 10,
        epss_score: 0.97,
        is_kev: true,
        kev_due_at: '2021-12-24',
        exploit_available: true,
        has_patch: true,
        risk: 235.2,
      },
    ],
  })
export type FindingPlugin = z.infer<typeof FindingPlugin>

export const FindingPluginPage = pageOf(FindingPlugin, 'FindingPluginPage')
export type FindingPluginPage = z.infer<typeof FindingPluginPage>

/** `-severity` is worst first, then by VPR. */
export const findingPluginSortKeys = [
  'severity',
  'name',
  'plugin_id',
  'vpr_score',
  'cvss3_base_score',
  'epss_score',
  'findings',
  'affected_assets',
  'first_found',
  'last_found',
  'risk',
] as const
export type FindingPluginSortKey = (typeof findingPluginSortKeys)[number]
export const FindingPluginSort = sortOf(findingPluginSortKeys, '-severity')

export const FindingSeverities = z
  .object({ as_of, level: Level, total: Count, by_severity: SeverityCounts })
  .meta({ id: 'FindingSeverities' })
export type FindingSeverities = z.infer<typeof FindingSeverities>

export const PluginOwners = z
  .object({
    as_of,
    level: Level,
    items: z
      .array(
        z.object({
          owner: z.string().nullable().describe('null: of assets that nobody owns'),
          affected_assets: Count,
          findings: Count,
        }),
      )
      .describe('most assets first; 200 at most'),
  })
  .meta({ id: 'PluginOwners' })
export type PluginOwners = z.infer<typeof PluginOwners>

export const PluginHistory = z
  .object({
    as_of,
    level: Level,
    days: z
      .array(z.object({ day: Day, open: Count }))
      .describe('open at the end of each day in UTC, from the dates of the findings'),
    lanes: z
      .array(
        z.object({
          finding_id: z.string(),
          asset_id: AssetId,
          asset_name: z.string(),
          port: Port,
          protocol: z.string(),
          spans: z.array(
            z.object({
              state: z.enum([...findingStates, 'ended']),
              from: Instant,
              to: Instant.nullable().describe('null: until now'),
            }),
          ),
        }),
      )
      .describe('20 findings at most, open ones and older ones first, from their events'),
  })
  .meta({ id: 'PluginHistory' })
export type PluginHistory = z.infer<typeof PluginHistory>

const period = {
  from: Day.describe('the first day, in UTC'),
  to: Day.describe('exclusive'),
}

export const FindingFlow = z
  .object({
    as_of,
    level: Level,
    items: z
      .array(
        z.object({
          ...period,
          found: Count.describe('first found then, whatever became of them'),
          fixed: Count.describe('fixed now, and fixed then'),
          resurfaced: Count.describe('reopened now, and came back then'),
          fell_due: Count.optional().describe('with due=true: open now, and passed the SLA of their severity then'),
        }),
      )
      .describe('oldest first; the last goes to the end of today'),
  })
  .meta({ id: 'FindingFlow' })
export type FindingFlow = z.infer<typeof FindingFlow>

const timeToFix = {
  fixes: Count,
  median_days: z.number().nullable(),
  p90_days: z.number().nullable(),
}
const TimeToFix = z.object(timeToFix)
export const PeriodOfFixes = z
  .object({
    ...period,
    ...timeToFix,
    by_severity: z.object(
      Object.fromEntries(severities.map(severity => [severity, TimeToFix])) as Record<
        (typeof severities)[number],
        typeof TimeToFix
      >,
    ),
  })
  .meta({ id: 'PeriodOfFixes' })

/** Mean time to remediate, as its median and its ninetieth percentile: a mean is what one forgotten finding makes it. */
export const Mttr = z
  .object({
    as_of,
    level: Level,
    current: PeriodOfFixes,
    previous: PeriodOfFixes.describe('as long, and just before'),
  })
  .meta({ id: 'Mttr' })
export type Mttr = z.infer<typeof Mttr>

const SlaDay = z.int().min(1).max(3_650).nullable().describe('days from first found or resurfaced; null: no limit')

export const Sla = z
  .object({
    items: z.array(
      z.object({
        severity: z.enum(severities),
        days: SlaDay,
        is_default: z.boolean().describe('as it came: critical and high as CISA BOD 19-02 has them'),
        changed_at: Instant,
        changed_by: z.string(),
      }),
    ),
  })
  .meta({ id: 'Sla' })
export type Sla = z.infer<typeof Sla>

export const SlaUpdate = z
  .strictObject(
    Object.fromEntries(severities.map(severity => [severity, SlaDay.optional()])) as Record<
      (typeof severities)[number],
      z.ZodOptional<typeof SlaDay>
    >,
  )
  .describe('severities that are left out stay')
  .meta({ id: 'SlaUpdate', examples: [{ critical: 7, high: 30 }] })
export type SlaUpdate = z.infer<typeof SlaUpdate>

export const SlaEffect = z
  .object({
    as_of,
    level: Level,
    items: z
      .array(
        z.object({
          severity: z.enum(severities),
          days_before: SlaDay,
          days_after: SlaDay,
          open: Count,
          overdue_before: Count.describe('open for longer than the limit that holds'),
          overdue_after: Count.describe('open for longer than the limit that was asked about'),
        }),
      )
      .describe('worst first'),
  })
  .meta({ id: 'SlaEffect' })
export type SlaEffect = z.infer<typeof SlaEffect>
