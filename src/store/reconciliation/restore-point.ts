import type { Queryable } from '../database.ts'

/** How a source of files was at an instant: enough to say whether it is so again. */
export interface RestorePoint {
  readonly at: string
  readonly last_import_id: number | null
  readonly last_run_id: number | null
  readonly open_findings: number
  readonly open: Readonly<Record<string, number>>
  /** Over what is open, with its state and severity; the same whatever the order of the rows. */
  readonly checksum: string
}

export async function takeRestorePoint(queryable: Queryable, filesSourceId: number): Promise<RestorePoint> {
  const { rows } = await queryable.query<RestorePoint & Record<string, unknown>>(
    `with open as materialized (
       select f.severity,
              hashtextextended(concat_ws('|', f.asset_id, f.plugin_id, f.port, f.protocol, f.instance, f.state, f.severity), 0)
                as sum
       from asset a
       join finding f using (asset_id)
       where a.source_id = $1 and f.state <> 'fixed' and f.ended_at is null
     )
     select to_char(clock_timestamp() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at,
            (select max(import_id) from file_import where source_id = $1 and status = 'applied') as last_import_id,
            (select max(run_id) from run where source_id = $1) as last_run_id,
            (select count(*) from open) as open_findings,
            (select coalesce(jsonb_object_agg(severity, findings), '{}')
             from (select severity, count(*) as findings from open group by severity) as counted) as open,
            (select coalesce(sum(sum::numeric), 0)::text from open) as checksum`,
    [filesSourceId],
  )
  return rows[0]!
}
