import type { Queryable } from '../database.ts'

/** Who could give a person another role: those who administer everything, or a tenant of theirs. At most five names. */
export async function listGrantors(queryable: Queryable, userId: number): Promise<readonly string[]> {
  const { rows } = await queryable.query<{ display_name: string }>(
    `select distinct u.user_id, u.display_name
     from app_user u
     join role_grant g on g.user_id = u.user_id
     where not u.is_disabled and g.role = 'admin' and g.source_ids is null and g.tags is null
       and (g.tenant_id is null or g.tenant_id in (select own.tenant_id from role_grant own where own.user_id = $1))
     order by u.user_id
     limit 5`,
    [userId],
  )
  return rows.map(row => row.display_name)
}
