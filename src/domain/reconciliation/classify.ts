import type { JsonObject } from '../json.ts'
import { describeScope, limitsAssets } from '../scope.ts'
import type { Severity } from '../severity.ts'
import { type Explained, type FindingFacts, type Picture, type Side, type Witness, windowDays } from './facts.ts'
import { timingOf } from './timing.ts'

type Rule = (facts: FindingFacts, picture: Picture) => Explained | undefined

/**
 * Names the cause of one difference, with the evidence. What lies in the terms of the two pictures comes before what a
 * later reading may change: so a cause stands for as long as its terms do.
 */
export function classify(facts: FindingFacts, picture: Picture): Explained {
  for (const rule of rules[facts.kind]) {
    const explained = rule(facts, picture)
    if (explained) return explained
  }
  return nothingElse(facts, picture)
}

/** Of the finding that only one side has. */
const unread: Rule = ({ rejected, kind }) => {
  if (!rejected) return undefined
  const { rejectedId, runId, reason } = rejected
  const side: Side = kind === 'only_api' ? 'files' : 'api'
  return { cause: 'rejected', evidence: { side, rejected_id: rejectedId, run_id: runId, reason } }
}

const otherIdentity: Rule = ({ kind, filesMachine, apiMachine, candidate }) => {
  const lacking = kind === 'only_api' ? filesMachine : apiMachine
  if (lacking || !candidate || candidate.status !== 'live') return undefined
  const { assetId, name, shared } = candidate
  const side: Side = kind === 'only_api' ? 'files' : 'api'
  return { cause: 'identity', evidence: { side, asset_id: assetId, asset: name, shared: [...shared] } }
}

/** An export shows what takes a licence; the API is asked for all. */
const unlicensed: Rule = ({ apiMachine }) => {
  if (!apiMachine || (apiMachine.isLicensed !== false && apiMachine.isTracked !== false)) return undefined
  return {
    cause: 'licensed',
    evidence: { is_licensed: apiMachine.isLicensed, is_tracked: apiMachine.isTracked },
  }
}

const otherNetwork: Rule = ({ filesMachine, apiMachine }, picture) => {
  const { networks } = picture.files
  const network = apiMachine?.networkId ?? null
  if (filesMachine || networks === null || networks.length === 0 || network === null) return undefined
  if (networks.includes(network)) return undefined
  return { cause: 'scope', evidence: { side: 'files', network_id: network, networks: [...networks].sort() } }
}

const severityNotShown: Rule = ({ api }, picture) => {
  if (!api) return undefined
  return notAmong(api.severity, picture.files.severities, 'files')
}

function notAmong(severity: Severity, shown: readonly Severity[], side: Side): Explained | undefined {
  if (shown.includes(severity)) return undefined
  return {
    cause: severity === 'info' ? 'info' : 'scope',
    evidence: { side, severity, severities: [...shown] },
  }
}

const dayMs = 86_400_000

const beforeWindow: Rule = ({ api }, picture) => {
  if (!picture.files.isWindowed || !api?.lastFound) return undefined
  const startMs = Date.parse(picture.files.at) - windowDays * dayMs
  if (!(Date.parse(api.lastFound) < startMs)) return undefined
  return {
    cause: 'window',
    evidence: {
      last_found: api.lastFound,
      window_from: new Date(startMs).toISOString(),
      files_at: picture.files.at,
      days: windowDays,
    },
  }
}

const acceptedRisk: Rule = ({ api }) =>
  api?.modification === 'accepted' ? recast({ api, files: null }, 'accepted') : undefined

const noLongerTold: Rule = ({ files, fading }) =>
  fading === null
    ? undefined
    : { cause: 'state', evidence: { files_state: stateOf(files), api_state: fading, at: null, asset_status: null } }

const betweenReadings: Rule = (facts, picture) => timingOf(facts, picture)

/** The side that does not have it open knows it all the same: fixed, ended, or its machine is gone. */
const knownOtherwise: Rule = ({ kind, files, api, filesMachine, apiMachine }) => {
  const [witness, machine] = kind === 'only_api' ? [files, filesMachine] : [api, apiMachine]
  const isClosed = witness !== null && (witness.state === 'fixed' || witness.endedAt !== null)
  const isGone = machine !== null && machine.status !== 'live'
  if (!isClosed && !isGone) return undefined
  if (witness?.endCause === 'out_of_scope') return undefined
  return { cause: 'state', evidence: { ...states(files, api), asset_status: machine?.status ?? null } }
}

function states(files: Witness | null, api: Witness | null): JsonObject {
  const closing = [files, api].find(one => one && (one.state === 'fixed' || one.endedAt !== null))
  return {
    files_state: stateOf(files),
    api_state: stateOf(api),
    at: closing?.endedAt ?? closing?.lastFixed ?? null,
  }
}

function stateOf(witness: Witness | null): string | null {
  return witness && (witness.endCause ?? witness.state)
}

/** The machine is known to the API as one that is gone, under a record that shares names with it. */
const goneUnderOtherName: Rule = ({ candidate, filesMachine, apiMachine, kind, files, api }) => {
  const lacking = kind === 'only_api' ? filesMachine : apiMachine
  if (lacking || !candidate || candidate.status === 'live') return undefined
  return {
    cause: 'state',
    evidence: {
      ...states(files, api),
      asset_status: candidate.status,
      asset_id: candidate.assetId,
      asset: candidate.name,
      shared: [...candidate.shared],
    },
  }
}

/** What the API source is limited to. */
const outsideMirror: Rule = ({ files, api, apiMachine }, { api: { scope } }) => {
  const isOutside = api?.endCause === 'out_of_scope' || apiMachine?.isOutOfScope === true
  if (isOutside) return { cause: 'scope', evidence: { side: 'api', scope: describeScope(scope), is_marked: true } }
  if (api || !files) return undefined
  if (scope.severities.length > 0) {
    const limited = notAmong(files.severity, scope.severities, 'api')
    if (limited) return limited
  }
  if (apiMachine || !limitsAssets(scope)) return undefined
  return { cause: 'scope', evidence: { side: 'api', scope: describeScope(scope), is_marked: false } }
}

/** Decided at the source, or made of another score than the file's. */
const otherSeverity: Rule = ({ files, api, cvss }) => {
  if (!files || !api || files.severity === api.severity) return undefined
  if (files.modification !== 'none' || api.modification !== 'none') {
    return recast({ files, api }, api.modification === 'none' ? files.modification : api.modification)
  }
  // The file shows the plugin's own severity, or the other way round.
  if (isPlain(files, api) || isPlain(api, files)) return recast({ files, api }, 'default')
  const [v2, v3] = [severityByCvss2(cvss.v2), severityByCvss3(cvss.v3)]
  const isByScore = (v2 === files.severity && v3 === api.severity) || (v3 === files.severity && v2 === api.severity)
  if (!isByScore) return undefined
  const explained = recast({ files, api }, 'cvss')
  return { ...explained, evidence: { ...explained.evidence, cvss2: cvss.v2, cvss3: cvss.v3 } }
}

function isPlain(one: Witness, other: Witness): boolean {
  return other.defaultSeverity === one.severity && other.defaultSeverity !== other.severity
}

function recast(
  { files, api }: { readonly files: Witness | null; readonly api: Witness | null },
  basis: 'recasted' | 'accepted' | 'none' | 'default' | 'cvss',
): Explained {
  return {
    cause: 'recast',
    evidence: {
      basis,
      files_severity: files?.severity ?? null,
      api_severity: api?.severity ?? null,
      default_severity: api?.defaultSeverity ?? files?.defaultSeverity ?? null,
      reason: api?.modificationReason ?? files?.modificationReason ?? null,
    },
  }
}

function severityByCvss2(score: number | null): Severity | null {
  if (score === null) return null
  if (score >= 10) return 'critical'
  if (score >= 7) return 'high'
  if (score >= 4) return 'medium'
  return score > 0 ? 'low' : 'info'
}

function severityByCvss3(score: number | null): Severity | null {
  if (score === null) return null
  if (score >= 9) return 'critical'
  if (score >= 7) return 'high'
  if (score >= 4) return 'medium'
  return score > 0 ? 'low' : 'info'
}

/** Both have it open; one calls it found again. */
const otherState: Rule = ({ files, api }) => ({ cause: 'state', evidence: states(files, api) })

function nothingElse({ kind, files, api, filesMachine, apiMachine }: FindingFacts, picture: Picture): Explained {
  const moments = { files_at: picture.files.at, api_at: picture.api.at }
  if (kind === 'severity') {
    return {
      cause: 'unexplained',
      evidence: { files_severity: files?.severity ?? null, api_severity: api?.severity ?? null, ...moments },
    }
  }
  const [side, has] = kind === 'only_api' ? (['files', api] as const) : (['api', files] as const)
  return {
    cause: 'missing',
    evidence: {
      side,
      is_machine_known: (kind === 'only_api' ? filesMachine : apiMachine) !== null,
      first_found: has?.firstFound ?? null,
      last_found: has?.lastFound ?? null,
      ...moments,
    },
  }
}

/** The rules of each kind, in the order in which they are asked. */
const rules = {
  only_api: [
    unread,
    otherIdentity,
    unlicensed,
    otherNetwork,
    severityNotShown,
    beforeWindow,
    acceptedRisk,
    noLongerTold,
    betweenReadings,
    knownOtherwise,
    goneUnderOtherName,
  ],
  only_files: [unread, otherIdentity, outsideMirror, betweenReadings, knownOtherwise, goneUnderOtherName],
  severity: [betweenReadings, otherSeverity],
  state: [betweenReadings, otherState],
} satisfies Record<FindingFacts['kind'], readonly Rule[]>
