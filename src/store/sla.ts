import { severities } from '../domain/severity.ts'
import type { SlaDays } from '../domain/sla.ts'
import { type Actor, recordAudit } from './audit.ts'
import type { Database } from './database.ts'

export type SlaChange = { readonly [K in keyof SlaDays]?: SlaDays[K] | undefined }

/** Changes the limits of the severities that are named; the others stay. */
export async function saveSla(database: Database, wanted: SlaChange, actor: Actor): Promise<void> {
  await database.transaction(async connection => {
    const { rows } = await connection.query<{ severity: string; days: number | null }>(
      'select severity, days from sla order by severity for update',
    )
    const changed = severities.flatMap(severity => {
      const to = wanted[severity]
      const from = rows.find(row => row.severity === severity)?.days ?? null
      return to === undefined || to === from ? [] : [{ severity, from, to }]
    })
    if (changed.length === 0) return
    for (const { severity, to } of changed) {
      await connection.query('update sla set days = $2, changed_at = now(), changed_by = $3 where severity = $1', [
        severity,
        to,
        actor.name,
      ])
    }
    await recordAudit(connection, {
      actor,
      action: 'sla.changed',
      subject: 'sla',
      detail: Object.fromEntries(changed.map(({ severity, from, to }) => [severity, { from, to }])),
    })
  })
}
