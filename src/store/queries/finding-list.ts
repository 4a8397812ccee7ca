// Which findings match a filter, a page at a time, in a stable order?

import { findingStates } from '../../domain/finding.ts'
import { severities } from '../../domain/severity.ts'
import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { loadAsOf } from './as-of.ts'
import {
  allOf,
  assetOfFindingConditions,
  type Fragment,
  severityCondition,
  severityRanks,
  standingsOf,
} from './conditions.ts'
import type { FindingFilter } from './filters.ts'
import { chooseFindings, type FindingChoice } from './finding-choice.ts'
import { type FindingRow, type FindingView, findingColumns, findingJoins, presentFinding } from './finding-view.ts'
import { countKept } from './kept-plugins.ts'
import { decodeCursor, type KeyColumn, keyColumns, type Order, page, parseSort } from './keyset.ts'
import { countUpTo, type PageRequest, type RowsPage, type Total, toPage, withoutKey } from './rows-page.ts'
import { visible } from './scope.ts'
import { totalOf } from './severity-counts.ts'

export type FindingSortKey = 'severity' | 'last_found' | 'first_found' | 'updated_at' | 'asset_id' | 'plugin_id'
export type FindingSort = FindingSortKey | `-${FindingSortKey}`

export interface FindingListRequest extends PageRequest {
  readonly filter: FindingFilter
  readonly sort: FindingSort
}

/** @throws ConfigError `bad_cursor` */
export async function listFindings(
  database: ScopedDatabase,
  request: FindingListRequest,
): Promise<RowsPage<FindingView>> {
  const { filter, limit } = request
  const order = orderOf(request.sort)
  const after = decodeCursor(request.cursor, order, filter)
  const choice = await chooseFindings(database, filter)
  const keys = page({
    select: sql`
select ${keyColumns(order)}
from ${choice.from}`,
    ...conditionsAndPartitions(filter, choice, order),
    order,
    after,
    limit: limit + 1,
  })
  const names = order.sort.length
  const rows = sql<FindingRow & Record<string, unknown>>`
with keys as (
${keys}
)
select ${findingColumns}, keys.*
from keys
join finding f on f.asset_id = ${key(names)} and f.plugin_id = ${key(names + 1)} and f.port = ${key(names + 2)}
              and f.protocol = ${key(names + 3)} and f.instance = ${key(names + 4)}
join asset a on a.asset_id = f.asset_id
${findingJoins}
order by ${sql.join(
    [...order.sort, ...order.unique].map(
      (_column, index) => sql`${key(index)} ${order.isDescending ? sql`desc` : sql`asc`}`,
    ),
    sql`, `,
  )}`.execute(database.kysely)
  const wantsTotal = after === null && request.total !== false
  const [found, asOf, total] = await Promise.all([
    rows,
    loadAsOf(database, filter.source_id),
    wantsTotal ? countFindings(database, filter, choice) : null,
  ])
  return toPage(found.rows, { limit, order, filter, asOf, total, present: row => presentFinding(withoutKey(row)) })
}

/** Exact when the counts kept beside each asset or plugin can tell; else up to a limit. */
async function countFindings(database: ScopedDatabase, filter: FindingFilter, choice: FindingChoice): Promise<Total> {
  const counts = keptCounts(filter)
  if (!counts) {
    const kept = await countKept(database, filter, choice)
    if (kept) return { total: totalOf(kept), total_is_exact: true }
    const conditions = allOf([...severityCondition(filter), ...choice.conditions])
    return countUpTo(database, sql`select from ${choice.from} where ${conditions}`)
  }
  const conditions = [
    ...visible(database.access, 'a'),
    ...assetOfFindingConditions(filter),
    ...(filter.source_id ? [sql`t.source_id = any(${filter.source_id}::integer[])`] : []),
    ...(filter.asset_id ? [sql`t.asset_id = any(${filter.asset_id}::bigint[])`] : []),
  ]
  const { rows } = await sql<{ total: number }>`
select coalesce(sum(${sql.raw(counts.map(column => `t.${column}`).join(' + '))}), 0)::float8 as total
from asset_total t
join asset a on a.asset_id = t.asset_id
where ${allOf(conditions)}`.execute(database.kysely)
  return { total: rows[0]!.total, total_is_exact: true }
}

/**
 * By severity or by date, findings are read one severity after another, and open, fixed and ended ones apart: so
 * finding_open_idx and its like have them in order.
 */
export function conditionsAndPartitions(
  filter: FindingFilter,
  { conditions }: Pick<FindingChoice, 'conditions'>,
  order: Order,
) {
  const byIndex = /^-?(severity|last_found)$/.test(order.name)
  if (!byIndex) return { conditions: [...severityCondition(filter), ...conditions] }
  const standings = standingsOf(filter)
  if (filter.severity === undefined && order.name.endsWith('severity')) return { conditions, partitions: standings }
  const partitions = severityRanks(filter).flatMap(rank => standings.map(standing => sql`${rank} and ${standing}`))
  return { conditions, partitions }
}

/** The columns of asset_total that add up to what the filter chooses; undefined when they cannot tell. */
export function keptCounts(filter: FindingFilter): readonly string[] | undefined {
  const kept = new Set<string>([
    'source_id',
    'asset_id',
    'include',
    'state',
    'severity',
    'asset_status',
    'is_licensed',
    'is_tracked',
    'has_agent',
    'cloud',
    'network_id',
    'tag',
    'owner',
    'has_owner',
    'group',
    'assigned_criticality',
  ])
  const asked = Object.entries(filter).filter(([, value]) => value !== undefined)
  if (asked.some(([name]) => !kept.has(name))) return undefined
  const include = new Set(filter.include)
  const withEnded = include.has('all') || include.has('ended')
  const withFixed = include.has('all') || include.has('fixed')
  // Of ended findings only their number is kept, not their state and severity.
  if (withEnded && (filter.state || filter.severity || !withFixed)) return undefined
  const chosen = filter.state ?? findingStates.filter(state => withFixed || state !== 'fixed')
  const counts = chosen.flatMap(state => (filter.severity ?? severities).map(severity => `${state}_${severity}`))
  return withEnded ? [...counts, 'ended'] : [...new Set(counts)]
}

const unique: readonly KeyColumn[] = [
  { expression: sql`f.asset_id`, type: 'bigint' },
  { expression: sql`f.plugin_id`, type: 'integer' },
  { expression: sql`f.port`, type: 'integer' },
  { expression: sql`f.protocol`, type: 'text' },
  { expression: sql`f.instance`, type: 'text' },
]

const sortColumns: Record<FindingSortKey, readonly KeyColumn[]> = {
  severity: [
    { expression: sql`severity_rank(f.severity)`, type: 'integer' },
    { expression: sql`f.last_found`, type: 'timestamptz', isNullable: true },
  ],
  last_found: [{ expression: sql`f.last_found`, type: 'timestamptz', isNullable: true }],
  first_found: [{ expression: sql`f.first_found`, type: 'timestamptz', isNullable: true }],
  updated_at: [{ expression: sql`f.changed_at`, type: 'timestamptz' }],
  asset_id: [],
  plugin_id: [{ expression: sql`f.plugin_id`, type: 'integer' }],
}

export function orderOf(sort: FindingSort): Order {
  const { key: name, isDescending } = parseSort<FindingSortKey>(sort)
  return { name: sort, isDescending, sort: sortColumns[name], unique }
}

function key(index: number): Fragment {
  return sql.raw(`keys.k${index}`)
}
