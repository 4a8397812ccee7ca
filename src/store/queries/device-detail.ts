// What is one machine: which records, why they are one, and what is open on it?

import type { AssetStatus } from '../../domain/asset.ts'
import type { FindingState } from '../../domain/finding.ts'
import type { Severity } from '../../domain/severity.ts'
import { NotFoundError, TenfoldError } from '../../platform/errors.ts'
import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import type { SourceKind } from '../source-row.ts'
import { allOf, isCounted, isOpen, pluginOfFinding } from './conditions.ts'
import { type DecisionView, decisionsOn } from './device-decisions.ts'
import { type DeviceLink, linkColumns, linksFrom } from './device-links.ts'
import { type DeviceView, deviceColumns, devicesSeen } from './device-list.ts'
import { findingId } from './finding-id.ts'
import { visible } from './scope.ts'

export interface DeviceRecord {
  readonly asset_id: number
  readonly uuid: string
  readonly name: string
  readonly source_id: number
  readonly source: string
  readonly kind: SourceKind
  readonly status: AssetStatus
  readonly last_seen: string | null
  readonly since: string
}

export interface DeviceDetail extends DeviceView {
  readonly members: DeviceRecord[]
  readonly links: DeviceLink[]
  readonly asked: DeviceLink[]
  readonly decisions: DecisionView[]
}

/** @throws NotFoundError `device_not_found` also for one of which nothing may be seen */
export async function getDevice(database: ScopedDatabase, deviceId: number): Promise<DeviceDetail> {
  const { rows } = await sql<DeviceView>`
select ${deviceColumns(database)}
from ${devicesSeen(database, [sql`d.device_id = ${deviceId}::bigint`])} as v`.execute(database.kysely)
  const device = rows[0]
  if (!device) throw new NotFoundError('device_not_found', `There is no machine ${deviceId}.`)
  const members = await membersOf(database, deviceId)
  const assetIds = members.map(member => member.asset_id)
  const [links, decisions] = await Promise.all([linksOf(database, assetIds), decisionsOn(database, assetIds)])
  return {
    ...device,
    members,
    links: links.filter(link => !link.is_asked).map(withoutFlag),
    asked: links.filter(link => link.is_asked).map(withoutFlag),
    decisions,
  }
}

/**
 * The records of a machine, for who may see them all.
 * @throws NotFoundError `device_not_found`; TenfoldError `access_narrowed`
 */
export async function wholeDevice(database: ScopedDatabase, deviceId: number): Promise<number[]> {
  const { rows } = await sql<{ asset_id: number; is_seen: boolean }>`
select a.asset_id, ${allOf(visible(database.access, 'a'))} as is_seen
from device_asset m
join asset a using (asset_id)
where m.device_id = ${deviceId}::bigint
order by a.asset_id`.execute(database.kysely)
  if (!rows.some(row => row.is_seen)) throw new NotFoundError('device_not_found', `There is no machine ${deviceId}.`)
  if (!rows.every(row => row.is_seen)) {
    throw new TenfoldError(
      'access_narrowed',
      `Machine ${deviceId} has records that your role does not reach. Ask somebody who may see all of it.`,
    )
  }
  return rows.map(row => row.asset_id)
}

async function membersOf(database: ScopedDatabase, deviceId: number): Promise<DeviceRecord[]> {
  const { rows } = await sql<DeviceRecord>`
select a.asset_id, a.native_id as uuid, a.name, a.source_id, s.name as source, s.kind, a.status, a.last_seen, m.since
from device_asset m
join asset a using (asset_id)
join source s on s.source_id = a.source_id
where m.device_id = ${deviceId}::bigint and ${allOf(visible(database.access, 'a'))}
order by a.source_id, a.asset_id`.execute(database.kysely)
  return rows
}

interface FlaggedLink extends DeviceLink {
  readonly is_asked: boolean
}

async function linksOf(database: ScopedDatabase, assetIds: readonly number[]): Promise<FlaggedLink[]> {
  const { rows } = await sql<FlaggedLink>`
select ${linkColumns}, e.is_asked
${linksFrom(database)}
where e.asset_a = any(${assetIds}::bigint[]) or e.asset_b = any(${assetIds}::bigint[])
order by e.score desc, e.asset_a, e.asset_b`.execute(database.kysely)
  return rows
}

function withoutFlag({ is_asked: _, ...link }: FlaggedLink): DeviceLink {
  return link
}

export interface Witness {
  readonly asset_id: number
  readonly source_id: number
  readonly source: string
  readonly finding: string
  readonly state: FindingState
  readonly severity: Severity
  readonly first_found: string | null
  readonly last_found: string | null
}

export interface DeviceFinding {
  readonly plugin_id: number
  readonly plugin_name: string | null
  readonly port: number
  readonly protocol: string
  readonly instance: string
  readonly severity: Severity
  readonly state: FindingState
  readonly first_found: string | null
  readonly last_found: string | null
  readonly witnesses: Witness[]
}

/** @throws NotFoundError `device_not_found` */
export async function listDeviceFindings(
  database: ScopedDatabase,
  deviceId: number,
): Promise<{ items: DeviceFinding[]; level: 'estate'; total: number }> {
  if ((await membersOf(database, deviceId)).length === 0) {
    throw new NotFoundError('device_not_found', `There is no machine ${deviceId}.`)
  }
  const items = await foldedFindings(database, deviceId)
  return { items, level: 'estate', total: items.length }
}

type FoldedRow = Omit<DeviceFinding, 'witnesses'> & {
  readonly witnesses: Omit<Witness, 'finding'>[]
}

const utc = (column: string) => sql`to_char(${sql.ref(column)} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`
const worstOpenFirst = sql`order by ${isOpen} desc, severity_rank(f.severity) desc, f.state = 'reopened' desc, f.asset_id`

/** The same plugin on the same port is one finding, whoever reported it; open when it is open for one of them. */
async function foldedFindings(database: ScopedDatabase, deviceId: number): Promise<DeviceFinding[]> {
  const { rows } = await sql<FoldedRow>`
select f.plugin_id, max(p.name) as plugin_name, f.port, f.protocol, f.instance,
       (array_agg(f.severity ${worstOpenFirst}))[1] as severity, (array_agg(f.state ${worstOpenFirst}))[1] as state,
       min(f.first_found) as first_found, max(f.last_found) as last_found,
       jsonb_agg(jsonb_build_object('asset_id', f.asset_id, 'source_id', s.source_id, 'source', s.name, 'state', f.state,
                                    'severity', f.severity, 'first_found', ${utc('f.first_found')},
                                    'last_found', ${utc('f.last_found')})
                 order by f.asset_id) as witnesses
from device_asset m
join asset a using (asset_id)
join finding f using (asset_id)
join source s on s.source_id = f.source_id
left join lateral (
  select p.name from plugin p where ${pluginOfFinding} order by p.owner_source_id desc limit 1
) as p on true
where m.device_id = ${deviceId}::bigint and ${isCounted} and f.ended_at is null and ${allOf(visible(database.access, 'a'))}
group by f.plugin_id, f.port, f.protocol, f.instance
having bool_or(${isOpen})
order by max(severity_rank(f.severity)) filter (where ${isOpen}) desc, f.plugin_id, f.port, f.protocol, f.instance`.execute(
    database.kysely,
  )
  return rows.map(row => ({
    ...row,
    witnesses: row.witnesses.map(witness => ({
      ...witness,
      finding: findingId({
        asset_id: witness.asset_id,
        plugin_id: row.plugin_id,
        port: row.port,
        protocol: row.protocol,
        instance: row.instance,
      }),
    })),
  }))
}
