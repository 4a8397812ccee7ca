/**
 * A query for (day, dimension, value, severity, state, findings): changes of single days, summed up to each day.
 * @param changes a query for rows like those of `daily_change`
 * @param until the last day
 */
export function runningTotals(changes: string, until: string): string {
  return `
with change as (
  select d.dimension, d.value, c.severity, c.state, c.day, sum(c.findings) as findings
  from (${changes}) as c
  cross join lateral (
    select 'standing' as dimension, c.standing as value
    union all
    select 'all', '' where c.standing <> 'ended'
  ) as d
  group by d.dimension, d.value, c.severity, c.state, c.day
), touched as (
  select dimension, value, severity, state, min(day) as first_day
  from change
  group by dimension, value, severity, state
), running as (
  select t.dimension, t.value, t.severity, t.state, d::date as day,
         sum(coalesce(c.findings, 0)) over (
           partition by t.dimension, t.value, t.severity, t.state order by d) as findings
  from touched t
  cross join generate_series(t.first_day, ${until}, interval '1 day') as d
  left join change c
    on c.dimension = t.dimension and c.value = t.value and c.severity = t.severity and c.state = t.state and c.day = d::date
)
select * from running where findings <> 0`
}
