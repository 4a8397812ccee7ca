// Which instant is asked about, and whose knowledge: the two clocks of history.

import { ConfigError } from '../../platform/errors.ts'
import { type ScopedDatabase, sourcesWithin } from '../access.ts'
import { sql } from '../database.ts'
import { endKinds, severityKinds, standingKinds, stateKinds } from '../rollups/daily-steps.ts'
import type { Fragment } from './conditions.ts'

export interface Moment {
  /** The vendor's clock: what we know today about then. Without it, the latest that is known. */
  readonly asOf?: string | undefined
  /** Our clock: only what we had been told by then. Without it, everything. */
  readonly knownAt?: string | undefined
}

/** What an answer about the past says of itself. */
export interface HistoryNote {
  readonly as_of: string | null
  readonly known_at: string | null
  /** The earliest event of the sources asked about: what came before is not known. Null when nothing is. */
  readonly unknown_before: string | null
  /** The first complete reading: what came before is made of the dates it found. Null before it. */
  readonly reconstructed_before: string | null
  /** The instant asked about is before the earliest event: the answer is empty because nothing is known. */
  readonly is_unknown: boolean
  /** Events of before are in the archive: what was then can be told again when they are restored. */
  readonly archived_before: string | null
}

/** The columns of a finding. */
export const key = sql`asset_id, plugin_id, port, protocol, instance`

/** When an event counts as having happened: as finding_event_happened_idx spells it. */
export function happened(alias: string): Fragment {
  return sql.raw(`coalesce(${alias}.happened_at, ${alias}.recorded_at)`)
}

/** Whether the event had happened by then, and we had been told. */
export function isTold({ asOf, knownAt }: Moment, alias: string): Fragment {
  return sql`(${asOf ?? null}::timestamptz is null or ${happened(alias)} <= ${asOf ?? null}::timestamptz)
  and (${knownAt ?? null}::timestamptz is null or ${sql.ref(`${alias}.recorded_at`)} <= ${knownAt ?? null}::timestamptz)`
}

/** The other events: one condition for each index that can find them. */
export function laterConditions({ asOf, knownAt }: Moment, alias: string): Fragment[] {
  return [
    ...(asOf === undefined ? [] : [sql`${happened(alias)} > ${asOf}::timestamptz`]),
    ...(knownAt === undefined ? [] : [sql`${sql.ref(`${alias}.recorded_at`)} > ${knownAt}::timestamptz`]),
  ]
}

const kindsOf = (kinds: readonly string[]) => sql`(${sql.join(kinds.map(kind => sql.lit(kind)))})`
export const isStanding = (alias: string) => sql`${sql.ref(`${alias}.kind`)} in ${kindsOf(standingKinds)}`
/** The first telling holds for what came before it, so that it is no change. */
export const changesStanding = (alias: string) =>
  sql`${sql.ref(`${alias}.kind`)} in ${kindsOf(standingKinds.filter(kind => kind !== 'appeared'))}`

/** Of all tellings in a group of events of `e`, the latest of some kinds. */
function latest(value: Fragment, kinds: readonly string[]): Fragment {
  return sql`(array_agg(${value} order by e.recorded_at desc, e.event_id desc) filter (where e.kind in ${kindsOf(kinds)}))[1]`
}

/** What the events `e` of one finding, those that are told, make of it. */
export const stateThen = sql`
bool_or(e.kind = 'opened') as is_there,
${latest(sql`e.state`, stateKinds)} as state,
${latest(sql`e.severity`, severityKinds)} as severity,
${latest(sql`e.severity_modification`, ['opened', 'modification'])} as severity_modification,
${latest(sql`case e.kind when 'ended' then ${happened('e')} end`, endKinds)} as ended_at,
${latest(sql`case e.kind when 'ended' then e.cause end`, endKinds)} as end_cause,
${latest(happened('e'), ['fixed'])} as last_fixed,
max(${happened('e')}) filter (where e.kind = 'resurfaced') as resurfaced_date,
max(e.recorded_at) as changed_at`

/** From when on history is here and not in the archive; null: all of it is here. */
export async function loadHistoryHorizon(database: ScopedDatabase): Promise<string | null> {
  const { rows } = await sql<{ horizon: string | null }>`select history_horizon() as horizon`.execute(database.kysely)
  return rows[0]?.horizon ?? null
}

/**
 * A moment before the horizon of the archive has no answer here, and must not get a wrong one.
 * @throws ConfigError `history_archived`
 */
export async function refuseArchived(database: ScopedDatabase, { asOf, knownAt }: Moment): Promise<void> {
  const { rows } = await sql<{ horizon: string | null; files: number; is_before: boolean }>`
select h.horizon, (select count(*) from archive_file where status = 'archived' and class in ('finding_event', 'asset_event')) as files,
       coalesce(least(${asOf ?? null}::timestamptz, ${knownAt ?? null}::timestamptz) < h.horizon, false) as is_before
from (select history_horizon() as horizon) as h`.execute(database.kysely)
  const { horizon, files, is_before } = rows[0]!
  if (!is_before || horizon === null) return
  throw new ConfigError(
    'history_archived',
    `History before ${horizon} is in the archive, in ${files} ${files === 1 ? 'file' : 'files'}, so that nothing here can tell it rightly. Ask for a later instant, or put it back with "tenfold archive restore --class finding_event" and "--class asset_event". The totals of every day are still here.`,
    { context: { horizon } },
  )
}

export async function loadHistoryNote(
  database: ScopedDatabase,
  moment: Moment,
  sourceIds?: readonly number[],
): Promise<HistoryNote> {
  const { asOf, knownAt } = moment
  const ids = sourcesWithin(database.access, sourceIds) ?? null
  const known = sql`(${knownAt ?? null}::timestamptz is null or`
  const { rows } = await sql<{
    unknown_before: string | null
    reconstructed_before: string | null
    is_unknown: boolean
    archived_before: string | null
  }>`
with first as (
  select (select ${happened('e')}
          from finding_event e
          where e.source_id = s.source_id and ${known} e.recorded_at <= ${knownAt ?? null}::timestamptz)
          order by e.source_id, ${happened('e')}
          limit 1) as event_at,
         (select min(rs.watermark_at)
          from run_stream rs
          join run r on r.run_id = rs.run_id
          where r.source_id = s.source_id and rs.stream = 'findings' and rs.status = 'completed'
            and ${known} rs.finished_at <= ${knownAt ?? null}::timestamptz)) as complete_at
  from source s
  where ${ids}::integer[] is null or s.source_id = any(${ids}::integer[])
)
select history_horizon() as archived_before, min(event_at) as unknown_before, max(complete_at) as reconstructed_before,
       coalesce(min(event_at) > ${asOf ?? null}::timestamptz, min(event_at) is null) as is_unknown
from first`.execute(database.kysely)
  return { as_of: asOf ?? null, known_at: knownAt ?? null, ...rows[0]! }
}
