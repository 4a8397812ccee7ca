import type { StreamName } from '../domain/batch.ts'
import type { Queryable } from './database.ts'
import type { RunTarget } from './ledger.ts'
import { sourceNotFound } from './source-writes.ts'

// Runs that read a few assets or one plugin, beside the one run that a source has.

export interface NewTargetedRun {
  readonly sourceId: number
  readonly trigger: string
  readonly streams: readonly StreamName[]
  readonly target: RunTarget
}

export interface QueuedTargetedRun {
  readonly runId: number
  /** False: one that asks for the same had not begun yet. */
  readonly created: boolean
  /** So many targeted runs of the source go before it. */
  readonly ahead: number
}

/**
 * Queues a targeted run, or answers the one that asks for the same and has not begun.
 * @param atMost so many of a source may be open at once
 * @returns undefined when there are that many
 */
export async function queueTargetedRun(
  connection: Queryable,
  run: NewTargetedRun,
  atMost: number,
): Promise<QueuedTargetedRun | undefined> {
  // Whoever asks meanwhile counts after us.
  const source = await connection.query('select from source where source_id = $1 for no key update', [run.sourceId])
  if (source.rowCount === 0) throw sourceNotFound(run.sourceId)
  const { rows: open } = await connection.query<{ run_id: number; is_same: boolean }>(
    `select run_id, status = 'pending' and target = $2::jsonb and streams @> $3::text[] as is_same
     from run
     where source_id = $1 and kind = 'targeted' and status in ('pending', 'running')
     order by run_id`,
    [run.sourceId, JSON.stringify(run.target), run.streams],
  )
  const place = open.findIndex(row => row.is_same)
  const same = open[place]
  if (same) return { runId: same.run_id, created: false, ahead: place }
  if (open.length >= atMost) return undefined
  const { rows } = await connection.query<{ run_id: number }>(
    `insert into run (source_id, kind, trigger, streams, target) values ($1, 'targeted', $2, $3, $4) returning run_id`,
    [run.sourceId, run.trigger, run.streams, JSON.stringify(run.target)],
  )
  return { runId: rows[0]!.run_id, created: true, ahead: open.length }
}

/** The one run that the source has pending or running, which targeted ones go on beside. */
export async function findRunBeside(
  queryable: Queryable,
  sourceId: number,
): Promise<{ readonly run_id: number; readonly kind: string } | undefined> {
  const { rows } = await queryable.query<{ run_id: number; kind: string }>(
    "select run_id, kind from run where source_id = $1 and status in ('pending', 'running') and kind <> 'targeted'",
    [sourceId],
  )
  return rows[0]
}

export interface TargetAsset {
  readonly asset_id: number
  readonly source_id: number
  readonly name: string
  /** Where its findings were last found, else the first IPv4 address that the source knows; null when there is none. */
  readonly address: string | null
}

export async function loadTargetAssets(
  queryable: Queryable,
  assetIds: readonly number[],
): Promise<readonly TargetAsset[]> {
  const { rows } = await queryable.query<TargetAsset & Record<string, unknown>>(
    `select asset_id, source_id, name, coalesce(observed ->> 'ipv4', ipv4s[1]) as address
     from asset
     where asset_id = any($1::bigint[])
     order by asset_id`,
    [assetIds],
  )
  return rows
}

/** Addresses that a targeted run asked about and found nothing at. */
export async function emptyAddresses(queryable: Queryable, runId: number): Promise<readonly string[]> {
  const { rows } = await queryable.query<{ address: string }>(
    `select split_part(j.asked -> 'filters' ->> 'cidr_range', '/', 1) as address
     from export_job j
     left join export_chunk c using (export_job_id)
     where j.run_id = $1 and j.stream = 'findings' and j.asked -> 'filters' ? 'cidr_range'
     group by 1
     having coalesce(sum(c.received), 0) = 0
     order by 1`,
    [runId],
  )
  return rows.map(row => row.address)
}
