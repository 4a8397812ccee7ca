// How many machines are there, and how much is open on them when each finding counts once?

import { type Severity, severities } from '../../domain/severity.ts'
import { ConfigError } from '../../platform/errors.ts'
import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { loadAsOf } from './as-of.ts'
import { allOf, isCounted, isCountedAsset, isOpen } from './conditions.ts'
import { linksFrom } from './device-links.ts'
import { loadEstateDay } from './estate-days.ts'
import { type HistoryNote, loadHistoryNote } from './moment.ts'
import { visible } from './scope.ts'
import { perSeverity, type SeverityCounts } from './severity-counts.ts'

export interface EstateStatistics {
  readonly level: 'estate'
  readonly as_of: string | null
  readonly devices: number
  readonly records: number
  readonly shared: number
  /** Null for a day of the past. */
  readonly to_review: number | null
  readonly open: SeverityCounts
  readonly reported: SeverityCounts
  readonly history?: HistoryNote
}

export async function loadEstateStatistics(database: ScopedDatabase): Promise<EstateStatistics> {
  const [machines, reported, repeated, review, as_of] = await Promise.all([
    countMachines(database),
    countReported(database),
    countRepeated(database),
    sql<{ n: number }>`select count(*) as n ${linksFrom(database)} where e.is_asked`.execute(database.kysely),
    loadAsOf(database),
  ])
  return {
    level: 'estate',
    as_of,
    ...machines,
    to_review: review.rows[0]!.n,
    open: perSeverity(severity => reported[severity] - repeated[severity]),
    reported,
  }
}

/** At the end of a day in UTC, by what we know today: with the machines as they are made of records now. */
export async function loadEstateStatisticsThen(database: ScopedDatabase, day: string): Promise<EstateStatistics> {
  const [then, history] = await Promise.all([
    loadEstateDay(database, day),
    loadHistoryNote(database, { asOf: `${day}T23:59:59.999999Z` }),
  ])
  if (!then) {
    throw new ConfigError(
      'not_counted_yet',
      'The days of the estate have not been counted yet; that happens when the next run of a source ends, the first one of a new source.',
    )
  }
  const { devices, records, shared, by_severity, reported } = then
  return {
    level: 'estate',
    as_of: history.as_of,
    devices,
    records,
    shared,
    to_review: null,
    open: by_severity,
    reported,
    history,
  }
}

async function countMachines(
  database: ScopedDatabase,
): Promise<Pick<EstateStatistics, 'devices' | 'records' | 'shared'>> {
  const { rows } = await sql<{ devices: number; records: number; shared: number }>`
select count(*) as devices, coalesce(sum(records), 0)::float8 as records, count(*) filter (where records > 1) as shared
from (
  select count(*) as records
  from device_asset m
  join asset a using (asset_id)
  where ${isCountedAsset} and ${allOf(visible(database.access, 'a'))}
  group by m.device_id
) as per_device`.execute(database.kysely)
  return rows[0]!
}

async function countReported(database: ScopedDatabase): Promise<SeverityCounts> {
  const sums = severities.map(
    severity => `coalesce(sum(t.open_${severity} + t.reopened_${severity}), 0)::float8 as ${severity}`,
  )
  const { rows } = await sql<Record<Severity, number>>`
select ${sql.raw(sums.join(', '))}
from device_asset m
join asset a using (asset_id)
join asset_total t using (asset_id)
where ${isCounted} and ${allOf(visible(database.access, 'a'))}`.execute(database.kysely)
  return rows[0]!
}

/**
 * What is counted once too often: only machines of several records can have the same finding twice, so only theirs are
 * read. A finding counts with the worst severity of its witnesses.
 */
async function countRepeated(database: ScopedDatabase): Promise<SeverityCounts> {
  const { rows } = await sql<{ severity: Severity; n: number }>`
with shared as (
  select m.device_id, array_agg(m.asset_id) as asset_ids
  from device_asset m
  join asset a using (asset_id)
  where ${isCounted} and ${allOf(visible(database.access, 'a'))}
  group by m.device_id
  having count(*) > 1
),
witnessed as (
  select f.severity,
         row_number() over (partition by s.device_id, f.plugin_id, f.port, f.protocol, f.instance
                            order by severity_rank(f.severity) desc, f.asset_id) as n
  from shared s
  join finding f on f.asset_id = any(s.asset_ids)
  where ${isOpen}
)
select severity, count(*) as n from witnessed where n > 1 group by severity`.execute(database.kysely)
  const found = new Map(rows.map(row => [row.severity, row.n]))
  return perSeverity(severity => found.get(severity) ?? 0)
}
