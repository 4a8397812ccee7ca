import type { Queryable } from '../database.ts'

// Of sources that tell what scans saw: not to be seen again is no end, for scans do not look everywhere each time. An end is
// when the scan itself is gone.

/** @param alias of the table of assets */
export const isStillScanned = (alias: string) => `exists (
  select from asset_scan h
  join scan s on s.source_id = h.source_id and s.native_id = h.scan_id
  where h.asset_id = ${alias}.asset_id and s.gone_at is null)`

/** @param alias of the table of findings */
export const isStillSighted = (alias: string) => `exists (
  select from finding_sighting h
  join scan s on s.source_id = ${alias}.source_id and s.native_id = h.scan_id
  where h.asset_id = ${alias}.asset_id and h.plugin_id = ${alias}.plugin_id and h.port = ${alias}.port
    and h.protocol = ${alias}.protocol and h.instance = ${alias}.instance and s.gone_at is null)`

/** Which scans that are no longer there would have something ended by a planned sweep, and how many assets are concerned? */
export async function loadLostScans(
  connection: Queryable,
  runId: number,
  sourceId: number,
): Promise<readonly { readonly name: string; readonly assets: number }[]> {
  const { rows } = await connection.query<{ name: string; assets: number }>(
    `select s.name, count(distinct h.asset_id)::int as assets
     from scan s
     join asset_scan h on h.source_id = s.source_id and h.scan_id = s.native_id
     where s.source_id = $2 and s.gone_at is not null
       and (exists (select from sweep_asset a where a.run_id = $1 and a.asset_id = h.asset_id)
            or exists (select from sweep_finding f
                       where f.run_id = $1 and f.asset_id = h.asset_id and f.cause <> 'unconfirmed'))
     group by s.name
     order by s.name collate "C"`,
    [runId, sourceId],
  )
  return rows
}
