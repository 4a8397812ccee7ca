import type { AssetStatus } from '../asset.ts'
import type { EndCause, FindingState, SeverityModification } from '../finding.ts'
import type { JsonObject } from '../json.ts'
import type { SourceScope } from '../scope.ts'
import type { Severity } from '../severity.ts'

// Two pictures of one estate, what files say of it and what the API says, and what is known of a place where they differ.

/** Why two pictures differ. */
export const differenceCauses = [
  'licensed',
  'info',
  'window',
  'state',
  'recast',
  'scope',
  'identity',
  'rejected',
  'timing',
  'missing',
  'unexplained',
] as const
export type DifferenceCause = (typeof differenceCauses)[number]

/** Causes that explain nothing: somebody has to look before the files may be given up. */
export const openCauses = ['missing', 'unexplained'] as const satisfies readonly DifferenceCause[]

/** Who has it: one side alone, or both, and say something else of its severity or its state. */
export const differenceKinds = ['only_files', 'only_api', 'severity', 'state'] as const
export type DifferenceKind = (typeof differenceKinds)[number]

export const differenceLevels = ['asset', 'finding', 'count'] as const
export type DifferenceLevel = (typeof differenceLevels)[number]

export type Side = 'files' | 'api'

/** What one side holds of a finding. Instants are ISO 8601. */
export interface Witness {
  readonly state: FindingState
  readonly severity: Severity
  readonly defaultSeverity: Severity | null
  readonly modification: SeverityModification
  readonly modificationReason: string | null
  readonly firstFound: string | null
  readonly lastFound: string | null
  readonly lastFixed: string | null
  readonly resurfacedAt: string | null
  readonly endedAt: string | null
  readonly endCause: EndCause | null
  /** When its severity or what was decided of it changed last, as we were told; null when it never did. */
  readonly severityChangedAt: string | null
}

/** What one side says of the machine. */
export interface MachineFacts {
  readonly assetId: number
  readonly status: AssetStatus
  readonly isLicensed: boolean | null
  readonly isTracked: boolean | null
  readonly isOutOfScope: boolean
  readonly networkId: string | null
  readonly firstSeen: string | null
}

/** A record of the side that lacks the machine which may be it all the same. */
export interface Candidate {
  readonly assetId: number
  readonly name: string
  readonly status: AssetStatus
  /** Names and addresses that both have. */
  readonly shared: readonly string[]
}

/** A record of the side that lacks the finding, which could not be read and names it. */
export interface RejectedFact {
  readonly rejectedId: number
  readonly runId: number
  readonly reason: string
}

export interface FindingFacts {
  readonly kind: DifferenceKind
  readonly files: Witness | null
  readonly api: Witness | null
  readonly filesMachine: MachineFacts | null
  readonly apiMachine: MachineFacts | null
  /** The moment of the latest file that names the machine; null when none does. */
  readonly filesMachineAt: string | null
  readonly candidate: Candidate | null
  readonly rejected: RejectedFact | null
  /** CVSS base scores of the plugin, from which severities are made. */
  readonly cvss: { readonly v2: number | null; readonly v3: number | null }
  /**
   * The source no longer tells of it: the last full run has missed it, and another is to confirm that; or a sweep that would
   * end it waits for a person.
   */
  readonly fading: 'unconfirmed' | 'held' | null
  /** The API's row was written after its last full run: the source still had it then. */
  readonly isReadSinceFull: boolean
  /** The comparison before called it a matter of time. */
  readonly wasTiming: boolean
}

/** What holds for the whole comparison. */
export interface Picture {
  readonly files: {
    /** The moment that the latest applied file speaks for. */
    readonly at: string
    /** Severities of which the files show anything. */
    readonly severities: readonly Severity[]
    /** What a row of theirs found last is never older than the window, reckoned from the moment of its file. */
    readonly isWindowed: boolean
    /** The API's networks in which machines of the files are; null when it does not tell networks. */
    readonly networks: readonly string[] | null
  }
  readonly api: {
    /** Up to when its findings are known complete. */
    readonly at: string
    /** The same of its last full run: what the source no longer has shows in full runs alone. Null when there was none. */
    readonly fullAt: string | null
    /** So long before that instant something may have happened that the source had not indexed yet. */
    readonly graceMs: number
    readonly scope: SourceScope
  }
  /** The moments of the comparison before; null for the first. */
  readonly previous: { readonly filesAt: string; readonly apiAt: string; readonly fullAt: string | null } | null
}

export interface Explained {
  readonly cause: DifferenceCause
  /** The facts that the cause rests on, for a program; `explain` puts them in words. */
  readonly evidence: JsonObject
}

/** How far back an export reaches that asks for nothing else. */
export const windowDays = 30
