import type { Database } from '../database.ts'
import { recountEstate } from '../identity/recount.ts'
import { rebuildDailyTotals } from '../rollups/daily-totals.ts'
import { type Damage, damageOf } from './check.ts'

class LookedAt extends Error {}

/** Makes the totals of all days anew from the events, counts what differs, and undoes it. */
export async function checkDailyTotals(database: Database): Promise<Damage | undefined> {
  const different = await rebuildDailyTotals(undoing(database))
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

/** A run that tells something while machines are counted makes a difference that is none. */
const looksAtMost = 3

/** Those of the estate, likewise. */
export async function checkEstateTotals(database: Database): Promise<Damage | undefined> {
  let different = 0
  for (let look = 1; look <= looksAtMost; look++) {
    different = await recountEstate(undoing(database))
    if (different === 0) return undefined
    const { rows } = await database.query('select from device_due limit 1')
    if (rows.length === 0) break
  }
  return damageOf(
    {
      name: 'estate_totals_differ',
      about: 'totals of the estate that are not what machines and events say',
      repair: 'estate_totals',
    },
    different,
    [`${different} totals`],
  )
}

/** A database that keeps nothing of what a transaction wrote. */
function undoing(database: Database): Database {
  return {
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
}
