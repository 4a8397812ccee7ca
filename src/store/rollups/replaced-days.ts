import type { Connection } from '../database.ts'
import { replaceAssetSteps } from './asset-steps.ts'
import { rebuildAssetSteps, sumAssetSteps } from './rebuilt-changes.ts'
import { runningTotals } from './running-totals.ts'

/** Which days to write; without a bound, all of them. Dates, `2026-11-24`. */
export interface DayRange {
  readonly from?: string | undefined
  readonly to?: string | undefined
}

interface Level {
  readonly level: 'source' | 'estate'
  readonly sourceId: number
}

/** Replaces what is stored of a source and of its assets by what their events say. Answers how many totals were wrong. */
export async function replaceSource(connection: Connection, sourceId: number, range: DayRange): Promise<number> {
  const days = await daysOf(connection, range, 'told')
  if (days === undefined) return 0
  await connection.query('create temporary table rebuilt_steps (like asset_steps) on commit drop')
  await rebuildAssetSteps(connection, sourceId, 'rebuilt_steps')
  await connection.query('create temporary table rebuilt_change (like daily_change) on commit drop')
  await sumAssetSteps(connection, sourceId, 'rebuilt_steps', 'rebuilt_change')
  const expected = `select * from (${runningTotals('select * from rebuilt_change', '$4::date')}) as r where day >= $3::date`
  const corrected = await replace(connection, { level: 'source', sourceId }, days, expected)
  const assets = await replaceAssetSteps(connection, sourceId)
  await connection.query('drop table rebuilt_change, rebuilt_steps')
  return corrected + assets
}

/** For now a finding that two sources see counts twice: the estate is the sum of its sources. */
export async function replaceEstate(connection: Connection, range: DayRange): Promise<number> {
  const days = await daysOf(connection, range, 'kept')
  if (days === undefined) return 0
  const sum = `
select day, dimension, value, severity, state, sum(findings) as findings
from daily_total
where level = 'source' and day between $3::date and $4::date
group by day, dimension, value, severity, state`
  return replace(connection, { level: 'estate', sourceId: 0 }, days, sum)
}

interface Days {
  readonly first: string
  readonly last: string
}

/**
 * The days of all sources, and whatever else is stored, within the range.
 * @param which `told` leaves out the days whose events are in the archive
 */
async function daysOf(
  connection: Connection,
  { from, to }: DayRange,
  which: 'told' | 'kept',
): Promise<Days | undefined> {
  const { rows } = await connection.query<{ first: string | null; last: string | null }>(
    `select greatest($1::date, least((select min(first_day) from daily_span), (select min(day) from daily_total)),
                     case when $3 then (history_horizon() at time zone 'utc')::date end)::text as first,
            least($2::date, (select max(last_day) from daily_span))::text as last`,
    [from ?? null, to ?? null, which === 'told'],
  )
  const { first, last } = rows[0]!
  return first === null || last === null || first > last ? undefined : { first, last }
}

const makeDifference = (expected: string) => `
create temporary table daily_difference on commit drop as
select day, dimension, value, severity, state, coalesce(e.findings, 0) - coalesce(s.findings, 0) as findings
from (${expected}) as e
full join (select day, dimension, value, severity, state, findings
           from daily_total
           where level = $1 and source_id = $2 and day between $3::date and $4::date) as s
  using (day, dimension, value, severity, state)
where e.findings is distinct from s.findings`

const applyDifference = `
insert into daily_total as t (day, level, source_id, dimension, value, severity, state, findings)
select day, $1, $2::integer, dimension, value, severity, state, findings
from daily_difference
on conflict (day, level, source_id, dimension, value, severity, state) do update
set findings = t.findings + excluded.findings`

async function replace(
  connection: Connection,
  { level, sourceId }: Level,
  { first, last }: Days,
  expected: string,
): Promise<number> {
  const { rowCount } = await connection.query(makeDifference(expected), [level, sourceId, first, last])
  await connection.query(applyDifference, [level, sourceId])
  await connection.query('drop table daily_difference')
  await connection.query('delete from daily_total where day between $1::date and $2::date and findings = 0', [
    first,
    last,
  ])
  return rowCount ?? 0
}
