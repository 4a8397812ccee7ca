// Which findings matched a filter at a moment of the past, a page at a time?

import { type ScopedDatabase, sourcesWithin } from '../access.ts'
import { sql } from '../database.ts'
import { assetOfFindingConditions, type Fragment, findingConditions, severityCondition } from './conditions.ts'
import type { FindingFilter } from './filters.ts'
import { pluginChoice, textChoice } from './finding-choice.ts'
import { conditionsAndPartitions, type FindingListRequest, orderOf } from './finding-list.ts'
import { type FindingRow, type FindingView, findingColumns, findingJoins, presentFinding } from './finding-view.ts'
import { findingColumnsThen, findingsThen } from './findings-then.ts'
import { decodeCursor, keyColumns, type Order, page } from './keyset.ts'
import { type HistoryNote, loadHistoryNote, type Moment, refuseArchived } from './moment.ts'
import { countedAtMost, countUpTo, type RowsPage, toPage, withoutKey } from './rows-page.ts'

export interface FindingPageThen extends RowsPage<FindingView> {
  readonly history: HistoryNote
}

/**
 * State, severity, modification, end and the asset's standing are as they were; names, tags, scores and the rest of what
 * the filter may ask of asset and plugin are as they are now.
 * @throws ConfigError `bad_cursor`, `history_archived`
 */
export async function listFindingsThen(
  database: ScopedDatabase,
  request: FindingListRequest,
  moment: Moment,
): Promise<FindingPageThen> {
  const { filter, limit } = request
  await refuseArchived(database, moment)
  const order = orderOf(request.sort)
  const bound = { ...filter, ...moment }
  const after = decodeCursor(request.cursor, order, bound)
  const then = findingsThen(moment, { ...filter, source_id: sourcesWithin(database.access, filter.source_id) })
  const conditions = await conditionsOf(database, filter)
  const select = (from: Fragment) => sql`
select ${keyColumns(order)}, ${findingColumnsThen}
from ${from}`
  const now = sql`finding f join asset a on a.asset_id = f.asset_id`
  const changed = sql`${then.changed} join ${then.assets} on a.asset_id = f.asset_id`
  const common = { order, after, limit: limit + 1 }
  const unchangedRows = page({
    select: select(now),
    ...conditionsAndPartitions(filter, { conditions: [...conditions, then.isUnchanged] }, order),
    ...common,
  })
  const changedRows = page({
    select: select(changed),
    conditions: [...severityCondition(filter), ...conditions],
    ...common,
  })
  const rows = sql<FindingRow & Record<string, unknown>>`
with ${then.tables}, f as (
  select * from (
    (${unchangedRows})
    union all
    (${changedRows})
  ) as either
  order by ${inOrder(order)}
  limit ${sql.lit(limit + 1)}
)
select ${findingColumns}, ${sql.join(
    [...order.sort, ...order.unique].map((_column, index) => sql.raw(`f.k${index}`)),
    sql`, `,
  )}
from f
join ${then.assets} on a.asset_id = f.asset_id
${findingJoins}
order by ${inOrder(order)}`.execute(database.kysely)
  const all = sql.join([...severityCondition(filter), ...conditions], sql` and `)
  const matching = sql`
(select from ${now} where ${all} and ${then.isUnchanged} limit ${sql.lit(countedAtMost + 1)})
union all
(select from ${changed} where ${all})`
  const wantsTotal = after === null && request.total !== false
  const [found, history, total] = await Promise.all([
    rows,
    loadHistoryNote(database, moment, filter.source_id),
    wantsTotal ? countUpTo(database, matching, then.tables) : null,
  ])
  const present = (row: FindingRow & Record<string, unknown>) => presentThen(withoutKey(row), moment)
  return {
    ...toPage(found.rows, { limit, order, filter: bound, asOf: moment.asOf ?? null, total, present }),
    history,
  }
}

async function conditionsOf(database: ScopedDatabase, filter: FindingFilter): Promise<Fragment[]> {
  const [byPlugin, byText] = await Promise.all([pluginChoice(database, filter, 'then'), textChoice(database, filter)])
  return [
    sql`true`,
    ...findingConditions(database.access, filter),
    ...assetOfFindingConditions(filter),
    ...byPlugin,
    ...byText.conditions,
  ]
}

/** Sightings are no events: when it was seen again later, when it had been seen last by then is not known. */
export function presentThen(row: FindingRow, { asOf }: Moment): FindingView {
  const isLater = asOf !== undefined && row.last_found !== null && Date.parse(row.last_found) > Date.parse(asOf)
  return presentFinding(isLater ? { ...row, last_found: null } : row)
}

function inOrder(order: Order): Fragment {
  const direction = order.isDescending ? sql`desc` : sql`asc`
  return sql.join(
    [...order.sort, ...order.unique].map((_column, index) => sql`${sql.raw(`k${index}`)} ${direction}`),
    sql`, `,
  )
}
