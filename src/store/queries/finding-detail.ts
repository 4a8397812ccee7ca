// What is known of one finding?

import type { JsonObject } from '../../domain/json.ts'
import { NotFoundError } from '../../platform/errors.ts'
import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import type { AssetRef } from './asset-view.ts'
import { allOf } from './conditions.ts'
import { type FindingKey, findingId, parseFindingId } from './finding-id.ts'
import { type FindingView, findingColumns, findingJoins, presentFinding } from './finding-view.ts'
import { findPlugin, type PluginDetail } from './plugin-detail.ts'
import { visible } from './scope.ts'

export interface FindingDetail extends FindingView {
  readonly output: string | null
  /** It has one, in the archive. */
  readonly is_output_archived: boolean
  readonly modification_reason: string | null
  readonly modification_rule_id: string | null
  readonly time_taken_to_fix: number | null
  readonly sensor: string | null
  readonly scan_uuid: string | null
  readonly scan_schedule_uuid: string | null
  readonly scan_started_at: string | null
  readonly scan_completed_at: string | null
  readonly scan_target: string | null
  readonly indexed: string | null
  readonly read_at: string
  readonly recorded_at: string
  readonly run_id: number
  readonly extra: JsonObject | null
  readonly asset: AssetRef
  readonly plugin: Omit<PluginDetail, 'counts'> | null
}

type DetailRow = Omit<FindingDetail, 'id' | 'asset' | 'plugin'>

/**
 * @param id our id, or the vendor's
 * @throws NotFoundError `finding_not_found`
 */
export async function getFinding(database: ScopedDatabase, id: string): Promise<FindingDetail> {
  const key = await getFindingKey(database, id)
  const { rows } = await sql<DetailRow>`
select ${findingColumns}, o.output, f.output_hash is not null and o.asset_id is null as is_output_archived, o.extra, f.modification_reason, f.modification_rule_id, f.time_taken_to_fix, f.sensor,
       scan.scan_uuid, scan.schedule_uuid as scan_schedule_uuid, scan.started_at as scan_started_at,
       scan.completed_at as scan_completed_at, f.scan_target,
       f.vendor_version_at as indexed, f.read_at, f.recorded_at, f.run_id
from finding f
join asset a on a.asset_id = f.asset_id
${findingJoins}
left join scan_run scan on scan.scan_run_id = f.scan_run_id
left join finding_output o
  on o.asset_id = f.asset_id and o.plugin_id = f.plugin_id and o.port = f.port and o.protocol = f.protocol
 and o.instance = f.instance
where f.asset_id = ${key.asset_id} and f.plugin_id = ${key.plugin_id} and f.port = ${key.port}
  and f.protocol = ${key.protocol} and f.instance = ${key.instance}
  and ${allOf(visible(database.access, 'f'))}`.execute(database.kysely)
  const row = rows[0]
  if (!row) throw findingNotFound(id)
  const asset: AssetRef = {
    id: row.asset_id,
    uuid: row.asset_uuid,
    name: row.asset_name,
    status: row.asset_status,
    source_id: row.source_id,
    source: row.source,
  }
  return {
    ...row,
    ...presentFinding(row),
    asset,
    plugin: (await findPlugin(database, row.plugin_id, row.source_id)) ?? null,
  }
}

/**
 * The key behind our id or the vendor's. Ours is not looked up: that it exists is for the next statement to say.
 * @throws NotFoundError `finding_not_found`
 */
export async function getFindingKey(database: ScopedDatabase, id: string): Promise<FindingKey> {
  const ours = parseFindingId(id)
  if (ours) return ours
  const { rows } = await sql<FindingKey>`
select asset_id, plugin_id, port, protocol, instance
from finding f
where native_id = ${id} and ${allOf(visible(database.access, 'f'))}
order by asset_id, plugin_id, port, protocol, instance
limit 1`.execute(database.kysely)
  if (!rows[0]) throw findingNotFound(id)
  return rows[0]
}

export function findingNotFound(id: string): NotFoundError {
  return new NotFoundError(
    'finding_not_found',
    `There is no finding ${id}. Ours look like ${findingId({ asset_id: 12, plugin_id: 19506, port: 443, protocol: 'tcp', instance: '' })}; the vendor's finding_id is taken too.`,
    { context: { finding: id } },
  )
}
