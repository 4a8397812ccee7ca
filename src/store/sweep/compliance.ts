import type { Connection, Database } from '../database.ts'
import { recountCompliance } from '../merge/asset-compliance.ts'
import { refuseFenced } from '../merge/fence.ts'

// What a complete full read of the compliance results did not meet, and what follows from it.

export interface ComplianceSweepCounts {
  readonly assetGone: number
  readonly withdrawn: number
  readonly unconfirmed: number
  /** Of those, kept because they are many. */
  readonly held: number
}

interface SweptRun {
  readonly runId: number
  readonly sourceId: number
  readonly fence: number
}

/** More than this share of the results is rather a fault of the export than that many audits given up. */
const guardShare = 0.1
/** In a small estate a few rows are a large share. */
const guardFloor = 20
const runsToWithdraw = 2
const runsToWithdrawMany = 4

/** Not met by the run, though they were there before it read. */
const missed = `
r.source_id = $2 and r.ended_at is null
and not exists (select from run_compliance_seen s
                where s.run_id = $1 and s.asset_id = r.asset_id and s.check_id = r.check_id)`

const isGone = "exists (select from asset a where a.asset_id = r.asset_id and a.status <> 'live')"

const ofReading = `
coalesce((select t.watermark_at from run_stream t where t.run_id = $1 and t.stream = 'compliance'), now())`

const noteMissed = `
update compliance_result r
set missed_runs = r.missed_runs + 1, unconfirmed_at = coalesce(r.unconfirmed_at, now())
where ${missed} and not ${isGone}`

// An event for each result that ends, then the end itself: two statements in one transaction.
const ending = (condition: string, readAt = ofReading) => ({
  events: `
insert into compliance_event (asset_id, happened_at, run_id, check_id, source_id, kind, state, before, cause)
select r.asset_id, ${readAt}, $1, r.check_id, r.source_id, 'ended', r.state, r.state, $3
from compliance_result r
where ${condition}`,
  results: `
update compliance_result r
set ended_at = ${readAt}, end_cause = $3, unconfirmed_at = null, missed_runs = 0, changed_at = now()
where ${condition}
returning r.asset_id`,
})

const ofGoneAssets = ending(`${missed} and ${isGone}`)
const ofLiveAssets = ending(`${missed} and not ${isGone} and r.missed_runs >= $4`)

/** With the assets themselves, by the reading that left them outside. */
const ofAssetsOutside = ending(
  'r.asset_id = any($2::bigint[]) and r.ended_at is null',
  "coalesce((select t.watermark_at from run_stream t where t.run_id = $1 and t.stream = 'assets'), now())",
)

const noCounts: ComplianceSweepCounts = { assetGone: 0, withdrawn: 0, unconfirmed: 0, held: 0 }

/** False when the run has been swept before it was taken up again: it would count a second time as one that missed them. */
async function takeTurn(connection: Connection, runId: number): Promise<boolean> {
  const { rowCount } = await connection.query(
    `update run_stream set swept_at = now() where run_id = $1 and stream = 'compliance' and swept_at is null`,
    [runId],
  )
  return rowCount === 1
}

/** All of it in one transaction: a sweep that is cut off has done nothing. */
export function sweepCompliance(database: Database, run: SweptRun): Promise<ComplianceSweepCounts> {
  return database.transaction(async connection => {
    const { runId, sourceId } = run
    if (!(await takeTurn(connection, runId))) return noCounts
    const assetGone = await end(connection, ofGoneAssets, [runId, sourceId, 'asset_gone'])
    const live = await connection.query<{ count: number }>(
      'select count(*) as count from compliance_result where source_id = $1 and ended_at is null',
      [sourceId],
    )
    const { rowCount } = await connection.query(noteMissed, [runId, sourceId])
    const unconfirmed = rowCount ?? 0
    const isMany = unconfirmed > guardFloor && unconfirmed > (live.rows[0]?.count ?? 0) * guardShare
    const patience = isMany ? runsToWithdrawMany : runsToWithdraw
    const withdrawn = await end(connection, ofLiveAssets, [runId, sourceId, 'withdrawn', patience])
    await recountCompliance(connection, new Set([...assetGone, ...withdrawn]))
    await refuseFenced(connection, run, 'for share')
    const left = unconfirmed - withdrawn.length
    return { assetGone: assetGone.length, withdrawn: withdrawn.length, unconfirmed: left, held: isMany ? left : 0 }
  })
}

/** Ends the results of assets that are outside the scope, in the transaction that marks those. */
export async function endComplianceOutside(
  connection: Connection,
  runId: number,
  assetIds: readonly number[],
): Promise<void> {
  const ended = await end(connection, ofAssetsOutside, [runId, assetIds, 'out_of_scope'])
  await recountCompliance(connection, new Set(ended))
}

/** @returns the asset of each result that ended */
async function end(
  connection: Connection,
  { events, results }: { readonly events: string; readonly results: string },
  values: readonly unknown[],
): Promise<readonly number[]> {
  await connection.query(events, values as unknown[])
  const { rows } = await connection.query<{ asset_id: number }>(results, values as unknown[])
  return rows.map(row => row.asset_id)
}

/** Forgets what runs of a source noted. */
export async function forgetSeenCompliance(database: Database, sourceId: number): Promise<void> {
  await database.query(
    'delete from run_compliance_seen where run_id in (select run_id from run where source_id = $1)',
    [sourceId],
  )
}
