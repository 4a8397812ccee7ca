import { ConfigError, NotFoundError } from '../../platform/errors.ts'
import { type Actor, recordAudit } from '../audit.ts'
import type { Database, Queryable } from '../database.ts'

// Which source of files is to be replaced by which source that is read by itself.

export interface Pair {
  readonly pairId: number
  readonly filesSourceId: number
  readonly apiSourceId: number
  readonly isAutomatic: boolean
}

interface PairRow {
  readonly pair_id: number
  readonly files_source_id: number
  readonly api_source_id: number
  readonly is_automatic: boolean
}

const pairColumns = 'pair_id, files_source_id, api_source_id, is_automatic'

function toPair(row: PairRow): Pair {
  return {
    pairId: row.pair_id,
    filesSourceId: row.files_source_id,
    apiSourceId: row.api_source_id,
    isAutomatic: row.is_automatic,
  }
}

export interface NewPair {
  readonly filesSourceId: number
  readonly apiSourceId: number
  readonly isAutomatic: boolean
}

/**
 * Declares that two sources show one estate. Said again it changes whether they are compared by themselves.
 * @throws ConfigError `bad_pair` when the kinds or tenants do not fit, `pair_taken` when the files have another partner
 * @throws NotFoundError `source_not_found`
 */
export async function declarePair(database: Database, pair: NewPair, actor: Actor): Promise<number> {
  return database.transaction(async connection => {
    await refuseMisfit(connection, pair)
    const { rows } = await connection.query<PairRow & Record<string, unknown>>(
      `insert into reconciliation_pair as p (files_source_id, api_source_id, is_automatic, created_by)
       values ($1, $2, $3, $4)
       on conflict (files_source_id) where removed_at is null do update
         set is_automatic = excluded.is_automatic where p.api_source_id = excluded.api_source_id
       returning ${pairColumns}`,
      [pair.filesSourceId, pair.apiSourceId, pair.isAutomatic, actor.name],
    )
    const [row] = rows
    if (!row) {
      throw new ConfigError(
        'pair_taken',
        'The source of files is compared with another source already. Remove that pair first.',
        { context: { field: 'files_source_id' } },
      )
    }
    await recordAudit(connection, {
      actor,
      action: 'reconciliation.paired',
      subject: `pair:${row.pair_id}`,
      detail: { files_source: pair.filesSourceId, api_source: pair.apiSourceId, is_automatic: pair.isAutomatic },
    })
    return row.pair_id
  })
}

async function refuseMisfit(queryable: Queryable, { filesSourceId, apiSourceId }: NewPair): Promise<void> {
  const { rows } = await queryable.query<{ source_id: number; kind: string; name: string; tenant_id: number }>(
    'select source_id, kind, name, tenant_id from source where source_id = any($1::integer[]) and removed_at is null',
    [[filesSourceId, apiSourceId]],
  )
  const [files, api] = [filesSourceId, apiSourceId].map(id => {
    const found = rows.find(row => row.source_id === id)
    if (!found)
      throw new NotFoundError('source_not_found', `There is no source ${id}. The list of sources shows the ids.`)
    return found
  }) as [(typeof rows)[number], (typeof rows)[number]]
  const misfit = (field: string, text: string) => new ConfigError('bad_pair', text, { context: { field } })
  if (files.kind !== 'files') {
    throw misfit(
      'files_source_id',
      `Source ${files.name} takes no files (${files.kind}); name the one that files go to.`,
    )
  }
  if (api.kind === 'files') {
    throw misfit('api_source_id', `Source ${api.name} takes files; name the one that is read by itself.`)
  }
  if (files.tenant_id !== api.tenant_id) {
    throw misfit(
      'api_source_id',
      `${files.name} and ${api.name} belong to different tenants, which are never compared.`,
    )
  }
}

/** @throws NotFoundError `pair_not_found` */
export async function getPair(queryable: Queryable, pairId: number, lock = ''): Promise<Pair> {
  const { rows } = await queryable.query<PairRow & Record<string, unknown>>(
    `select ${pairColumns} from reconciliation_pair where pair_id = $1 and removed_at is null ${lock}`,
    [pairId],
  )
  if (rows[0]) return toPair(rows[0])
  throw new NotFoundError('pair_not_found', `There is no pair ${pairId}. The list of pairs shows their ids.`)
}

/** Pairs of a source, whichever side it is. */
export async function pairsOfSource(queryable: Queryable, sourceId: number): Promise<readonly Pair[]> {
  const { rows } = await queryable.query<PairRow & Record<string, unknown>>(
    `select ${pairColumns} from reconciliation_pair
     where removed_at is null and (files_source_id = $1 or api_source_id = $1)
     order by pair_id`,
    [sourceId],
  )
  return rows.map(toPair)
}

/**
 * They are compared no more; what was compared stays.
 * @throws NotFoundError `pair_not_found`
 * @throws ConfigError `pair_cut_over` while a sign-off of it stands
 */
export async function removePair(database: Database, pairId: number, actor: Actor): Promise<void> {
  await database.transaction(async connection => {
    await getPair(connection, pairId, 'for update')
    const { rows } = await connection.query("select from cutover where pair_id = $1 and status = 'signed'", [pairId])
    if (rows.length > 0) {
      throw new ConfigError('pair_cut_over', 'The files of the pair are cut over to its API source. Undo that first.')
    }
    await connection.query('update reconciliation_pair set removed_at = now() where pair_id = $1', [pairId])
    await recordAudit(connection, { actor, action: 'reconciliation.unpaired', subject: `pair:${pairId}` })
  })
}
