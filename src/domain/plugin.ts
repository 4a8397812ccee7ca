import type { JsonObject } from './json.ts'

/** Custom plugins belong to the tenant that made them; from this id on nothing is shared between sources. */
export const firstCustomPluginId = 1_000_000

/**
 * One vendor check, as one answer describes it. `null` says the answer did not have the fact; it never overwrites one
 * that is known.
 */
export interface Plugin {
  readonly pluginId: number
  readonly name: string | null
  readonly family: string | null
  readonly familyId: number | null
  /** local, remote, combined, summary …, lower case. */
  readonly type: string | null
  readonly version: string | null
  /** none, low, medium, high, critical, lower case whatever the source sent. */
  readonly riskFactor: string | null
  readonly synopsis: string | null
  readonly description: string | null
  readonly solution: string | null
  readonly publishedAt: string | null
  readonly modifiedAt: string | null
  readonly patchPublishedAt: string | null
  readonly vulnPublishedAt: string | null
  readonly cves: readonly string[] | null
  readonly cpes: readonly string[] | null
  readonly bids: readonly number[] | null
  readonly seeAlso: readonly string[] | null
  /** `TYPE:ID`, for example `CVE:2022-21837`. */
  readonly xrefs: readonly string[] | null
  readonly msBulletins: readonly string[] | null
  readonly cvss2BaseScore: number | null
  readonly cvss2TemporalScore: number | null
  readonly cvss2Vector: string | null
  readonly cvss3BaseScore: number | null
  readonly cvss3TemporalScore: number | null
  readonly cvss3Vector: string | null
  readonly cvss4BaseScore: number | null
  readonly cvss4Vector: string | null
  readonly vprScore: number | null
  readonly vprUpdatedAt: string | null
  /** The whole object as sent. */
  readonly vpr: JsonObject | null
  readonly vprV2Score: number | null
  readonly vprV2: JsonObject | null
  /** 0 to 1; the vendor's percentage divided by 100. */
  readonly epssScore: number | null
  readonly isKev: boolean | null
  readonly exploitAvailable: boolean | null
  readonly exploitabilityEase: string | null
  readonly exploitedByMalware: boolean | null
  readonly exploitedByNessus: boolean | null
  readonly exploitFrameworks: readonly string[] | null
  readonly hasPatch: boolean | null
  readonly hasWorkaround: boolean | null
  readonly inTheNews: boolean | null
  readonly unsupportedByVendor: boolean | null
  readonly checksForDefaultAccount: boolean | null
  readonly checksForMalware: boolean | null
  readonly stigSeverity: string | null
  /** Wire fields we have no column for, as sent: parsed vectors, workaround texts … */
  readonly extra: JsonObject | null
}

/**
 * A plugin as findings carry it: thousands name the same one, and after the first has been merged nobody reads its texts
 * again. Equal descriptions are one object.
 */
export interface PluginDescription {
  readonly pluginId: number
  /** May have to parse it: ask once. */
  describe(): Plugin
}

/** A plugin of which nothing is known yet but that it is one. */
export const unknownPlugin: Omit<Plugin, 'pluginId'> = {
  name: null,
  family: null,
  familyId: null,
  type: null,
  version: null,
  riskFactor: null,
  synopsis: null,
  description: null,
  solution: null,
  publishedAt: null,
  modifiedAt: null,
  patchPublishedAt: null,
  vulnPublishedAt: null,
  cves: null,
  cpes: null,
  bids: null,
  seeAlso: null,
  xrefs: null,
  msBulletins: null,
  cvss2BaseScore: null,
  cvss2TemporalScore: null,
  cvss2Vector: null,
  cvss3BaseScore: null,
  cvss3TemporalScore: null,
  cvss3Vector: null,
  cvss4BaseScore: null,
  cvss4Vector: null,
  vprScore: null,
  vprUpdatedAt: null,
  vpr: null,
  vprV2Score: null,
  vprV2: null,
  epssScore: null,
  isKev: null,
  exploitAvailable: null,
  exploitabilityEase: null,
  exploitedByMalware: null,
  exploitedByNessus: null,
  exploitFrameworks: null,
  hasPatch: null,
  hasWorkaround: null,
  inTheNews: null,
  unsupportedByVendor: null,
  checksForDefaultAccount: null,
  checksForMalware: null,
  stigSeverity: null,
  extra: null,
}
