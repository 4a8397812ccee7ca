import type { ObservedAsset } from './asset.ts'
import type { JsonObject } from './json.ts'
import type { PluginDescription } from './plugin.ts'
import type { Severity } from './severity.ts'

export const findingStates = ['open', 'reopened', 'fixed'] as const
/** As the source said it. Open for a reader means open or reopened, and not ended. */
export type FindingState = (typeof findingStates)[number]

export const severityModifications = ['none', 'recasted', 'accepted'] as const
export type SeverityModification = (typeof severityModifications)[number]

/** Why a row stopped counting without the source having called it fixed. */
export const endCauses = ['asset_gone', 'withdrawn', 'superseded', 'out_of_scope'] as const
export type EndCause = (typeof endCauses)[number]

/** Why a finding changed: its source said so, it ended, a person said so, or a scan that looked for it did not see it. */
export const findingEventCauses = ['source', ...endCauses, 'person', 'not_seen'] as const
export type FindingEventCause = (typeof findingEventCauses)[number]

export const findingEventKinds = [
  'opened',
  'fixed',
  'resurfaced',
  'severity',
  'modification',
  'ended',
  'returned',
] as const
export type FindingEventKind = (typeof findingEventKinds)[number]

/**
 * One plugin's result on one asset at one port and protocol, as one source reports it.
 * Instants are ISO 8601 in UTC exactly as PostgreSQL can read them; `null` is unknown.
 */
export interface Finding {
  /** The source's name of the asset, which `asset_alias` maps to ours. */
  readonly assetNativeId: string
  /** What the finding itself says of its asset; the same object for every finding of a chunk that says the same. */
  readonly asset: ObservedAsset
  readonly pluginId: number
  /** What the finding says of its plugin; shared between findings as `asset` is. */
  readonly plugin: PluginDescription
  /** 0 for the host itself. */
  readonly port: number
  /** Lower case: `tcp`, `udp`, `icmp`. */
  readonly protocol: string
  /** Empty but for web-application findings. */
  readonly instance: string
  readonly state: FindingState
  /** As sent, after recast, under the tenant's own CVSS setting; never derived. */
  readonly severity: Severity
  /** Before recast. */
  readonly defaultSeverity: Severity | null
  readonly severityModification: SeverityModification
  readonly modificationReason: string | null
  readonly modificationRuleId: string | null
  readonly firstFound: string | null
  readonly lastFound: string | null
  readonly lastFixed: string | null
  readonly resurfacedAt: string | null
  /** Seconds, as the vendor counts them. */
  readonly timeTakenToFixSeconds: number | null
  /** When the vendor indexed this version of the row; orders versions. */
  readonly indexedAt: string | null
  /** Orders versions of sources that do not tell when they indexed one. */
  readonly versionAt?: string | null
  readonly service: string | null
  /** What found it: NESSUS, AGENT, NNM. */
  readonly sensor: string | null
  readonly scanUuid: string | null
  readonly scanScheduleUuid: string | null
  readonly scanStartedAt: string | null
  readonly scanCompletedAt: string | null
  readonly scanTarget: string | null
  /** The vendor's own id of the finding. */
  readonly nativeId: string | null
  /** The plugin's text for this asset and port. Hostile. */
  readonly output: string | null
  /** Wire fields we have no column for, as sent. */
  readonly extra: JsonObject | null
}
