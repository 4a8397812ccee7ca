// What is one machine: which records, why they are one, and what is open on it?

import type { AssetStatus } from '../../domain/asset.ts'
import type { FindingState } from '../../domain/finding.ts'
import type { Severity } from '../../domain/severity.ts'
import { NotFoundError } from '../../platform/errors.ts'
import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { allOf, isCounted, isOpen, pluginOfFinding } from './conditions.ts'
import { type DecisionView, decisionsOn } from './device-decisions.ts'
import { type DeviceLink, linkColumns, linksFrom } from './device-links.ts'
import { type DeviceView, deviceColumns, devicesSeen } from './device-list.ts'
import { findingId } from './finding-id.ts'
import { visible } from './scope.ts'
import { perSeverity, type SeverityCounts } from './severity-counts.ts'

export interface DeviceRecord {
  readonly asset_id: number
  readonly uuid: string
  readonly name: string
  readonly source_id: number
  readonly source: string
  readonly kind: string
  readonly status: AssetStatus
  readonly last_seen: string | null
  readonly since: string
}

export interface DeviceDetail extends DeviceView {
  readonly members: DeviceRecord[]
  readonly links: DeviceLink[]
  readonly asked: DeviceLink[]
  readonly decisions: DecisionView[]
  readonly open: SeverityCounts
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
  const [links, decisions, findings] = await Promise.all([
    linksOf(database, assetIds),
    decisionsOn(database, assetIds),
    foldedFindings(database, deviceId),
  ])
  const worst = findings.map(finding => finding.severity)
  return {
    ...device,
    members,
    links: links.filter(link => !link.is_asked).map(withoutFlag),
    asked: links.filter(link => link.is_asked).map(withoutFlag),
    decisions,
    open: perSeverity(severity => worst.filter(one => one === severity).length),
  }
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
  readonly source: string
  readonly finding: string
  readonly state: FindingState
  readonly severity: Severity
  readonly last_found: string | null
}

export interface DeviceFinding {
  readonly plugin_id: number
  readonly plugin_name: string | null
  readonly port: number
  readonly protocol: string
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
  readonly witnesses: (Omit<Witness, 'finding'> & { readonly instance: string })[]
}

/** The same plugin on the same port is one finding, whoever reported it. */
async function foldedFindings(database: ScopedDatabase, deviceId: number): Promise<DeviceFinding[]> {
  const { rows } = await sql<FoldedRow>`
select f.plugin_id, max(p.name) as plugin_name, f.port, f.protocol,
       (array_agg(f.severity order by severity_rank(f.severity) desc))[1] as severity,
       (array_agg(f.state order by f.last_found desc nulls last, f.asset_id))[1] as state,
       min(f.first_found) as first_found, max(f.last_found) as last_found,
       jsonb_agg(jsonb_build_object('asset_id', f.asset_id, 'source', s.name, 'instance', f.instance, 'state', f.state,
                                    'severity', f.severity, 'last_found',
                                    to_char(f.last_found at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
                 order by f.asset_id, f.instance) as witnesses
from device_asset m
join asset a using (asset_id)
join finding f using (asset_id)
join source s on s.source_id = f.source_id
left join lateral (
  select p.name from plugin p where ${pluginOfFinding} order by p.owner_source_id desc limit 1
) as p on true
where m.device_id = ${deviceId}::bigint and ${isCounted} and ${isOpen} and ${allOf(visible(database.access, 'a'))}
group by f.plugin_id, f.port, f.protocol
order by max(severity_rank(f.severity)) desc, f.plugin_id, f.port, f.protocol`.execute(database.kysely)
  return rows.map(row => ({
    ...row,
    witnesses: row.witnesses.map(({ instance, ...witness }) => ({
      ...witness,
      finding: findingId({
        asset_id: witness.asset_id,
        plugin_id: row.plugin_id,
        port: row.port,
        protocol: row.protocol,
        instance,
      }),
    })),
  }))
}
