import type { Finding, FindingState } from './finding.ts'

/** What is held of a finding that is sighted again. Instants as the database writes them. */
export interface HeldFinding {
  readonly state: FindingState
  readonly firstFound: string | null
  readonly lastFixed: string | null
  readonly resurfacedAt: string | null
  /** The moment that its state speaks for: when it was last found, or since when it is fixed. */
  readonly versionAt: string | null
}

/**
 * A finding as it is after a scan saw it: whether it is new, still there or back is for the one who remembers to say.
 * @param sighting with `versionAt` set to when it was seen
 * @returns undefined when what is held is newer: of the sighting only its date counts then
 */
export function sighted(sighting: Finding, held: HeldFinding | undefined): Finding | undefined {
  const at = sighting.versionAt ?? sighting.lastFound
  if (at === null || at === undefined) throw new Error('a sighting has a time')
  if (!held) {
    return {
      ...sighting,
      state: 'open',
      firstFound: iso(at),
      lastFound: iso(at),
      lastFixed: null,
      resurfacedAt: null,
      versionAt: iso(at),
    }
  }
  if (held.versionAt !== null && Date.parse(at) < Date.parse(held.versionAt)) return undefined
  const isBack = held.state === 'fixed'
  return {
    ...sighting,
    state: isBack ? 'reopened' : held.state,
    firstFound: earlier(at, held.firstFound),
    lastFound: iso(at),
    lastFixed: held.lastFixed === null ? null : iso(held.lastFixed),
    resurfacedAt: isBack ? iso(at) : held.resurfacedAt === null ? null : iso(held.resurfacedAt),
    versionAt: iso(at),
  }
}

/** One spelling, so that what is read again is the same. */
function iso(instant: string): string {
  return new Date(instant).toISOString()
}

function earlier(a: string, b: string | null): string {
  return iso(b !== null && Date.parse(b) < Date.parse(a) ? b : a)
}
