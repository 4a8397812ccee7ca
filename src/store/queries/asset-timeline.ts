// What happened to one asset, and when?

import type { AssetEventCause, AssetEventKind, AssetStatus } from '../../domain/asset.ts'
import type { Json } from '../../domain/json.ts'
import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { getAssetId } from './asset-detail.ts'
import { loadHistoryHorizon } from './moment.ts'

export interface AssetEventView {
  readonly event_id: number
  readonly happened_at: string | null
  readonly recorded_at: string
  readonly kind: AssetEventKind
  readonly status: AssetStatus
  readonly is_licensed: boolean | null
  readonly is_tracked: boolean | null
  readonly cause: AssetEventCause
  readonly is_reconstructed: boolean
  readonly run_id: number | null
  readonly before: Json
  readonly after: Json
}

/**
 * @param id our id, or the vendor's
 * @throws NotFoundError `asset_not_found`
 */
export async function getAssetTimeline(
  database: ScopedDatabase,
  id: string,
): Promise<{
  readonly asset_id: number
  readonly items: AssetEventView[]
  /** Events of before that later ones superseded may be in the archive. */
  readonly archived_before: string | null
}> {
  const assetId = await getAssetId(database, id)
  const { rows } = await sql<AssetEventView>`
select event_id, happened_at, recorded_at, kind, status, is_licensed, is_tracked, cause, is_reconstructed, run_id,
       before, after
from asset_event
where asset_id = ${assetId}
order by coalesce(happened_at, recorded_at), recorded_at, event_id`.execute(database.kysely)
  return { asset_id: assetId, items: rows, archived_before: await loadHistoryHorizon(database) }
}
