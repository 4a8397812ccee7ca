import type { Asset } from '../../domain/asset.ts'
import { textHash } from '../copy-text.ts'
import type { Connection } from '../database.ts'
import { noteAssets } from '../sweep/seen.ts'
import { assetColumns, assetRow } from './asset-columns.ts'
import { type AssetDirectory, allocateAssets } from './asset-directory.ts'
import { insertAssetEvents } from './asset-events.ts'
import type { MergeDeps, PartContext } from './context.ts'

export interface AssetMergeResult {
  readonly inserted: number
  readonly changed: number
  readonly unchanged: number
  /** Assets whose findings may count differently now. */
  readonly standingAssetIds: readonly number[]
  /** All that came, changed or not. */
  readonly assetIds: readonly number[]
  /** Assets whose row is another now. */
  readonly writtenAssetIds: readonly number[]
}

type Written = Omit<AssetMergeResult, 'unchanged' | 'assetIds'>

interface StagedAsset {
  readonly assetId: number
  readonly asset: Asset
  readonly hash: string
  readonly versionAt: string | null
}

/** Merges assets and what hangs on them, inside the part's transaction; a replay writes nothing. */
export async function mergeAssets(
  deps: MergeDeps,
  context: PartContext,
  directory: AssetDirectory,
  assets: readonly Asset[],
): Promise<AssetMergeResult> {
  await allocateAssets(deps.database, directory, context.sourceId, assets)
  const distinct = newestOfEachAsset(assets, directory)
  if (context.isFull) {
    await noteAssets(
      deps.connection,
      context,
      'assets',
      distinct.map(item => item.assetId),
    )
  }
  const different = await notAsStored(deps.connection, distinct)
  const written: Written =
    different.length > 0
      ? await write(deps.connection, context, different)
      : { inserted: 0, changed: 0, standingAssetIds: [], writtenAssetIds: [] }
  const assetIds = distinct.map(item => item.assetId)
  return { ...written, assetIds, unchanged: assets.length - written.inserted - written.changed }
}

function newestOfEachAsset(assets: readonly Asset[], directory: AssetDirectory): StagedAsset[] {
  const newest = new Map<number, StagedAsset>()
  for (const asset of assets) {
    const assetId = directory.ids.get(asset.nativeId)
    if (assetId === undefined) throw new Error(`asset ${asset.nativeId} was not allocated`)
    const staged = { assetId, asset, hash: textHash(JSON.stringify(asset)), versionAt: versionOf(asset) }
    const other = newest.get(assetId)
    if (!other || beats(staged, other)) newest.set(assetId, staged)
  }
  return [...newest.values()].sort((a, b) => a.assetId - b.assetId)
}

function beats(a: StagedAsset, b: StagedAsset): boolean {
  const difference = Date.parse(a.versionAt ?? '') - Date.parse(b.versionAt ?? '')
  return difference > 0 || (!(difference < 0) && BigInt(a.hash) > BigInt(b.hash))
}

/** The vendor moves `updated_at` with every change but a deletion or a termination, which have their own dates. */
function versionOf(asset: Asset): string | null {
  const dates = [asset.updatedAt, asset.deletedAt, asset.terminatedAt].filter(date => date !== null)
  return dates.sort((a, b) => Date.parse(a) - Date.parse(b)).at(-1) ?? null
}

async function notAsStored(connection: Connection, staged: readonly StagedAsset[]): Promise<StagedAsset[]> {
  const { rows } = await connection.query<{ asset_id: number; row_hash: string | null; status: string }>(
    'select asset_id, row_hash::text, status from asset where asset_id = any($1::bigint[])',
    [staged.map(item => item.assetId)],
  )
  const stored = new Map(rows.map(row => [row.asset_id, row]))
  return staged.filter(item => {
    const row = stored.get(item.assetId)
    return row?.row_hash !== item.hash || row.status !== item.asset.status
  })
}

const lockAssets = 'select from asset where asset_id = any($1::bigint[]) order by asset_id for no key update'

const isNewer = (staged: 's' | 'excluded') => `
  (a.row_hash is null
   or case when a.vendor_version_at <> ${staged}.vendor_version_at then a.vendor_version_at < ${staged}.vendor_version_at
           else (a.read_at, a.row_hash) < ($3::timestamptz, ${staged}.row_hash) end)
  -- what a run beside this one did not meet, in a later reading, is not there again
  and (a.status <> 'aged_out'
       or $3::timestamptz >= coalesce((select max(w.watermark_at) from run_stream w
                                      where w.run_id = a.run_id and w.stream = 'assets'), '-infinity'))`

const upsert = `
insert into asset as a (asset_id, source_id, ${assetColumns.join(', ')}, is_provisional, vendor_version_at, read_at,
                        row_hash, run_id)
select asset_id, $2::integer, ${assetColumns.join(', ')}, false, vendor_version_at, $3::timestamptz, row_hash, $4::bigint
from jsonb_populate_recordset(null::asset, $1)
order by asset_id
on conflict (asset_id) do update
set ${assetColumns.map(column => `${column} = excluded.${column}`).join(', ')},
    is_provisional = false, vendor_version_at = excluded.vendor_version_at, read_at = excluded.read_at,
    row_hash = excluded.row_hash, run_id = excluded.run_id, changed_at = now()
where ${isNewer('excluded')}
returning asset_id, xmax = 0 as inserted`

async function write(connection: Connection, context: PartContext, staged: readonly StagedAsset[]): Promise<Written> {
  await connection.query(lockAssets, [staged.map(item => item.assetId)])
  // Only now: of two parts with the same provisional asset the second must not call it new again.
  const provisional = await connection.query<{ asset_id: number }>(
    'select asset_id from asset where asset_id = any($1::bigint[]) and is_provisional',
    [staged.map(item => item.assetId)],
  )
  const rows = JSON.stringify(
    staged.map(item => ({
      ...assetRow(item.asset),
      asset_id: item.assetId,
      row_hash: item.hash,
      vendor_version_at: item.versionAt,
    })),
  )
  const tags = staged.map(item => ({
    asset_id: item.assetId,
    tags: tagRows(item).map(tag => `${tag.tag_key}:${tag.tag_value}`),
  }))
  const standingAssetIds = await insertAssetEvents(connection, context, rows, tags, isNewer('s'))
  const written = await connection.query<{ asset_id: number; inserted: boolean }>(upsert, [
    rows,
    context.sourceId,
    context.readAt,
    context.runId,
  ])
  const writtenIds = new Set(written.rows.map(row => row.asset_id))
  await writeParts(
    connection,
    staged.filter(item => writtenIds.has(item.assetId)),
  )
  // A provisional row was our own guess: for the source's reader the asset is new.
  const known = new Set(provisional.rows.map(row => row.asset_id))
  const inserted = written.rows.filter(row => row.inserted || known.has(row.asset_id)).length
  return { inserted, changed: written.rows.length - inserted, standingAssetIds, writtenAssetIds: [...writtenIds] }
}

const insertTags = `
insert into asset_tag (asset_id, tag_key, tag_value, tag_uuid, added_by, added_at)
select distinct on (asset_id, tag_key, tag_value) asset_id, tag_key, tag_value, tag_uuid, added_by, added_at
from jsonb_populate_recordset(null::asset_tag, $1)
order by asset_id, tag_key, tag_value, added_at`

const insertInterfaces = `
insert into asset_interface (asset_id, interface_number, name, is_virtual, is_aliased, ipv4s, ipv6s, fqdns, mac_addresses)
select asset_id, interface_number, name, is_virtual, is_aliased, ipv4s, ipv6s, fqdns, mac_addresses
from jsonb_populate_recordset(null::asset_interface, $1)`

const insertSoftware = `
insert into asset_software (asset_id, cpe)
select distinct asset_id, cpe from jsonb_populate_recordset(null::asset_software, $1)`

/** Tags, interfaces and software are the asset's latest list: replaced whole when the asset changed. */
async function writeParts(connection: Connection, staged: readonly StagedAsset[]): Promise<void> {
  const ids = staged.map(item => item.assetId)
  for (const table of ['asset_tag', 'asset_interface', 'asset_software']) {
    await connection.query(`delete from ${table} where asset_id = any($1::bigint[])`, [ids])
  }
  const lists = [
    { statement: insertTags, rows: staged.flatMap(tagRows) },
    { statement: insertInterfaces, rows: staged.flatMap(interfaceRows) },
    { statement: insertSoftware, rows: staged.flatMap(softwareRows) },
  ]
  for (const { statement, rows } of lists) {
    if (rows.length > 0) await connection.query(statement, [JSON.stringify(rows)])
  }
}

function tagRows({ assetId, asset }: StagedAsset) {
  return asset.tags.map(tag => ({
    asset_id: assetId,
    tag_key: keyText(tag.key),
    tag_value: keyText(tag.value),
    tag_uuid: tag.uuid,
    added_by: tag.addedBy,
    added_at: tag.addedAt,
  }))
}

function interfaceRows({ assetId, asset }: StagedAsset) {
  return asset.interfaces.map((item, number) => ({
    asset_id: assetId,
    interface_number: number,
    name: item.name,
    is_virtual: item.isVirtual,
    is_aliased: item.isAliased,
    ipv4s: item.ipv4s,
    ipv6s: item.ipv6s,
    fqdns: item.fqdns,
    mac_addresses: item.macAddresses,
  }))
}

function softwareRows({ assetId, asset }: StagedAsset) {
  return asset.installedSoftware.map(cpe => ({ asset_id: assetId, cpe: keyText(cpe) }))
}

/** A B-tree key holds about 2,700 bytes; one absurd name must not fail the whole part. */
function keyText(text: string): string {
  return text.length > 600 ? text.slice(0, 600) : text
}
