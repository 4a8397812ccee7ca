import { type Asset, isLive } from './asset.ts'
import { iso, isoOrNull } from './clock.ts'
import { scopeOf } from './export.ts'
import { severityNames } from './finding-body.ts'
import type { FindingState } from './finding-row.ts'
import { recordedTruth } from './recorded-truth.ts'
import type { Simulation } from './simulation.ts'

export type SeverityName = (typeof severityNames)[number]

/** Instants as `2026-06-01T06:00:00.000Z`, null where there is none. */
export interface TruthFinding {
  readonly asset_uuid: string
  readonly plugin_id: number
  readonly port: number
  readonly protocol: string
  readonly state: FindingState
  readonly severity: SeverityName
  readonly first_found: string
  readonly last_found: string
  readonly last_fixed: string | null
  readonly resurfaced_date: string | null
  readonly indexed: string
  readonly severity_modification_type: string
  readonly asset_licensed: boolean
  readonly asset_tracked: boolean
}

export interface TruthAsset {
  readonly asset_uuid: string
  readonly status: 'live' | 'deleted' | 'terminated'
  readonly licensed: boolean
  readonly tracked: boolean
  readonly types: readonly string[]
  /** Ids of the tags it has. */
  readonly tag_ids: readonly string[]
  /** `Category:Value` */
  readonly tags: readonly string[]
  readonly network_id: string
  readonly created_at: string
  readonly updated_at: string
  readonly deleted_at: string | null
  readonly terminated_at: string | null
}

/**
 * The line of a finding in the checksum, all in lower case, instants in UTC with exactly three decimals or empty:
 *
 *     asset_uuid|plugin_id|port|protocol|state|severity|first_found|last_found|last_fixed|resurfaced_date
 *     53ed…|19506|0|tcp|open|info|2026-01-02t03:04:05.000z|2026-05-31t01:02:03.456z||
 *
 * The checksum is SHA-256, in hexadecimal, over these lines in byte order, each ended by a line feed: what
 * `LC_ALL=C sort | sha256sum` prints.
 */
export function findingLine(row: TruthFinding): string {
  const {
    asset_uuid,
    plugin_id,
    port,
    protocol,
    state,
    severity,
    first_found,
    last_found,
    last_fixed,
    resurfaced_date,
  } = row
  return `${asset_uuid}|${plugin_id}|${port}|${protocol}|${state}|${severity}|${first_found}|${last_found}|${last_fixed ?? ''}|${resurfaced_date ?? ''}`.toLowerCase()
}

/** The line of an asset: `asset_uuid|status|created_at|deleted_at|terminated_at`; untracked ones are not in the checksum. Else as for findings. */
export function assetLine(row: TruthAsset): string {
  const { asset_uuid, status, created_at, deleted_at, terminated_at } = row
  return `${asset_uuid}|${status}|${created_at}|${deleted_at ?? ''}|${terminated_at ?? ''}`.toLowerCase()
}

/** Sorted as their lines are. */
export function* truthFindings(simulation: TruthParts): Generator<TruthFinding> {
  if (simulation.recording !== undefined) {
    yield* recordedTruth(simulation.recording).findings
    return
  }
  const { estate } = simulation
  const scope = scopeOf(simulation)
  const row = estate.newRow()
  for (const asset of byUuid(estate.assets.filter(known => scope.findingsOf(known)))) {
    const rows: { line: string; row: TruthFinding }[] = []
    for (let slot = 0; slot < asset.slots; slot++) {
      if (!estate.read(asset, slot, row)) continue
      const told: TruthFinding = {
        asset_uuid: asset.uuid,
        plugin_id: row.plugin.id,
        port: row.port.port,
        protocol: row.port.protocol,
        state: row.state,
        severity: severityNames[row.severity]!,
        first_found: iso(row.firstFound),
        last_found: iso(row.lastFound),
        last_fixed: isoOrNull(row.lastFixed),
        resurfaced_date: isoOrNull(row.resurfacedAt),
        indexed: iso(row.indexedAt),
        severity_modification_type: row.modification,
        asset_licensed: asset.licensed,
        asset_tracked: asset.tracked,
      }
      rows.push({ line: findingLine(told), row: told })
    }
    rows.sort((a, b) => (a.line < b.line ? -1 : 1))
    for (const told of rows) yield told.row
  }
}

/** Every asset exports tell, and untracked ones (`tracked: false`), which only findings name. */
export function* truthAssets(simulation: TruthParts): Generator<TruthAsset> {
  if (simulation.recording !== undefined) {
    yield* recordedTruth(simulation.recording).assets
    return
  }
  const scope = scopeOf(simulation)
  const shown = simulation.estate.assets.filter(
    asset =>
      asset.goneAt === 0 &&
      scope.views(asset) &&
      (asset.deletedAt === 0 || scope.seesDeleted) &&
      (asset.tracked || (isLive(asset) && asset.slots > 0)),
  )
  const { tags, networks } = simulation.estate.tenant
  for (const asset of byUuid(shown)) {
    yield {
      asset_uuid: asset.uuid,
      status: asset.deletedAt !== 0 ? 'deleted' : asset.terminatedAt !== 0 ? 'terminated' : 'live',
      licensed: asset.licensed,
      tracked: asset.tracked,
      types: asset.kind.types,
      tag_ids: tags.filter((_, n) => (asset.tags & (1 << n)) !== 0).map(tag => tag.uuid),
      tags: tags.flatMap((tag, n) => ((asset.tags & (1 << n)) === 0 ? [] : [`${tag.category}:${tag.value}`])),
      network_id: networks[asset.network]!.uuid,
      created_at: iso(asset.createdAt),
      updated_at: iso(asset.updatedAt),
      deleted_at: isoOrNull(asset.deletedAt),
      terminated_at: isoOrNull(asset.terminatedAt),
    }
  }
}

export type TruthParts = Pick<Simulation, 'estate' | 'keys' | 'seed' | 'clock' | 'recording' | 'scans' | 'compliance'>

function byUuid(assets: readonly Asset[]): Asset[] {
  return assets.toSorted((a, b) => (a.uuid < b.uuid ? -1 : 1))
}
