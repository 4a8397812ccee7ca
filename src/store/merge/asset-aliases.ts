import type { Database, Queryable } from '../database.ts'
import type { AssetDirectory, NamedAsset } from './asset-directory.ts'

// A source that names its assets by what they are called now, Security Center for one, names them anew after an upgrade or
// a new name. Each name it ever used leads to the one asset.

interface Alias {
  readonly native_id: string
  readonly asset_id: number
}

/** Assets under a name that nobody has met, where another name of theirs is known: the new name leads to the same asset. */
export async function adoptByAlias(database: Database, sourceId: number, named: readonly NamedAsset[]): Promise<void> {
  const names = named.flatMap(({ nativeId, aliases = [] }) => [nativeId, ...aliases])
  const known = new Map((await aliasesNamed(database, sourceId, names)).map(row => [row.native_id, row.asset_id]))
  const news = named.filter(
    ({ nativeId, aliases = [] }) => !known.has(nativeId) && aliases.some(name => known.has(name)),
  )
  if (news.length === 0) return
  const candidates = news.flatMap(({ aliases = [] }) => aliases.flatMap(name => known.get(name) ?? []))
  const namesOf = Map.groupBy(await aliasesOf(database, sourceId, candidates), row => row.asset_id)
  const adopted = news.flatMap(asset => {
    const found = (asset.aliases ?? []).find(name => {
      const assetId = known.get(name)
      return assetId !== undefined && !isAnother(asset, name, namesOf.get(assetId) ?? [])
    })
    return found === undefined ? [] : [{ native_id: asset.nativeId, asset_id: known.get(found)! }]
  })
  await insertAliases(database, sourceId, adopted)
}

/** Whether an asset found by a name has, of a kind that goes before that name, another than the one looked for. */
function isAnother({ nativeId, aliases = [] }: NamedAsset, found: string, names: readonly Alias[]): boolean {
  const own = new Set([nativeId, ...aliases])
  const kinds = new Set(aliases.slice(0, aliases.indexOf(found)).map(kindOf))
  return names.some(({ native_id: name }) => kinds.has(kindOf(name)) && !own.has(name))
}

/** The fields that a name is made of: `repositoryID=1|uuid=…` is of the kind `repositoryID|uuid`, `fqdn:…` of the kind `fqdn`. */
function kindOf(name: string): string {
  return name
    .split('|')
    .map(field => field.split(/[=:]/, 1)[0])
    .join('|')
}

/** The other names of assets that have an id, as far as nobody else has them. */
export async function addAliases(
  database: Database,
  directory: AssetDirectory,
  sourceId: number,
  named: readonly NamedAsset[],
): Promise<void> {
  const rows = named.flatMap(({ nativeId, aliases = [] }) => {
    const assetId = directory.ids.get(nativeId)
    return assetId === undefined ? [] : aliases.map(alias => ({ native_id: alias, asset_id: assetId }))
  })
  await insertAliases(database, sourceId, rows)
}

async function insertAliases(database: Database, sourceId: number, rows: readonly Alias[]): Promise<void> {
  if (rows.length === 0) return
  await database.query(
    `insert into asset_alias (source_id, native_id, asset_id)
     select distinct on (n.native_id collate "C") $1::integer, n.native_id, n.asset_id
     from jsonb_to_recordset($2) as n (native_id text, asset_id bigint)
     where not exists (select from asset_alias a where a.source_id = $1 and a.native_id = n.native_id)
     order by n.native_id collate "C", n.asset_id
     on conflict do nothing`,
    [sourceId, JSON.stringify(rows)],
  )
}

/** The ids of assets that any of some names leads to. */
export async function findNamedAssets(
  database: Queryable,
  sourceId: number,
  names: readonly string[],
): Promise<readonly number[]> {
  const rows = await aliasesNamed(database, sourceId, names)
  return [...new Set(rows.map(row => row.asset_id))]
}

async function aliasesNamed(
  database: Queryable,
  sourceId: number,
  names: readonly string[],
): Promise<readonly Alias[]> {
  const { rows } = await database.query<{ native_id: string; asset_id: number }>(
    'select native_id, asset_id from asset_alias where source_id = $1 and native_id = any($2::text[])',
    [sourceId, names],
  )
  return rows
}

async function aliasesOf(
  database: Queryable,
  sourceId: number,
  assetIds: readonly number[],
): Promise<readonly Alias[]> {
  const { rows } = await database.query<{ native_id: string; asset_id: number }>(
    'select native_id, asset_id from asset_alias where source_id = $1 and asset_id = any($2::bigint[])',
    [sourceId, assetIds],
  )
  return rows
}
