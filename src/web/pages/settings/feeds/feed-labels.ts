import type { FeedResult } from '../../../../contract/feeds.ts'
import type { FeedKind } from '../../../../domain/feed.ts'
import { count } from '../../../lib/format.ts'

export const feedLabels = {
  epss: {
    title: 'EPSS, by FIRST',
    without: 'plugins show the EPSS that Tenable sends, if it does',
    example: 'epss_scores-2026-11-30.csv.gz',
  },
  kev: {
    title: 'KEV, by CISA',
    without: 'plugins show what Tenable says of known exploitation',
    example: 'known_exploited_vulnerabilities.json',
  },
} as const satisfies Record<FeedKind, { title: string; without: string; example: string }>

const outcomes = {
  current: 'It is the newest there is.',
  history: 'It is of a day before the newest: it went into the history only.',
  superseded: 'Another of its day is newer: nothing was changed by it.',
  unchanged: 'These bytes had been loaded before.',
  not_modified: 'The address has nothing new.',
} as const satisfies Record<FeedResult['outcome'], string>

/** What came of a load, in a line. */
export function resultText(result: FeedResult): string {
  const { outcome, score_on, entries, plugins_changed } = result
  const what = entries === undefined ? '' : `${count(entries)} CVEs of ${score_on ?? 'an unknown day'}. `
  const plugins = plugins_changed === undefined ? '' : ` Plugins changed: ${count(plugins_changed)}.`
  return `${what}${outcomes[outcome]}${plugins}`
}
