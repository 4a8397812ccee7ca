// Which totals of days did another product keep, of the time before our own first reading?

import type { Severity } from '../../domain/severity.ts'
import { type ScopedDatabase, sourcesWithin } from '../access.ts'
import { sql } from '../database.ts'
import { allOf } from './conditions.ts'
import { ofWholeSources } from './scope.ts'

/** One day as the other product counted it, by its own rules; never added to ours. */
export interface ImportedDay {
  readonly day: string
  readonly source_id: number
  readonly source: string
  readonly import_id: number
  readonly origin: 'hextrackr'
  readonly total: number | null
  readonly by_severity: Readonly<Record<Exclude<Severity, 'info'>, number | null>>
  readonly vpr_by_severity: Readonly<Record<Exclude<Severity, 'info'>, number | null>>
  readonly total_vpr: number | null
  readonly resolved: number | null
  readonly reopened: number | null
}

export interface ImportedTotals {
  /** The days there are, whatever was asked for. */
  readonly first_day: string | null
  readonly last_day: string | null
  /** Our own first reading: from this day on they are not given. */
  readonly until: string | null
  readonly items: ImportedDay[]
}

export interface ImportedRequest {
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly source_id?: readonly number[] | undefined
}

type Row = Readonly<Record<string, unknown>> & {
  readonly day: string
  readonly source_id: number
  readonly source: string
  readonly import_id: number
}

const none: ImportedTotals = { first_day: null, last_day: null, until: null, items: [] }

export async function loadImportedTotals(
  database: ScopedDatabase,
  { from, to, source_id }: ImportedRequest,
): Promise<ImportedTotals> {
  const ids = sourcesWithin(database.access, source_id) ?? null
  const chosen = allOf([
    sql`i.status = 'applied'`,
    sql`t.vendor = ''`,
    sql`(${ids}::integer[] is null or i.source_id = any(${ids}::integer[]))`,
    ...ofWholeSources(database.access, 'i.source_id'),
  ])
  // Of a day that two imports of a source have, the later import's.
  const known = await sql<{ first_day: string | null; last_day: string | null; until: string | null }>`
with first_read as (
  select min((t.watermark_at at time zone 'utc')::date) as day
  from run_stream t
  join run r on r.run_id = t.run_id
  left join file_import i on i.run_id = r.run_id
  where t.stream = 'findings' and t.status = 'completed'
    and (r.kind in ('full', 'delta') or i.status = 'applied' and i.format like 'hextrackr:%')
    and (${ids}::integer[] is null or r.source_id = any(${ids}::integer[]))
)
select min(t.day)::text as first_day, max(t.day)::text as last_day, (select day::text from first_read) as until
from file_import_total t
join file_import i on i.import_id = t.import_id
where ${chosen} and t.day < coalesce((select day from first_read), 'infinity')`.execute(database.kysely)
  const span = known.rows[0]
  if (!span || span.first_day === null) return none
  const { rows } = await sql<Row>`
select distinct on (t.day, i.source_id) t.*, t.day::text as day, i.source_id, s.name as source
from file_import_total t
join file_import i on i.import_id = t.import_id
join source s on s.source_id = i.source_id
where ${chosen} and t.day < coalesce(${span.until}::date, 'infinity')
  and t.day >= coalesce(${from ?? null}::date, '-infinity') and t.day <= coalesce(${to ?? null}::date, 'infinity')
order by t.day, i.source_id, t.import_id desc`.execute(database.kysely)
  return { ...span, items: rows.map(present) }
}

function present(row: Row): ImportedDay {
  const number = (column: string) => (row[column] === null ? null : Number(row[column]))
  const perSeverity = (what: string) => ({
    low: number(`low_${what}`),
    medium: number(`medium_${what}`),
    high: number(`high_${what}`),
    critical: number(`critical_${what}`),
  })
  return {
    day: row.day,
    source_id: row.source_id,
    source: row.source,
    import_id: row.import_id,
    origin: 'hextrackr',
    total: number('total_vulnerabilities'),
    by_severity: perSeverity('count'),
    vpr_by_severity: perSeverity('total_vpr'),
    total_vpr: number('total_vpr'),
    resolved: number('resolved_count'),
    reopened: number('reopened_count'),
  }
}
