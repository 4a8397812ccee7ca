// Who started, stopped and changed what?

import type { Json } from '../../domain/json.ts'
import type { Actor } from '../audit.ts'
import { type Database, sql } from '../database.ts'
import { allOf } from './conditions.ts'
import { decodeCursor, keyColumns, type Order, page } from './keyset.ts'
import { countUpTo, type PageRequest, type RowsPage, toPage, withoutKey } from './rows-page.ts'

export interface AuditFilter {
  /** Exactly, or a prefix that ends with a dot. */
  readonly action?: string | undefined
  readonly actor?: string | undefined
  readonly subject?: string | undefined
}

export interface AuditListRequest extends PageRequest {
  readonly filter: AuditFilter
}

export interface AuditEventView {
  readonly id: number
  readonly recorded_at: string
  readonly actor_kind: Actor['kind']
  readonly actor: string
  readonly action: string
  readonly subject: string
  readonly detail: Json
  readonly hash: string
}

const order: Order = {
  name: '-audit_id',
  isDescending: true,
  sort: [],
  unique: [{ expression: sql`e.audit_id`, type: 'bigint' }],
}

/** @throws ConfigError `bad_cursor` */
export async function listAuditEvents(
  database: Database,
  { filter, limit, cursor, total: counts }: AuditListRequest,
): Promise<RowsPage<AuditEventView>> {
  const after = decodeCursor(cursor, order, filter)
  const { action, actor, subject } = filter
  const conditions = [
    ...(action === undefined
      ? []
      : [action.endsWith('.') ? sql`starts_with(e.action, ${action})` : sql`e.action = ${action}`]),
    ...(actor === undefined ? [] : [sql`e.actor = ${actor}`]),
    ...(subject === undefined ? [] : [sql`e.subject = ${subject}`]),
  ]
  const select = sql`
select e.audit_id as id, e.recorded_at, e.actor_kind, e.actor, e.action, e.subject, e.detail,
       encode(e.hash, 'hex') as hash, ${keyColumns(order)}
from audit_event e`
  const [rows, total] = await Promise.all([
    sql<Record<string, unknown>>`${page({ select, conditions, order, after, limit: limit + 1 })}`.execute(
      database.kysely,
    ),
    after === null && counts !== false
      ? countUpTo(database, sql`select from audit_event e where ${allOf(conditions)}`)
      : null,
  ])
  const newest = after === null ? ((rows.rows[0]?.recorded_at as string | undefined) ?? null) : null
  return toPage(rows.rows, {
    limit,
    order,
    filter,
    asOf: newest,
    total,
    present: row => withoutKey(row) as unknown as AuditEventView,
  })
}
