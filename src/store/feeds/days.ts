import type { FeedKind } from '../../domain/feed.ts'
import type { Connection } from '../database.ts'

export interface DayChanges {
  readonly added: number
  readonly changed: number
  readonly removed: number
  /** CVEs of which something else holds now. */
  readonly cves: readonly string[]
}

/** Of percentiles, which move a little every day with all others. */
export const percentileStep = 0.005

const differs = `
(s.epss is distinct from r.epss
 or (s.percentile is null) <> (r.percentile is null)
 or abs(s.percentile - r.percentile) >= ${percentileStep}
 or (s.added_on, s.due_on, s.is_ransomware, s.detail) is distinct from (r.added_on, r.due_on, r.is_ransomware, r.detail))`

const values = 'epss, percentile, added_on, due_on, is_ransomware, detail'

/** Rows that hold on the day. Of the newest day all that have no end: those have an index. */
const holding = (isNewest: boolean) => `
select * from score_feed
where kind = $1 and ${isNewest ? 'valid_to is null' : 'valid_from <= $2::date and (valid_to is null or valid_to > $2::date)'}`

const stageChanges = (isNewest: boolean) => `
create temporary table staged_change on commit drop as
select coalesce(s.cve, r.cve) as cve, r.valid_from, r.valid_to, s.cve is not null as is_listed,
       r.cve is not null as was_listed
from staged_feed s
full join (${holding(isNewest)}) as r using (cve)
where s.cve is null or r.cve is null or ${differs}`

// What held on the day and holds on after the next one that was loaded, holds there still. Set aside first: while the row
// itself has no end, a second one of its CVE without an end would be refused.
const setRestAside = `
create temporary table staged_rest on commit drop as
select r.kind, r.cve, $3::date as valid_from, r.valid_to, ${values
  .split(', ')
  .map(name => `r.${name}`)
  .join(', ')}
from staged_change c
join score_feed r on r.kind = $1 and r.cve = c.cve and r.valid_from = c.valid_from
where c.was_listed and (r.valid_to is null or r.valid_to > $3::date) and $2::date < $3::date`

const insertRest = `
insert into score_feed (kind, cve, valid_from, valid_to, ${values})
select kind, cve, valid_from, valid_to, ${values} from staged_rest`

const cutShort = `
update score_feed r
set valid_to = $2::date
from staged_change c
where c.was_listed and c.valid_from < $2::date
  and r.kind = $1 and r.cve = c.cve and r.valid_from = c.valid_from`

const replace = `
delete from score_feed r
using staged_change c
where c.was_listed and c.valid_from = $2::date
  and r.kind = $1 and r.cve = c.cve and r.valid_from = c.valid_from`

// A CVE that was not listed on the day may be again before the next day that was loaded only if that day says so.
const insertDay = `
insert into score_feed (kind, cve, valid_from, valid_to, ${values})
select $1, s.cve, $2::date, $3::date, ${values}
from staged_change c
join staged_feed s using (cve)
where c.is_listed`

/**
 * Makes `staged_feed` what holds from one day until the next that was loaded; all other days stay as they are.
 * @param nextOn null when it is the newest day
 */
export async function changeDay(
  connection: Connection,
  kind: FeedKind,
  day: string,
  nextOn: string | null,
): Promise<DayChanges> {
  const isNewest = nextOn === null
  await connection.query('drop table if exists staged_change')
  await connection.query(stageChanges(isNewest), isNewest ? [kind] : [kind, day])
  await connection.query('analyze staged_change')
  await connection.query('drop table if exists staged_rest')
  if (!isNewest) await connection.query(setRestAside, [kind, day, nextOn])
  await connection.query(cutShort, [kind, day])
  await connection.query(replace, [kind, day])
  if (!isNewest) await connection.query(insertRest)
  await connection.query(insertDay, [kind, day, nextOn])
  return countChanges(connection)
}

async function countChanges(connection: Connection): Promise<DayChanges> {
  const { rows } = await connection.query<{ added: number; changed: number; removed: number; cves: string[] }>(
    `select count(*) filter (where not was_listed) as added,
            count(*) filter (where was_listed and is_listed) as changed,
            count(*) filter (where not is_listed) as removed,
            coalesce(array_agg(cve), '{}') as cves
     from staged_change`,
  )
  await connection.query('drop table staged_change')
  return rows[0]!
}
