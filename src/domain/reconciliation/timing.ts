import type { Explained, FindingFacts, Picture, Side, Witness } from './facts.ts'

/**
 * A difference that is there because the two sides were read at different moments: what makes it happened after the moment
 * of the side that lacks it. Once that side is read past the instant it is gone, or has another cause: a grace for what
 * indexes late, or for a machine of which the latest file does not speak, is given once.
 */
export function timingOf(facts: FindingFacts, picture: Picture): Explained | undefined {
  const ofApi = knownByApi(facts)
  if (ofApi !== null && isBehind(ofApi, filesMoment(facts, picture))) {
    return timing('files', ofApi, picture.files.at)
  }
  const ofFiles = knownByFiles(facts)
  if (ofFiles !== null && isBehind(ofFiles, apiMoment(facts, picture))) {
    return timing('api', ofFiles, picture.api.at)
  }
  return dropped(facts, picture)
}

/** The file no longer has it, and the API would not have said so: the source may have dropped it since the last full run. */
function dropped({ kind, isReadSinceFull, wasTiming }: FindingFacts, picture: Picture): Explained | undefined {
  const { fullAt } = picture.api
  if (kind !== 'only_api' || isReadSinceFull || fullAt === null) return undefined
  const { previous } = picture
  const isReadSince = previous?.fullAt != null && Date.parse(fullAt) > Date.parse(previous.fullAt)
  if (!(Date.parse(picture.files.at) > Date.parse(fullAt)) || (wasTiming && isReadSince)) return undefined
  return { cause: 'timing', evidence: { side: 'api', is_full: true, happened_at: picture.files.at, read_at: fullAt } }
}

function timing(side: Side, instant: string, readAt: string): Explained {
  return { cause: 'timing', evidence: { side, happened_at: instant, read_at: readAt } }
}

/** The latest thing that the API knows and the files might not yet. */
function knownByApi({ kind, api }: FindingFacts): string | null {
  if (!api) return null
  switch (kind) {
    case 'only_api':
      return openedAt(api)
    case 'only_files':
      return api.endedAt ?? api.lastFixed
    case 'severity':
      return api.severityChangedAt
    case 'state':
      return api.state === 'reopened' ? api.resurfacedAt : api.lastFixed
  }
}

function knownByFiles({ kind, files, api }: FindingFacts): string | null {
  if (!files) return null
  switch (kind) {
    case 'only_api':
      return files.state === 'fixed' ? files.lastFixed : null
    case 'only_files':
      // Seen by a scan after the API was read, though the API calls it fixed; or not known to it at all.
      return api ? files.lastFound : openedAt(files)
    case 'severity':
      return files.severityChangedAt
    case 'state':
      return files.state === 'reopened' ? files.resurfacedAt : null
  }
}

function openedAt({ state, resurfacedAt, firstFound }: Witness): string | null {
  return (state === 'reopened' ? resurfacedAt : null) ?? firstFound
}

interface Moment {
  /** Up to here the side is read. */
  readonly at: string
  /** Perhaps only up to here, which is earlier. */
  readonly surelyAt: number
}

function isBehind(instant: string, { at, surelyAt }: Moment): boolean {
  const ms = Date.parse(instant)
  return ms > Date.parse(at) || ms > surelyAt
}

function filesMoment({ filesMachineAt, wasTiming }: FindingFacts, { files, previous }: Picture): Moment {
  const isReadSince = previous !== null && Date.parse(files.at) > Date.parse(previous.filesAt)
  const hasGrace = filesMachineAt !== null && !(wasTiming && isReadSince)
  return { at: files.at, surelyAt: Date.parse(hasGrace ? filesMachineAt : files.at) }
}

function apiMoment({ wasTiming }: FindingFacts, { api, previous }: Picture): Moment {
  const isReadSince = previous !== null && Date.parse(api.at) > Date.parse(previous.apiAt)
  const hasGrace = !(wasTiming && isReadSince)
  return { at: api.at, surelyAt: Date.parse(api.at) - (hasGrace ? api.graceMs : 0) }
}
