import type { Database } from '../database.ts'
import { scoreAllPlugins } from '../feeds/plugin-scores.ts'
import { holdGroups, regroup } from '../groups/regroup.ts'
import { recountEstate } from '../identity/recount.ts'
import { locks } from '../locks.ts'
import { recountCompliance } from '../merge/asset-compliance.ts'
import { recountAssets } from '../merge/totals.ts'
import { rebuildDailyTotals } from '../rollups/daily-totals.ts'
import { recountPluginTotals } from '../rollups/plugin-totals.ts'
import type { Damage, Repair } from './check.ts'
import { columnsBehind, missingParts } from './schema-checks.ts'

export interface Repaired {
  readonly repair: Repair
  /** How many things were put right. */
  readonly count: number
}

/** Puts right what follows from other rows: counts, indexes, sequences. Rows that are lost only a sync brings back. */
export async function repairDamages(database: Database, damages: readonly Damage[]): Promise<readonly Repaired[]> {
  const wanted = new Set(damages.flatMap(damage => damage.repair ?? []))
  const repaired: Repaired[] = []
  for (const repair of wanted) {
    const count = await repairs[repair](database)
    if (count > 0) repaired.push({ repair, count })
  }
  return repaired
}

const repairs: Readonly<Record<Repair, (database: Database) => Promise<number>>> = {
  totals: repairTotals,
  compliance_totals: repairCompliance,
  schema: repairIndexes,
  sequences: repairSequences,
  daily_totals: rebuildDailyTotals,
  plugin_totals: recountPluginTotals,
  estate_totals: recountEstate,
  plugin_scores: repairPluginScores,
  asset_groups: repairAssetGroups,
}

// So many assets are locked at once; a sync that touches one of them waits that long.
const assetsAtOnce = 500

async function repairTotals(database: Database): Promise<number> {
  const orphans = await database.query(
    'delete from asset_total t where not exists (select from asset a where a.asset_id = t.asset_id)',
  )
  let after = 0
  let counted = orphans.rowCount ?? 0
  for (;;) {
    const { rows } = await database.query<{ asset_id: number; source_id: number }>(
      'select asset_id, source_id from asset where asset_id > $1 order by asset_id limit $2',
      [after, assetsAtOnce],
    )
    if (rows.length === 0) return counted
    for (const [sourceId, assets] of Map.groupBy(rows, row => row.source_id)) {
      const ids = assets.map(asset => asset.asset_id)
      await database.transaction(async connection => {
        await recountAssets(connection, sourceId, ids)
        // A recount writes assets that have findings; the others count none.
        await connection.query(
          `update asset_total t set source_id = $2 where t.asset_id = any($1::bigint[]) and t.source_id <> $2`,
          [ids, sourceId],
        )
        await connection.query(
          `delete from asset_total t
           where t.asset_id = any($1::bigint[])
             and not exists (select from finding f where f.asset_id = t.asset_id)`,
          [ids],
        )
      })
      counted += ids.length
    }
    after = rows.at(-1)?.asset_id ?? after
  }
}

async function repairCompliance(database: Database): Promise<number> {
  const { rows } = await database.query<{ asset_id: number }>(
    'select asset_id from compliance_result union select asset_id from asset_compliance order by asset_id',
  )
  for (let from = 0; from < rows.length; from += assetsAtOnce) {
    const ids = rows.slice(from, from + assetsAtOnce).map(row => row.asset_id)
    await database.transaction(connection => recountCompliance(connection, ids))
  }
  return rows.length
}

async function repairIndexes(database: Database): Promise<number> {
  let built = 0
  for (const { kind, name, statement } of await missingParts(database)) {
    if (kind !== 'index' || statement === null) continue
    // One that is there is not valid: what a build that was broken off has left.
    await database.query(`drop index if exists "${name}"`)
    await database.query(statement)
    built += 1
  }
  return built
}

async function repairSequences(database: Database): Promise<number> {
  const behind = await columnsBehind(database)
  for (const { table, column, sequence } of behind) {
    await database.query(`select setval('"${sequence}"', (select max("${column}") from "${table}"))`)
  }
  return behind.length
}

function repairPluginScores(database: Database): Promise<number> {
  return database.transaction(async connection => {
    await connection.query('select pg_advisory_xact_lock($1)', [locks.plugins])
    return scoreAllPlugins(connection)
  })
}

function repairAssetGroups(database: Database): Promise<number> {
  return database.transaction(async connection => {
    await holdGroups(connection)
    return regroup(connection, 'all', 'repair')
  })
}
