import type { Queryable } from '../database.ts'
import type { Administration } from './administration.ts'

export interface TenantView {
  readonly id: number
  readonly name: string
  readonly sources: { readonly id: number; readonly name: string }[]
}

/** Those that somebody administers, with their sources that are not removed. */
export async function listTenants(
  queryable: Queryable,
  { isOfAll, tenantIds }: Administration,
): Promise<readonly TenantView[]> {
  const { rows } = await queryable.query<TenantView & Record<string, unknown>>(
    `select t.tenant_id as id, t.name,
            coalesce((select jsonb_agg(jsonb_build_object('id', s.source_id, 'name', s.name) order by s.source_id)
                      from source s
                      where s.tenant_id = t.tenant_id and s.removed_at is null), '[]') as sources
     from tenant t
     where $1 or t.tenant_id = any($2::integer[])
     order by t.tenant_id`,
    [isOfAll, tenantIds],
  )
  return rows
}
