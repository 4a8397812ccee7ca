import type { ObservedAsset } from '../../domain/asset.ts'
import { assetName } from '../../domain/asset-name.ts'
import type { Finding } from '../../domain/finding.ts'
import { textHash } from '../copy-text.ts'
import type { Connection, Database } from '../database.ts'
import { regroupTouched } from '../groups/regroup.ts'
import { noteChanges } from '../rollups/changes.ts'
import { addAliases, adoptByAlias } from './asset-aliases.ts'
import { insertProvisionalEvents, insertTrackingEvents } from './asset-events.ts'

/** Maps a source's names of assets to our ids, and remembers what it already told the database. */
export interface AssetDirectory {
  readonly ids: Map<string, number>
  /** native id → the newest observation this worker has written; never without its id */
  readonly observed: Map<string, Version>
  /** native ids of assets whose rows are known to be there, and not only their ids. */
  readonly present: Set<string>
  /** Of so many assets it forgets all and begins again. */
  readonly limit: number
}

/** About 300 bytes each: by default 60 MB at the most. */
export function createAssetDirectory(limit = 200_000): AssetDirectory {
  return { ids: new Map(), observed: new Map(), present: new Set(), limit }
}

interface Sighting {
  readonly sourceId: number
  readonly runId: number
  readonly readAt: string
  readonly isFirstLoad: boolean
}

/** An asset under the name of this reading, with the names it had or has in others. */
export interface NamedAsset {
  readonly nativeId: string
  /** @see ObservedAsset.aliases */
  readonly aliases?: readonly string[] | undefined
}

/**
 * The ids of assets that an asset export names. New names get an id; the caller writes the asset itself.
 * In a transaction of its own: two chunks that meet the same new name must not wait for each other's end.
 */
export async function allocateAssets(
  database: Database,
  directory: AssetDirectory,
  sourceId: number,
  named: readonly NamedAsset[],
): Promise<void> {
  forgetWhenLarge(directory)
  const unknown = new Map<string, NamedAsset>()
  for (const asset of named) if (!directory.ids.has(asset.nativeId)) unknown.set(asset.nativeId, asset)
  if (unknown.size === 0) return
  const nativeIds = [...unknown.keys()].sort()
  const aliased = [...unknown.values()].filter(({ nativeId, aliases = [] }) => aliases.some(name => name !== nativeId))
  if (aliased.length > 0) await adoptByAlias(database, sourceId, aliased)
  await database.query(
    `insert into asset_alias (source_id, native_id)
     select $1, native_id from unnest($2::text[]) as named (native_id)
     where not exists (select from asset_alias a where a.source_id = $1 and a.native_id = named.native_id)
     order by native_id collate "C"
     on conflict do nothing`,
    [sourceId, nativeIds],
  )
  await loadIds(database, directory, sourceId, nativeIds)
  if (aliased.length > 0) await addAliases(database, directory, sourceId, aliased)
}

async function loadIds(
  database: Database,
  directory: AssetDirectory,
  sourceId: number,
  nativeIds: readonly string[],
): Promise<void> {
  const { rows } = await database.query<{ native_id: string; asset_id: number }>(
    'select native_id, asset_id from asset_alias where source_id = $1 and native_id = any($2::text[])',
    [sourceId, nativeIds],
  )
  for (const row of rows) directory.ids.set(row.native_id, row.asset_id)
}

/**
 * The ids of assets that findings name. An asset nobody has read becomes a provisional one, made of what the finding
 * says; a known one takes over what only findings say (tracked, device type, workgroup, results with and without login).
 */
export async function resolveObservedAssets(
  database: Database,
  directory: AssetDirectory,
  sighting: Sighting,
  findings: readonly Finding[],
): Promise<void> {
  // Before asking what is known: what is forgotten afterwards would have no id.
  forgetWhenLarge(directory)
  const news = newObservations(directory, findings)
  if (news.length === 0) return
  await allocateAssets(
    database,
    directory,
    sighting.sourceId,
    news.map(observation => observation.asset),
  )
  await database.transaction(connection => writeObservations(connection, directory, sighting, news))
  for (const { asset, at, hash } of news) directory.observed.set(asset.nativeId, { at, hash })
}

/**
 * The ids of assets that compliance results name. One that nobody has read becomes a provisional one; of a known one
 * nothing changes.
 */
export async function resolveAuditedAssets(
  database: Database,
  directory: AssetDirectory,
  sighting: Sighting,
  results: readonly { readonly asset: ObservedAsset }[],
): Promise<void> {
  forgetWhenLarge(directory)
  const unknown = new Map<string, ObservedAsset>()
  for (const { asset } of results) if (!directory.present.has(asset.nativeId)) unknown.set(asset.nativeId, asset)
  if (unknown.size === 0) return
  await allocateAssets(database, directory, sighting.sourceId, [...unknown.values()])
  await database.transaction(async connection => {
    const observations = [...unknown.values()].map(asset => ({ asset, at: 0, hash: '0' }))
    const json = JSON.stringify(observations.map(observation => observationRow(directory, observation)))
    const { sourceId, readAt, runId } = sighting
    const made = await connection.query<{ asset_id: number }>(insertProvisional, [json, sourceId, readAt, runId])
    await insertProvisionalEvents(
      connection,
      sighting,
      made.rows.map(row => row.asset_id),
    )
  })
  for (const nativeId of unknown.keys()) directory.present.add(nativeId)
}

interface Version {
  /** When the finding that says it was last found; of equal ones the greater fingerprint counts as newer. */
  readonly at: number
  readonly hash: string
}

interface Observation extends Version {
  readonly asset: ObservedAsset
}

/** What the newest finding of each asset says, where it is newer than what is written: the order of findings is no matter. */
function newObservations(directory: AssetDirectory, findings: readonly Finding[]): Observation[] {
  const newest = new Map<ObservedAsset, number>()
  for (const { asset, lastFound } of findings) {
    const at = lastFound === null ? 0 : Date.parse(lastFound)
    if (at > (newest.get(asset) ?? -1)) newest.set(asset, at)
  }
  const byAsset = new Map<string, Observation>()
  for (const [asset, at] of newest) {
    const observation = { asset, at, hash: textHash(JSON.stringify(asset)) }
    const other = byAsset.get(asset.nativeId) ?? directory.observed.get(asset.nativeId)
    if (!other || isNewer(observation, other)) byAsset.set(asset.nativeId, observation)
  }
  return [...byAsset.values()]
}

function isNewer(a: Version, b: Version): boolean {
  return a.at === b.at ? BigInt(a.hash) > BigInt(b.hash) : a.at > b.at
}

const insertProvisional = `
insert into asset (asset_id, source_id, native_id, name, status, is_provisional, hostnames, fqdns, ipv4s, ipv6s,
                   mac_addresses, netbios_names, operating_systems, agent_uuid, bios_uuid, serial_number, network_id,
                   read_at, run_id)
select o.asset_id, $2, o.native_id, o.name, 'live', true, o.hostnames, o.fqdns, o.ipv4s, o.ipv6s,
       o.mac_addresses, o.netbios_names, o.operating_systems, o.agent_uuid, o.bios_uuid, o.serial_number, o.network_id,
       $3, $4
from jsonb_to_recordset($1) as o (
  asset_id bigint, native_id text, name text, hostnames text[], fqdns text[], ipv4s text[], ipv6s text[],
  mac_addresses text[], netbios_names text[], operating_systems text[], agent_uuid text, bios_uuid text,
  serial_number text, network_id text)
where not exists (select from asset a where a.asset_id = o.asset_id)
order by o.asset_id
on conflict (asset_id) do nothing
returning asset_id`

const lockAssets = 'select from asset where asset_id = any($1::bigint[]) order by asset_id for no key update'

const updateObserved = `
update asset a
set observed = o.observed, observed_hash = o.observed_hash, observed_at = o.observed_at, is_tracked = o.is_tracked,
    device_type = o.device_type, netbios_workgroup = o.netbios_workgroup,
    last_authenticated_results_at = o.last_authenticated_results_at,
    last_unauthenticated_results_at = o.last_unauthenticated_results_at, changed_at = now()
from jsonb_to_recordset($1) as o (
  asset_id bigint, observed jsonb, observed_hash bigint, observed_at timestamptz, is_tracked boolean, device_type text,
  netbios_workgroup text, last_authenticated_results_at timestamptz, last_unauthenticated_results_at timestamptz)
where a.asset_id = o.asset_id
  and a.observed_hash is distinct from o.observed_hash
  and (a.observed_at is null or (a.observed_at, a.observed_hash) < (o.observed_at, o.observed_hash))`

async function writeObservations(
  connection: Connection,
  directory: AssetDirectory,
  sighting: Sighting,
  observations: readonly Observation[],
): Promise<void> {
  const rows = observations.map(observation => observationRow(directory, observation))
  const json = JSON.stringify(rows)
  const inserted = await connection.query<{ asset_id: number }>(insertProvisional, [
    json,
    sighting.sourceId,
    sighting.readAt,
    sighting.runId,
  ])
  const made = inserted.rows.map(row => row.asset_id)
  await connection.query(lockAssets, [rows.map(row => row.asset_id)])
  const retracked = await insertTrackingEvents(connection, sighting, json, made)
  await connection.query(updateObserved, [json])
  await insertProvisionalEvents(connection, sighting, made)
  if (!sighting.isFirstLoad) await noteChanges(connection, sighting.sourceId, retracked)
  await regroupTouched(connection, made)
}

function observationRow(directory: AssetDirectory, { asset, at, hash }: Observation) {
  const { nativeId, aliases: _aliases, ...observed } = asset
  const listed = (value: string | null) => (value === null ? [] : [value])
  const names = {
    hostnames: listed(asset.hostname),
    fqdns: listed(asset.fqdn),
    ipv4s: listed(asset.ipv4),
    ipv6s: listed(asset.ipv6),
    netbiosNames: listed(asset.netbiosName),
  }
  return {
    asset_id: directory.ids.get(nativeId),
    native_id: nativeId,
    name: assetName({ nativeId, ...names }),
    hostnames: names.hostnames,
    fqdns: names.fqdns,
    ipv4s: names.ipv4s,
    ipv6s: names.ipv6s,
    netbios_names: names.netbiosNames,
    mac_addresses: listed(asset.macAddress),
    operating_systems: asset.operatingSystems,
    agent_uuid: asset.agentUuid,
    bios_uuid: asset.biosUuid,
    serial_number: asset.serialNumber,
    network_id: asset.networkId,
    observed,
    observed_hash: hash,
    observed_at: new Date(at).toISOString(),
    is_tracked: asset.isTracked,
    device_type: asset.deviceType,
    netbios_workgroup: asset.netbiosWorkgroup,
    last_authenticated_results_at: asset.lastAuthenticatedResultsAt,
    last_unauthenticated_results_at: asset.lastUnauthenticatedResultsAt,
  }
}

function forgetWhenLarge({ ids, observed, present, limit }: AssetDirectory): void {
  if (ids.size <= limit) return
  ids.clear()
  observed.clear()
  present.clear()
}
