import type { ScanSightings } from '../../domain/batch.ts'
import type { Finding } from '../../domain/finding.ts'
import { fixedSince, type HostScan, type ScanTerms } from '../../domain/scan-coverage.ts'
import { type HeldFinding, sighted } from '../../domain/sighting.ts'
import type { Connection } from '../database.ts'
import { endKinds, listed, severityKinds, stateKinds } from '../rollups/daily-steps.ts'
import type { PartContext } from './context.ts'

// What runs of scans saw, of sources that tell no states. All of it in the part's transaction, one part of a source at a
// time: what is held when a run is read must be what it is compared with.

/** A sighting and the asset it is of. */
export interface Sighting {
  readonly assetId: number
  readonly finding: Finding
}

interface HeldRow {
  readonly ordinal: number
  readonly state: HeldFinding['state']
  readonly first_found: string | null
  readonly last_fixed: string | null
  readonly resurfaced_date: string | null
  readonly vendor_version_at: string | null
}

const selectHeld = `
select k.ordinal::int, f.state, f.first_found, f.last_fixed, f.resurfaced_date, f.vendor_version_at
from unnest($1::bigint[], $2::integer[], $3::integer[], $4::text[], $5::text[]) with ordinality
  as k (asset_id, plugin_id, port, protocol, instance, ordinal)
join finding f using (asset_id, plugin_id, port, protocol, instance)`

// A machine may be met under several addresses in one run.
const sightedKeys = `
(select asset_id, plugin_id, port, protocol, instance, min(seen_at) as first_seen_at, max(seen_at) as seen_at
 from unnest($1::bigint[], $2::integer[], $3::integer[], $4::text[], $5::text[], $6::timestamptz[])
   as s (asset_id, plugin_id, port, protocol, instance, seen_at)
 group by asset_id, plugin_id, port, protocol, instance) as k`

const isSame = `
f.asset_id = k.asset_id and f.plugin_id = k.plugin_id and f.port = k.port and f.protocol = k.protocol
  and f.instance = k.instance`

const beforeImage = `
jsonb_build_object('state', f.state, 'severity', f.severity, 'severity_modification', f.severity_modification,
                   'last_found', f.last_found, 'last_fixed', f.last_fixed, 'resurfaced_date', f.resurfaced_date)`

// Seen after it was fixed and before the last of several scans that no longer saw it, as is heard of only now: it was
// back meanwhile, and is fixed since that last one. What was told before stays as it was told.
const wasBack =
  "f.state = 'fixed' and f.ended_at is null and f.last_fixed < k.seen_at and k.seen_at < f.vendor_version_at"

const insertReturns = `
insert into finding_event (asset_id, recorded_at, happened_at, run_id, plugin_id, port, source_id, protocol, instance,
                           kind, state, severity, severity_modification, cause, before)
select f.asset_id, now(), e.happened_at, $7::bigint, f.plugin_id, f.port, f.source_id, f.protocol, f.instance,
       e.kind, e.state, f.severity, f.severity_modification, e.cause, ${beforeImage}
from ${sightedKeys}
join finding f on ${isSame}
cross join lateral (values (1, k.seen_at, 'resurfaced', 'reopened', 'source'),
                           (2, f.vendor_version_at, 'fixed', 'fixed', 'not_seen')) as e (step, happened_at, kind, state, cause)
where ${wasBack}
order by f.asset_id, f.plugin_id, f.port, f.protocol, f.instance, e.step`

const key = 'asset_id, plugin_id, port, protocol, instance'
const minOfLater = (kinds: readonly string[]) => `min(at) filter (where kind in (${listed(kinds)})) over later`

/*
 * Seen by an earlier scan than any that was read before: it was there since then, as severe as at its first opening. The
 * latest telling wins from its date on, so whatever still holds of the days after is told once more behind it.
 */
const insertEarlierOpenings = `
with earlier as materialized (
  select f.asset_id, f.plugin_id, f.port, f.protocol, f.instance, f.first_found, k.first_seen_at
  from ${sightedKeys}
  join finding f on ${isSame}
  where k.first_seen_at < f.first_found
), told as (
  select e.*, coalesce(e.happened_at, e.recorded_at) as at, o.first_found, o.first_seen_at
  from earlier o
  join finding_event e using (${key})
  where e.asset_id = any($1::bigint[])
), opening as (
  select distinct on (${key}) *
  from told
  where kind = 'opened'
  order by ${key}, at, recorded_at desc, event_id desc
), judged as (
  select *, case when kind = 'severity' then ${minOfLater(severityKinds)}
                 when kind = 'modification' then ${minOfLater(['opened', 'modification'])}
                 when kind in (${listed(endKinds)}) then ${minOfLater(endKinds)}
                 else ${minOfLater(stateKinds)} end as until
  from told
  window later as (partition by ${key} order by recorded_at, event_id rows between 1 following and unbounded following)
), telling as (
  select 1 as step, ${key}, recorded_at, event_id, first_seen_at as happened_at, source_id, $8::boolean as is_reconstructed,
         kind, state, severity, severity_modification, cause, jsonb_build_object('first_found', first_found) as before
  from opening
  union all
  select 2, ${key}, recorded_at, event_id, happened_at, source_id, is_reconstructed,
         kind, state, severity, severity_modification, cause,
         jsonb_build_object('told_at', recorded_at) || coalesce(before, '{}')
  from judged
  where kind <> 'opened' and (until is null or at < until)
)
insert into finding_event (asset_id, recorded_at, happened_at, run_id, plugin_id, port, source_id, is_reconstructed,
                           protocol, instance, kind, state, severity, severity_modification, cause, before)
select asset_id, now(), happened_at, $7::bigint, plugin_id, port, source_id, is_reconstructed,
       protocol, instance, kind, state, severity, severity_modification, cause, before
from telling
order by ${key}, step, recorded_at, event_id`

// Whoever is read late may have seen it first, or last before it was fixed.
const widenFound = `
update finding f
set first_found = least(f.first_found, k.first_seen_at), last_found = greatest(f.last_found, k.seen_at), row_hash = 0,
    last_fixed = case when ${wasBack} then f.vendor_version_at else f.last_fixed end,
    resurfaced_date = case when ${wasBack} then k.seen_at else f.resurfaced_date end
from ${sightedKeys}
where ${isSame} and (f.first_found > k.first_seen_at or f.last_found < k.seen_at)`

const upsertSightings = `
insert into finding_sighting as s (asset_id, plugin_id, port, protocol, instance, scan_id, history_id, seen_at,
                                   is_credentialed, ports, policy, settings)
select distinct on (k.asset_id, k.plugin_id, k.port, k.protocol, k.instance)
       k.asset_id, k.plugin_id, k.port, k.protocol, k.instance, $8::bigint, $9::bigint, k.seen_at,
       t.is_credentialed, t.ports, t.policy, t.settings
from unnest($1::bigint[], $2::integer[], $3::integer[], $4::text[], $5::text[], $6::timestamptz[], $7::integer[])
  as k (asset_id, plugin_id, port, protocol, instance, seen_at, host)
join jsonb_to_recordset($10) as t (host integer, is_credentialed boolean, ports text, policy text, settings text) using (host)
order by k.asset_id, k.plugin_id, k.port, k.protocol, k.instance, k.seen_at desc, k.host
on conflict (asset_id, plugin_id, port, protocol, instance, scan_id) do update
set history_id = excluded.history_id, seen_at = excluded.seen_at, is_credentialed = excluded.is_credentialed,
    -- a machine that was not scanned to its end does not tell how it was scanned
    ports = coalesce(excluded.ports, s.ports), policy = coalesce(excluded.policy, s.policy),
    settings = coalesce(excluded.settings, s.settings)
where excluded.seen_at > s.seen_at`

const upsertHosts = `
insert into asset_scan as s (asset_id, scan_id, source_id, history_id, ended_at, is_credentialed)
select distinct on (h.asset_id) h.asset_id, $2::bigint, $3::integer, $4::bigint, h.ended_at, h.is_credentialed
from jsonb_to_recordset($1) as h (asset_id bigint, ended_at timestamptz, is_credentialed boolean)
order by h.asset_id, h.ended_at desc
on conflict (asset_id, scan_id) do update
set history_id = excluded.history_id, ended_at = excluded.ended_at, is_credentialed = excluded.is_credentialed
where excluded.ended_at > s.ended_at`

/**
 * Works out what sightings mean by what is held, and writes down who saw what.
 * @returns `findings` in the order of the sightings: each as it is now; undefined where what is held is newer. `late`:
 *   the assets of those, of which the past may be told otherwise now
 */
export async function takeSightings(
  connection: Connection,
  { sourceId, runId, isFirstLoad }: PartContext,
  { scanId, historyId, hosts }: ScanSightings,
  assetOf: (nativeId: string) => number,
  sightings: readonly Sighting[],
): Promise<{ readonly findings: readonly (Finding | undefined)[]; readonly late: readonly number[] }> {
  await connection.query(upsertHosts, [
    JSON.stringify(
      hosts.map(host => ({
        asset_id: assetOf(host.nativeId),
        ended_at: host.endedAt,
        is_credentialed: host.terms.isCredentialed,
      })),
    ),
    scanId,
    sourceId,
    historyId,
  ])
  const keys = keysOf(sightings)
  const { rows } = await connection.query<HeldRow & Record<string, unknown>>(selectHeld, keys)
  const held = new Map(rows.map(row => [row.ordinal - 1, heldOf(row)]))
  const findings = sightings.map(({ finding }, index) => sighted(finding, held.get(index)))
  const late = sightings.filter((_, index) => findings[index] === undefined)
  if (late.length > 0) {
    const seen = [...keysOf(late), late.map(seenAt)]
    // The events of an asset are read once, not once for each of its findings.
    await connection.query('set local enable_hashjoin = on')
    await connection.query(insertEarlierOpenings, [...seen, runId, isFirstLoad])
    await connection.query('set local enable_hashjoin = off')
    await connection.query(insertReturns, [...seen, runId])
    await connection.query(widenFound, seen)
  }
  const placeOf = new Map(hosts.map((host, index) => [host.nativeId, index]))
  await connection.query(upsertSightings, [
    ...keys,
    sightings.map(seenAt),
    sightings.map(({ finding }) => placeOf.get(finding.assetNativeId) ?? null),
    scanId,
    historyId,
    JSON.stringify(hosts.map(({ terms }, host) => ({ host, ...termsRow(terms) }))),
  ])
  return { findings, late: late.map(({ assetId }) => assetId) }
}

function keysOf(sightings: readonly Sighting[]) {
  return [
    sightings.map(({ assetId }) => assetId),
    sightings.map(({ finding }) => finding.pluginId),
    sightings.map(({ finding }) => finding.port),
    sightings.map(({ finding }) => finding.protocol),
    sightings.map(({ finding }) => finding.instance),
  ]
}

function seenAt({ finding }: Sighting): string | null {
  return finding.versionAt ?? finding.lastFound
}

function heldOf(row: HeldRow): HeldFinding {
  return {
    state: row.state,
    firstFound: row.first_found,
    lastFixed: row.last_fixed,
    resurfacedAt: row.resurfaced_date,
    versionAt: row.vendor_version_at,
  }
}

function termsRow({ isCredentialed, ports, policy, settings }: ScanTerms) {
  return { is_credentialed: isCredentialed, ports, policy, settings }
}

interface MissedRow {
  readonly state: HeldFinding['state']
  readonly last_fixed: string | null
  readonly vendor_version_at: string | null
  readonly asset_id: number
  readonly plugin_id: number
  readonly family: string | null
  readonly port: number
  readonly protocol: string
  readonly instance: string
  readonly last_found: string | null
  readonly is_credentialed: boolean
  readonly ports: string | null
  readonly policy: string | null
  readonly settings: string | null
}

/**
 * Findings of some assets that the scan has seen before and this run of it has not: open ones, and those that other scans
 * no longer saw either, whose runs were read first.
 */
const selectMissed = `
select f.asset_id, f.plugin_id, p.family, f.port, f.protocol, f.instance, f.state, f.last_found, f.last_fixed,
       f.vendor_version_at, s.is_credentialed, s.ports, s.policy, s.settings
from finding f
join finding_sighting s using (asset_id, plugin_id, port, protocol, instance)
left join plugin p using (plugin_id)
where f.asset_id = any($1::bigint[]) and f.ended_at is null and s.scan_id = $2 and s.history_id <> $3
  and (f.state <> 'fixed' or f.run_id = $4 or f.last_fixed > $5::timestamptz)`

const fixedKeys = `
jsonb_to_recordset($1) as k (asset_id bigint, plugin_id integer, port integer, protocol text, instance text, fixed_at timestamptz)`

const isOpen = `${isSame} and f.state <> 'fixed' and f.ended_at is null`

const insertEvents = `
insert into finding_event (asset_id, recorded_at, happened_at, run_id, plugin_id, port, source_id, protocol, instance,
                           kind, state, severity, severity_modification, cause, before)
select f.asset_id, now(), k.fixed_at, $2::bigint, f.plugin_id, f.port, f.source_id, f.protocol, f.instance,
       'fixed', 'fixed', f.severity, f.severity_modification, 'not_seen',
       ${beforeImage}
from ${fixedKeys}
join finding f on ${isOpen}`

const insertOutbox = `
insert into outbox (topic, source_id, run_id, subject)
select 'finding.fixed', f.source_id, $2::bigint, jsonb_build_object(
         'asset_id', f.asset_id, 'plugin_id', f.plugin_id, 'port', f.port, 'protocol', f.protocol,
         'instance', f.instance, 'severity', f.severity, 'happened_at', k.fixed_at)
from ${fixedKeys}
join finding f on ${isOpen}
where f.severity = 'critical'`

const fixFindings = `
update finding f
set state = 'fixed', last_fixed = k.fixed_at, vendor_version_at = k.fixed_at, row_hash = 0, unconfirmed_at = null,
    changed_at = now(), read_at = $3::timestamptz, run_id = $2::bigint
from ${fixedKeys}
where ${isOpen}`

// It is fixed since the first of the scans that no longer saw it. Said anew, with the other date: what was told before
// stays as it was told, and the latest telling wins.
const insertEarlierFixes = `
insert into finding_event (asset_id, recorded_at, happened_at, run_id, plugin_id, port, source_id, protocol, instance,
                           kind, state, severity, severity_modification, cause, before)
select f.asset_id, now(), k.fixed_at, $2::bigint, f.plugin_id, f.port, f.source_id, f.protocol, f.instance,
       'fixed', 'fixed', f.severity, f.severity_modification, 'not_seen', ${beforeImage}
from ${fixedKeys}
join finding f on ${isSame} and f.state = 'fixed' and f.ended_at is null and k.fixed_at < f.last_fixed`

// What was seen before the last of the scans that no longer saw it is no news.
const settleFixed = `
update finding f
set last_fixed = least(f.last_fixed, k.fixed_at), vendor_version_at = greatest(f.vendor_version_at, k.fixed_at),
    row_hash = 0, changed_at = now()
from ${fixedKeys}
where ${isSame} and f.state = 'fixed' and f.ended_at is null
  and (f.last_fixed > k.fixed_at or f.vendor_version_at < k.fixed_at)`

const assetsAtOnce = 500

/**
 * Closes, at the end of a run, what its scan has seen before, looked for again in the same way, and did not see.
 * @param scanned the assets that the run met, each under every address it was met at
 * @returns how many findings it closed, and of which assets
 */
export async function closeMissed(
  connection: Connection,
  { runId, readAt }: PartContext,
  { scanId, historyId }: Pick<ScanSightings, 'scanId' | 'historyId'>,
  scanned: ReadonlyMap<number, readonly HostScan[]>,
): Promise<{ readonly closed: number; readonly assetIds: ReadonlySet<number> }> {
  const touched = new Set<number>()
  let closed = 0
  const ids = [...scanned.keys()].sort((a, b) => a - b)
  const [first = readAt] = [...scanned.values()].flatMap(hosts => hosts.map(({ startedAt }) => startedAt)).sort()
  for (let from = 0; from < ids.length; from += assetsAtOnce) {
    const some = ids.slice(from, from + assetsAtOnce)
    const { rows } = await connection.query<MissedRow & Record<string, unknown>>(selectMissed, [
      some,
      scanId,
      historyId,
      runId,
      first,
    ])
    const missed = rows.flatMap(row => {
      if (row.last_found === null) return []
      const fixedAt = fixedSince(sightingOf(row, row.last_found), scanned.get(row.asset_id) ?? [])
      return fixedAt === undefined
        ? []
        : [{ isFixed: row.state === 'fixed', key: { ...keyOf(row), fixed_at: fixedAt } }]
    })
    for (const { key } of missed) touched.add(key.asset_id)
    const [known, news] = [true, false].map(isFixed =>
      missed.filter(one => one.isFixed === isFixed).map(one => one.key),
    ) as [object[], object[]]
    if (news.length > 0) {
      const json = JSON.stringify(news)
      await connection.query(insertEvents, [json, runId])
      await connection.query(insertOutbox, [json, runId])
      const { rowCount } = await connection.query(fixFindings, [json, runId, readAt])
      closed += rowCount ?? 0
    }
    if (known.length > 0) {
      const json = JSON.stringify(known)
      await connection.query(insertEarlierFixes, [json, runId])
      await connection.query(settleFixed, [json])
    }
  }
  return { closed, assetIds: touched }
}

function keyOf({ asset_id, plugin_id, port, protocol, instance }: MissedRow) {
  return { asset_id, plugin_id, port, protocol, instance }
}

function sightingOf(row: MissedRow, lastFound: string) {
  const { is_credentialed: isCredentialed, ports, policy, settings } = row
  return {
    pluginId: row.plugin_id,
    family: row.family,
    port: row.port,
    protocol: row.protocol,
    lastFound,
    terms: { isCredentialed, ports, policy, settings },
  }
}
