// How many findings of each severity does a filter choose?

import { type Severity, severities } from '../../domain/severity.ts'
import { type ScopedDatabase, wholeAccess } from '../access.ts'
import { sql } from '../database.ts'
import { loadAsOf } from './as-of.ts'
import {
  allOf,
  assetOfFindingConditions,
  findingConditions,
  isOpen,
  openSince,
  severityCondition,
} from './conditions.ts'
import type { FindingFilter } from './filters.ts'
import { chooseFindings } from './finding-choice.ts'
import { keptCounts } from './finding-list.ts'
import { assetsOf, isOfAssets } from './findings-of-assets.ts'
import { countKept } from './kept-plugins.ts'
import { visible } from './scope.ts'
import { perSeverity, type SeverityCounts, totalOf } from './severity-counts.ts'

export interface FindingSeverities {
  readonly as_of: string | null
  readonly level: 'source'
  readonly total: number
  readonly by_severity: SeverityCounts
}

/** Always exact, unlike the total of a list: from the counts kept beside each asset or plugin where they can tell. */
export async function loadFindingSeverities(
  database: ScopedDatabase,
  filter: FindingFilter,
): Promise<FindingSeverities> {
  const columns = keptCounts(filter)
  const [by_severity, as_of] = await Promise.all([
    // Of ended findings only the number is kept, not the severity.
    columns && !columns.includes('ended') ? keptSums(database, filter, columns) : counted(database, filter),
    loadAsOf(database, filter.source_id),
  ])
  return { as_of, level: 'source', total: totalOf(by_severity), by_severity }
}

async function keptSums(
  database: ScopedDatabase,
  filter: FindingFilter,
  columns: readonly string[],
): Promise<SeverityCounts> {
  const conditions = [
    ...visible(database.access, 'a'),
    ...assetOfFindingConditions(filter),
    ...(filter.source_id ? [sql`t.source_id = any(${filter.source_id}::integer[])`] : []),
    ...(filter.asset_id ? [sql`t.asset_id = any(${filter.asset_id}::bigint[])`] : []),
  ]
  const sumOf = (severity: Severity) => {
    const parts = columns.filter(column => column.endsWith(`_${severity}`)).map(column => `t.${column}`)
    return `coalesce(sum(${parts.length === 0 ? '0' : parts.join(' + ')}), 0)::float8 as ${severity}`
  }
  const { rows } = await sql<SeverityCounts>`
select ${sql.raw(severities.map(sumOf).join(', '))}
from asset_total t
join asset a on a.asset_id = t.asset_id
where ${allOf(conditions)}`.execute(database.kysely)
  return rows[0]!
}

async function counted(database: ScopedDatabase, filter: FindingFilter): Promise<SeverityCounts> {
  const { is_overdue, ...others } = filter
  if (is_overdue && isOfAssets(others)) return countedOverdue(database, others)
  const choice = await chooseFindings(database, filter)
  const kept = await countKept(database, filter, choice)
  if (kept) return kept
  const { from, conditions } = choice
  const { rows } = await sql<{ severity: Severity; findings: number }>`
select f.severity, count(*) as findings
from ${from}
where ${allOf([...severityCondition(filter), ...conditions])}
group by f.severity`.execute(database.kysely)
  return perSeverity(severity => rows.find(row => row.severity === severity)?.findings ?? 0)
}

/** Of each severity a stretch of finding_since_idx. */
async function countedOverdue(database: ScopedDatabase, filter: FindingFilter): Promise<SeverityCounts> {
  const { include, state } = filter
  const { within } = await assetsOf(database, filter)
  const conditions = allOf([
    sql`severity_rank(f.severity) = l.rank and ${openSince} < l.due_before and ${isOpen}`,
    ...findingConditions(wholeAccess, { include, state }),
  ])
  const { rows } = await sql<{ severity: Severity; findings: number }>`
select l.severity,
       (select count(*) from finding f where ${conditions} and ${within})::float8 as findings
from (select severity, severity_rank(severity) as rank, now() - make_interval(days => days) as due_before
      from sla
      where days is not null and severity = any(${filter.severity ?? severities}::text[])) as l`.execute(
    database.kysely,
  )
  return perSeverity(severity => rows.find(row => row.severity === severity)?.findings ?? 0)
}
