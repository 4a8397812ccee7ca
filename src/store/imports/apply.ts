import type { PluginDescription } from '../../domain/plugin.ts'
import { StoreError } from '../../platform/errors.ts'
import type { Connection, Database } from '../database.ts'
import type { PartContext } from '../merge/context.ts'
import { refuseFenced } from '../merge/fence.ts'
import { createMergeMemory, mergePartOn } from '../merge/part.ts'
import { mergePlugins } from '../merge/plugins.ts'
import { takeTurn } from '../turns.ts'
import { closeAbsent } from './absent.ts'
import { forgetStaged, getImport, type ImportNumbers } from './imports.ts'
import { planImport, sameNumbers } from './plan.ts'
import { plannedBatches, stagedPlugins } from './planned-batches.ts'

export interface ApplyDeps {
  readonly database: Database
  readonly owner: string
}

/** The numbers of the preview no longer hold. */
export class ImportMoved extends Error {}

/**
 * Applies a staged import: all of it or nothing, in one transaction, in which the numbers are worked out again.
 * @param expected what the preview said
 * @param finish what else belongs into the transaction, at its end
 * @throws ImportMoved when the numbers are others now
 * @throws StoreError `fenced` when another process has taken the run or the import
 */
export async function applyImport(
  deps: ApplyDeps,
  importId: number,
  expected: ImportNumbers,
  context: PartContext,
  finish: (connection: Connection) => Promise<void>,
): Promise<void> {
  await mergeStagedPlugins(deps.database, importId, context)
  await deps.database.transaction(async connection => {
    await refuseFenced(connection, context, '')
    await takeTurn(connection, context.sourceId, 'alone')
    const item = await getImport(connection, importId)
    const numbers = await planImport(connection, item)
    if (!sameNumbers(numbers, expected)) throw new ImportMoved()
    await mergeAll(deps.database, connection, importId, context, item.scope.covers === 'estate')
    await addAliases(connection, importId, context.sourceId)
    await forgetStaged(connection, importId, false)
    await markApplied(connection, deps, importId, context)
    await refuseFenced(connection, context, 'for share')
    await finish(connection)
  })
}

/** In transactions of their own, as always: what plugins say is true whatever becomes of the import. */
async function mergeStagedPlugins(database: Database, importId: number, context: PartContext): Promise<void> {
  const connection = await database.pool.connect()
  try {
    for await (const plugins of stagedPlugins(connection, importId)) await mergePlugins(database, context, plugins)
  } finally {
    connection.release()
  }
}

async function mergeAll(
  database: Database,
  connection: Connection,
  importId: number,
  context: PartContext,
  isEstate: boolean,
): Promise<void> {
  const { readAt: observedAt, runId, sourceId } = context
  const touched = await closeAbsent(connection, { importId, sourceId, runId, observedAt, isEstate })
  const memory = createMergeMemory()
  const known = new Map<number, PluginDescription>()
  const pluginOf = (pluginId: number): PluginDescription => {
    const met = known.get(pluginId)
    if (met) return met
    const description = {
      pluginId,
      describe: () => {
        throw new Error(`plugin ${pluginId} was merged before its findings`)
      },
    }
    known.set(pluginId, description)
    memory.plugins.add(description)
    return description
  }
  const batches = plannedBatches(connection, importId, observedAt, pluginOf)
  await mergePartOn({ database, connection }, memory, context, batches, { touched })
}

/** The machine's other names lead to it from now on, where they lead nowhere yet. */
async function addAliases(connection: Connection, importId: number, sourceId: number): Promise<void> {
  await connection.query(
    `insert into asset_alias (source_id, native_id, asset_id)
     select distinct on (n.name) $2::integer, n.name, l.asset_id
     from file_import_host h
     join asset_alias l on l.source_id = $2 and l.native_id = h.known_as
     cross join lateral unnest(h.aliases || h.native_id) as n (name)
     where h.import_id = $1
     order by n.name, l.asset_id
     on conflict do nothing`,
    [importId, sourceId],
  )
}

async function markApplied(
  connection: Connection,
  { owner }: ApplyDeps,
  importId: number,
  context: PartContext,
): Promise<void> {
  const { rowCount } = await connection.query(
    `update file_import
     set status = 'applied', applied_at = clock_timestamp(), run_id = $2
     where import_id = $1 and status = 'applying' and owner = $3`,
    [importId, context.runId, owner],
  )
  if (rowCount !== 1) throw new StoreError('fenced', `Import ${importId} was taken over by another process.`)
}
