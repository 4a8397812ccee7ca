import { type ComplianceEndCause, type ComplianceState, complianceStates } from '../../domain/compliance.ts'
import { sql } from '../database.ts'
import { type AssetRef, jsonInstant } from './asset-view.ts'
import type { Fragment } from './conditions.ts'
import { happened } from './moment.ts'
import { withoutKey } from './rows-page.ts'

export type ComplianceCounts = Readonly<Record<ComplianceState, number>>

/** A check of an audit file, enough to name it. */
export interface ComplianceCheckRef {
  readonly id: number
  readonly source_id: number
  readonly audit_file: string
  readonly name: string
  readonly references: string[]
}

/** What one check last found on one asset. */
export interface ComplianceView {
  readonly asset: AssetRef
  readonly check: ComplianceCheckRef
  readonly state: ComplianceState
  readonly vendor_state: string | null
  readonly actual_value: string | null
  readonly expected_value: string | null
  readonly check_error: string | null
  readonly description: string | null
  readonly first_seen: string | null
  readonly last_seen: string | null
  readonly last_fixed: string | null
  readonly last_observed: string | null
  readonly ended_at: string | null
  readonly end_cause: ComplianceEndCause | null
  readonly unconfirmed_at: string | null
  readonly updated_at: string
  readonly last_change: ComplianceChange | null
}

/** The latest change of its outcome that we saw. */
export interface ComplianceChange {
  readonly before: ComplianceState
  readonly happened_at: string | null
  readonly recorded_at: string
}

/** What one asset makes of the checks it was given. */
export interface ComplianceAssetView extends AssetRef {
  readonly counts: ComplianceCounts
  readonly checks: number
  readonly last_seen: string | null
}

/** @param asOf changes after it are not told */
export const complianceColumns = (asOf: string | undefined): Fragment => sql`
jsonb_build_object('id', a.asset_id, 'uuid', a.native_id, 'name', a.name, 'status', a.status, 'source_id', a.source_id,
                   'source', s.name) as asset,
jsonb_build_object('id', c.check_id, 'source_id', c.source_id, 'audit_file', c.audit_file, 'name', c.name,
                   'references', to_jsonb(c.refs)) as check,
r.state, r.vendor_state, r.actual_value, r.expected_value, r.check_error, r.description, r.first_seen, r.last_seen,
r.last_fixed, r.last_observed, r.ended_at, r.end_cause, r.unconfirmed_at, r.changed_at as updated_at,
(select jsonb_build_object('before', e.before, 'happened_at', ${jsonInstant(sql`e.happened_at`)},
                           'recorded_at', ${jsonInstant(sql`e.recorded_at`)})
 from compliance_event e
 where e.asset_id = r.asset_id and e.check_id = r.check_id and e.kind = 'changed'${
   asOf === undefined
     ? sql``
     : sql`
   and ${happened('e')} <= ${asOf}::timestamptz`
 }
 order by e.recorded_at desc, e.event_id desc
 limit 1) as last_change`

/** `{passed, failed, …}` over `compliance_result r`, grouped. */
export const countsByState: Fragment = sql.raw(
  `jsonb_build_object(${complianceStates
    .map(state => `'${state}', count(*) filter (where r.state = '${state}')`)
    .join(', ')})`,
)

/** The same over `results` of outcomes, as they are kept beside each asset. */
export const sumsByState: Fragment = sql.raw(
  `jsonb_build_object(${complianceStates
    .map(state => `'${state}', coalesce(sum(results) filter (where state = '${state}'), 0)`)
    .join(', ')})`,
)

/** A row of a page of groups, which also says how many groups there are. */
export type GroupRow<View> = View & Record<string, unknown> & { readonly groups: number }

export function presentGroup<View>(row: GroupRow<View>): View {
  const { groups: _groups, ...shown } = withoutKey(row)
  return shown as View
}
