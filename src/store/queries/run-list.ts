// Which runs were there, newest first, and which are going on?

import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { loadAsOf } from './as-of.ts'
import { allOf, type Fragment } from './conditions.ts'
import { decodeCursor, encodeCursor, type Order } from './keyset.ts'
import { countUpTo, type PageRequest, type RowsPage } from './rows-page.ts'
import { loadRuns, type RunKind, type RunStatus, type RunTrigger, type RunView } from './run-view.ts'
import { ofVisibleSources } from './scope.ts'

export interface RunFilter {
  readonly source_id?: readonly number[] | undefined
  readonly status?: readonly RunStatus[] | undefined
  readonly kind?: readonly RunKind[] | undefined
  readonly trigger?: readonly RunTrigger[] | undefined
  /** Of a run that has not started, when it was asked for. */
  readonly started_from?: string | undefined
  readonly started_to?: string | undefined
}

export interface RunListRequest extends PageRequest {
  readonly filter: RunFilter
}

const order: Order = {
  name: '-run_id',
  isDescending: true,
  sort: [],
  unique: [{ expression: sql`r.run_id`, type: 'bigint' }],
}

const startedAt = sql`coalesce(r.started_at, r.created_at)`

/** @throws ConfigError `bad_cursor` */
export async function listRuns(database: ScopedDatabase, request: RunListRequest): Promise<RowsPage<RunView>> {
  const { filter, limit } = request
  const after = decodeCursor(request.cursor, order, filter)
  const conditions = [...conditionsOf(filter), ...ofVisibleSources(database.access, 'r.source_id')]
  const wantsTotal = after === null && request.total !== false
  const [runs, asOf, total] = await Promise.all([
    loadRuns(database, after ? [...conditions, sql`r.run_id < ${after[0]}::bigint`] : conditions, limit + 1),
    loadAsOf(database, filter.source_id),
    wantsTotal ? countUpTo(database, sql`select from run r where ${allOf(conditions)}`) : null,
  ])
  const items = runs.slice(0, limit)
  const last = runs.length > limit ? items.at(-1) : undefined
  return {
    items,
    next_cursor: last ? encodeCursor([last.id], order, filter) : null,
    as_of: asOf,
    level: 'source',
    ...(total ?? {}),
  }
}

/** Pending and running runs, and the last one of each source: what a console shows. */
export async function loadCurrentRuns(
  database: ScopedDatabase,
  sourceIds?: readonly number[],
): Promise<readonly RunView[]> {
  return loadRuns(
    database,
    [
      ...conditionsOf({ source_id: sourceIds }),
      sql`(r.status in ('pending', 'running')
   or r.run_id = (select max(l.run_id) from run l where l.source_id = r.source_id))`,
    ],
    1_000,
  )
}

function conditionsOf(filter: RunFilter): Fragment[] {
  return [
    ...(filter.source_id ? [sql`r.source_id = any(${filter.source_id}::integer[])`] : []),
    ...(filter.status ? [sql`r.status = any(${filter.status}::text[])`] : []),
    ...(filter.kind ? [sql`r.kind = any(${filter.kind}::text[])`] : []),
    ...(filter.trigger ? [sql`r.trigger = any(${filter.trigger}::text[])`] : []),
    ...(filter.started_from === undefined ? [] : [sql`${startedAt} >= ${filter.started_from}::timestamptz`]),
    ...(filter.started_to === undefined ? [] : [sql`${startedAt} < ${filter.started_to}::timestamptz`]),
  ]
}
