import type { Connection, Database } from '../database.ts'
import { applyAssetSteps, forgetAssetSteps } from './asset-steps.ts'
import { noteDueSource } from './device-due.ts'
import { rebuildAssetSteps, sumAssetSteps } from './rebuilt-changes.ts'
import { type DayRange, replaceEstate, replaceSource } from './replaced-days.ts'
import { runningTotals } from './running-totals.ts'

// Totals of every day, from what parts of runs noted (changes.ts) or from the events themselves.

export type { DayRange } from './replaced-days.ts'

/**
 * Brings the totals of a source up to date when one of its runs closes: the days that the run's events touched, and the
 * days that have begun since. Safe to repeat. A source that has no totals yet gets them whole.
 * @param isNoted whether every part since has noted what it changed; parts of a first load do not
 */
export async function rollUpDailyTotals(database: Database, sourceId: number, isNoted = true): Promise<void> {
  await inTurn(database, async connection => {
    const isNew = await rollUp(connection, sourceId)
    if (isNew || isNoted) return
    await replaceSource(connection, sourceId, {})
    await replaceEstate(connection, {})
  })
}

/**
 * Makes the totals of days anew from the events, whatever is stored. Days before the horizon of the archive stay as they
 * are: what is here does not tell them any more.
 * @returns how many totals were not what the events say
 */
export async function rebuildDailyTotals(database: Database, range: DayRange = {}): Promise<number> {
  return inTurn(database, connection => rebuildOn(connection, range))
}

/** The same in a transaction that is repeatable read and has locked `daily_span`. */
export async function rebuildOn(connection: Connection, range: DayRange): Promise<number> {
  const { rows } = await connection.query<{ source_id: number }>('select source_id from source order by source_id')
  let corrected = 0
  for (const { source_id } of rows) {
    await rollUp(connection, source_id)
    corrected += await replaceSource(connection, source_id, range)
  }
  return corrected + (await replaceEstate(connection, range))
}

/**
 * One at a time, and each sees one moment: the notes of a part and its events are both there or neither. The lock comes
 * first because the moment is that of the first statement after it.
 */
async function inTurn<T>(database: Database, work: (connection: Connection) => Promise<T>): Promise<T> {
  return database.transaction(async connection => {
    await connection.query('set transaction isolation level repeatable read')
    await connection.query('lock table daily_span in exclusive mode')
    return work(connection)
  })
}

/** @returns whether the source had no totals */
async function rollUp(connection: Connection, sourceId: number): Promise<boolean> {
  const known = await connection.query<{ has_assets: boolean }>(
    'select has_assets from daily_span where source_id = $1',
    [sourceId],
  )
  const isNew = known.rows.length === 0
  if (known.rows[0]?.has_assets) await applyAssetSteps(connection, sourceId)
  else {
    await forgetAssetSteps(connection, sourceId)
    await rebuildAssetSteps(connection, sourceId, 'asset_steps')
    await connection.query('update daily_span set has_assets = true where source_id = $1', [sourceId])
  }
  if (isNew) {
    await connection.query('delete from daily_change where source_id = $1', [sourceId])
    await sumAssetSteps(connection, sourceId, 'asset_steps', 'daily_change')
    await noteDueSource(connection, sourceId)
  }
  const horizon = await horizonOf(connection, sourceId)
  if (horizon !== null) {
    await extend(connection, horizon)
    await applyChanges(connection, sourceId, horizon)
  }
  return isNew
}

/** Up to which day the vendor has told us, on its own clock; never back. Null when it has told nothing. */
async function horizonOf(connection: Connection, sourceId: number): Promise<string | null> {
  const { rows } = await connection.query<{ day: string | null }>(
    `select greatest((select max(last_day) from daily_span),
                     (select max((j.read_at at time zone 'utc')::date)
                      from export_job j
                      join run r using (run_id)
                      where r.source_id = $1))::text as day`,
    [sourceId],
  )
  return rows[0]?.day ?? null
}

// The days of all sources end together, so that the estate is their sum on each of them.
const copyLastDay = `
insert into daily_total (day, level, source_id, dimension, value, severity, state, findings)
select d::date, t.level, t.source_id, t.dimension, t.value, t.severity, t.state, t.findings
from (select max(last_day) as last_day from daily_span) as s
join daily_total t on t.day = s.last_day
cross join generate_series(s.last_day + 1, $1::date, interval '1 day') as d`

async function extend(connection: Connection, horizon: string): Promise<void> {
  await connection.query(copyLastDay, [horizon])
  await connection.query('update daily_span set last_day = $1::date where last_day < $1::date', [horizon])
}

const openSpan = `
insert into daily_span as s (source_id, first_day, last_day, has_assets)
select $1, coalesce(min(day), $2::date), $2::date, true
from daily_change
where source_id = $1 and day <= $2::date
on conflict (source_id) do update
set first_day = least(s.first_day, excluded.first_day), rolled_up_at = now()`

const addChanges = `
insert into daily_total as t (day, level, source_id, dimension, value, severity, state, findings)
select r.day, l.level, l.source_id, r.dimension, r.value, r.severity, r.state, r.findings
from (${runningTotals('select * from daily_change where source_id = $1 and day <= $2::date', '$2::date')}) as r
cross join (values ('source', $1::integer), ('estate', 0)) as l (level, source_id)
on conflict (day, level, source_id, dimension, value, severity, state) do update
set findings = t.findings + excluded.findings`

/** A change of a day that has not come yet waits for it. */
async function applyChanges(connection: Connection, sourceId: number, horizon: string): Promise<void> {
  const { rows } = await connection.query<{ day: string | null }>(
    'select min(day)::text as day from daily_change where source_id = $1 and day <= $2::date',
    [sourceId, horizon],
  )
  const first = rows[0]?.day ?? null
  await connection.query(openSpan, [sourceId, horizon])
  if (first === null) return
  await connection.query(addChanges, [sourceId, horizon])
  await connection.query('delete from daily_total where day >= $1::date and findings = 0', [first])
  await connection.query('delete from daily_change where source_id = $1 and day <= $2::date', [sourceId, horizon])
}
