import type { Connection } from '../database.ts'
import type { PartContext } from './context.ts'
import { type FindingRow, factColumns, keyColumns, newestOfEachKey } from './finding-rows.ts'
import type { LineBuffer } from './line-buffer.ts'
import { stageFindings, stageKeys } from './staging.ts'

export interface FindingMergeResult {
  readonly inserted: number
  readonly changed: number
  readonly unchanged: number
  /** Distinct keys among the rows. */
  readonly keys: number
  /** Assets whose counts may have moved. */
  readonly touchedAssetIds: ReadonlySet<number>
  readonly stageMs: number
  readonly mergeMs: number
}

/**
 * Merges findings into the current rows and their history, inside the part's transaction. Safe to repeat: a replay
 * writes nothing, and an older version never beats a newer one.
 * @param lines where the rows' lines are
 * @param staged keys of this part that are staged already
 */
export async function mergeFindings(
  connection: Connection,
  context: PartContext,
  rows: readonly FindingRow[],
  lines: LineBuffer,
  staged: number,
): Promise<FindingMergeResult> {
  const timer = stopwatch()
  const distinct = newestOfEachKey(rows)
  // In a first load nearly all are new: asking which would only cost.
  const news = context.isFirstLoad ? distinct : await notAsStored(connection, distinct, staged)
  if (news.length > 0) await stageFindings(connection, news, lines)
  const stageMs = timer()
  const written = news.length > 0 ? await writeStaged(connection, context, news.length) : { inserted: 0, changed: 0 }
  return {
    ...written,
    unchanged: rows.length - written.inserted - written.changed,
    keys: distinct.length,
    touchedAssetIds: new Set(news.map(row => row.assetId)),
    stageMs,
    mergeMs: timer(),
  }
}

const selectNotAsStored = `
select k.ordinal
from staged_key k
left join finding f using (${keyColumns})
where k.ordinal >= $1
  and (f.row_hash is distinct from k.row_hash
       or f.output_hash is distinct from k.output_hash
       or f.ended_at is not null
       or f.unconfirmed_at is not null)`

/** The rows that differ from what is stored; only these travel whole. */
async function notAsStored(connection: Connection, rows: readonly FindingRow[], staged: number): Promise<FindingRow[]> {
  await stageKeys(connection, rows, staged)
  const { rows: different } = await connection.query<{ ordinal: number }>(selectNotAsStored, [staged])
  const ordinals = new Set(different.map(row => row.ordinal))
  return rows.filter((_, index) => ordinals.has(staged + index))
}

// The newer version wins where both have one; else the later read; at the same read the greater fingerprint, so that
// the order of chunks does not matter. What a later reading did not meet and ended is not there again: of two runs beside
// each other the part of the older export may come last.
const isNewer = (staged: 's' | 'excluded') => `
  case when f.ended_at > $1::timestamptz then false
       when ${staged}.vendor_version_at <> f.vendor_version_at then ${staged}.vendor_version_at > f.vendor_version_at
       else $1::timestamptz > f.read_at
            or $1::timestamptz = f.read_at
               and (${staged}.row_hash, coalesce(${staged}.output_hash, 0)) > (f.row_hash, coalesce(f.output_hash, 0))
  end`

// Rows are staged asset by asset and read in that order, without sorting again: writers meet assets in one order, and the
// events of a finding are numbered as they happened.

/** What is new to us and was there before; nobody saw it happen. */
const isUnseen = '($4::boolean or f.asset_id is null and coalesce(s.first_found <= $5::timestamptz, false))'

/*
 * What happened to each staged finding since the row we hold. Up to five things can have happened between two readings,
 * in this order; the dates of the row say which. An event that only its date tells of is reconstructed: nobody saw it.
 */
const insertEvents = `
insert into finding_event (asset_id, recorded_at, happened_at, run_id, plugin_id, port, source_id, is_reconstructed,
                           protocol, instance, kind, state, severity, severity_modification, cause, before)
select s.asset_id, now(), e.happened_at, $2::bigint, s.plugin_id, s.port, $3::integer, e.is_reconstructed,
       s.protocol, s.instance, e.kind, e.state, s.severity, s.severity_modification, 'source',
       case when f.asset_id is not null and not e.is_reconstructed then jsonb_build_object(
         'state', f.state, 'severity', f.severity, 'severity_modification', f.severity_modification,
         'last_found', f.last_found, 'last_fixed', f.last_fixed, 'resurfaced_date', f.resurfaced_date,
         'ended_at', f.ended_at, 'end_cause', f.end_cause) end
from staged_finding s
left join finding f using (${keyColumns})
cross join lateral (
  select 1 as step, 'returned' as kind, f.state as state, $1::timestamptz as happened_at, false as is_reconstructed
  where f.ended_at is not null
  union all
  select 2, 'opened', 'open', s.first_found, ${isUnseen} or s.state <> 'open'
  where f.asset_id is null
  union all
  -- an earlier round that we have only the dates of: fixed, and found again
  select 3, 'fixed', 'fixed', s.last_fixed, true
  where s.state = 'reopened' and s.last_fixed is not null
    and (f.asset_id is null or f.state <> 'fixed' and s.last_fixed > coalesce(f.last_fixed, '-infinity'))
  union all
  select 4, 'resurfaced', 'reopened', coalesce(s.resurfaced_date, s.last_found),
         ${isUnseen} or s.state = 'fixed'
  where s.state = 'reopened' and (f.asset_id is null or f.state <> 'reopened'
                                  or s.resurfaced_date > coalesce(f.resurfaced_date, '-infinity')
                                  or s.last_fixed > coalesce(f.last_fixed, '-infinity'))
     or s.state = 'fixed' and s.resurfaced_date is not null
        and (f.asset_id is null or s.resurfaced_date > coalesce(f.resurfaced_date, '-infinity'))
  union all
  select 5, 'opened', 'open', s.last_found, false
  where s.state = 'open' and f.state in ('fixed', 'reopened')
  union all
  select 6, 'fixed', 'fixed', s.last_fixed, ${isUnseen}
  where s.state = 'fixed' and (f.asset_id is null or f.state <> 'fixed'
                               or s.last_fixed > coalesce(f.last_fixed, '-infinity')
                               or s.resurfaced_date > coalesce(f.resurfaced_date, '-infinity'))
  union all
  -- a change without a date of its own happened by the version that shows it, or else by the reading
  select 7, 'severity', s.state, case when s.vendor_version_at <= f.vendor_version_at then $1::timestamptz
                                      else s.vendor_version_at end, false
  where f.severity <> s.severity
  union all
  select 8, 'modification', s.state, case when s.vendor_version_at <= f.vendor_version_at then $1::timestamptz
                                          else s.vendor_version_at end, false
  where f.severity_modification <> s.severity_modification
) e
where f.asset_id is null or (${isNewer('s')})`

/** That a person widened the scope is no news of the findings. */
const notable = `(e.kind = 'opened' and e.severity in ('critical', 'high')
  or e.kind = 'resurfaced'
  or e.kind = 'returned' and e.before ->> 'end_cause' is distinct from 'out_of_scope'
  or e.kind = 'fixed' and e.severity = 'critical'
  or e.kind = 'severity' and e.severity = 'critical')`

/** What this transaction had to tell anew, since an earlier sighting was heard of, was news when it was told first. */
const isNews = `not coalesce(e.before ?| array['first_found', 'told_at'], false)`

const insertOutbox = `
insert into outbox (topic, source_id, run_id, subject)
select case e.kind when 'severity' then 'finding.worsened' else 'finding.' || e.kind end, e.source_id, e.run_id,
       jsonb_build_object(
         'asset_id', e.asset_id, 'plugin_id', e.plugin_id, 'port', e.port, 'protocol', e.protocol,
         'instance', e.instance, 'severity', e.severity, 'happened_at', e.happened_at)
       || case e.kind when 'severity' then jsonb_build_object('severity_before', e.before -> 'severity') else '{}' end
from staged_finding s
join finding_event e on e.asset_id = s.asset_id and e.recorded_at = now()
  and e.plugin_id = s.plugin_id and e.port = s.port and e.protocol = s.protocol and e.instance = s.instance
where not e.is_reconstructed and ${notable} and ${isNews}`

const facts = factColumns.join(', ')

const upsertFindings = `
insert into finding as f (${keyColumns}, ${facts}, row_hash, output_hash, source_id, read_at, run_id)
select s.asset_id, s.plugin_id, s.port, s.protocol, s.instance, ${factColumns.map(column => `s.${column}`).join(', ')},
       s.row_hash, s.output_hash, $3::integer, $1::timestamptz, $2::bigint
from staged_finding s
on conflict (${keyColumns}) do update
set ${factColumns.map(column => `${column} = excluded.${column}`).join(', ')},
    row_hash = excluded.row_hash, output_hash = excluded.output_hash, read_at = excluded.read_at,
    run_id = excluded.run_id, changed_at = now(), ended_at = null, end_cause = null, unconfirmed_at = null
where (f.row_hash is distinct from excluded.row_hash
       or f.output_hash is distinct from excluded.output_hash
       or f.ended_at is not null
       or f.unconfirmed_at is not null)
  and (${isNewer('excluded')})
returning xmax = 0 as inserted`

const upsertOutputs = (condition: string) => `
insert into finding_output as o (${keyColumns}, output, extra)
select s.asset_id, s.plugin_id, s.port, s.protocol, s.instance, s.output, s.extra
from staged_finding s
where s.output_hash is not null ${condition}
on conflict (${keyColumns}) do update
set output = excluded.output, extra = excluded.extra
where o.output is distinct from excluded.output or o.extra is distinct from excluded.extra`

// Only the output of the version that won.
const ofStoredVersion = `and exists (
  select from finding f
  where f.asset_id = s.asset_id and f.plugin_id = s.plugin_id and f.port = s.port and f.protocol = s.protocol
    and f.instance = s.instance and f.row_hash = s.row_hash and f.output_hash = s.output_hash)`

const deleteOutputs = `
delete from finding_output o
using staged_finding s, finding f
where s.output_hash is null
  and o.asset_id = s.asset_id and o.plugin_id = s.plugin_id and o.port = s.port and o.protocol = s.protocol
  and o.instance = s.instance
  and f.asset_id = s.asset_id and f.plugin_id = s.plugin_id and f.port = s.port and f.protocol = s.protocol
  and f.instance = s.instance and f.output_hash is null`

async function writeStaged(
  connection: Connection,
  context: PartContext,
  staged: number,
): Promise<{ inserted: number; changed: number }> {
  const { readAt, runId, sourceId, isFirstLoad, unseenBefore } = context
  await connection.query(insertEvents, [readAt, runId, sourceId, isFirstLoad, unseenBefore])
  if (!isFirstLoad) await connection.query(insertOutbox)
  const { rows } = await connection.query<[boolean]>({
    text: upsertFindings,
    values: [readAt, runId, sourceId],
    rowMode: 'array',
  })
  const inserted = rows.filter(([isNew]) => isNew).length
  await connection.query(upsertOutputs(inserted === staged ? '' : ofStoredVersion))
  if (inserted < staged) await connection.query(deleteOutputs)
  return { inserted, changed: rows.length - inserted }
}

function stopwatch(): () => number {
  let from = performance.now()
  return () => {
    const now = performance.now()
    const elapsed = now - from
    from = now
    return elapsed
  }
}
