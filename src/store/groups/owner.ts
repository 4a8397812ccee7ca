import { type Actor, recordAudit } from '../audit.ts'
import type { Database } from '../database.ts'
import { holdGroups, regroup } from './regroup.ts'

/**
 * Gives an asset an owner, whatever the rules say, or leaves it to the rules again.
 * @param owner null: as the rules say
 */
export async function setAssetOwner(
  database: Database,
  assetId: number,
  owner: string | null,
  actor: Actor,
): Promise<void> {
  await database.transaction(async connection => {
    await holdGroups(connection)
    const before = await connection.query<{ owner: string }>(
      `delete from owner_override o
       using asset_alias l
       where l.asset_id = $1 and o.source_id = l.source_id and o.native_id = l.native_id
       returning o.owner`,
      [assetId],
    )
    if (owner !== null) {
      await connection.query(
        `insert into owner_override (source_id, native_id, owner, set_by)
         select source_id, native_id, $2, $3 from asset where asset_id = $1`,
        [assetId, owner, actor.name],
      )
    }
    await regroup(connection, [assetId], 'person')
    await recordAudit(connection, {
      actor,
      action: owner === null ? 'asset.owner_cleared' : 'asset.owner_set',
      subject: `asset:${assetId}`,
      detail: { owner, before: before.rows[0]?.owner ?? null },
    })
  })
}
