import type { Database } from '../database.ts'
import { rebuildDailyTotals } from '../rollups/daily-totals.ts'
import { type Damage, damageOf } from './check.ts'

class LookedAt extends Error {}

/** Makes the totals of all days anew from the events, counts what differs, and undoes it. */
export async function checkDailyTotals(database: Database): Promise<Damage | undefined> {
  const undone: Database = {
    ...database,
    transaction: async work => {
      let result: Awaited<ReturnType<typeof work>> | undefined
      await database
        .transaction(async connection => {
          result = await work(connection)
          throw new LookedAt()
        })
        .catch((thrown: unknown) => {
          if (!(thrown instanceof LookedAt)) throw thrown
        })
      return result as Awaited<ReturnType<typeof work>>
    },
  }
  const different = await rebuildDailyTotals(undone)
  return damageOf(
    {
      name: 'daily_totals_differ',
      about: 'totals of days that are not what the events say',
      repair: 'daily_totals',
    },
    different,
    [`${different} totals`],
  )
}
