// Which checks does a filter mean by what is written in them?

import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { allOf, checkConditions } from './conditions.ts'
import type { ComplianceFilter } from './filters.ts'

interface Check {
  readonly check_id: number
  readonly audit_file: string
  readonly is_meant: boolean
}

/**
 * The same filter by audit files, where of each file it means every check or none: of those it is kept beside each asset how
 * many pass. A framework mostly has a place for all checks of a file.
 */
export async function byAuditFiles(database: ScopedDatabase, filter: ComplianceFilter): Promise<ComplianceFilter> {
  const checks = await checksOf(database, filter)
  if (!checks) return filter
  const meant = new Set(checks.filter(check => check.is_meant).map(check => check.audit_file))
  if (checks.some(check => !check.is_meant && meant.has(check.audit_file))) return filter
  const files = filter.audit_file ? filter.audit_file.filter(file => meant.has(file)) : [...meant]
  return { ...withoutText(filter), audit_file: files }
}

/** The same filter by the ids of checks, which an index is asked for one by one. */
export async function byCheckIds(database: ScopedDatabase, filter: ComplianceFilter): Promise<ComplianceFilter> {
  const checks = await checksOf(database, filter)
  if (!checks) return filter
  const meant = new Set(checks.filter(check => check.is_meant).map(check => check.check_id))
  const ids = filter.check_id ? filter.check_id.filter(id => meant.has(id)) : [...meant]
  return { ...withoutText(filter), check_id: ids }
}

/** Undefined when the filter asks nothing of the kind. */
async function checksOf(database: ScopedDatabase, filter: ComplianceFilter): Promise<readonly Check[] | undefined> {
  const conditions = checkConditions(filter)
  if (conditions.length === 0) return undefined
  const { rows } = await sql<Check>`
select k.check_id, k.audit_file, (${allOf(conditions)}) is true as is_meant
from compliance_check k`.execute(database.kysely)
  return rows
}

function withoutText(filter: ComplianceFilter): ComplianceFilter {
  return { ...filter, q: undefined, framework: undefined, reference: undefined }
}
