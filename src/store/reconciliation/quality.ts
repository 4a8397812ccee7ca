import type { Queryable } from '../database.ts'

// How complete and fresh each field of a source is, counted over its live assets and their open findings.

/** Field → whether a row has it. */
const fields = {
  asset: {
    fqdn: 'cardinality(r.fqdns) > 0',
    hostname: 'cardinality(r.hostnames) > 0',
    ipv4: 'cardinality(r.ipv4s) > 0',
    mac_address: 'cardinality(r.mac_addresses) > 0',
    operating_system: 'cardinality(r.operating_systems) > 0',
    agent: 'r.agent_uuid is not null',
    network: 'r.network_id is not null',
    licence: 'r.is_licensed is not null',
    last_seen: 'r.last_seen is not null',
    authenticated_scan: 'r.last_authenticated_scan_at is not null',
    acr: 'r.acr_score is not null',
  },
  finding: {
    first_found: 'r.first_found is not null',
    last_found: 'r.last_found is not null',
    indexed: 'r.vendor_version_at is not null',
    default_severity: 'r.default_severity is not null',
    port: 'r.port > 0',
    service: 'r.service is not null',
    output: 'r.output_hash is not null',
    scan: 'r.scan_run_id is not null',
    sensor: 'r.sensor is not null',
    vendor_id: 'r.native_id is not null',
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, string>>>>

export type QualitySubject = keyof typeof fields
export const qualityFields: Readonly<Record<QualitySubject, readonly string[]>> = {
  asset: Object.keys(fields.asset),
  finding: Object.keys(fields.finding),
}

const rowsOf: Readonly<Record<QualitySubject, { readonly from: string; readonly seen: string }>> = {
  asset: { from: "asset r where r.source_id = $1 and r.status = 'live'", seen: 'coalesce(r.last_seen, r.read_at)' },
  finding: {
    from: `asset a join finding r using (asset_id)
           where a.source_id = $1 and a.status = 'live' and r.state <> 'fixed' and r.ended_at is null`,
    seen: 'coalesce(r.last_found, r.read_at)',
  },
}

/** One look at the rows, however many fields. */
function measuring(subject: QualitySubject): string {
  const { from, seen } = rowsOf[subject]
  const entries = Object.entries(fields[subject])
  const columns = entries.map(
    (
      [, isFilled],
      n,
    ) => `count(*) filter (where ${isFilled}) as filled${n}, max(${seen}) filter (where ${isFilled}) as newest${n},
      avg(extract(epoch from now() - ${seen})) filter (where ${isFilled}) as age${n}`,
  )
  const values = entries.map(([field], n) => `('${field}', filled${n}, newest${n}, age${n})`)
  return `
insert into data_quality_day as q (source_id, day, subject, field, row_count, filled_count, newest_at, mean_age_seconds, run_id)
select $1, (now() at time zone 'utc')::date, '${subject}', v.field, m.row_count, v.filled, v.newest, v.age::float8, $2::bigint
from (select count(*) as row_count, ${columns.join(',\n      ')} from ${from}) as m
cross join lateral (values ${values.join(', ')}) as v (field, filled, newest, age)
on conflict (source_id, day, subject, field) do update
  set row_count = excluded.row_count, filled_count = excluded.filled_count, newest_at = excluded.newest_at,
      mean_age_seconds = excluded.mean_age_seconds, run_id = excluded.run_id, measured_at = excluded.measured_at`
}

const statements = (Object.keys(fields) as QualitySubject[]).map(measuring)

/** After so long a delta has the rows counted again; each look reads all of a source's rows. */
const deltaEveryHours = 6

/**
 * Counts what a source tells, as of today.
 * @param run the run after which it is done; a delta only when the last look is long ago
 * @returns whether it was counted
 */
export async function measureQuality(
  queryable: Queryable,
  sourceId: number,
  run: { readonly runId: number; readonly isDelta: boolean } | null,
): Promise<boolean> {
  if (run?.isDelta) {
    const { rows } = await queryable.query(
      `select from data_quality_day
       where source_id = $1 and measured_at > now() - make_interval(hours => ${deltaEveryHours})
       limit 1`,
      [sourceId],
    )
    if (rows.length > 0) return false
  }
  for (const statement of statements) await queryable.query(statement, [sourceId, run?.runId ?? null])
  return true
}
