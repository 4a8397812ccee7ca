// Which findings matched a filter at a moment of the past, a page at a time?

import { type ScopedDatabase, sourcesWithin } from '../access.ts'
import { sql } from '../database.ts'
import { allOf, assetOfFindingConditions, type Fragment, findingConditions, severityCondition } from './conditions.ts'
import type { FindingFilter } from './filters.ts'
import { fewAssets, pluginChoice, textChoice } from './finding-choice.ts'
import { conditionsAndPartitions, type FindingListRequest, orderOf } from './finding-list.ts'
import { type FindingRow, type FindingView, findingColumns, findingJoins, presentFinding } from './finding-view.ts'
import { findingColumnsThen, findingsThen } from './findings-then.ts'
import { decodeCursor, keyColumns, type Order, page } from './keyset.ts'
import { type HistoryNote, key, loadHistoryNote, type Moment, refuseArchived } from './moment.ts'
import { countedAtMost, type RowsPage, toPage, totalUpTo, withoutKey } from './rows-page.ts'

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
  const { conditions, asset_id } = await conditionsOf(database, filter)
  const source_id = sourcesWithin(database.access, filter.source_id)
  const then = findingsThen(moment, { ...filter, source_id, asset_id: filter.asset_id ?? asset_id })
  const select = (from: Fragment) => sql`
select ${keyColumns(order)}, ${findingColumnsThen}
from ${from}`
  const onAssetsThen = (findings: Fragment) => sql`${findings} join ${then.assets} on a.asset_id = f.asset_id`
  const now = sql`finding f join asset a on a.asset_id = f.asset_id`
  const ofLaterAssets = onAssetsThen(then.ofLaterAssets)
  const changed = onAssetsThen(then.changed)
  const common = { order, after, limit: limit + 1 }
  const unchangedRows = page({
    select: select(now),
    ...conditionsAndPartitions(filter, { conditions: [...conditions, then.isUnchanged] }, order),
    ...common,
  })
  const others = [ofLaterAssets, changed].map(from =>
    page({ select: select(from), conditions: [...severityCondition(filter), ...conditions], ...common }),
  )
  const all = allOf([...severityCondition(filter), ...conditions])
  const wantsTotal = after === null && request.total !== false
  const rows = sql<FindingRow & { readonly total: number } & Record<string, unknown>>`
with ${then.tables}, f as (
  select * from (
    (${unchangedRows})
    union all
    ${sql.join(
      others.map(query => sql`(${query})`),
      sql`
    union all
    `,
    )}
  ) as either
  order by ${inOrder(order)}
  limit ${sql.lit(limit + 1)}
)${wantsTotal ? sql`, ${counted({ now, ofLaterAssets, changed }, all)}` : sql``}
select ${findingColumns}, ${sql.join(
    [...order.sort, ...order.unique].map((_column, index) => sql.raw(`f.k${index}`)),
    sql`, `,
  )}, ${wantsTotal ? sql`(select total from counted)` : sql`null::bigint`} as total
from f
join ${then.assets} on a.asset_id = f.asset_id
${findingJoins}
order by ${inOrder(order)}`.execute(database.kysely)
  const [found, history] = await Promise.all([rows, loadHistoryNote(database, moment, filter.source_id)])
  const total = wantsTotal ? totalUpTo(found.rows[0]?.total ?? 0) : null
  const present = ({ total: _total, ...row }: (typeof found.rows)[number]) =>
    presentThen(withoutKey(row) as FindingRow, moment)
  return {
    ...toPage(found.rows, { limit, order, filter: bound, asOf: moment.asOf ?? null, total, present }),
    history,
  }
}

/**
 * Counts up to `countedAtMost`: those that were otherwise, and unless these are too many, those that match now, without the
 * ones among them that something happened to. So no finding is asked whether it changed.
 */
function counted(from: Readonly<Record<'now' | 'ofLaterAssets' | 'changed', Fragment>>, all: Fragment): Fragment {
  return sql`other_then as (
  select (select count(*) from ${from.changed} where ${all})
         + (select count(*) from ${from.ofLaterAssets} where ${all}) as findings
), other_now as (
  select (select count(*) from later_finding join finding f using (${key}) join asset a on a.asset_id = f.asset_id where ${all})
         + (select count(*) from later_standing f join asset a on a.asset_id = f.asset_id where ${all}) as findings
), counted as (
  select findings
         + case when findings > ${sql.lit(countedAtMost)} then 0
                else (select count(*)
                      from (select from ${from.now} where ${all} limit (select ${sql.lit(countedAtMost + 1)} + findings from other_now)) as n)
                     - (select findings from other_now) end as total
  from other_then
)`
}

interface Conditions {
  readonly conditions: readonly Fragment[]
  /** The only assets that they can mean, where those are few. */
  readonly asset_id: readonly number[] | undefined
}

async function conditionsOf(database: ScopedDatabase, filter: FindingFilter): Promise<Conditions> {
  const [byPlugin, byText, asset_id] = await Promise.all([
    pluginChoice(database, filter, 'then'),
    textChoice(database, filter),
    // Whether an asset counted is of then; its tags, its network and its owner are of now.
    fewAssets(database, {
      ...filter,
      include: ['all'],
      asset_status: undefined,
      is_licensed: undefined,
      is_tracked: undefined,
    }),
  ])
  const conditions = [
    sql`true`,
    ...findingConditions(database.access, filter),
    ...assetOfFindingConditions(filter),
    ...(asset_id ? [sql`f.asset_id = any(${asset_id}::bigint[])`] : []),
    ...byPlugin,
    ...byText.conditions,
  ]
  return { conditions, asset_id }
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
