import type { Database } from '../database.ts'
import { rollUpDailyTotals } from './daily-totals.ts'
import { keepsPluginTotals, rollUpPluginTotals } from './plugin-totals.ts'

/** Brings everything that is kept of a source's findings up to date when one of its runs closes. Safe to repeat. */
export async function rollUpTotals(database: Database, sourceId: number): Promise<void> {
  await rollUpDailyTotals(database, sourceId, await keepsPluginTotals(database, sourceId))
  await rollUpPluginTotals(database, sourceId)
}
