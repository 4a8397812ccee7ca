import type { JsonObject } from '../../domain/json.ts'
import type { Database, Queryable } from '../database.ts'

// The row of a comparison, from its start to its end.

export type ComparisonTrigger = 'import' | 'sync' | 'api' | 'cli'

export interface NewComparison {
  readonly kind: 'files' | 'counts'
  readonly pairId: number | null
  readonly filesSourceId: number | null
  readonly apiSourceId: number
  readonly trigger: ComparisonTrigger
  readonly owner: string
  readonly startedBy: string
}

export interface BegunComparison {
  readonly comparisonId: number
  /** False: it is under way already. */
  readonly isNew: boolean
  readonly owner: string | null
  readonly silentMs: number | null
}

/** One at a time of each pair, and of each source's own counts. */
export async function beginComparison(queryable: Queryable, item: NewComparison): Promise<BegunComparison> {
  const { rows } = await queryable.query<{ reconciliation_id: number }>(
    `insert into reconciliation (kind, pair_id, files_source_id, api_source_id, trigger, owner, heartbeat_at, started_by)
     values ($1, $2, $3, $4, $5, $6, clock_timestamp(), $7)
     on conflict (kind, api_source_id, coalesce(files_source_id, 0)) where status = 'running' do nothing
     returning reconciliation_id`,
    [item.kind, item.pairId, item.filesSourceId, item.apiSourceId, item.trigger, item.owner, item.startedBy],
  )
  if (rows[0]) return { comparisonId: rows[0].reconciliation_id, isNew: true, owner: item.owner, silentMs: 0 }
  const running = await queryable.query<{ reconciliation_id: number; owner: string | null; silent_ms: number | null }>(
    `select reconciliation_id, owner, (extract(epoch from clock_timestamp() - heartbeat_at) * 1000)::float8 as silent_ms
     from reconciliation
     where kind = $1 and api_source_id = $2 and files_source_id is not distinct from $3 and status = 'running'`,
    [item.kind, item.apiSourceId, item.filesSourceId],
  )
  const [found] = running.rows
  // It ended between the two statements.
  if (!found) return beginComparison(queryable, item)
  return { comparisonId: found.reconciliation_id, isNew: false, owner: found.owner, silentMs: found.silent_ms }
}

export async function beatComparison(queryable: Queryable, comparisonId: number, owner: string): Promise<void> {
  await queryable.query(
    `update reconciliation set heartbeat_at = clock_timestamp()
     where reconciliation_id = $1 and owner = $2 and status = 'running'`,
    [comparisonId, owner],
  )
}

export async function failComparison(
  queryable: Queryable,
  comparisonId: number,
  error: { readonly code: string; readonly message: string },
): Promise<void> {
  await queryable.query(
    `update reconciliation
     set status = 'failed', finished_at = clock_timestamp(), owner = null, error_code = $2, error_message = $3
     where reconciliation_id = $1 and status = 'running'`,
    [comparisonId, error.code, error.message],
  )
  // Those of a process that ended just before it could say so.
  await queryable.query(
    `delete from reconciliation_difference d using reconciliation r
     where r.reconciliation_id = $1 and r.status = 'failed' and d.reconciliation_id = r.reconciliation_id`,
    [comparisonId],
  )
}

export interface PreviousComparison {
  readonly comparisonId: number
  readonly filesAt: string | null
  readonly apiAt: string
  /** Of its last full run. */
  readonly fullAt: string | null
}

/** The latest before this one whose differences are still kept. */
export async function findPrevious(
  queryable: Queryable,
  comparisonId: number,
): Promise<PreviousComparison | undefined> {
  const { rows } = await queryable.query<{
    reconciliation_id: number
    files_at: string | null
    api_at: string
    full_at: string | null
  }>(
    `select p.reconciliation_id, p.files_at, p.api_at, p.totals ->> 'api_full_at' as full_at
     from reconciliation r
     join reconciliation p on p.kind = r.kind and p.api_source_id = r.api_source_id
       and p.files_source_id is not distinct from r.files_source_id and p.reconciliation_id < r.reconciliation_id
     where r.reconciliation_id = $1 and p.status = 'completed' and p.has_differences
     order by p.reconciliation_id desc
     limit 1`,
    [comparisonId],
  )
  const [row] = rows
  return row && { comparisonId: row.reconciliation_id, filesAt: row.files_at, apiAt: row.api_at, fullAt: row.full_at }
}

export interface ComparedMoments {
  readonly filesAt: string | null
  readonly apiAt: string
  readonly previousId: number | null
}

/**
 * In a transaction of its own: heartbeats change the row meanwhile, which the snapshot that compared would not forgive. Its
 * differences are written by then.
 */
export async function endComparison(
  database: Database,
  comparisonId: number,
  moments: ComparedMoments,
  totals: JsonObject,
): Promise<void> {
  await database.transaction(async connection => {
    await completeComparison(connection, comparisonId, moments, totals)
    await forgetOldDifferences(connection, comparisonId)
  })
}

async function completeComparison(
  queryable: Queryable,
  comparisonId: number,
  { filesAt, apiAt, previousId }: ComparedMoments,
  totals: JsonObject,
): Promise<void> {
  await queryable.query(
    `update reconciliation
     set status = 'completed', finished_at = clock_timestamp(), owner = null, files_at = $2, api_at = $3,
         previous_id = $4, totals = $5, has_differences = true
     where reconciliation_id = $1`,
    [comparisonId, filesAt, apiAt, previousId, JSON.stringify(totals)],
  )
}

/** Of the comparisons before the last two, and not signed, the numbers stay and the differences go. */
async function forgetOldDifferences(queryable: Queryable, comparisonId: number): Promise<void> {
  const { rows } = await queryable.query<{ reconciliation_id: number }>(
    `update reconciliation o
     set has_differences = false
     from reconciliation r
     where r.reconciliation_id = $1 and o.kind = r.kind and o.api_source_id = r.api_source_id
       and o.files_source_id is not distinct from r.files_source_id and o.has_differences
       and o.reconciliation_id < coalesce(r.previous_id, r.reconciliation_id)
       and not exists (select from cutover c where c.reconciliation_id = o.reconciliation_id and c.status = 'signed')
     returning o.reconciliation_id`,
    [comparisonId],
  )
  await queryable.query('delete from reconciliation_difference where reconciliation_id = any($1::bigint[])', [
    rows.map(row => row.reconciliation_id),
  ])
}
