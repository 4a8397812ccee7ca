import type { AssetStatus } from '../../domain/asset.ts'
import type { EndCause, FindingState, SeverityModification } from '../../domain/finding.ts'
import type { Severity } from '../../domain/severity.ts'
import { sql } from '../database.ts'
import { isCounted, isOpen, pluginOfFinding, scoreOfPlugin } from './conditions.ts'
import { findingId } from './finding-id.ts'

/** A finding as lists and exports show it. */
export interface FindingView {
  readonly id: string
  readonly finding_id: string | null
  readonly source_id: number
  readonly source: string
  readonly asset_id: number
  readonly asset_uuid: string
  readonly asset_name: string
  readonly asset_status: AssetStatus
  readonly plugin_id: number
  readonly plugin_name: string | null
  readonly plugin_family: string | null
  readonly port: number
  readonly protocol: string
  readonly instance: string
  readonly service: string | null
  readonly state: FindingState
  readonly severity: Severity
  readonly default_severity: Severity | null
  readonly severity_modification: SeverityModification
  readonly is_counted: boolean
  readonly first_found: string | null
  readonly last_found: string | null
  readonly last_fixed: string | null
  readonly resurfaced_date: string | null
  readonly ended_at: string | null
  readonly end_cause: EndCause | null
  readonly vpr_score: number | null
  /** Of the feed where one is loaded, else the vendor's, as is_kev. */
  readonly epss_score: number | null
  readonly cvss3_base_score: number | null
  readonly is_kev: boolean | null
  /** The day by when CISA asks for a remedy. */
  readonly kev_due_at: string | null
  readonly exploit_available: boolean | null
  readonly owner: string | null
  readonly updated_at: string
}

/** What `findingColumns` selects. */
export type FindingRow = Omit<FindingView, 'id'>

/** Over `finding f`, `asset a` and `findingJoins`. */
export const findingColumns = sql`
f.native_id as finding_id, f.source_id, s.name as source, f.asset_id, a.native_id as asset_uuid, a.name as asset_name,
a.status as asset_status, f.plugin_id, p.name as plugin_name, p.family as plugin_family, f.port, f.protocol, f.instance,
f.service, f.state, f.severity, f.default_severity, f.severity_modification, ${isCounted} and ${isOpen} as is_counted,
f.first_found, f.last_found, f.last_fixed, f.resurfaced_date, f.ended_at, f.end_cause, p.vpr_score, p.epss_score,
p.cvss3_base_score, p.is_kev, p.kev_due_at, p.exploit_available, ag.owner, f.changed_at as updated_at`

/** The source, the plugin and the owner of a finding. */
export const findingJoins = sql`
join source s on s.source_id = f.source_id
left join lateral (
  select p.name, p.family, p.vpr_score, ps.epss_score, p.cvss3_base_score, ps.is_kev,
         ps.kev_due_on::text as kev_due_at, p.exploit_available
  from plugin p
  left join plugin_score ps on ${scoreOfPlugin}
  where ${pluginOfFinding}
  order by p.owner_source_id desc
  limit 1
) as p on true
left join asset_group ag on ag.asset_id = f.asset_id`

export function presentFinding(row: FindingRow): FindingView {
  return { id: findingId(row), ...row }
}
