// What would other limits make of what is open?

import type { Severity } from '../../domain/severity.ts'
import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import type { SlaChange } from '../sla.ts'
import { loadAsOf } from './as-of.ts'
import { allOf, openSince } from './conditions.ts'
import { chooseFindings } from './finding-choice.ts'
import { loadSla } from './sla.ts'

export interface SlaEffectOfSeverity {
  readonly severity: Severity
  /** Null: no limit. */
  readonly days_before: number | null
  readonly days_after: number | null
  readonly open: number
  readonly overdue_before: number
  readonly overdue_after: number
}

export interface SlaEffect {
  readonly as_of: string | null
  readonly level: 'source'
  readonly items: SlaEffectOfSeverity[]
}

/** Of the default count; worst first. Severities that are not named keep their limit. */
export async function loadSlaEffect(database: ScopedDatabase, wanted: SlaChange): Promise<SlaEffect> {
  const held = await loadSla(database)
  const limits = held.map(({ severity, days }) => {
    const change = wanted[severity]
    return { severity, days_before: days, days_after: change === undefined ? days : change }
  })
  const [counts, as_of] = await Promise.all([countOverdue(database, limits), loadAsOf(database, undefined)])
  const items = limits.map(limit => {
    const { open = 0, overdue_before = 0, overdue_after = 0 } = counts.get(limit.severity) ?? {}
    return { ...limit, open, overdue_before, overdue_after }
  })
  return { as_of, level: 'source', items }
}

type Limits = readonly Pick<SlaEffectOfSeverity, 'severity' | 'days_before' | 'days_after'>[]
type Counts = Pick<SlaEffectOfSeverity, 'open' | 'overdue_before' | 'overdue_after'>

async function countOverdue(database: ScopedDatabase, limits: Limits): Promise<ReadonlyMap<Severity, Counts>> {
  const { from, conditions } = await chooseFindings(database, {})
  const { rows } = await sql<Counts & { severity: Severity }>`
with sla_limit as (
  select *
  from unnest(
    ${limits.map(one => one.severity)}::text[],
    ${limits.map(one => one.days_before)}::integer[],
    ${limits.map(one => one.days_after)}::integer[]
  ) as l (severity, days_before, days_after)
)
select f.severity, count(*) as open,
       count(*) filter (where ${openSince} < now() - make_interval(days => l.days_before)) as overdue_before,
       count(*) filter (where ${openSince} < now() - make_interval(days => l.days_after)) as overdue_after
from ${from}
join sla_limit l on l.severity = f.severity
where ${allOf(conditions)}
group by f.severity`.execute(database.kysely)
  return new Map(rows.map(row => [row.severity, row]))
}
