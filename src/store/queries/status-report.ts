// What is in the mirror, under the default count, and how fresh is it?

import type { AssetStatus } from '../../domain/asset.ts'
import type { FindingState } from '../../domain/finding.ts'
import type { ScopedDatabase } from '../access.ts'
import { type LeftOutAssets, loadAssetStatistics } from './asset-statistics.ts'
import { type LeftOutFindings, loadFindingStatistics } from './finding-statistics.ts'
import { loadFreshness, type SourceFreshness } from './freshness.ts'
import type { RunView } from './run-view.ts'
import type { SeverityCounts } from './severity-counts.ts'
import { loadSourceCalls, type SourceCallView } from './source-calls.ts'

/** What `tenfold status --json` prints. */
export interface StatusReport {
  /** `live` is the default count; the others are every asset of that status. */
  readonly assets: Readonly<Record<AssetStatus, number>>
  readonly findings: {
    readonly state: Readonly<Record<FindingState, number>>
    /** Of the open and reopened ones. */
    readonly severity: SeverityCounts
  }
  readonly leftOut: { readonly assets: LeftOutAssets; readonly findings: LeftOutFindings }
  readonly lastCompleteRun: RunView | null
  readonly asOf: string | null
  readonly stale: boolean
  readonly level: 'source'
  readonly sources: SourceFreshness[]
  /** What an operator should know of the sources: one that needs a key, answers slowly, refuses, is paused. */
  readonly notices: string[]
}

/** @param now decides what is stale */
export async function loadStatusReport(database: ScopedDatabase, now: Date): Promise<StatusReport> {
  const [assets, findings, sources, calls] = await Promise.all([
    loadAssetStatistics(database, {}),
    loadFindingStatistics(database, {}),
    loadFreshness(database, now),
    loadSourceCalls(database, now),
  ])
  const completeRuns = sources.map(source => source.last_complete_run).filter(run => run !== null)
  return {
    assets: { ...assets.by_status, live: assets.total },
    findings: { state: findings.by_state, severity: findings.by_severity },
    leftOut: { assets: assets.left_out, findings: findings.left_out },
    lastCompleteRun: completeRuns.toSorted((a, b) => b.id - a.id)[0] ?? null,
    asOf: assets.as_of,
    stale: sources.length === 0 || sources.some(source => source.is_enabled && source.is_stale),
    level: 'source',
    sources,
    notices: [...sources.flatMap(({ health }) => health.words ?? []), ...calls.flatMap(noticesOfCalls)],
  }
}

function noticesOfCalls({ source, is_slow, is_refusing }: SourceCallView): readonly string[] {
  return [
    ...(is_slow ? [`${source} is slow: more than one call in ten took over five seconds in the last two hours.`] : []),
    ...(is_refusing
      ? [`${source} refused calls as too many in the last two hours; a lower rate limit may be quicker in the end.`]
      : []),
  ]
}
