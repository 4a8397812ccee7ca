import type { HistoryNote } from '../contract/history.ts'
import { instant } from './text.ts'

/** Which moment an answer is about, and how far it can be relied on. */
export function describeMoment(history: HistoryNote): string {
  const { as_of, known_at, unknown_before, reconstructed_before, is_unknown } = history
  const when = [
    ...(as_of === null ? [] : [`As of ${instant(as_of)}`]),
    ...(known_at === null ? [] : [`as known at ${instant(known_at)}`]),
  ].join(', ')
  if (is_unknown) {
    const since =
      unknown_before === null ? 'nothing had been read by then' : `nothing is known before ${instant(unknown_before)}`
    return `${when}: ${since}.`
  }
  const isReconstructed =
    as_of !== null && reconstructed_before !== null && Date.parse(as_of) < Date.parse(reconstructed_before)
  if (!isReconstructed) return `${when}.`
  return `${when}; before ${instant(reconstructed_before)} it is made of the dates that the first reading found.`
}
