import { z } from 'zod'
import { endCauses, findingEventCauses, findingStates } from '../domain/finding.ts'
import { severities } from '../domain/severity.ts'
import { SeverityCounts } from './assets.ts'
import { HistoryNote } from './history.ts'
import { Level } from './page.ts'
import {
  AssetId,
  Count,
  Instant,
  Int4Id,
  instantInput,
  listOf,
  momentInput,
  numericListOf,
  PluginId,
  Port,
  RunId,
} from './primitives.ts'

export const changeKinds = [
  'opened',
  'fixed',
  'resurfaced',
  'worsened',
  'lowered',
  'modified',
  'ended',
  'returned',
] as const
export type ChangeKind = (typeof changeKinds)[number]

/** Which changes. */
export const changeFilterShape = {
  from: instantInput().describe('the vendor’s clock'),
  to: instantInput().describe('exclusive'),
  known_at: momentInput().optional().describe('our clock: only what we had been told by then'),
  source_id: numericListOf(Int4Id).optional(),
  asset_id: numericListOf(AssetId).optional(),
  severity: listOf(z.enum(severities)).optional().describe('after the change'),
  change: listOf(z.enum(changeKinds)).optional().describe('limits the rows; everything is counted'),
}
export const ChangeFilter = z.strictObject(changeFilterShape)
export type ChangeFilter = z.infer<typeof ChangeFilter>

export const Change = z
  .object({
    change: z.enum(changeKinds).describe('worsened and lowered: its severity'),
    happened_at: Instant,
    recorded_at: Instant,
    finding_id: z.string(),
    source_id: Int4Id,
    asset_id: AssetId,
    asset_name: z.string(),
    plugin_id: PluginId,
    plugin_name: z.string().nullable(),
    port: Port,
    protocol: z.string(),
    state: z.enum(findingStates).describe('after the change, as severity'),
    severity: z.enum(severities),
    severity_before: z.enum(severities).nullable(),
    cause: z.enum(findingEventCauses),
    is_reconstructed: z.boolean(),
    run_id: RunId.nullable(),
  })
  .meta({ id: 'Change' })
export type Change = z.infer<typeof Change>

const perKind = <T extends z.ZodType>(schema: T) =>
  z.object(Object.fromEntries(changeKinds.map(kind => [kind, schema])) as Record<ChangeKind, T>)

export const Changes = z
  .object({
    from: Instant,
    to: Instant,
    level: Level,
    counts: perKind(Count).describe('of every kind, whatever kinds the rows are limited to'),
    by_severity: perKind(SeverityCounts),
    ended_by_cause: z.object(
      Object.fromEntries(endCauses.map(cause => [cause, Count])) as Record<(typeof endCauses)[number], typeof Count>,
    ),
    mttr: z
      .object({ fixes: Count, mean_days: z.number().nullable(), median_days: z.number().nullable() })
      .describe('of the fixes, from the opening or resurfacing before each; what ended was not fixed'),
    items: z.array(Change).describe('newest first'),
    next_cursor: z.string().nullable(),
    history: HistoryNote,
  })
  .meta({ id: 'Changes' })
export type Changes = z.infer<typeof Changes>
