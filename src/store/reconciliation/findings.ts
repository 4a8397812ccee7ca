import type { AssetStatus } from '../../domain/asset.ts'
import type {
  DifferenceCause,
  DifferenceKind,
  FindingFacts,
  MachineFacts,
  Witness,
} from '../../domain/reconciliation/index.ts'
import type { Severity } from '../../domain/severity.ts'
import type { Connection } from '../database.ts'

// Every finding that either of the two has open, paired by machine, plugin, port, protocol and instance; of those that
// differ all that may say why. $1 is the source of files, $2 the other.

/** Of a machine with several records on one side the finding that is open, then the one seen last. */
const ofSide = (source: '$1' | '$2') => `
select distinct on (c.machine_id, f.plugin_id, f.port, f.protocol, f.instance)
       c.machine_id, f.plugin_id, f.port, f.protocol, f.instance, f.asset_id, f.severity, f.state,
       f.state <> 'fixed' and f.ended_at is null and a.status = 'live' as is_open
from compared_asset c
join asset a using (asset_id)
join finding f using (asset_id)
where f.source_id = ${source}
order by c.machine_id, f.plugin_id, f.port, f.protocol, f.instance,
         f.state <> 'fixed' and f.ended_at is null and a.status = 'live' desc, f.last_found desc nulls last, f.asset_id`

const paired = `
create temporary table compared_finding on commit drop as
select machine_id, plugin_id, port, protocol, instance, f.asset_id as files_asset_id, p.asset_id as api_asset_id,
       case when not coalesce(f.is_open, false) then 'only_api'
            when not coalesce(p.is_open, false) then 'only_files'
            when f.severity <> p.severity then 'severity'
            when f.state <> p.state then 'state' end as kind,
       coalesce(f.is_open, false) as is_open_in_files, coalesce(p.is_open, false) as is_open_in_api
from (${ofSide('$1')}) f
full join (${ofSide('$2')}) p using (machine_id, plugin_id, port, protocol, instance)
where f.is_open or p.is_open`

export interface FindingTotals {
  readonly files: number
  readonly api: number
  readonly agreed: number
  readonly only_files: number
  readonly only_api: number
  readonly severity: number
  readonly state: number
}

export async function pairFindings(
  connection: Connection,
  sources: readonly [filesSourceId: number, apiSourceId: number],
): Promise<FindingTotals> {
  await connection.query(paired, sources as unknown as unknown[])
  await connection.query('analyze compared_finding')
  const { rows } = await connection.query<FindingTotals & Record<string, unknown>>(
    `select count(*) filter (where is_open_in_files) as files, count(*) filter (where is_open_in_api) as api,
            count(*) filter (where kind is null) as agreed, count(*) filter (where kind = 'only_files') as only_files,
            count(*) filter (where kind = 'only_api') as only_api, count(*) filter (where kind = 'severity') as severity,
            count(*) filter (where kind = 'state') as state
     from compared_finding`,
  )
  return rows[0]!
}

/** The severities, the age and the networks of what the files show. */
export async function filesPicture(
  connection: Connection,
  filesSourceId: number,
  windowDays: number,
): Promise<{ readonly severities: Severity[]; readonly is_windowed: boolean; readonly networks: string[] | null }> {
  const { rows } = await connection.query<{
    severities: Severity[]
    is_windowed: boolean
    networks: string[] | null
  }>(
    `select array(select distinct f.severity
                  from compared_asset c join finding f using (asset_id)
                  where c.is_files and f.source_id = $1) as severities,
            not exists (select
                        from compared_asset c join finding f using (asset_id)
                        where c.is_files and f.source_id = $1 and f.state <> 'fixed' and f.ended_at is null
                          and f.last_found < f.read_at - make_interval(days => $2)) as is_windowed,
            (select array_agg(distinct a.network_id)
             from compared_machine m join asset a on a.asset_id = m.api_asset_id
             where m.files_asset_id is not null and a.network_id is not null) as networks`,
    [filesSourceId, windowDays],
  )
  return rows[0]!
}

/** Instants of JSON, in the spelling that rows have. */
const witness = (alias: 'f' | 'p') => `
case when ${alias}.asset_id is not null then jsonb_build_object(
  'state', ${alias}.state, 'severity', ${alias}.severity, 'defaultSeverity', ${alias}.default_severity,
  'modification', ${alias}.severity_modification, 'modificationReason', left(${alias}.modification_reason, 500),
  'firstFound', ${instant(`${alias}.first_found`)}, 'lastFound', ${instant(`${alias}.last_found`)},
  'lastFixed', ${instant(`${alias}.last_fixed`)}, 'resurfacedAt', ${instant(`${alias}.resurfaced_date`)},
  'endedAt', ${instant(`${alias}.ended_at`)}, 'endCause', ${alias}.end_cause,
  'severityChangedAt', case when d.kind = 'severity' then (
    select ${instant('max(coalesce(e.happened_at, e.recorded_at))')}
    from finding_event e
    where e.asset_id = ${alias}.asset_id and e.plugin_id = d.plugin_id and e.port = d.port and e.protocol = d.protocol
      and e.instance = d.instance and e.kind in ('severity', 'modification') and not e.is_reconstructed) end) end`

function instant(expression: string): string {
  return `to_char(${expression} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
}

const machine = (alias: 'fa' | 'pa') => `
case when ${alias}.asset_id is not null then jsonb_build_object(
  'assetId', ${alias}.asset_id, 'status', ${alias}.status, 'isLicensed', ${alias}.is_licensed,
  'isTracked', ${alias}.is_tracked, 'isOutOfScope', ${alias}.out_of_scope_at is not null,
  'networkId', ${alias}.network_id, 'firstSeen', ${instant(`${alias}.first_seen`)}) end`

/** In the row that could not be read. */
function hasToken(value: string): string {
  return `exists (select from compared_rejected t where t.rejected_id = u.rejected_id and t.token = ${value})`
}

/** $3 is the comparison before, $4 the last full run of the API source. */
const differing = `
declare differing no scroll cursor for
select d.kind, d.plugin_id, d.port, d.protocol, d.instance, fa.asset_id as files_asset_id, pa.asset_id as api_asset_id,
       case d.kind when 'only_files' then fa.name else pa.name end as asset,
       case d.kind when 'only_files' then f.severity else p.severity end as severity,
       ${witness('f')} as files, ${witness('p')} as api, ${machine('fa')} as files_machine, ${machine('pa')} as api_machine,
       m.files_at, m.candidate_id, m.shared, ca.name as candidate_name, ca.status as candidate_status,
       r.rejected_id, r.run_id as rejected_run_id, r.reason as rejected_reason, g.cvss2_base_score, g.cvss3_base_score,
       case when d.kind <> 'only_api' then null
            when p.unconfirmed_at is not null then 'unconfirmed'
            when exists (select from sweep h
                         join sweep_asset x using (run_id)
                         where h.source_id = $2 and h.status in ('held', 'confirmed') and x.asset_id = d.api_asset_id)
              or exists (select from sweep h
                         join sweep_finding x using (run_id)
                         where h.source_id = $2 and h.status in ('held', 'confirmed') and x.asset_id = d.api_asset_id
                           and x.plugin_id = d.plugin_id and x.port = d.port and x.protocol = d.protocol
                           and x.instance = d.instance) then 'held' end as fading,
       p.run_id > $4::bigint as is_read_since_full, w.cause as was
from compared_finding d
join compared_machine m using (machine_id)
left join finding f on f.asset_id = d.files_asset_id and f.plugin_id = d.plugin_id and f.port = d.port
  and f.protocol = d.protocol and f.instance = d.instance
left join finding p on p.asset_id = d.api_asset_id and p.plugin_id = d.plugin_id and p.port = d.port
  and p.protocol = d.protocol and p.instance = d.instance
left join asset fa on fa.asset_id = coalesce(d.files_asset_id, m.files_asset_id)
left join asset pa on pa.asset_id = coalesce(d.api_asset_id, m.api_asset_id)
left join asset ca on ca.asset_id = m.candidate_id
left join lateral (
  select u.rejected_id
  from compared_unread u
  where d.kind in ('only_api', 'only_files') and u.machine_id = d.machine_id and u.plugin_id = d.plugin_id
    and u.is_files = (d.kind = 'only_api')
    and (d.port = 0 or ${hasToken('d.port::text')})
    and (${hasToken('lower(d.protocol)')} or not ${hasToken("any('{tcp,udp,icmp}')")})
  order by u.rejected_id desc
  limit 1
) u on true
left join rejected_record r on r.rejected_id = u.rejected_id
left join lateral (
  select q.cvss2_base_score, q.cvss3_base_score from plugin q
  where d.kind = 'severity' and q.plugin_id = d.plugin_id and q.owner_source_id in (0, $2)
  order by q.owner_source_id desc limit 1
) g on true
left join reconciliation_difference w on w.reconciliation_id = $3 and w.level = 'finding' and w.kind = d.kind
  and w.plugin_id = d.plugin_id and w.port = d.port and w.protocol = d.protocol and w.instance = d.instance
  and case d.kind when 'only_files' then w.files_asset_id = d.files_asset_id else w.api_asset_id = d.api_asset_id end
where d.kind is not null and $1::integer is not null`

interface DifferingRow {
  readonly kind: DifferenceKind
  readonly plugin_id: number
  readonly port: number
  readonly protocol: string
  readonly instance: string
  readonly files_asset_id: number | null
  readonly api_asset_id: number | null
  readonly asset: string
  readonly severity: Severity
  readonly files: Witness | null
  readonly api: Witness | null
  readonly files_machine: MachineFacts | null
  readonly api_machine: MachineFacts | null
  readonly files_at: string | null
  readonly candidate_id: number | null
  readonly shared: string[] | null
  readonly candidate_name: string | null
  readonly candidate_status: AssetStatus | null
  readonly rejected_id: number | null
  readonly rejected_run_id: number | null
  readonly rejected_reason: string | null
  readonly cvss2_base_score: number | null
  readonly cvss3_base_score: number | null
  readonly fading: 'unconfirmed' | 'held' | null
  readonly is_read_since_full: boolean | null
  readonly was: DifferenceCause | null
}

export interface DifferingFinding {
  readonly facts: FindingFacts
  readonly was: DifferenceCause | null
  readonly key: {
    readonly filesAssetId: number | null
    readonly apiAssetId: number | null
    readonly asset: string
    readonly pluginId: number
    readonly port: number
    readonly protocol: string
    readonly instance: string
    readonly severity: Severity
  }
}

const rowsAtOnce = 2_000

/** Those that differ, a batch at a time. */
export async function* differingFindings(
  connection: Connection,
  sources: readonly [filesSourceId: number, apiSourceId: number],
  { previousId, fullRunId }: { readonly previousId: number | null; readonly fullRunId: number | null },
): AsyncGenerator<readonly DifferingFinding[]> {
  await connection.query(differing, [...sources, previousId, fullRunId])
  for (;;) {
    const { rows } = await connection.query<DifferingRow & Record<string, unknown>>(
      `fetch forward ${rowsAtOnce} from differing`,
    )
    if (rows.length > 0) yield rows.map(toDiffering)
    if (rows.length < rowsAtOnce) break
  }
  await connection.query('close differing')
}

function toDiffering(row: DifferingRow): DifferingFinding {
  const { candidate_id, rejected_id } = row
  return {
    facts: {
      kind: row.kind,
      files: row.files,
      api: row.api,
      filesMachine: row.files_machine,
      apiMachine: row.api_machine,
      filesMachineAt: row.files_at,
      candidate:
        candidate_id === null
          ? null
          : {
              assetId: candidate_id,
              name: row.candidate_name ?? '',
              status: row.candidate_status ?? 'live',
              shared: row.shared ?? [],
            },
      rejected:
        rejected_id === null
          ? null
          : {
              rejectedId: rejected_id,
              runId: row.rejected_run_id ?? 0,
              reason: (row.rejected_reason ?? '').slice(0, 500),
            },
      cvss: { v2: row.cvss2_base_score, v3: row.cvss3_base_score },
      fading: row.fading,
      isReadSinceFull: row.is_read_since_full ?? true,
      wasTiming: row.was === 'timing',
    },
    was: row.was,
    key: {
      filesAssetId: row.files_asset_id,
      apiAssetId: row.api_asset_id,
      asset: row.asset,
      pluginId: row.plugin_id,
      port: row.port,
      protocol: row.protocol,
      instance: row.instance,
      severity: row.severity,
    },
  }
}
