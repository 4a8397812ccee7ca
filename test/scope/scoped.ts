import type { SourceScope } from '../../src/domain/scope.ts'
import { describeScope, presentScope, readScope } from '../../src/domain/scope.ts'
import type { Simulator } from '../../src/simulator/index.ts'
import type { Database } from '../../src/store/database.ts'
import { updateSource } from '../../src/store/sources.ts'
import { type Mirror, tester } from '../support/mirror.ts'

// What a mirror of a part of a tenant must hold, told from the tenant's own truth.

/** Changes the scope of the source as a person would. */
export async function setScope(mirror: Mirror, scope: Partial<SourceScope>): Promise<void> {
  const settings = { scope: presentScope(readScope(scope)) }
  await updateSource(mirror, mirror.sourceId, { settings }, tester)
}

export interface ScopedTruth {
  /** Hosts, live, deleted and terminated: `uuid|status`. */
  readonly hosts: ReadonlySet<string>
  /** All assets within the tags and networks of the scope. */
  readonly assets: ReadonlySet<string>
  readonly open: ReadonlySet<string>
  readonly fixed: ReadonlySet<string>
}

/** The tenant's truth restricted to a scope. */
export function truthWithin(simulator: Simulator, scope: SourceScope): ScopedTruth {
  const byKey = Map.groupBy(scope.tags, tag => tag.key)
  const within = [...simulator.control.truthAssets()].filter(
    asset =>
      (scope.networks.length === 0 || scope.networks.includes(asset.network_id)) &&
      [...byKey.values()].every(tags => tags.some(({ key, value }) => asset.tags.includes(`${key}:${value}`))),
  )
  const assets = new Set(within.map(asset => asset.asset_uuid))
  const findings = [...simulator.control.truthFindings()].filter(
    row => assets.has(row.asset_uuid) && (scope.severities.length === 0 || scope.severities.includes(row.severity)),
  )
  const lines = (isFixed: boolean) =>
    new Set(
      findings
        .filter(row => (row.state === 'FIXED') === isFixed)
        .map(row =>
          [row.asset_uuid, row.plugin_id, row.port, row.protocol, row.state, row.severity].join('|').toLowerCase(),
        ),
    )
  const hosts = within.filter(asset => asset.tracked && asset.types.includes('host'))
  return {
    hosts: new Set(hosts.map(asset => `${asset.asset_uuid}|${asset.status}`)),
    assets,
    open: lines(false),
    fixed: lines(true),
  }
}

/** What of it the mirror does not hold, or holds and should not. Empty when it is equal. */
export async function differencesFrom(database: Database, truth: ScopedTruth): Promise<Record<string, string[]>> {
  const assets = await database.query<{ uuid: string; status: string }>(
    'select native_id as uuid, status from asset where out_of_scope_at is null and not is_provisional',
  )
  const held = new Set(assets.rows.map(row => `${row.uuid}|${row.status}`))
  const outside = assets.rows.filter(row => row.status === 'live' && !truth.assets.has(row.uuid)).map(row => row.uuid)
  const findings = await database.query<{ line: string; state: string }>(
    `select lower(concat_ws('|', a.native_id, f.plugin_id, f.port, f.protocol, f.state, f.severity)) as line, f.state
     from finding f join asset a using (asset_id)
     where f.ended_at is null`,
  )
  const open = new Set(findings.rows.filter(row => row.state !== 'fixed').map(row => row.line))
  const fixed = new Set(findings.rows.filter(row => row.state === 'fixed').map(row => row.line))
  const all = {
    hostsMissing: [...truth.hosts].filter(line => !held.has(line)),
    assetsOutside: outside,
    openMissing: [...truth.open].filter(line => !open.has(line)),
    openTooMany: [...open].filter(line => !truth.open.has(line)),
    // A fixed finding whose asset is gone stays as it was, where the source shows it no more.
    fixedMissing: [...truth.fixed].filter(line => !fixed.has(line)),
  }
  // A handful names the case; thousands would bury it.
  const found = Object.entries(all).filter(([, lines]) => lines.length > 0)
  return Object.fromEntries(found.map(([name, lines]) => [name, lines.slice(0, 5)]))
}

export async function endedByCause(database: Database): Promise<Record<string, number>> {
  const { rows } = await database.query<{ cause: string; n: number }>(
    'select end_cause as cause, count(*)::int as n from finding where ended_at is not null group by 1 order by 1',
  )
  return Object.fromEntries(rows.map(row => [row.cause, row.n]))
}

export async function countAssets(
  database: Database,
): Promise<{ aged_out: number; out_of_scope: number; within: number }> {
  const { rows } = await database.query<{ aged_out: number; out_of_scope: number; within: number }>(
    `select count(*) filter (where status = 'aged_out')::int as aged_out,
            count(*) filter (where out_of_scope_at is not null)::int as out_of_scope,
            count(*) filter (where out_of_scope_at is null)::int as within
     from asset`,
  )
  return rows[0]!
}

export { describeScope, readScope }
