// How many machines were there at the end of each day, and how much was open on them when each finding counts once?

import type { FindingState } from '../../domain/finding.ts'
import type { Severity } from '../../domain/severity.ts'
import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { machineSteps, repeatedSteps } from '../rollups/device-steps.ts'
import { allOf } from './conditions.ts'
import { type DailyRequest, type DayOfFindings, loadDailyStatistics, loadDay } from './daily-statistics.ts'
import { visible } from './scope.ts'
import { perSeverity, type SeverityCounts, totalOf } from './severity-counts.ts'

export interface DayOfEstate {
  readonly day: string
  readonly devices: number
  readonly records: number
  readonly shared: number
  /** Open findings, each once per machine. */
  readonly total: number
  readonly by_severity: SeverityCounts
  readonly by_state: Readonly<Record<FindingState, number>>
  /** The open ones as every source counts them. */
  readonly reported: SeverityCounts
}

export interface EstateDays {
  readonly level: 'estate'
  readonly first_day: string | null
  readonly last_day: string | null
  readonly settled_before: string | null
  readonly items: DayOfEstate[]
}

/** Only days there are; none before the machines have been counted. */
export async function loadEstateDays(
  database: ScopedDatabase,
  request: Omit<DailyRequest, 'source_id'>,
): Promise<EstateDays> {
  const { first_day, last_day, settled_before, items } = await loadDailyStatistics(database, request)
  const [first, last] = [items[0], items.at(-1)]
  if (!first || !last || !(await areCounted(database))) {
    return { level: 'estate', first_day, last_day, settled_before, items: [] }
  }
  const steps = await loadSteps(database, first.day, last.day)
  return { level: 'estate', first_day, last_day, settled_before, items: items.map(day => dayOf(day, steps)) }
}

/**
 * One day; of a day after the last it is the last's. Undefined when it was never counted, or not yet of some source; of no
 * source there is nothing.
 */
export async function loadEstateDay(database: ScopedDatabase, day: string): Promise<DayOfEstate | undefined> {
  if (!(await areCounted(database))) return undefined
  const ofSources = await loadDay(database, day, undefined, ['counted'])
  if (!ofSources && (await isAnythingTold(database))) return undefined
  return dayOf(ofSources ?? emptyDay(day), await loadSteps(database, day, day))
}

/** Some source has a history, so that having no day of it is not the same as having nothing. */
async function isAnythingTold({ kysely, access }: ScopedDatabase): Promise<boolean> {
  const { rows } = await sql`
select from source s
where (${access.isWhole} or s.source_id = any(${access.sources}::integer[]))
  and exists (select from finding_event e where e.source_id = s.source_id)
limit 1`.execute(kysely)
  return rows.length > 0
}

type DayOfSources = Pick<DayOfFindings, 'day' | 'by_severity' | 'by_state_and_severity'>

function emptyDay(day: string): DayOfSources {
  const none = perSeverity(() => 0)
  return { day, by_severity: none, by_state_and_severity: { open: none, reopened: none, fixed: none } }
}

/** Whether each tenant of which something may be seen has its totals. */
async function areCounted({ kysely, access }: ScopedDatabase): Promise<boolean> {
  const { rows } = await sql<{ n: number }>`
select count(*) as n
from (select distinct tenant_id from source s where ${access.isWhole} or s.source_id = any(${access.sources}::integer[])) as t
where exists (select from device d where d.tenant_id = t.tenant_id)
  and not exists (select from identity_state i where i.tenant_id = t.tenant_id and i.counted_at is not null)`.execute(
    kysely,
  )
  return rows[0]!.n === 0
}

interface Step {
  readonly day: string
  readonly measure: 'devices' | 'records' | 'shared' | 'repeated'
  readonly severity: Severity | ''
  readonly state: FindingState | ''
  readonly amount: number
}

/** What days add, those before the first together on it. */
async function loadSteps(database: ScopedDatabase, from: string, to: string): Promise<readonly Step[]> {
  const tenants = await tenantsSeenWhole(database)
  const steps = tenants === undefined ? stepsSeen(database) : storedSteps(tenants)
  const { rows } = await sql<Step>`
select greatest(day, ${from}::date)::text as day, measure, severity, state, sum(amount)::float8 as amount
from (${steps}) as s
where day <= ${to}::date
group by 1, measure, severity, state`.execute(database.kysely)
  return rows
}

/** Undefined when of some tenant only a part may be seen: then its totals do not tell. */
async function tenantsSeenWhole({ kysely, access }: ScopedDatabase): Promise<readonly number[] | undefined> {
  const { rows } = await sql<{ tenant_id: number; is_whole: boolean }>`
select tenant_id, ${access.isWhole} or bool_and(s.source_id = any(${access.wholeSources}::integer[])) as is_whole
from source s
group by tenant_id
having ${access.isWhole} or bool_or(s.source_id = any(${access.sources}::integer[]))`.execute(kysely)
  return rows.every(row => row.is_whole) ? rows.map(row => row.tenant_id) : undefined
}

const storedSteps = (tenants: readonly number[]) =>
  sql`select day, measure, severity, state, amount from estate_change where tenant_id = any(${tenants}::integer[])`

/** Of the records that may be seen alone, from their events. */
const stepsSeen = ({ access }: ScopedDatabase) => sql`
with seen as materialized (
  select m.device_id, m.asset_id, count(*) over (partition by m.device_id) as members
  from device_asset m
  join asset a using (asset_id)
  where ${allOf(visible(access, 'a'))}
)
select day, measure, severity, state, amount
from (${sql.raw(machineSteps('select device_id, asset_id from seen'))}) as m
union all
select day, measure, severity, state, amount
from (${sql.raw(repeatedSteps('select device_id, asset_id from seen where members > 1'))}) as r`

function dayOf(ofSources: DayOfSources, steps: readonly Step[]): DayOfEstate {
  const { day } = ofSources
  const sum = (measure: Step['measure'], state: Step['state'] = '', severity: Step['severity'] = '') =>
    steps
      .filter(one => one.day <= day && one.measure === measure && one.state === state && one.severity === severity)
      .reduce((all, one) => all + one.amount, 0)
  const once = (state: FindingState) =>
    perSeverity(severity => ofSources.by_state_and_severity[state][severity] - sum('repeated', state, severity))
  const [open, reopened, fixed] = [once('open'), once('reopened'), once('fixed')]
  const bySeverity = perSeverity(severity => open[severity] + reopened[severity])
  return {
    day,
    devices: sum('devices'),
    records: sum('records'),
    shared: sum('shared'),
    total: totalOf(bySeverity),
    by_severity: bySeverity,
    by_state: { open: totalOf(open), reopened: totalOf(reopened), fixed: totalOf(fixed) },
    reported: ofSources.by_severity,
  }
}
