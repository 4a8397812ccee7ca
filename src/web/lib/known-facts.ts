import type { Confidence } from '../../domain/file-reading.ts'

export const markLabels: Readonly<Record<Confidence, string>> = {
  exact: 'Exact',
  derived: 'Derived',
  guessed: 'Guessed',
}

/** Facts of a finding that an import marks. */
export const factLabels: Readonly<Record<string, string>> = {
  machine: 'Machine',
  port: 'Port and protocol',
  severity: 'Severity',
  state: 'State',
  first_found: 'First found',
  last_found: 'Last found',
  last_fixed: 'Fixed',
}

/** The marks that a finding keeps of its import; empty for one that a source sent. */
export function knownFactsOf(extra: Readonly<Record<string, unknown>> | null): readonly (readonly [string, string])[] {
  const note = extra?.hextrackr
  const known = typeof note === 'object' && note !== null && 'known' in note ? note.known : undefined
  if (typeof known !== 'object' || known === null) return []
  return Object.entries(known).flatMap(([fact, mark]) => {
    const label = factLabels[fact]
    const said = typeof mark === 'string' && mark in markLabels ? markLabels[mark as Confidence] : undefined
    return label === undefined || said === undefined ? [] : [[label, said] as const]
  })
}

/** What HexTrackr called first seen, where that is the day on which the plugin was published. */
export function claimedFirstSeenOf(extra: Readonly<Record<string, unknown>> | null): string | null {
  const note = extra?.hextrackr
  const claimed =
    typeof note === 'object' && note !== null && 'claimed_first_seen' in note ? note.claimed_first_seen : null
  return typeof claimed === 'string' && /^\d{4}-\d\d-\d\d$/.test(claimed) ? claimed : null
}
