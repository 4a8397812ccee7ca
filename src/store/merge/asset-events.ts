import type { Connection } from '../database.ts'
import { standingKinds } from '../rollups/daily-steps.ts'
import type { PartContext } from './context.ts'

// The history of assets, written before the rows themselves: what a row says that the one we hold did not.

/** The same names in another order are no change. */
const sorted = (column: string) =>
  `(select coalesce(jsonb_agg(x order by x collate "C"), '[]') from unnest(${column}) as x)`

const names = (alias: string) => `
jsonb_build_object('name', ${alias}.name, 'hostnames', ${sorted(`${alias}.hostnames`)},
                   'fqdns', ${sorted(`${alias}.fqdns`)}, 'netbios_names', ${sorted(`${alias}.netbios_names`)})`

const addresses = (alias: string) => `
jsonb_build_object('ipv4s', ${sorted(`${alias}.ipv4s`)}, 'ipv6s', ${sorted(`${alias}.ipv6s`)},
                   'mac_addresses', ${sorted(`${alias}.mac_addresses`)})`

const storedTags = (alias: string) => `
(select coalesce(jsonb_agg(concat(t.tag_key, ':', t.tag_value) order by concat(t.tag_key, ':', t.tag_value) collate "C"), '[]')
 from asset_tag t
 where t.asset_id = ${alias}.asset_id)`

const stagedTags = `
(select coalesce(jsonb_agg(x.tag order by x.tag collate "C"), '[]')
 from (select distinct tag from jsonb_array_elements_text(t.tags) as tag) as x)`

/*
 * A change that leaves no date of its own happened by the version that shows it; when the version is no newer than the
 * one we hold, or when the asset had been absent, by the reading.
 */
const insertEvents = (isNewer: string) => `
insert into asset_event (asset_id, happened_at, run_id, source_id, is_reconstructed, is_licensed, is_tracked, kind, status,
                         cause, before, after)
select s.asset_id, e.happened_at, $4::bigint, $2::integer,
       a.asset_id is null and ($6::boolean or coalesce(coalesce(s.created_at, s.first_seen) <= $7::timestamptz, false)),
       s.is_licensed, a.is_tracked,
       e.kind, e.status, 'source', e.before, e.after
from jsonb_populate_recordset(null::asset, $1) as s
join jsonb_to_recordset($5) as t (asset_id bigint, tags jsonb) using (asset_id)
left join asset a using (asset_id)
cross join lateral (
  select case when a.status = 'aged_out' or s.vendor_version_at <= a.vendor_version_at then $3::timestamptz
              else coalesce(s.vendor_version_at, $3::timestamptz) end as changed_at,
         ${names('s')} as names, ${addresses('s')} as addresses, ${stagedTags} as tags
) as n
cross join lateral (
  select ${names('a')} as names, ${addresses('a')} as addresses, ${storedTags('a')} as tags
) as b
cross join lateral (
  select 1 as step, 'appeared' as kind, coalesce(s.created_at, s.first_seen) as happened_at,
         case when s.status in ('deleted', 'terminated') then 'live' else s.status end as status, null::jsonb as before,
         jsonb_build_object('names', n.names, 'addresses', n.addresses, 'tags', n.tags) as after
  where a.asset_id is null
  union all
  select 2, 'status',
         coalesce(case s.status when 'deleted' then s.deleted_at when 'terminated' then s.terminated_at end, n.changed_at),
         s.status, jsonb_build_object('status', coalesce(a.status, 'live')), null
  where coalesce(a.status, 'live') <> s.status
  union all
  -- that the source now says what it did not say before is no change of the licence
  select 3, 'licence', n.changed_at, s.status, jsonb_build_object('is_licensed', a.is_licensed), null
  where a.asset_id is not null and a.is_licensed is distinct from s.is_licensed
    and (a.is_licensed is not null or s.is_licensed is false)
  union all
  select 4, 'names', n.changed_at, s.status, b.names, n.names
  where a.asset_id is not null and b.names <> n.names
  union all
  select 5, 'addresses', n.changed_at, s.status, b.addresses, n.addresses
  where a.asset_id is not null and b.addresses <> n.addresses
  union all
  select 6, 'tags', n.changed_at, s.status, b.tags, n.tags
  where a.asset_id is not null and b.tags <> n.tags
) as e
where a.asset_id is null or ${isNewer}
order by s.asset_id, e.step
returning asset_id, kind`

export interface AssetTags {
  readonly asset_id: number
  /** `key:value` */
  readonly tags: readonly string[]
}

/**
 * Writes the events of assets that are about to be merged.
 * @param assets rows of `asset`, as JSON
 * @param isNewer whether the staged row `s` beats the stored row `a`; `$3` is when it was read
 * @returns the assets whose findings may count differently now
 */
export async function insertAssetEvents(
  connection: Connection,
  context: PartContext,
  assets: string,
  tags: readonly AssetTags[],
  isNewer: string,
): Promise<readonly number[]> {
  const { rows } = await connection.query<{ asset_id: number; kind: string }>(insertEvents(isNewer), [
    assets,
    context.sourceId,
    context.readAt,
    context.runId,
    JSON.stringify(tags),
    context.isFirstLoad,
    context.unseenBefore,
  ])
  const standing = rows.filter(
    row => row.kind !== 'appeared' && (standingKinds as readonly string[]).includes(row.kind),
  )
  return standing.map(row => row.asset_id)
}

const insertProvisional = `
insert into asset_event (asset_id, happened_at, run_id, source_id, is_reconstructed, is_licensed, is_tracked, kind, status,
                         cause, after)
select a.asset_id, $4::timestamptz, $2::bigint, a.source_id, $3::boolean, a.is_licensed, a.is_tracked, 'appeared', a.status, 'source',
       jsonb_build_object('names', ${names('a')}, 'addresses', ${addresses('a')}, 'tags', '[]'::jsonb)
from asset a
where a.asset_id = any($1::bigint[])
order by a.asset_id`

/** For assets that a finding has just made: the source does not say since when they are there. */
export async function insertProvisionalEvents(
  connection: Connection,
  sighting: { readonly runId: number; readonly readAt: string; readonly isFirstLoad: boolean },
  assetIds: readonly number[],
): Promise<void> {
  if (assetIds.length === 0) return
  await connection.query(insertProvisional, [assetIds, sighting.runId, sighting.isFirstLoad, sighting.readAt])
}

const insertTracking = `
insert into asset_event (asset_id, happened_at, run_id, source_id, is_licensed, is_tracked, kind, status, cause, before)
select a.asset_id, $3::timestamptz, $2::bigint, a.source_id, a.is_licensed, o.is_tracked, 'tracking', a.status, 'source',
       jsonb_build_object('is_tracked', a.is_tracked)
from jsonb_to_recordset($1) as o (
  asset_id bigint, observed_hash bigint, observed_at timestamptz, is_tracked boolean)
join asset a using (asset_id)
where (a.is_tracked is false) <> (o.is_tracked is false)
  and a.asset_id <> all($4::bigint[])
  and a.observed_hash is distinct from o.observed_hash
  and (a.observed_at is null or (a.observed_at, a.observed_hash) < (o.observed_at, o.observed_hash))
order by a.asset_id
returning asset_id`

/**
 * For known assets of which a finding says that they are tracked, or no longer.
 * @param observations rows as JSON, as `asset` is about to take them over
 * @param made assets that these observations have just made
 * @returns the assets whose findings count differently now
 */
export async function insertTrackingEvents(
  connection: Connection,
  sighting: { readonly runId: number; readonly readAt: string },
  observations: string,
  made: readonly number[],
): Promise<readonly number[]> {
  const { rows } = await connection.query<{ asset_id: number }>(insertTracking, [
    observations,
    sighting.runId,
    sighting.readAt,
    made,
  ])
  return rows.map(row => row.asset_id)
}
