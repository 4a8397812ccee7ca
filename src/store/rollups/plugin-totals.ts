import { findingStates } from '../../domain/finding.ts'
import { severities } from '../../domain/severity.ts'
import type { Connection, Database, Queryable } from '../database.ts'

// Findings of each plugin on assets of the default count, from what parts of runs noted (plugin-changes.ts) or from the
// findings themselves.

/** The columns of plugin_total that count findings. */
export const pluginCells = findingStates.flatMap(state =>
  severities.map(severity => ({ state, severity, column: `${state}_${severity}` })),
)
export const pluginTotalColumns = [...pluginCells.map(cell => cell.column), 'assets']
const columns = pluginTotalColumns.join(', ')

/** The sums of a group of rows that are like those of plugin_total. */
export const summedPluginTotals = pluginTotalColumns.map(column => `sum(${column}) as ${column}`).join(', ')

const countedFindings = (source: string) => `
from finding f
join asset a on a.asset_id = f.asset_id
where ${source} and f.ended_at is null and asset_standing(a.status, a.is_licensed, a.is_tracked) = 'counted'`

/**
 * What plugin_total should be, from the rows.
 * @param source a condition on the finding `f`
 */
export const countedPlugins = (source: string) => `
select plugin_id, source_id,
       ${pluginCells.map(({ state, severity, column }) => `coalesce(sum(cell.findings) filter (where state = '${state}' and severity = '${severity}'), 0) as ${column}`).join(',\n       ')},
       coalesce(max(met.assets), 0) as assets
from (
  select f.plugin_id, f.source_id, f.state, f.severity, count(*) as findings
  ${countedFindings(source)}
  group by f.plugin_id, f.source_id, f.state, f.severity
) as cell
left join (
  select plugin_id, source_id, count(*) as assets
  from (select distinct f.plugin_id, f.source_id, f.asset_id ${countedFindings(source)} and f.state <> 'fixed') as pair
  group by plugin_id, source_id
) as met using (plugin_id, source_id)
group by plugin_id, source_id`

/** What is kept and what is noted, together; notes count at once. */
export const keptPluginTotals = `
select plugin_id, source_id, ${columns} from plugin_total
union all
select plugin_id, source_id, ${columns} from plugin_total_change`

/** Whether parts note what they change of a source, and have noted it since its plugins were counted. */
export async function keepsPluginTotals(queryable: Queryable, sourceId: number): Promise<boolean> {
  const { rows } = await queryable.query('select from plugin_total_span where source_id = $1', [sourceId])
  return rows.length > 0
}

/** A part of a first load notes nothing: until its run closes nothing is kept of the source. */
export async function forgetPluginTotals(connection: Queryable, sourceId: number): Promise<void> {
  // Deleting nothing would still wait for whoever counts.
  if (!(await keepsPluginTotals(connection, sourceId))) return
  await connection.query('delete from plugin_total_span where source_id = $1', [sourceId])
}

/** Brings the totals of a source up to date when one of its runs closes. Safe to repeat. One that has none gets them whole. */
export async function rollUpPluginTotals(database: Database, sourceId: number): Promise<void> {
  await inTurn(database, async connection => {
    const isKept = await keepsPluginTotals(connection, sourceId)
    await (isKept ? addChanges(connection, sourceId) : recount(connection, sourceId))
  })
}

/** Counts the findings of every source again, whatever is stored. */
export async function recountPluginTotals(database: Database): Promise<number> {
  return inTurn(database, async connection => {
    const { rows } = await connection.query<{ source_id: number }>('select source_id from plugin_total_span')
    let plugins = 0
    for (const { source_id } of rows) plugins += await recount(connection, source_id)
    return plugins
  })
}

/** One at a time, and each sees one moment: the notes of a part and its findings are both there or neither. */
async function inTurn<T>(database: Database, work: (connection: Connection) => Promise<T>): Promise<T> {
  return database.transaction(async connection => {
    await connection.query('set transaction isolation level repeatable read')
    await connection.query('lock table plugin_total_span in share row exclusive mode')
    return work(connection)
  })
}

async function recount(connection: Connection, sourceId: number): Promise<number> {
  await connection.query("set local work_mem = '64MB'")
  await connection.query('delete from plugin_total where source_id = $1', [sourceId])
  await connection.query('delete from plugin_total_change where source_id = $1', [sourceId])
  const counted = await connection.query(
    `insert into plugin_total (plugin_id, source_id, ${columns}) ${countedPlugins('f.source_id = $1')}`,
    [sourceId],
  )
  await connection.query(
    'insert into plugin_total_span (source_id) values ($1) on conflict (source_id) do update set counted_at = now()',
    [sourceId],
  )
  return counted.rowCount ?? 0
}

const applyChanges = `
insert into plugin_total as t (plugin_id, source_id, ${columns})
select plugin_id, source_id, ${summedPluginTotals}
from plugin_total_change
where source_id = $1
group by plugin_id, source_id
on conflict (plugin_id, source_id) do update
set ${pluginTotalColumns.map(column => `${column} = t.${column} + excluded.${column}`).join(', ')}`

async function addChanges(connection: Connection, sourceId: number): Promise<void> {
  const { rowCount } = await connection.query(applyChanges, [sourceId])
  if ((rowCount ?? 0) > 0) await connection.query('delete from plugin_total_change where source_id = $1', [sourceId])
}
