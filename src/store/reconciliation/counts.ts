import type { JsonObject } from '../../domain/json.ts'
import { classifyCount, type DifferenceCause, openCauses } from '../../domain/reconciliation/index.ts'
import { scopeOfSettings } from '../../domain/scope.ts'
import type { Severity } from '../../domain/severity.ts'
import type { SourceCounts } from '../../domain/source-counts.ts'
import type { Connection, Database } from '../database.ts'
import { apiMoment } from './compare.ts'
import { endComparison, findPrevious } from './comparisons.ts'
import { DifferenceWriter } from './differences.ts'

export interface CountTotals {
  readonly counted_at: string
  readonly severities: Readonly<Record<string, { readonly source: number; readonly mirror: number }>>
  readonly partial: readonly string[]
  readonly causes: Readonly<
    Record<string, { readonly assets: number; readonly findings: number; readonly counts: number }>
  >
  readonly open: number
  readonly timing_before: {
    readonly total: number
    readonly gone: number
    readonly explained: number
    readonly waiting: number
  }
}

/** The mirror's own count on the terms of the source's: licensed, tracked, live, not ended, within its days. */
const compared = `
with mirror as (
  select f.plugin_id, f.severity, count(*) as findings
  from finding f
  join asset a using (asset_id)
  where f.source_id = $1 and f.state <> 'fixed' and f.ended_at is null
    and a.status = 'live' and a.is_licensed is not false and a.is_tracked is not false
    and ($3::integer is null or f.last_found >= $2::timestamptz - make_interval(days => $3::integer))
  group by f.plugin_id, f.severity
),
source as (
  select plugin_id, severity, sum(findings)::bigint as findings
  from jsonb_to_recordset($4::jsonb) as s (plugin_id integer, severity text, findings bigint)
  group by plugin_id, severity
)
select plugin_id, severity, coalesce(s.findings, 0) as source, coalesce(m.findings, 0) as mirror
from source s
full join mirror m using (plugin_id, severity)`

const differing = `
select c.plugin_id, c.severity, c.source, c.mirror, w.cause as was,
       (select count(*)
        from rejected_record r
        where r.source_id = $1 and r.stream = 'findings' and r.raw ~ ('[^0-9]' || c.plugin_id || '[^0-9]')
          and r.run_id >= coalesce((select max(f.run_id) from run f
                                    where f.source_id = $1 and f.kind = 'full' and f.status = 'completed'), 0)) as rejected
from compared_count c
left join reconciliation_difference w on w.reconciliation_id = $2 and w.level = 'count' and w.plugin_id = c.plugin_id
  and w.severity = c.severity
where c.source <> c.mirror and c.severity <> all($3::text[])
order by c.plugin_id, c.severity`

interface DifferingCount {
  readonly plugin_id: number
  readonly severity: Severity
  readonly source: number
  readonly mirror: number
  readonly was: DifferenceCause | null
  readonly rejected: number
}

/** Compares what the source counts of itself with the mirror, by plugin and severity, and stores it. */
export async function compareCounts(
  database: Database,
  comparisonId: number,
  apiSourceId: number,
  counts: SourceCounts,
): Promise<CountTotals> {
  const { totals, moments } = await database.transaction(async connection => {
    await connection.query('set transaction isolation level repeatable read')
    const apiAt = await apiMoment(connection, apiSourceId)
    const previous = await findPrevious(connection, comparisonId)
    await stage(connection, apiSourceId, counts)
    const picture = {
      countedAt: counts.countedAt,
      mirrorAt: apiAt,
      previousMirrorAt: previous?.apiAt ?? null,
      scope: await scopeOf(connection, apiSourceId),
    }
    const { rows } = await connection.query<DifferingCount & Record<string, unknown>>(differing, [
      apiSourceId,
      previous?.comparisonId ?? null,
      counts.partial,
    ])
    const writer = new DifferenceWriter(connection, comparisonId)
    await writer.write(
      rows.map(row => ({
        level: 'count',
        kind: row.source > row.mirror ? 'only_files' : 'only_api',
        explained: classifyCount({ ...row, wasTiming: row.was === 'timing' }, picture),
        was: row.was,
        ...{ filesAssetId: null, apiAssetId: null, asset: null, port: null, protocol: null, instance: null },
        pluginId: row.plugin_id,
        severity: row.severity,
        filesCount: row.source,
        apiCount: row.mirror,
      })),
    )
    const totals = await totalsOf(connection, comparisonId, previous?.comparisonId ?? null, counts, writer)
    const moments = { filesAt: null, apiAt, previousId: previous?.comparisonId ?? null }
    return { totals, moments }
  })
  await endComparison(database, comparisonId, moments, totals as unknown as JsonObject)
  return totals
}

async function stage(connection: Connection, apiSourceId: number, counts: SourceCounts): Promise<void> {
  const rows = counts.rows.map(row => ({ plugin_id: row.pluginId, severity: row.severity, findings: row.findings }))
  await connection.query(`create temporary table compared_count on commit drop as ${compared}`, [
    apiSourceId,
    counts.countedAt,
    counts.days,
    JSON.stringify(rows),
  ])
}

async function scopeOf(connection: Connection, apiSourceId: number) {
  const { rows } = await connection.query<{ settings: JsonObject }>(
    'select settings from source where source_id = $1',
    [apiSourceId],
  )
  return scopeOfSettings(rows[0]?.settings ?? {})
}

async function totalsOf(
  connection: Connection,
  comparisonId: number,
  previousId: number | null,
  counts: SourceCounts,
  writer: DifferenceWriter,
): Promise<CountTotals> {
  const { rows } = await connection.query<{ severity: string; source: number; mirror: number }>(
    `select severity, sum(source)::bigint as source, sum(mirror)::bigint as mirror
     from compared_count group by severity order by severity_rank(severity) desc`,
  )
  const { rows: timing } = await connection.query<CountTotals['timing_before'] & Record<string, unknown>>(
    `with before as (
       select count(*) as total from reconciliation_difference where reconciliation_id = $2 and cause = 'timing'
     ),
     now as (
       select count(*) filter (where cause = 'timing') as waiting, count(*) filter (where cause <> 'timing') as explained
       from reconciliation_difference where reconciliation_id = $1 and was = 'timing'
     )
     select total, total - waiting - explained as gone, explained, waiting from before, now`,
    [comparisonId, previousId],
  )
  const { causes } = writer
  return {
    counted_at: counts.countedAt,
    severities: Object.fromEntries(rows.map(({ severity, source, mirror }) => [severity, { source, mirror }])),
    partial: counts.partial,
    causes,
    open: openCauses.reduce((sum, cause) => sum + (causes[cause]?.counts ?? 0), 0),
    timing_before: timing[0]!,
  }
}
