import type { ArchiveClass } from '../../domain/archive-class.ts'
import type { Connection, Queryable } from '../database.ts'
import { classSpecs } from './classes.ts'
import { type ArchivedColumn, asText, type RowTexts } from './row-texts.ts'

// Which rows are old, and what they are. The keys are found once for a class, into a temporary table: finding them can
// mean looking through all of history.

export interface MonthOfRows {
  readonly month: string
  readonly rows: number
  readonly first_at: string
  readonly last_at: string
}

const monthOf = "date_trunc('month', dated_at at time zone 'utc')::date"

const months = `
select month::text as month, count(*) as rows, min(dated_at) as first_at, max(dated_at) as last_at
from archive_row
group by month
order by month`

/** Finds the old rows of a class; the temporary table `archive_row` then has their keys. */
export async function findOldRows(
  connection: Connection,
  name: ArchiveClass,
  horizon: string,
): Promise<readonly MonthOfRows[]> {
  await connection.query('drop table if exists archive_row')
  const found = `select *, ${monthOf} as month from (${classSpecs[name].old}) as old`
  await connection.query(`create temporary table archive_row as ${withHorizon(found, horizon)}`)
  await connection.query('create index on archive_row (month)')
  await connection.query('analyze archive_row')
  const { rows } = await connection.query<MonthOfRows>(months)
  return rows
}

/** The same without writing anything, not even a temporary table. */
export async function countOldRows(
  queryable: Queryable,
  name: ArchiveClass,
  horizon: string,
): Promise<readonly MonthOfRows[]> {
  const { rows } = await queryable.query<MonthOfRows>(
    `with archive_row as (select *, ${monthOf} as month from (${classSpecs[name].old}) as old) ${months}`,
    [horizon],
  )
  return rows
}

/** A statement that makes a table takes no parameters. */
function withHorizon(statement: string, horizon: string): string {
  return statement.replaceAll('$1', `'${new Date(horizon).toISOString()}'`)
}

const batchRows = 2_000

/** The rows of a month by their key, through a cursor of the transaction that the connection is in. */
export async function* rowsOfMonth(
  connection: Connection,
  name: ArchiveClass,
  columns: readonly ArchivedColumn[],
  month: string,
): AsyncGenerator<RowTexts[], void, undefined> {
  const { key, beside = '', more = [] } = classSpecs[name]
  const expression = (column: ArchivedColumn) =>
    column.isBeside ? (more.find(one => one.name === column.name)?.sql ?? '') : `t.${column.name}`
  const on = key.map(column => `t.${column} = r.${column}`).join(' and ')
  await connection.query(
    `declare archived no scroll cursor for
     select ${columns.map(column => asText(column, expression(column))).join(', ')}
     from archive_row r join ${name} t on ${on} ${beside}
     where r.month = $1::date
     order by ${key.map(column => `t.${column}`).join(', ')}`,
    [month],
  )
  for (;;) {
    const { rows } = await connection.query<(string | null)[]>({
      text: `fetch forward ${batchRows} from archived`,
      rowMode: 'array',
    })
    if (rows.length > 0) yield rows
    if (rows.length < batchRows) break
  }
  await connection.query('close archived')
}

/** Takes the rows of a month out; answers how many. */
export async function removeRows(connection: Connection, name: ArchiveClass, month: string): Promise<number> {
  const { key, beforeRemoval, isUnchanged = 'true' } = classSpecs[name]
  if (beforeRemoval) await connection.query(beforeRemoval, [month])
  const on = key.map(column => `t.${column} = r.${column}`).join(' and ')
  const { rowCount } = await connection.query(
    `delete from ${name} t using archive_row r where r.month = $1::date and ${on} and ${isUnchanged}`,
    [month],
  )
  return rowCount ?? 0
}
