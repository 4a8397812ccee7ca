import type { Queryable } from './database.ts'

export interface SettledFamily {
  readonly familyId: number
  readonly pluginCount: number
}

/** Families rarely change: the list of them lives this long. */
const lifeHours = 24

/** Families whose plugins a source need not tell again; null when it was asked for them lately. */
export async function settledFamilies(database: Queryable, sourceId: number): Promise<readonly SettledFamily[] | null> {
  const asked = await database.query<{ lately: boolean }>(
    `select exists (
       select from run r
       join export_job e using (run_id)
       where r.source_id = $1 and e.stream = 'plugins' and e.status = 'complete' and e.asked ? 'families'
         and e.finished_at > clock_timestamp() - make_interval(hours => $2)) as lately`,
    [sourceId, lifeHours],
  )
  if (asked.rows[0]?.lately) return null
  const { rows } = await database.query<SettledFamily>(
    `select family_id as "familyId", plugin_count as "pluginCount"
     from plugin_family
     where source_id = $1 and is_settled`,
    [sourceId],
  )
  return rows
}
