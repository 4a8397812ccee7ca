import { ConfigError, NotFoundError } from '../../platform/errors.ts'
import { inMaintenance, transactionOn } from '../archive/session.ts'
import { type Actor, recordAudit } from '../audit.ts'
import type { Connection, Database } from '../database.ts'
import { correlateAll } from '../identity/correlate.ts'
import { rebuildDailyTotals } from '../rollups/daily-totals.ts'
import { type OrphanKind, orphanKinds, orphanSpecs } from './orphans.ts'
import { countSourceData, removeSourceData } from './removed-source.ts'

export interface CleanupRequest {
  readonly actor: Actor
  /** A removed source whose data shall go; a person's word, by its id. */
  readonly sourceId?: number | undefined
  /** How long a provisional asset without findings may wait for its own record. */
  readonly provisionalDays?: number | undefined
  readonly isDryRun: boolean
  readonly onProgress?: ((step: string, done: number, total: number) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

export interface CleanedUp {
  readonly kind: OrphanKind | 'source_data'
  readonly about: string
  readonly rows: number
}

export const provisionalDaysUsual = 90
/** Whoever removed a source by mistake has so long to notice. */
export const removedDaysAtLeast = 7

/**
 * Removes rows that belong to nothing, kind by kind, each in a transaction with its audit. What a sound store holds is
 * never among them.
 * @throws ConfigError `maintenance_busy`, `source_not_removed`, `source_removed_lately`; NotFoundError `source_not_found`
 */
export async function cleanUp(database: Database, request: CleanupRequest): Promise<readonly CleanedUp[]> {
  const provisionalDays = request.provisionalDays ?? provisionalDaysUsual
  if (request.sourceId !== undefined) await refuseUnremoved(database, request.sourceId)
  if (request.isDryRun) return preview(database, request, provisionalDays)
  return inMaintenance(database, async connection => {
    const cleaned: CleanedUp[] = []
    if (request.sourceId !== undefined) cleaned.push(await removeData(connection, request.sourceId, request.actor))
    for (const [done, kind] of orphanKinds.entries()) {
      request.signal?.throwIfAborted()
      request.onProgress?.(kind, done, orphanKinds.length)
      cleaned.push({
        kind,
        about: orphanSpecs[kind].about,
        rows: await removeOrphans(connection, kind, provisionalDays, request.actor),
      })
    }
    // Totals of days counted them.
    if (cleaned.some(({ kind, rows }) => kind === 'history' && rows > 0)) await rebuildDailyTotals(database)
    // Machines lost the records that went.
    if (cleaned.some(({ rows }) => rows > 0)) await correlateAll(database)
    return cleaned
  })
}

async function preview(
  database: Database,
  request: CleanupRequest,
  provisionalDays: number,
): Promise<readonly CleanedUp[]> {
  const found: CleanedUp[] = []
  if (request.sourceId !== undefined)
    found.push({ kind: 'source_data', about: sourceAbout, rows: await countSourceData(database, request.sourceId) })
  for (const [done, kind] of orphanKinds.entries()) {
    request.signal?.throwIfAborted()
    request.onProgress?.(kind, done, orphanKinds.length)
    const { about, tables } = orphanSpecs[kind]
    let rows = 0
    for (const { table, isOrphan } of tables) {
      const counted = await database.query<{ rows: number }>(
        `select count(*) as rows from ${table} t where ${filled(isOrphan, provisionalDays)}`,
      )
      rows += counted.rows[0]?.rows ?? 0
    }
    found.push({ kind, about, rows })
  }
  return found
}

const sourceAbout = 'rows of the removed source'

async function removeOrphans(
  connection: Connection,
  kind: OrphanKind,
  provisionalDays: number,
  actor: Actor,
): Promise<number> {
  return transactionOn(connection, async () => {
    let rows = 0
    for (const { table, isOrphan } of orphanSpecs[kind].tables) {
      const deleted = await connection.query(`delete from ${table} t where ${filled(isOrphan, provisionalDays)}`)
      rows += deleted.rowCount ?? 0
    }
    if (rows > 0) await recordAudit(connection, { actor, action: 'store.cleaned', subject: kind, detail: { rows } })
    return rows
  })
}

function filled(condition: string, provisionalDays: number): string {
  return condition.replaceAll('$days', String(Math.trunc(provisionalDays)))
}

async function removeData(connection: Connection, sourceId: number, actor: Actor): Promise<CleanedUp> {
  const rows = await transactionOn(
    connection,
    async () => {
      const removed = await removeSourceData(connection, sourceId)
      await recordAudit(connection, {
        actor,
        action: 'source.data_removed',
        subject: `source:${sourceId}`,
        detail: { rows: removed },
      })
      return removed
    },
    'isolation level repeatable read',
  )
  return { kind: 'source_data', about: sourceAbout, rows }
}

/** @throws ConfigError `source_not_removed`, `source_removed_lately`; NotFoundError `source_not_found` */
export async function refuseUnremoved(database: Database, sourceId: number): Promise<void> {
  const { rows } = await database.query<{ name: string; removed_at: string | null; is_late: boolean }>(
    `select name, removed_at, coalesce(removed_at < now() - make_interval(days => $2), false) as is_late
     from source where source_id = $1`,
    [sourceId, removedDaysAtLeast],
  )
  const source = rows[0]
  if (!source) throw new NotFoundError('source_not_found', `There is no source ${sourceId}.`, { context: { sourceId } })
  if (source.removed_at === null)
    throw new ConfigError(
      'source_not_removed',
      `Source ${source.name} is in use. Its rows can go only after it was removed.`,
      { context: { sourceId } },
    )
  if (!source.is_late)
    throw new ConfigError(
      'source_removed_lately',
      `Source ${source.name} was removed at ${source.removed_at}; its rows stay for ${removedDaysAtLeast} days after that, for the case that it was a mistake.`,
      { context: { sourceId } },
    )
}
