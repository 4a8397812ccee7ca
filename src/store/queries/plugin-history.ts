// How did a plugin's findings come and go: how many were open on each day, and what happened to each of a few?

import type { FindingEventKind, FindingState } from '../../domain/finding.ts'
import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { loadAsOf } from './as-of.ts'
import { allOf, assetOfFindingConditions, findingConditions } from './conditions.ts'
import type { FindingFilter } from './filters.ts'
import { dayAfter, dayOf } from './finding-flow.ts'
import { type FindingKey, findingId } from './finding-id.ts'
import { findPlugin, pluginNotFound } from './plugin-detail.ts'

export interface StateSpan {
  readonly state: FindingState | 'ended'
  readonly from: string
  /** Null: until now. */
  readonly to: string | null
}

export interface FindingLane {
  readonly finding_id: string
  readonly asset_id: number
  readonly asset_name: string
  readonly port: number
  readonly protocol: string
  readonly spans: StateSpan[]
}

export interface PluginHistory {
  readonly as_of: string | null
  readonly level: 'source'
  readonly days: { readonly day: string; readonly open: number }[]
  readonly lanes: FindingLane[]
}

export interface PluginHistoryRequest {
  readonly pluginId: number
  readonly filter: Pick<FindingFilter, 'source_id'>
  readonly days: number
}

const lanesAtMost = 20

/**
 * On assets of the default count. The counts are from the dates of the findings, so that a gap between a fix and a return
 * is not in them; the lanes are from the events, so that it is.
 * @param now today is its day in UTC
 * @throws NotFoundError `plugin_not_found`
 */
export async function loadPluginHistory(
  database: ScopedDatabase,
  { pluginId, filter, days }: PluginHistoryRequest,
  now: Date,
): Promise<PluginHistory> {
  if (!(await findPlugin(database, pluginId))) throw pluginNotFound(pluginId)
  const wanted: FindingFilter = { ...filter, plugin_id: [pluginId], include: ['fixed', 'ended'] }
  const conditions = allOf([...findingConditions(database.access, wanted), ...assetOfFindingConditions(wanted)])
  const today = dayOf(now)
  const from = dayAfter(today, 1 - days)
  const [steps, lanes, as_of] = await Promise.all([
    sql<{ day: string; step: number }>`
select greatest((change.at at time zone 'utc')::date, ${from}::date)::text as day, sum(change.step)::integer as step
from finding f
join asset a on a.asset_id = f.asset_id
cross join lateral (
  values (f.first_found, 1), (coalesce(f.ended_at, case when f.state = 'fixed' then f.last_fixed end), -1)
) as change (at, step)
where ${conditions} and f.first_found is not null and change.at is not null
group by 1`.execute(database.kysely),
    sql<LaneRow>`
select f.asset_id, f.plugin_id, f.port, f.protocol, f.instance, a.name as asset_name,
       coalesce(
         (select jsonb_agg(jsonb_build_object('kind', e.kind, 'state', e.state, 'at', e.at) order by e.at, e.recorded_at, e.event_id)
          from (select kind, state, recorded_at, event_id,
                       to_char(coalesce(happened_at, recorded_at) at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at
                from finding_event
                where asset_id = f.asset_id and plugin_id = f.plugin_id and port = f.port and protocol = f.protocol
                  and instance = f.instance) as e), '[]') as events
from finding f
join asset a on a.asset_id = f.asset_id
where ${conditions}
order by f.state = 'fixed', f.ended_at is not null, f.first_found, f.asset_id, f.port, f.protocol, f.instance
limit ${sql.lit(lanesAtMost)}`.execute(database.kysely),
    loadAsOf(database, filter.source_id),
  ])
  return {
    as_of,
    level: 'source',
    days: running(steps.rows, from, today),
    lanes: lanes.rows.map(({ asset_name, events, ...key }) => ({
      finding_id: findingId(key),
      asset_id: key.asset_id,
      asset_name,
      port: key.port,
      protocol: key.protocol,
      spans: spansOf(events),
    })),
  }
}

interface LaneEvent {
  readonly kind: FindingEventKind
  readonly state: FindingState
  readonly at: string
}

type LaneRow = FindingKey & { readonly asset_name: string; readonly events: readonly LaneEvent[] }

function running(steps: readonly { readonly day: string; readonly step: number }[], from: string, to: string) {
  const byDay = new Map(steps.map(({ day, step }) => [day, step]))
  const days: { day: string; open: number }[] = []
  let open = 0
  for (let day = from; day <= to; day = dayAfter(day, 1)) {
    open += byDay.get(day) ?? 0
    days.push({ day, open })
  }
  return days
}

/** What it was from when to when; events that change neither its state nor its end make no new span. */
export function spansOf(events: readonly LaneEvent[]): StateSpan[] {
  const spans: { state: StateSpan['state']; from: string; to: string | null }[] = []
  for (const { kind, state: told, at } of events) {
    const state = kind === 'ended' ? 'ended' : told
    const last = spans.at(-1)
    const isOfEnd = kind === 'ended' || kind === 'returned'
    if (last?.state === state || (last?.state === 'ended' && !isOfEnd)) continue
    if (last) last.to = at
    spans.push({ state, from: at, to: null })
  }
  return spans
}
