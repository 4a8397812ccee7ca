import type { JsonObject } from '../../domain/json.ts'
import { ConfigError, NotFoundError } from '../../platform/errors.ts'
import { type Actor, recordAudit } from '../audit.ts'
import type { Connection, Database, Queryable } from '../database.ts'
import { getPair } from './pairs.ts'
import { type RestorePoint, takeRestorePoint } from './restore-point.ts'

// Giving the files up: signed with the numbers that were seen, reopened, undone. Everything is in the audit trail.

export interface Cutover {
  readonly cutover_id: number
  readonly pair_id: number
  readonly files_source_id: number
  readonly api_source_id: number
  readonly status: 'signed' | 'undone'
  readonly restore_point: RestorePoint
  readonly reopened_at: string | null
}

/** @throws NotFoundError `cutover_not_found` */
export async function getCutover(queryable: Queryable, cutoverId: number, lock = ''): Promise<Cutover> {
  const { rows } = await queryable.query<Cutover & Record<string, unknown>>(
    `select cutover_id, pair_id, files_source_id, api_source_id, status, restore_point, reopened_at
     from cutover where cutover_id = $1 ${lock}`,
    [cutoverId],
  )
  if (rows[0]) return rows[0]
  throw new NotFoundError(
    'cutover_not_found',
    `There is no cut-over ${cutoverId}. The list of cut-overs shows their ids.`,
  )
}

interface Comparison {
  readonly reconciliation_id: number
  readonly kind: string
  readonly pair_id: number | null
  readonly status: string
  readonly totals: JsonObject | null
  readonly latest_id: number
  readonly is_stale: boolean
}

/**
 * Signs the latest comparison of a pair: from now on its source of files takes none.
 * @param acceptedReason why differences that nothing explains are no hindrance; needed when there are any
 * @throws NotFoundError `comparison_not_found`
 * @throws ConfigError `comparison_not_latest`, `differences_open`, `already_cut_over`, `source_busy`
 */
export async function signCutover(
  database: Database,
  comparisonId: number,
  acceptedReason: string | null,
  actor: Actor,
): Promise<number> {
  return database.transaction(async connection => {
    const comparison = await loadComparison(connection, comparisonId)
    const pair = await getPair(connection, comparison.pair_id ?? 0, 'for update')
    refuseUnfit(comparison)
    const open = Number(comparison.totals?.open ?? 0)
    if (open > 0 && acceptedReason === null) {
      throw new ConfigError(
        'differences_open',
        `${open} ${open === 1 ? 'difference has' : 'differences have'} no explanation. Look at ${open === 1 ? 'it' : 'them'}, or give the reason for accepting ${open === 1 ? 'it' : 'them'}.`,
        { context: { field: 'accepted_reason' } },
      )
    }
    const { rows: standing } = await connection.query(
      "select from cutover where files_source_id = $1 and status = 'signed'",
      [pair.filesSourceId],
    )
    if (standing.length > 0) {
      throw new ConfigError('already_cut_over', 'The source of files is cut over already.')
    }
    await refuseBusy(connection, pair.filesSourceId)
    const restorePoint = await takeRestorePoint(connection, pair.filesSourceId)
    const { rows } = await connection.query<{ cutover_id: number }>(
      `insert into cutover (pair_id, files_source_id, api_source_id, reconciliation_id, signed_by, numbers, open_differences,
                            accepted_reason, restore_point)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
       returning cutover_id`,
      [
        pair.pairId,
        pair.filesSourceId,
        pair.apiSourceId,
        comparisonId,
        actor.name,
        JSON.stringify(comparison.totals ?? {}),
        open,
        open > 0 ? acceptedReason : null,
        JSON.stringify(restorePoint),
      ],
    )
    const cutoverId = rows[0]!.cutover_id
    await recordAudit(connection, {
      actor,
      action: 'cutover.signed',
      subject: `cutover:${cutoverId}`,
      detail: {
        files_source: pair.filesSourceId,
        api_source: pair.apiSourceId,
        comparison: comparisonId,
        open_differences: open,
        accepted_reason: open > 0 ? acceptedReason : null,
        numbers: comparison.totals ?? {},
        restore_point: { ...restorePoint },
      },
    })
    return cutoverId
  })
}

/** What is being applied now is in no comparison. */
async function refuseBusy(connection: Connection, filesSourceId: number): Promise<void> {
  const { rows } = await connection.query(
    "select from file_import where source_id = $1 and status in ('applying', 'undoing') limit 1",
    [filesSourceId],
  )
  if (rows.length === 0) return
  throw new ConfigError(
    'source_busy',
    'A file is being applied to the source, or taken back. Compare again when it has ended, and sign that.',
  )
}

async function loadComparison(connection: Connection, comparisonId: number): Promise<Comparison> {
  const { rows } = await connection.query<Comparison & Record<string, unknown>>(
    `select r.reconciliation_id, r.kind, r.pair_id, r.status, r.totals,
            (select max(o.reconciliation_id) from reconciliation o
             where o.pair_id = r.pair_id and o.status = 'completed') as latest_id,
            exists (select from file_import i
                    where i.source_id = r.files_source_id
                      and (i.applied_at > r.started_at or i.undone_at > r.started_at)) as is_stale
     from reconciliation r
     where r.reconciliation_id = $1 and r.kind = 'files'`,
    [comparisonId],
  )
  if (rows[0]) return rows[0]
  throw new NotFoundError(
    'comparison_not_found',
    `There is no comparison ${comparisonId} of files with an API source. The list of comparisons shows their ids.`,
  )
}

function refuseUnfit({ status, reconciliation_id, latest_id, is_stale }: Comparison): void {
  if (status === 'completed' && reconciliation_id === latest_id && !is_stale) return
  throw new ConfigError(
    'comparison_not_latest',
    is_stale
      ? 'Files were brought since this comparison. Compare again, and sign what you see then.'
      : 'Only the latest completed comparison of a pair can be signed. Look at that one.',
    { context: { field: 'comparison_id' } },
  )
}

/** @throws ConfigError `cutover_not_signed` */
function refuseUndone(cutover: Cutover): void {
  if (cutover.status === 'signed') return
  throw new ConfigError('cutover_not_signed', `Cut-over ${cutover.cutover_id} is undone already.`)
}

/**
 * Lets files in again though the cut-over stands, until it is closed.
 * @throws ConfigError `cutover_not_signed`
 */
export async function reopenImports(
  database: Database,
  cutoverId: number,
  reason: string,
  actor: Actor,
): Promise<void> {
  await database.transaction(async connection => {
    refuseUndone(await getCutover(connection, cutoverId, 'for update'))
    await connection.query(
      'update cutover set reopened_by = $2, reopened_at = clock_timestamp(), reopen_reason = $3 where cutover_id = $1',
      [cutoverId, actor.name, reason],
    )
    await recordAudit(connection, {
      actor,
      action: 'cutover.reopened',
      subject: `cutover:${cutoverId}`,
      detail: { reason },
    })
  })
}

/** @throws ConfigError `cutover_not_signed` */
export async function closeImports(database: Database, cutoverId: number, actor: Actor): Promise<void> {
  await database.transaction(async connection => {
    refuseUndone(await getCutover(connection, cutoverId, 'for update'))
    await connection.query(
      'update cutover set reopened_by = null, reopened_at = null, reopen_reason = null where cutover_id = $1',
      [cutoverId],
    )
    await recordAudit(connection, { actor, action: 'cutover.closed', subject: `cutover:${cutoverId}` })
  })
}

/** Applied imports of the source of files that came after its restore point, the newest first. */
export async function importsSince(queryable: Queryable, cutover: Cutover): Promise<readonly number[]> {
  const { rows } = await queryable.query<{ import_id: number }>(
    `select import_id from file_import
     where source_id = $1 and status = 'applied' and applied_at > $2::timestamptz
     order by applied_at desc, import_id desc`,
    [cutover.files_source_id, cutover.restore_point.at],
  )
  return rows.map(row => row.import_id)
}

export interface UndoNumbers {
  readonly imports_undone: readonly number[]
  readonly imports_kept: readonly number[]
  /** The source of files is as it was when the cut-over was signed. */
  readonly is_restored: boolean
  readonly open_findings: number
}

/**
 * The files are taken again as before the sign-off, and compared again.
 * @param undone imports after the restore point that were taken back for it
 * @throws ConfigError `cutover_not_signed`
 */
export async function undoCutover(
  database: Database,
  cutoverId: number,
  { reason, undone }: { readonly reason: string; readonly undone: readonly number[] },
  actor: Actor,
): Promise<UndoNumbers> {
  return database.transaction(async connection => {
    const cutover = await getCutover(connection, cutoverId, 'for update')
    refuseUndone(cutover)
    const now = await takeRestorePoint(connection, cutover.files_source_id)
    const numbers: UndoNumbers = {
      imports_undone: undone,
      imports_kept: await importsSince(connection, cutover),
      is_restored:
        now.checksum === cutover.restore_point.checksum && now.open_findings === cutover.restore_point.open_findings,
      open_findings: now.open_findings,
    }
    await connection.query(
      `update cutover
       set status = 'undone', undone_by = $2, undone_at = clock_timestamp(), undo_reason = $3, undo_numbers = $4
       where cutover_id = $1`,
      [cutoverId, actor.name, reason, JSON.stringify(numbers)],
    )
    await recordAudit(connection, {
      actor,
      action: 'cutover.undone',
      subject: `cutover:${cutoverId}`,
      detail: { reason, ...numbers },
    })
    return numbers
  })
}
