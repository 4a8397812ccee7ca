import type { Recording } from './replay.ts'
import { findingLine, type TruthAsset, type TruthFinding } from './truth-rows.ts'

/** In replay the recording is all there is: the truth is what it says. */
export function recordedTruth(recording: Recording): {
  findings: readonly TruthFinding[]
  assets: readonly TruthAsset[]
} {
  const findings = recording.findings.map(findingOf).sort((a, b) => (findingLine(a) < findingLine(b) ? -1 : 1))
  const assets = recording.assets.map(assetOf).sort((a, b) => (a.asset_uuid < b.asset_uuid ? -1 : 1))
  return { findings, assets }
}

interface RecordedFinding {
  readonly asset: { readonly uuid: string; readonly tracked: boolean }
  readonly plugin: { readonly id: number }
  readonly port: { readonly port: number; readonly protocol: string }
  readonly state: TruthFinding['state']
  readonly severity: TruthFinding['severity']
  readonly severity_modification_type: string
  readonly first_found: string
  readonly last_found: string
  readonly last_fixed?: string
  readonly resurfaced_date?: string
}

function findingOf(value: unknown): TruthFinding {
  const row = value as RecordedFinding
  return {
    asset_uuid: row.asset.uuid,
    plugin_id: row.plugin.id,
    port: row.port.port,
    protocol: row.port.protocol,
    state: row.state,
    severity: row.severity,
    first_found: instant(row.first_found)!,
    last_found: instant(row.last_found)!,
    last_fixed: instant(row.last_fixed),
    resurfaced_date: instant(row.resurfaced_date),
    indexed: instant(row.last_found)!,
    severity_modification_type: row.severity_modification_type,
    asset_licensed: true,
    asset_tracked: row.asset.tracked,
  }
}

interface RecordedAsset {
  readonly id: string
  readonly created_at: string
  readonly updated_at: string
  readonly deleted_at: string | null
  readonly terminated_at: string | null
  readonly last_licensed_scan_date: string | null
  readonly tags?: readonly { readonly uuid: string; readonly key: string; readonly value: string }[]
  readonly network_id: string
}

function assetOf(value: unknown): TruthAsset {
  const row = value as RecordedAsset
  return {
    asset_uuid: row.id,
    status: row.deleted_at !== null ? 'deleted' : row.terminated_at !== null ? 'terminated' : 'live',
    licensed: true,
    tracked: true,
    tag_ids: (row.tags ?? []).map(tag => tag.uuid),
    types: ['host'],
    tags: (row.tags ?? []).map(({ key, value }) => `${key}:${value}`),
    network_id: row.network_id,
    created_at: instant(row.created_at)!,
    updated_at: instant(row.updated_at)!,
    deleted_at: instant(row.deleted_at),
    terminated_at: instant(row.terminated_at),
  }
}

function instant(text: string | null | undefined): string | null {
  return text === null || text === undefined ? null : new Date(text).toISOString()
}
