import type { Database } from '../database.ts'
import { gatherDevices, takeDueDevices } from '../rollups/device-due.ts'
import { countDevices, countTenant } from '../rollups/estate-totals.ts'
import { holdTenant } from './correlate.ts'

/**
 * Makes the totals of the estate anew from the events and today's machines, whatever is stored.
 * @returns how many totals were something else
 */
export async function recountEstate(database: Database): Promise<number> {
  const { rows } = await database.query<{ tenant_id: number }>(
    'select tenant_id from identity_state order by tenant_id',
  )
  let corrected = 0
  for (const { tenant_id } of rows) {
    corrected += await database.transaction(async connection => {
      await holdTenant(connection, tenant_id)
      // What a run has told since the last look is no mistake.
      await gatherDevices(connection)
      await takeDueDevices(connection, tenant_id)
      await countDevices(connection, tenant_id)
      return countTenant(connection, tenant_id)
    })
  }
  return corrected
}
