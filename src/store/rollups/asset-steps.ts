import { findingStates } from '../../domain/finding.ts'
import { severities } from '../../domain/severity.ts'
import type { Connection } from '../database.ts'
import { dailyPieces, settledDay, severityWord, standingWord, stateWord } from './daily-steps.ts'

// What the findings of one asset add to and take from the totals of days, in one number each, so that the days of thousands
// of assets are read and added up in no time. docs/decisions/0041-days-of-assets.md says why so.

const cells = severities.length * findingStates.length
const bitsOfAmount = 32
const bitsOfCell = 7
const zero = 2 ** (bitsOfAmount - 1)
const epoch = "date '2000-01-01'"
// Dates further on are mistakes; they must not run into the sign.
const lastDay = "date '9999-12-31'"

/** Day and cell of a piece in one number. */
const placeOf = (day: string) =>
  `((least(${day}, ${lastDay}) - ${epoch})::bigint << ${bitsOfCell}) + (standing - 1) * ${cells} + (severity - 1) * ${findingStates.length} + state - 1`

/** The same for all steps that add up. */
const placeOfStep = (step: string) => `(${step} >> ${bitsOfAmount})`
const amountOfStep = (step: string) => `((${step} & ${2 ** bitsOfAmount - 1}) - ${zero})::integer`
/** The days of a place since the epoch. */
const dayNumberOfPlace = (place: string) => `(${place} >> ${bitsOfCell})`
/** The same place on another day, given by its number. */
const placeOnDay = (day: string, place: string) =>
  `(((${day})::bigint << ${bitsOfCell}) | (${place} & ${2 ** bitsOfCell - 1}))`
const step = (place: string, amount: string) => `(${place} << ${bitsOfAmount}) + (${amount})::bigint + ${zero}`

/**
 * Select list of what `place` is made of: day, standing, severity, state.
 * @param from a query for `place` and `findings`
 */
const placesInWords = (from: string) => `
select day, ${standingWord} as standing, ${severityWord} as severity, ${stateWord} as state, findings
from (
  select ${epoch} + ${dayNumberOfPlace('place')}::integer as day, (place & ${2 ** bitsOfCell - 1})::integer / ${cells} + 1 as standing,
         (place & ${2 ** bitsOfCell - 1})::integer % ${cells} / ${findingStates.length} + 1 as severity,
         (place & ${2 ** bitsOfCell - 1})::integer % ${findingStates.length} + 1 as state, findings
  from (${from}) as placed
  where findings <> 0
) as numbered`

/**
 * A query for (asset_id, steps), each place once and in order; of an asset that changes nothing there is no row.
 * @param findingEvents as for `dailyPieces`
 * @param dayOf the day on which a change counts
 */
export function assetSteps(
  findingEvents: string,
  assetEvents: string,
  dayOf: (day: string) => string = day => day,
): string {
  return `
with ${dailyPieces(findingEvents, assetEvents, [])}, step as (
  select asset_id, ${placeOf(dayOf('day'))} as place, sign as findings from piece
  union all
  select asset_id, ${placeOf(dayOf('until'))}, -sign from piece where until < 'infinity'
), summed as (
  select asset_id, place, sum(findings) as findings
  from step
  group by asset_id, place
  having sum(findings) <> 0
)
select asset_id, array_agg(${step('place', 'findings')} order by place) as steps
from summed
group by asset_id`
}

/**
 * The steps of many assets, added up by day: a query for (day, standing, severity, state, findings).
 * @param steps a query for `step`
 */
export const summedSteps = (steps: string) => placesInWords(summed(placeOfStep('step'), steps, 'true'))

/**
 * The same for the days of a period: those before it together on its first, those after it up to another together on its last.
 * @param period days, `2026-11-24`
 */
export function summedStepsWithin(
  steps: string,
  period: { readonly from: string; readonly to: string; readonly until: string },
): string {
  const [from, to, until] = [dayNumber(period.from), dayNumber(period.to), dayNumber(period.until)]
  const day = `least(greatest(step >> ${bitsOfCell + bitsOfAmount}, ${from}), ${to})`
  return placesInWords(
    summed(
      placeOnDay(day, placeOfStep('step')),
      steps,
      `step < (${until + 1}::bigint << ${bitsOfCell + bitsOfAmount})`,
    ),
  )
}

const summed = (place: string, steps: string, condition: string) => `
  select ${place} as place, sum(${amountOfStep('step')}) as findings
  from (${steps}) as s
  where ${condition}
  group by 1`

function dayNumber(day: string): number {
  return (Date.parse(`${day}T00:00:00Z`) - Date.UTC(2000, 0, 1)) / 86_400_000
}

const addNotes = `
insert into asset_steps as k (asset_id, source_id, steps)
select n.asset_id, $1::integer, array_agg(n.step order by n.step)
from (select asset_id, unnest(steps) as step from asset_step_change where source_id = $1) as n
group by n.asset_id
on conflict (asset_id) do update set steps = k.steps || excluded.steps`

/** Adds what parts of runs noted. The caller holds the lock of days. */
export async function applyAssetSteps(connection: Connection, sourceId: number): Promise<void> {
  const { rowCount } = await connection.query(addNotes, [sourceId])
  if ((rowCount ?? 0) > 0) await connection.query('delete from asset_step_change where source_id = $1', [sourceId])
}

/** Before they are made anew. */
export async function forgetAssetSteps(connection: Connection, sourceId: number): Promise<void> {
  await connection.query('delete from asset_steps where source_id = $1', [sourceId])
  await connection.query('delete from asset_step_change where source_id = $1', [sourceId])
}

// Days before the horizon are settled: of those only what they add up to can be told.
const settledPlace = placeOnDay(
  `greatest(${dayNumberOfPlace('place')}, ((select history_horizon()) at time zone 'utc')::date - ${epoch})`,
  'place',
)

const makeDifference = `
create temporary table asset_difference on commit drop as
select asset_id, array_agg(${step('place', 'findings')} order by place) as steps
from (
  select asset_id, ${settledPlace} as place, sum(findings) as findings
  from (
    select asset_id, ${placeOfStep('step')} as place, ${amountOfStep('step')} as findings
    from (select asset_id, unnest(steps) as step from rebuilt_steps) as r
    union all
    select asset_id, ${placeOfStep('step')}, -${amountOfStep('step')}
    from (select k.asset_id, unnest(k.steps) as step from asset_steps k where k.source_id = $1
          union all
          select n.asset_id, unnest(n.steps) from asset_step_change n where n.source_id = $1) as k
  ) as kept_and_told
  group by 1, 2
  having sum(findings) <> 0
) as different
group by asset_id`

const applyDifference = `
insert into asset_steps as k (asset_id, source_id, steps)
select asset_id, $1::integer, steps from asset_difference
on conflict (asset_id) do update set steps = k.steps || excluded.steps, source_id = excluded.source_id`

/** Puts right what is kept of a source by what the temporary table `rebuilt_steps` says. Answers how many assets were wrong. */
export async function replaceAssetSteps(connection: Connection, sourceId: number): Promise<number> {
  await connection.query(makeDifference.replaceAll('$1', String(sourceId)))
  const { rowCount } = await connection.query(applyDifference, [sourceId])
  await connection.query('drop table asset_difference')
  return rowCount ?? 0
}

/** Whose days these steps are: what daily_change notes of them. */
export const changesOfSteps = (steps: string) => `
select $1::integer, ${settledDay('s.day')}, s.standing, s.severity, s.state, s.findings
from (${summedSteps(steps)}) as s`
