import type { ObservedAsset } from './asset.ts'
import type { JsonObject } from './json.ts'

export const complianceStates = ['passed', 'failed', 'warning', 'skipped', 'error', 'unknown'] as const
/** The outcome of a check, as the source said it. */
export type ComplianceState = (typeof complianceStates)[number]

export const complianceEventKinds = ['changed', 'ended', 'returned'] as const
export type ComplianceEventKind = (typeof complianceEventKinds)[number]

/** Why a result stopped counting. */
export const complianceEndCauses = ['asset_gone', 'withdrawn', 'out_of_scope'] as const
export type ComplianceEndCause = (typeof complianceEndCauses)[number]

/** A check of an audit file, as one result describes it. */
export interface ComplianceCheck {
  readonly auditFile: string
  /** The vendor's `compliance_full_id`, which outlives changes of the check's text; else `name:` and the name. */
  readonly nativeId: string
  readonly name: string
  readonly info: string | null
  readonly solution: string | null
  readonly synopsis: string | null
  readonly seeAlso: string | null
  readonly pluginId: number | null
  readonly pluginName: string | null
  readonly profileName: string | null
  readonly benchmarkName: string | null
  readonly benchmarkVersion: string | null
  /** The vendor's `check_id`, made anew whenever the content changes. */
  readonly vendorCheckId: string | null
  readonly controlId: string | null
  readonly functionalId: string | null
  readonly informationalId: string | null
  readonly metadataId: string | null
  readonly dbType: string | null
  /** `framework|control`, for example `800-53|AC-2`. */
  readonly refs: readonly string[]
}

/** What one check last found on one asset. Instants are ISO 8601 in UTC; `null` is unknown. */
export interface ComplianceResult {
  readonly assetNativeId: string
  /** What the result says of its asset. */
  readonly asset: ObservedAsset
  readonly check: ComplianceCheck
  readonly state: ComplianceState
  /** open, reopened, fixed: what the vendor keeps beside the outcome. */
  readonly vendorState: string | null
  readonly actualValue: string | null
  readonly expectedValue: string | null
  readonly checkError: string | null
  readonly description: string | null
  readonly firstSeen: string | null
  readonly lastSeen: string | null
  readonly lastFixed: string | null
  readonly lastObserved: string | null
  readonly indexedAt: string | null
  readonly extra: JsonObject | null
}
