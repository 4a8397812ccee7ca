import type { Connection } from '../database.ts'
import { settledDay } from './daily-steps.ts'
import { dueDevices } from './device-due.ts'
import { machineSteps, repeatedSteps } from './device-steps.ts'

// Totals of the estate for every day, kept machine by machine: what a machine added is known, so that it can be counted
// again alone whenever its records or their history changed. All of it in a transaction that holds the tenant.

// Bounds the memory of one statement.
const devicesAtOnce = 2_000
/** Of so few machines the events are looked up. */
const few = 200

// Records of a source that is being read for the first time have no days yet: the sum that repeated findings are taken
// from is without them. Once it has its days all its machines are due.
const membersOf = `
select m.device_id, m.asset_id
from device_asset m
where m.device_id = any($1::bigint[])
  and not exists (select from asset a
                  where a.asset_id = m.asset_id and not exists (select from daily_span d where d.source_id = a.source_id))`

const ofSeveral = `
select device_id
from (${membersOf}) as member
group by device_id
having count(*) > 1
order by device_id`

const countWith = (steps: string) => `
insert into device_counted (device_id, day, measure, severity, state, amount)
select device_id, day, measure, severity, state, amount from (${steps}) as s`
const countMachines = countWith(machineSteps(membersOf))
const countRepeated = countWith(repeatedSteps(membersOf))

const cell = 'day, measure, severity, state'

// A machine that was counted before the horizon of the archive is settled there: what it adds now begins at the horizon.
const addDifference = `
insert into estate_change as e (tenant_id, ${cell}, amount)
select $1::integer, ${cell}, sum(amount)
from (select ${cell}, amount from device_counted
      union all
      select ${settledDay('day')}, measure, severity, state, -amount
      from device_change
      where device_id = any($2::bigint[])) as d
group by ${cell}
having sum(amount) <> 0
on conflict (tenant_id, ${cell}) do update
set amount = e.amount + excluded.amount`

const forgetOthers = `
delete from device_change d
where d.device_id = any($1::bigint[])
  and not exists (select from device_counted n
                  where n.device_id = d.device_id and n.day = d.day and n.measure = d.measure and n.severity = d.severity
                    and n.state = d.state and n.amount = d.amount)`

const keepCounted = `
insert into device_change (device_id, tenant_id, ${cell}, amount)
select device_id, $1::integer, ${cell}, amount from device_counted
on conflict do nothing`

/** Counts the gathered machines anew, also those that are no more; all of the tenant where that was never done. */
export async function countDevices(connection: Connection, tenantId: number): Promise<void> {
  if (!(await isCounted(connection, tenantId))) {
    await countTenant(connection, tenantId)
    return
  }
  const some = await countEach(connection, tenantId, async batch => {
    await connection.query(addDifference, [tenantId, batch])
  })
  if (some) await connection.query('delete from estate_change where tenant_id = $1 and amount = 0', [tenantId])
}

const nextDue = `select device_id from ${dueDevices} where device_id > $1 order by device_id limit $2`

/** @returns whether there were any */
async function countEach(
  connection: Connection,
  tenantId: number,
  onCounted: (batch: readonly number[]) => Promise<void>,
): Promise<boolean> {
  const next = async (after: number, atMost: number) =>
    (await connection.query<{ device_id: number }>(nextDue, [after, atMost])).rows.map(row => row.device_id)
  const first = await next(0, few + 1)
  if (first.length === 0) return false
  await connection.query('create temporary table device_counted (like device_change) on commit drop')
  await connection.query('alter table device_counted alter column tenant_id drop not null')
  if (first.length <= few) await connection.query('set local enable_seqscan = off')
  let batch = await next(0, devicesAtOnce)
  while (batch.length > 0) {
    await connection.query(countMachines, [batch])
    const several = await connection.query<{ device_id: number }>(ofSeveral, [batch])
    if (several.rows.length > 0) {
      await connection.query(countRepeated, [several.rows.map(row => row.device_id)])
    }
    await onCounted(batch)
    await connection.query(forgetOthers, [batch])
    await connection.query(keepCounted, [tenantId])
    await connection.query('truncate device_counted')
    batch = await next(batch.at(-1)!, devicesAtOnce)
  }
  await connection.query('drop table device_counted')
  await connection.query(`truncate ${dueDevices}`)
  return true
}

/** What the sum of all machines adds, less what is settled before the horizon. */
const expected = `
select ${cell}, sum(amount) as amount
from (select ${settledDay('day')} as day, measure, severity, state, amount from device_change where tenant_id = $1
      union all
      select (history_horizon() at time zone 'utc')::date, measure, severity, state, -amount
      from estate_change
      where tenant_id = $1 and day < (history_horizon() at time zone 'utc')::date) as d
group by ${cell}
having sum(amount) <> 0`

const makeDifference = `
create temporary table estate_difference on commit drop as
select ${cell}, coalesce(e.amount, 0) - coalesce(s.amount, 0) as amount
from (${expected}) as e
full join (select ${cell}, amount
           from estate_change
           where tenant_id = $1 and day >= coalesce((history_horizon() at time zone 'utc')::date, '-infinity')) as s
  using (${cell})
where e.amount is distinct from s.amount`

const applyDifference = `
insert into estate_change as e (tenant_id, ${cell}, amount)
select $1::integer, ${cell}, amount from estate_difference
on conflict (tenant_id, ${cell}) do update
set amount = e.amount + excluded.amount`

/**
 * Counts every machine of a tenant anew, whatever is stored. Days before the horizon of the archive stay as they are.
 * @returns how many totals were not what the events say
 */
export async function countTenant(connection: Connection, tenantId: number): Promise<number> {
  await connection.query(
    `insert into ${dueDevices}
     select device_id from device where tenant_id = $1
     union
     select device_id from device_change where tenant_id = $1
     on conflict do nothing`,
    [tenantId],
  )
  await countEach(connection, tenantId, () => Promise.resolve())
  await connection.query(makeDifference, [tenantId])
  const { rowCount } = await connection.query(applyDifference, [tenantId])
  await connection.query('drop table estate_difference')
  await connection.query('delete from estate_change where tenant_id = $1 and amount = 0', [tenantId])
  await connection.query('update identity_state set counted_at = now() where tenant_id = $1', [tenantId])
  return rowCount ?? 0
}

async function isCounted(connection: Connection, tenantId: number): Promise<boolean> {
  const { rows } = await connection.query(
    'select from identity_state where tenant_id = $1 and counted_at is not null',
    [tenantId],
  )
  return rows.length > 0
}
