// What was one finding at a moment of the past?

import { NotFoundError } from '../../platform/errors.ts'
import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { type FindingDetail, getFinding } from './finding-detail.ts'
import { presentThen } from './finding-list-then.ts'
import type { FindingRow } from './finding-view.ts'
import { oneFindingThen } from './findings-then.ts'
import { type HistoryNote, isStanding, isTold, loadHistoryNote, type Moment, refuseArchived } from './moment.ts'

export interface FindingDetailThen extends FindingDetail {
  readonly history: HistoryNote
}

type Then = Pick<
  FindingRow,
  'state' | 'severity' | 'severity_modification' | 'ended_at' | 'end_cause' | 'last_fixed' | 'resurfaced_date'
> & { readonly changed_at: string; readonly is_there: boolean }

interface StandingThen {
  readonly status: FindingRow['asset_status']
  readonly standing: string
}

/**
 * State, severity, modification, end and the asset's standing are as they were; the rest is as it was read last.
 * @param id our id, or the vendor's
 * @throws NotFoundError `finding_not_found`; `finding_not_then` when it is known, but not of that moment; ConfigError
 *   `history_archived`
 */
export async function getFindingThen(database: ScopedDatabase, id: string, moment: Moment): Promise<FindingDetailThen> {
  await refuseArchived(database, moment)
  const now = await getFinding(database, id)
  const at = sql`e.asset_id = ${now.asset_id} and e.plugin_id = ${now.plugin_id} and e.port = ${now.port}
  and e.protocol = ${now.protocol} and e.instance = ${now.instance}`
  const [found, asset, history] = await Promise.all([
    sql<Then>`${oneFindingThen(moment, at)}`.execute(database.kysely),
    sql<StandingThen>`
select e.status, asset_standing(e.status, e.is_licensed, e.is_tracked) as standing
from asset_event e
where e.asset_id = ${now.asset_id} and ${isStanding('e')} and (e.kind = 'appeared' or (${isTold(moment, 'e')}))
order by e.recorded_at desc, e.event_id desc
limit 1`.execute(database.kysely),
    loadHistoryNote(database, moment, [now.source_id]),
  ])
  const then = found.rows[0]
  if (!then) throw notThere(id, history)
  const { changed_at, is_there: _isThere, ...facts } = then
  const status = asset.rows[0]?.status ?? now.asset_status
  const isCounted = asset.rows[0] === undefined ? now.is_counted : asset.rows[0].standing === 'counted'
  const row = {
    ...now,
    ...facts,
    updated_at: changed_at,
    asset_status: status,
    is_counted: isCounted && facts.state !== 'fixed' && facts.ended_at === null,
  }
  return { ...row, ...presentThen(row, moment), asset: { ...now.asset, status }, history }
}

function notThere(id: string, history: HistoryNote): NotFoundError {
  const when = [
    ...(history.as_of === null ? [] : [`at ${history.as_of}`]),
    ...(history.known_at === null ? [] : [`by what was known at ${history.known_at}`]),
  ].join(', ')
  const unknown = history.unknown_before === null ? '' : ` What was before ${history.unknown_before} is not known.`
  return new NotFoundError(
    'finding_not_then',
    `Finding ${id} was not there ${when}.${history.is_unknown ? unknown : ''} Its history says since when it is.`,
    { context: { finding: id } },
  )
}
