import { type Actor, recordAudit } from '../store/audit.ts'
import type { Database } from '../store/database.ts'
import { setSourcePaused } from '../store/source-health.ts'
import { getSource } from '../store/sources.ts'

/**
 * While a source is paused no schedule starts a run of it; resumed, what was due meanwhile is made up for by one run.
 * @returns false when it was so already
 * @throws NotFoundError `source_not_found`
 */
export async function pauseSource(
  database: Database,
  sourceId: number,
  isPaused: boolean,
  actor: Actor,
): Promise<boolean> {
  const { name } = await getSource(database, sourceId)
  return database.transaction(async connection => {
    const isChanged = await setSourcePaused(connection, sourceId, isPaused)
    const action = isPaused ? 'source.paused' : 'source.resumed'
    if (isChanged) {
      await recordAudit(connection, { actor, action, subject: `source:${sourceId}`, detail: { source: name } })
    }
    return isChanged
  })
}
