import type { GroupCause, GroupRule } from '../../domain/group-rule.ts'
import { holdsOn } from '../../domain/group-rule.ts'
import type { Connection, Database, Queryable } from '../database.ts'
import { locks } from '../locks.ts'
import { desiredGroups, isOtherGroup } from './desired.ts'
import { listGroupRules } from './rule-rows.ts'

// Whoever changes assets gives them at once what the rules say: many may do so together. Whoever changes rules is alone:
// an asset must not be merged under the old ones when the new have already been followed.

/** In the part's transaction, once its assets are written. Answers how many have another owner or group now. */
export async function regroupTouched(connection: Connection, assetIds: readonly number[]): Promise<number> {
  if (assetIds.length === 0) return 0
  await connection.query('select pg_advisory_xact_lock_shared($1)', [locks.groups])
  return regroup(connection, assetIds, 'asset')
}

/** For whoever changes rules, before anything else; until its transaction ends. */
export async function holdGroups(connection: Connection): Promise<void> {
  await connection.query('select pg_advisory_xact_lock($1)', [locks.groups])
}

/** Gives assets what the rules of the day say. The caller has the lock. */
export async function regroup(
  connection: Connection,
  assetIds: readonly number[] | 'all',
  cause: GroupCause,
): Promise<number> {
  if (!(await saysAnything(connection))) return 0
  const desired = desiredGroups(await rulesInForce(connection), assetIds)
  await connection.query('drop table if exists staged_group')
  await connection.query(
    `create temporary table staged_group (like asset_group including defaults) on commit drop;
     alter table staged_group drop column changed_at`,
  )
  await connection.query(
    `with ${desired.text}
     insert into staged_group (asset_id, owner, criticality, group_names, rule_ids, is_owner_set)
     select d.asset_id, d.owner, d.criticality, d.group_names, d.rule_ids, d.is_owner_set
     from desired d
     left join asset_group g using (asset_id)
     where ${isOtherGroup}`,
    desired.values,
  )
  if (assetIds === 'all') await connection.query(forgetOrphans)
  await connection.query(insertEvents, [cause])
  const { rowCount } = await connection.query(upsert)
  const emptied = await connection.query(removeEmpty)
  await connection.query('drop table staged_group')
  return (rowCount ?? 0) + (emptied.rowCount ?? 0)
}

const isEmpty = `s.owner is null and s.criticality is null and s.group_names = '{}' and s.rule_ids = '{}'`

const insertEvents = `
insert into asset_group_event (asset_id, owner, criticality, group_names, rule_ids, is_owner_set, cause)
select s.asset_id, s.owner, s.criticality, s.group_names, s.rule_ids, s.is_owner_set, $1
from staged_group s
order by s.asset_id`

const upsert = `
insert into asset_group (asset_id, owner, criticality, group_names, rule_ids, is_owner_set)
select s.asset_id, s.owner, s.criticality, s.group_names, s.rule_ids, s.is_owner_set
from staged_group s
where not (${isEmpty})
order by s.asset_id
on conflict (asset_id) do update
set owner = excluded.owner, criticality = excluded.criticality, group_names = excluded.group_names,
    rule_ids = excluded.rule_ids, is_owner_set = excluded.is_owner_set, changed_at = now()`

const removeEmpty = `
delete from asset_group g
using staged_group s
where g.asset_id = s.asset_id and ${isEmpty}`

const forgetOrphans = `
delete from asset_group g
where not exists (select from asset a where a.asset_id = g.asset_id)`

/** Most estates have no rules; their merges must not pay for them. */
async function saysAnything(connection: Queryable): Promise<boolean> {
  const { rows } = await connection.query<{ found: boolean }>(
    `select exists (select from group_rule) or exists (select from owner_override) or exists (select from asset_group)
       as found`,
  )
  return rows[0]?.found ?? false
}

/** The rules that asset_group follows. */
export async function rulesInForce(queryable: Queryable): Promise<GroupRule[]> {
  const [rules, day] = [await listGroupRules(queryable), await evaluatedOn(queryable)]
  return rules.filter(rule => holdsOn(rule, day))
}

/** Without a rule there has been no day yet. */
async function evaluatedOn(queryable: Queryable): Promise<string> {
  const { rows } = await queryable.query<{ day: string }>(
    "select coalesce((select evaluated_on from group_state), (now() at time zone 'utc')::date)::text as day",
  )
  return rows[0]!.day
}

async function recordDay(connection: Connection, day: string): Promise<void> {
  await connection.query(
    `insert into group_state (evaluated_on) values ($1)
     on conflict (is_only) do update set evaluated_on = excluded.evaluated_on`,
    [day],
  )
}

/** The day that rules will be followed for when they are followed now. A clock that goes back changes nothing. */
export async function dayToFollow(queryable: Queryable, now: Date): Promise<string> {
  const today = now.toISOString().slice(0, 10)
  const day = await evaluatedOn(queryable)
  return [today, day].sort()[1] ?? today
}

/** All assets anew, for a change of the rules. The caller has the lock, alone. */
export async function followRules(connection: Connection, now: Date, cause: GroupCause): Promise<number> {
  await recordDay(connection, await dayToFollow(connection, now))
  return regroup(connection, 'all', cause)
}

/** Follows the rules of a new day, where one begins or ends with it. Cheap when the day is no new one. */
export async function followRuleDates(database: Database, now: Date): Promise<number> {
  if ((await dayToFollow(database, now)) === (await evaluatedOn(database))) return 0
  return database.transaction(async connection => {
    await holdGroups(connection)
    const before = await evaluatedOn(connection)
    const day = await dayToFollow(connection, now)
    const rules = await listGroupRules(connection)
    if (rules.some(rule => holdsOn(rule, before) !== holdsOn(rule, day))) {
      return followRules(connection, now, 'day')
    }
    await recordDay(connection, day)
    return 0
  })
}
