// Who started, stopped and changed what?

import type { Json } from '../../domain/json.ts'
import type { ScopedDatabase } from '../access.ts'
import type { Administration } from '../accounts/administration.ts'
import type { Actor } from '../audit.ts'
import { sql } from '../database.ts'
import { allOf, type Fragment } from './conditions.ts'
import { decodeCursor, keyColumns, type Order, page } from './keyset.ts'
import { countUpTo, type PageRequest, type RowsPage, toPage, withoutKey } from './rows-page.ts'
import { ofWholeSources } from './scope.ts'

export interface AuditFilter {
  /** Exactly, or a prefix that ends with a dot. */
  readonly action?: string | undefined
  readonly actor?: string | undefined
  readonly subject?: string | undefined
  readonly recorded_from?: string | undefined
  readonly recorded_to?: string | undefined
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
  database: ScopedDatabase,
  administration: Administration,
  { filter, limit, cursor, total: counts }: AuditListRequest,
): Promise<RowsPage<AuditEventView>> {
  const after = decodeCursor(cursor, order, filter)
  const { action, actor, subject, recorded_from, recorded_to } = filter
  const conditions = [
    ...ofOwnTenants(database, administration),
    ...(action === undefined
      ? []
      : [action.endsWith('.') ? sql`starts_with(e.action, ${action})` : sql`e.action = ${action}`]),
    ...(actor === undefined ? [] : [sql`e.actor = ${actor}`]),
    ...(subject === undefined ? [] : [sql`e.subject = ${subject}`]),
    ...(recorded_from === undefined ? [] : [sql`e.recorded_at >= ${recorded_from}::timestamptz`]),
    ...(recorded_to === undefined ? [] : [sql`e.recorded_at < ${recorded_to}::timestamptz`]),
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

/**
 * For who administers some tenants: what happened to their sources and people, and what these people did. The rest, such
 * as backups and keys, is of who administers everything.
 */
function ofOwnTenants({ access }: ScopedDatabase, { isOfAll, tenantIds }: Administration): Fragment[] {
  if (isOfAll) return []
  const sources = allOf(ofWholeSources(access, 's.source_id'))
  return [
    sql`(e.subject in (select 'source:' || s.source_id from source s where ${sources})
  or e.subject in (select 'run:' || r.run_id from run r join source s on s.source_id = r.source_id where ${sources})
  or e.subject in (select 'schedule:' || c.schedule_id from schedule c join source s on s.source_id = c.source_id
                   where ${sources})
  or exists (
    select from app_user u
    where (e.subject = 'user:' || u.user_id or e.detail -> 'by' ->> 'user_id' = u.user_id::text)
      and exists (select from role_grant g where g.user_id = u.user_id)
      and not exists (select from role_grant g
                      where g.user_id = u.user_id
                        and (g.tenant_id is null or g.tenant_id <> all(${tenantIds}::integer[])))))`,
  ]
}
