// Every finding that a filter chooses: all of them unless the filter says otherwise.

import type { AssetStatus } from '../../domain/asset.ts'
import type { EndCause, FindingState, SeverityModification } from '../../domain/finding.ts'
import type { Severity } from '../../domain/severity.ts'
import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { allOf, pluginOfFinding, scoreOfPlugin, severityCondition } from './conditions.ts'
import { type StreamOptions, streamRows } from './export-rows.ts'
import { everything, type FindingFilter } from './filters.ts'
import { chooseFindings } from './finding-choice.ts'

export interface FindingExportRow {
  readonly source: string
  readonly asset_uuid: string
  readonly asset_name: string
  readonly asset_status: AssetStatus
  readonly plugin_id: number
  readonly plugin_name: string | null
  readonly port: number
  readonly protocol: string
  readonly instance: string
  readonly state: FindingState
  readonly severity: Severity
  readonly default_severity: Severity | null
  readonly severity_modification: SeverityModification
  readonly first_found: string | null
  readonly last_found: string | null
  readonly last_fixed: string | null
  readonly resurfaced_date: string | null
  readonly ended_at: string | null
  readonly end_cause: EndCause | null
  readonly service: string | null
  readonly finding_id: string | null
  readonly vpr_score: number | null
  readonly cvss3_base_score: number | null
  readonly epss_score: number | null
  readonly is_kev: boolean | null
  readonly kev_due_at: string | null
  readonly owner: string | null
  /** Only when asked for. */
  readonly output?: string | null
}

/** In the order of the file's columns. */
export const findingExportColumns = [
  'source',
  'asset_uuid',
  'asset_name',
  'asset_status',
  'plugin_id',
  'plugin_name',
  'port',
  'protocol',
  'instance',
  'state',
  'severity',
  'default_severity',
  'severity_modification',
  'first_found',
  'last_found',
  'last_fixed',
  'resurfaced_date',
  'ended_at',
  'end_cause',
  'service',
  'finding_id',
  'vpr_score',
  'cvss3_base_score',
  'epss_score',
  'is_kev',
  'kev_due_at',
  'owner',
] as const satisfies readonly (keyof FindingExportRow)[]

export interface FindingExportOptions extends StreamOptions {
  /** Every row when left out. */
  readonly filter?: FindingFilter
  readonly withOutput?: boolean
}

/** Batches of rows, ordered by the vendor's asset id, then plugin, port, protocol and instance. */
export async function* exportFindings(
  database: ScopedDatabase,
  options: FindingExportOptions = {},
): AsyncGenerator<FindingExportRow[], void, undefined> {
  const filter = options.filter ?? everything
  const { conditions } = await chooseFindings(database, filter)
  const output = options.withOutput ? sql`, o.output` : sql``
  const outputJoin = options.withOutput
    ? sql`
left join finding_output o
  on o.asset_id = f.asset_id and o.plugin_id = f.plugin_id and o.port = f.port and o.protocol = f.protocol
 and o.instance = f.instance`
    : sql``
  const query = sql`
select s.name as source, a.native_id as asset_uuid, a.name as asset_name, a.status as asset_status, f.plugin_id,
       p.name as plugin_name, f.port, f.protocol, f.instance, f.state, f.severity, f.default_severity,
       f.severity_modification, f.first_found, f.last_found, f.last_fixed, f.resurfaced_date, f.ended_at, f.end_cause,
       f.service, f.native_id as finding_id, p.vpr_score, p.cvss3_base_score, p.epss_score, p.is_kev, p.kev_due_at,
       ag.owner${output}
from finding f
join asset a on a.asset_id = f.asset_id
join source s on s.source_id = f.source_id
left join lateral (
  select p.name, p.vpr_score, p.cvss3_base_score, ps.epss_score, ps.is_kev, ps.kev_due_on::text as kev_due_at
  from plugin p
  left join plugin_score ps on ${scoreOfPlugin}
  where ${pluginOfFinding}
  order by p.owner_source_id desc
  limit 1
) as p on true
left join asset_group ag on ag.asset_id = f.asset_id${outputJoin}
where ${allOf([...severityCondition(filter), ...conditions])}
order by a.native_id, f.asset_id, f.plugin_id, f.port, f.protocol, f.instance`
  yield* streamRows<FindingExportRow>(database, query.compile(database.kysely), options)
}
