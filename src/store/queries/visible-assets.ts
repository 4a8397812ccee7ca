// May somebody see these assets?

import { NotFoundError } from '../../platform/errors.ts'
import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { allOf } from './conditions.ts'
import { visible } from './scope.ts'

/** @throws NotFoundError `asset_not_found` also for one that may not be seen */
export async function requireAssets(database: ScopedDatabase, assetIds: readonly number[]): Promise<void> {
  const { rows } = await sql<{ asset_id: number }>`
select a.asset_id
from asset a
where a.asset_id = any(${assetIds}::bigint[]) and ${allOf(visible(database.access, 'a'))}`.execute(database.kysely)
  const missing = assetIds.find(id => !rows.some(row => row.asset_id === id))
  if (missing !== undefined) throw new NotFoundError('asset_not_found', `There is no asset ${missing}.`)
}
