// By when are findings to be mended?

import type { Severity } from '../../domain/severity.ts'
import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'

export interface SlaView {
  readonly severity: Severity
  /** Null: no limit. */
  readonly days: number | null
  readonly is_default: boolean
  readonly changed_at: string
  readonly changed_by: string
}

/** The same for everybody; worst first. */
export async function loadSla(database: Pick<ScopedDatabase, 'kysely'>): Promise<SlaView[]> {
  const { rows } = await sql<SlaView>`
select severity, days, changed_by = 'default' as is_default, changed_at, changed_by
from sla
order by severity_rank(severity) desc`.execute(database.kysely)
  return rows
}
