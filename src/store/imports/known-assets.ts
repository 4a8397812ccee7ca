import type { Asset, ObservedAsset } from '../../domain/asset.ts'
import type { Connection } from '../database.ts'
import { knownFacts } from '../merge/asset-columns.ts'

/** A machine of a file as it is merged: under the name that the source knows it by. */
export interface ImportedHost {
  readonly asset: Asset
  readonly observed: ObservedAsset
}

interface HostRow {
  readonly known_as: string
  readonly known_asset: number | null
  readonly asset: Asset
  readonly observed: ObservedAsset
}

/**
 * Machines of an import, after one of them: what the file leaves out of a machine is kept from what is known.
 * @param observedAt what the file speaks for, where a machine has no date of its own
 */
export async function loadHosts(
  connection: Connection,
  importId: number,
  observedAt: string,
  after: string,
  limit: number,
): Promise<readonly ImportedHost[]> {
  const { rows } = await connection.query<HostRow & Record<string, unknown>>(
    `select distinct on (h.known_as) h.known_as, h.known_asset, h.asset, h.observed
     from file_import_host h
     where h.import_id = $1 and h.known_as > $2
     order by h.known_as, h.asset ->> 'updatedAt' desc nulls last
     limit $3`,
    [importId, after, limit],
  )
  const known = await loadKnown(
    connection,
    rows.flatMap(row => row.known_asset ?? []),
  )
  return rows.map(row => imported(row, observedAt, row.known_asset === null ? undefined : known.get(row.known_asset)))
}

async function loadKnown(connection: Connection, assetIds: readonly number[]): Promise<Map<number, Partial<Asset>>> {
  const assets = await connection.query<{ asset_id: number; row: Record<string, unknown> }>(
    'select asset_id, to_jsonb(a) as row from asset a where asset_id = any($1::bigint[])',
    [assetIds],
  )
  const tags = await connection.query<{ asset_id: number; tags: Asset['tags'] }>(
    `select asset_id, jsonb_agg(jsonb_build_object('key', tag_key, 'value', tag_value, 'uuid', tag_uuid,
                                                   'addedBy', added_by, 'addedAt', added_at)
                                order by tag_key, tag_value) as tags
     from asset_tag where asset_id = any($1::bigint[]) group by asset_id`,
    [assetIds],
  )
  const software = await connection.query<{ asset_id: number; cpes: string[] }>(
    `select asset_id, array_agg(cpe order by cpe) as cpes
     from asset_software where asset_id = any($1::bigint[]) group by asset_id`,
    [assetIds],
  )
  const known = new Map(assets.rows.map(({ asset_id, row }) => [asset_id, knownFacts(row)]))
  for (const row of tags.rows) known.set(row.asset_id, { ...known.get(row.asset_id), tags: row.tags })
  for (const row of software.rows) known.set(row.asset_id, { ...known.get(row.asset_id), installedSoftware: row.cpes })
  return known
}

function imported(row: HostRow, observedAt: string, known: Partial<Asset> | undefined): ImportedHost {
  const seenAt = row.asset.lastSeen ?? observedAt
  const told: Asset = {
    ...row.asset,
    nativeId: row.known_as,
    status: 'live',
    updatedAt: seenAt,
    lastSeen: seenAt,
    firstSeen: row.asset.firstSeen ?? seenAt,
  }
  const observed = { ...row.observed, nativeId: row.known_as }
  if (!known) return { asset: told, observed }
  const asset: Record<string, unknown> = { ...told }
  for (const [field, value] of Object.entries(known)) {
    const said = asset[field]
    if (said === null || (Array.isArray(said) && said.length === 0)) asset[field] = value
  }
  asset.cloud = { ...known.cloud, ...told.cloud }
  const first = known.firstSeen
  if (first && Date.parse(first) < Date.parse(told.firstSeen ?? first)) asset.firstSeen = first
  return { asset: asset as unknown as Asset, observed }
}
