import { ConfigError } from '../../platform/errors.ts'
import type { Queryable } from '../database.ts'

// Whether files may still be brought to a source: not once the API has taken its place, but while the API is out.

export interface ImportGate {
  /** Null: nothing was ever signed off, or it was undone. */
  readonly cutoverId: number | null
  readonly isOpen: boolean
  /** Why it is open though it was signed off. */
  readonly because: 'outage' | 'reopened' | null
  readonly api: string | null
  readonly signedBy: string | null
  readonly signedAt: string | null
}

/** A condition over `source_health h` and `source s` of the API: it gives nothing now. */
export const isOut = `(coalesce(h.circuit, 'closed') <> 'closed' or h.needs_key_at is not null
  or not s.is_enabled or s.removed_at is not null)`

export async function importGate(queryable: Queryable, filesSourceId: number): Promise<ImportGate> {
  const { rows } = await queryable.query<{
    cutover_id: number
    api: string
    signed_by: string
    signed_at: string
    is_reopened: boolean
    is_out: boolean
  }>(
    `select c.cutover_id, s.name as api, c.signed_by, c.signed_at, c.reopened_at is not null as is_reopened,
            ${isOut} as is_out
     from cutover c
     join source s on s.source_id = c.api_source_id
     left join source_health h on h.source_id = c.api_source_id
     where c.files_source_id = $1 and c.status = 'signed'`,
    [filesSourceId],
  )
  const [row] = rows
  if (!row) {
    return { cutoverId: null, isOpen: true, because: null, api: null, signedBy: null, signedAt: null }
  }
  const because = row.is_reopened ? 'reopened' : row.is_out ? 'outage' : null
  return {
    cutoverId: row.cutover_id,
    isOpen: because !== null,
    because,
    api: row.api,
    signedBy: row.signed_by,
    signedAt: row.signed_at,
  }
}

/**
 * @returns the gate that let the file through
 * @throws ConfigError `source_cut_over`
 */
export async function refuseCutOver(queryable: Queryable, filesSourceId: number): Promise<ImportGate> {
  const gate = await importGate(queryable, filesSourceId)
  if (gate.isOpen) return gate
  const { rows } = await queryable.query<{ name: string }>('select name from source where source_id = $1', [
    filesSourceId,
  ])
  throw new ConfigError(
    'source_cut_over',
    `${rows[0]?.name ?? 'The source'} takes no files any more: ${gate.signedBy} cut it over to ${gate.api} on ${gate.signedAt?.slice(0, 10)}. ` +
      `While ${gate.api} cannot be reached, files are taken again by themselves. To take them now, open the imports again or undo the cut-over (page Reconciliation, or "tenfold reconcile reopen ${gate.cutoverId}").`,
    { context: { field: 'source', cutoverId: gate.cutoverId } },
  )
}
