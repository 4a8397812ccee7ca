// What happened to one finding, and when?

import type { FindingEventCause, FindingEventKind, FindingState, SeverityModification } from '../../domain/finding.ts'
import type { JsonObject } from '../../domain/json.ts'
import type { Severity } from '../../domain/severity.ts'
import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { allOf } from './conditions.ts'
import { findingNotFound, getFindingKey } from './finding-detail.ts'
import { findingId } from './finding-id.ts'
import { loadHistoryHorizon } from './moment.ts'
import { visible } from './scope.ts'

export interface FindingEventView {
  readonly event_id: number
  readonly happened_at: string | null
  readonly recorded_at: string
  readonly kind: FindingEventKind
  readonly state: FindingState
  readonly severity: Severity
  readonly severity_modification: SeverityModification
  readonly cause: FindingEventCause
  readonly is_reconstructed: boolean
  readonly run_id: number | null
  readonly before: JsonObject | null
}

/**
 * @param id our id, or the vendor's
 * @throws NotFoundError `finding_not_found`
 */
export async function getFindingHistory(
  database: ScopedDatabase,
  id: string,
): Promise<{
  readonly finding_id: string
  readonly items: FindingEventView[]
  /** Events of before that later ones superseded may be in the archive. */
  readonly archived_before: string | null
}> {
  const key = await getFindingKey(database, id)
  const { asset_id, plugin_id, port, protocol, instance } = key
  const { rows } = await sql<FindingEventView>`
select e.event_id, e.happened_at, e.recorded_at, e.kind, e.state, e.severity, e.severity_modification, e.cause,
       e.is_reconstructed, e.run_id, e.before
from finding_event e
where e.asset_id = ${asset_id} and e.plugin_id = ${plugin_id} and e.port = ${port} and e.protocol = ${protocol}
  and e.instance = ${instance} and ${allOf(visible(database.access, 'e'))}
order by coalesce(e.happened_at, e.recorded_at), e.recorded_at, e.event_id`.execute(database.kysely)
  if (rows.length === 0) {
    const { rows: found } = await sql`
select from finding f
where f.asset_id = ${asset_id} and f.plugin_id = ${plugin_id} and f.port = ${port} and f.protocol = ${protocol}
  and f.instance = ${instance} and ${allOf(visible(database.access, 'f'))}`.execute(database.kysely)
    if (found.length === 0) throw findingNotFound(id)
  }
  return { finding_id: findingId(key), items: rows, archived_before: await loadHistoryHorizon(database) }
}
