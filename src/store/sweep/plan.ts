import type { Connection, Queryable } from '../database.ts'
import { writeOutbox } from '../outbox.ts'
import { writtenByOthers } from './others.ts'
import { isStillScanned, isStillSighted } from './scanned.ts'

// What did a complete full run not meet, and what follows from it?

export interface SweepCounts {
  readonly assets_live: number
  readonly findings_open: number
  readonly assets_aged_out: number
  readonly findings_asset_gone: number
  readonly findings_superseded: number
  readonly findings_withdrawn: number
  readonly findings_unconfirmed: number
  readonly findings_out_of_scope: number
}

/** What a run asked of its source besides everything. */
export interface PlanOptions {
  /** Web applications may not be in the asset exports of such a scope: their findings show that they are there. */
  readonly limitsAssets: boolean
  /** A finding that is missing may have another severity now. */
  readonly limitsSeverities: boolean
}

/**
 * Assets the source no longer has. Provisional ones are not in asset exports, so they cannot be missing from one. Those
 * outside the scope are missing only when there is no limit any more.
 */
const planAssets = `
insert into sweep_asset (run_id, asset_id)
select $1, a.asset_id
from asset a
where a.source_id = $2 and a.status = 'live' and not a.is_provisional and (a.out_of_scope_at is null or not $3::boolean)
  and not exists (select from run_asset_seen s
                  where s.run_id = $1 and s.asset_id = a.asset_id and (s.stream = 'assets' or $3::boolean))
  and not ${writtenByOthers('a')}
  and not ${isStillScanned('a')}
on conflict do nothing`

/*
 * Open findings of assets that are gone, and open findings that the run should have met and did not: those of assets that
 * no part held, and those that every part of their asset missed.
 */
const planFindings = `
insert into sweep_finding (run_id, asset_id, plugin_id, port, protocol, instance, cause)
with parts as (
  select asset_id, count(*) as parts
  from run_asset_seen
  where run_id = $1 and stream = 'findings'
  group by asset_id
), missed as (
  select m.asset_id, m.plugin_id, m.port, m.protocol, m.instance
  from run_finding_missed m
  join parts p using (asset_id)
  where m.run_id = $1
  group by m.asset_id, m.plugin_id, m.port, m.protocol, m.instance, p.parts
  having count(*) = p.parts
), absent as (
  select f.asset_id, f.plugin_id, f.port, f.protocol, f.instance
  from asset a
  join finding f using (asset_id)
  where a.source_id = $2 and f.state <> 'fixed' and f.ended_at is null
    and not exists (select from parts p where p.asset_id = a.asset_id)
), gone as (
  select f.asset_id, f.plugin_id, f.port, f.protocol, f.instance
  from asset a
  join finding f using (asset_id)
  where a.source_id = $2 and f.state <> 'fixed' and f.ended_at is null
    and (a.status <> 'live' or exists (select from sweep_asset s where s.run_id = $1 and s.asset_id = a.asset_id))
    -- the source still shows them, whatever it says of the asset
    and not exists (select from parts p where p.asset_id = a.asset_id)
), candidates as (
  select * from missed
  union
  select * from absent
  union
  select * from gone
)
select $1, c.asset_id, c.plugin_id, c.port, c.protocol, c.instance,
       case when g.asset_id is not null then 'asset_gone'
            when a.is_tracked = false and exists (
              select from asset newer
              where newer.source_id = a.source_id and newer.asset_id <> a.asset_id and newer.is_tracked = false
                and newer.observed_at > a.observed_at
                and (newer.ipv4s && a.ipv4s or newer.hostnames && a.hostnames)) then 'superseded'
            when f.unconfirmed_at is not null then case when $3::boolean then 'out_of_scope' else 'withdrawn' end
            else 'unconfirmed' end
from candidates c
join asset a using (asset_id)
join finding f using (asset_id, plugin_id, port, protocol, instance)
left join gone g using (asset_id, plugin_id, port, protocol, instance)
where not ${writtenByOthers('f')} and not ${isStillSighted('f')}
on conflict do nothing`

/** Works out what a sweep after this run would do, and writes it down without doing it; in the caller's transaction. */
export async function planSweep(
  connection: Connection,
  runId: number,
  sourceId: number,
  { limitsAssets, limitsSeverities }: PlanOptions,
): Promise<SweepCounts> {
  await connection.query('delete from sweep_asset where run_id = $1', [runId])
  await connection.query('delete from sweep_finding where run_id = $1', [runId])
  await connection.query(planAssets, [runId, sourceId, limitsAssets])
  await connection.query(planFindings, [runId, sourceId, limitsSeverities])
  return countSweep(connection, runId, sourceId)
}

async function countSweep(connection: Connection, runId: number, sourceId: number): Promise<SweepCounts> {
  const { rows } = await connection.query<SweepCounts>(
    `select (select count(*) from asset where source_id = $2 and status = 'live' and not is_provisional and out_of_scope_at is null)::int as assets_live,
            (select coalesce(sum(open_info + open_low + open_medium + open_high + open_critical + reopened_info
               + reopened_low + reopened_medium + reopened_high + reopened_critical), 0)
             from asset_total where source_id = $2)::int as findings_open,
            (select count(*) from sweep_asset where run_id = $1)::int as assets_aged_out,
            count(*) filter (where cause = 'asset_gone')::int as findings_asset_gone,
            count(*) filter (where cause = 'superseded')::int as findings_superseded,
            count(*) filter (where cause = 'withdrawn')::int as findings_withdrawn,
            count(*) filter (where cause = 'unconfirmed')::int as findings_unconfirmed,
            count(*) filter (where cause = 'out_of_scope')::int as findings_out_of_scope
     from sweep_finding where run_id = $1`,
    [runId, sourceId],
  )
  return rows[0]!
}

export interface SweepRecord extends SweepCounts {
  readonly run_id: number
  readonly source_id: number
  readonly status: 'applied' | 'confirmed' | 'held' | 'rejected' | 'skipped'
  readonly reason: string
  readonly planned_at: string
  readonly decided_at: string | null
  readonly decided_by: string | null
}

/** Writes a plan down that waits for a person, and says so. */
export async function holdForPerson(
  connection: Queryable,
  runId: number,
  sourceId: number,
  reason: string,
  counts: SweepCounts,
  scope: { readonly assets: number; readonly findings: number },
): Promise<void> {
  await recordSweep(connection, runId, sourceId, 'held', reason, counts, scope)
  await writeOutbox(connection, 'sweep.held', { sourceId, runId, subject: { reason, ...counts } })
}

export async function recordSweep(
  database: Queryable,
  runId: number,
  sourceId: number,
  status: 'held' | 'skipped',
  reason: string,
  counts: SweepCounts | undefined,
  scope: { readonly assets: number; readonly findings: number } = { assets: 0, findings: 0 },
): Promise<void> {
  await database.query(
    `insert into sweep (run_id, source_id, status, reason, assets_live, findings_open, assets_aged_out,
                        findings_asset_gone, findings_superseded, findings_withdrawn, findings_unconfirmed,
                        assets_out_of_scope, findings_out_of_scope)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
    [
      runId,
      sourceId,
      status,
      reason,
      counts?.assets_live ?? 0,
      counts?.findings_open ?? 0,
      counts?.assets_aged_out ?? 0,
      counts?.findings_asset_gone ?? 0,
      counts?.findings_superseded ?? 0,
      counts?.findings_withdrawn ?? 0,
      counts?.findings_unconfirmed ?? 0,
      scope.assets,
      scope.findings + (counts?.findings_out_of_scope ?? 0),
    ],
  )
}

export async function findSweep(database: Queryable, runId: number): Promise<SweepRecord | undefined> {
  const { rows } = await database.query<SweepRecord & Record<string, unknown>>(
    'select * from sweep where run_id = $1',
    [runId],
  )
  return rows[0]
}
