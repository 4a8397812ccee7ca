import type { Queryable } from '../database.ts'

/** Which networks that the source no longer lists would lose assets in a planned sweep, and how many? */
export async function loadLostNetworks(
  database: Queryable,
  runId: number,
  sourceId: number,
): Promise<readonly { readonly name: string; readonly assets: number }[]> {
  const { rows } = await database.query<{ name: string; assets: number }>(
    `select n.name, count(*)::int as assets
     from sweep_asset s
     join asset a using (asset_id)
     join network n on n.source_id = a.source_id and n.native_id = a.network_id
     where s.run_id = $1 and a.source_id = $2 and n.gone_at is not null
     group by n.name
     order by n.name collate "C"`,
    [runId, sourceId],
  )
  return rows
}
