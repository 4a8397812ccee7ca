import type { Evidence } from '../../domain/identity/index.ts'
import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import type { Fragment } from './conditions.ts'
import { allOf } from './conditions.ts'
import { visible } from './scope.ts'

/** Two records, and what speaks for and against one machine. */
export interface DeviceLink {
  readonly asset_a: number
  readonly asset_b: number
  readonly name_a: string
  readonly name_b: string
  readonly source_a: string
  readonly source_b: string
  readonly device_a: number
  readonly device_b: number
  readonly score: number
  readonly confidence: number
  readonly evidence: Evidence[]
}

export const linkColumns = sql`
e.asset_a, e.asset_b, a.name as name_a, b.name as name_b, sa.name as source_a, sb.name as source_b,
ma.device_id as device_a, mb.device_id as device_b, e.score, e.confidence, e.evidence`

/** Of the pairs `e` those of which both records may be seen. */
export function linksFrom({ access }: ScopedDatabase): Fragment {
  return sql`
from device_evidence e
join asset a on a.asset_id = e.asset_a and ${allOf(visible(access, 'a'))}
join asset b on b.asset_id = e.asset_b and ${allOf(visible(access, 'b'))}
join source sa on sa.source_id = a.source_id
join source sb on sb.source_id = b.source_id
join device_asset ma on ma.asset_id = e.asset_a
join device_asset mb on mb.asset_id = e.asset_b`
}
