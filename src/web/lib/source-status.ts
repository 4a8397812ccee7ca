import type { SourceView } from '../../contract/sources.ts'
import type { SourceFreshness, SyncStatistics } from '../../contract/statistics.ts'

export interface SourceStatus {
  readonly word: string
  readonly dot: 'fresh' | 'stale' | 'running' | 'never' | 'off'
  readonly isBad: boolean
}

const status = (word: string, dot: SourceStatus['dot'], isBad = false): SourceStatus => ({ word, dot, isBad })

/** The one thing about a source that matters most now. */
export function statusOf(
  source: Pick<SourceView, 'kind' | 'is_enabled' | 'has_credentials'>,
  freshness: SourceFreshness | undefined,
  isRunning: boolean,
): SourceStatus {
  if (!source.is_enabled) return status('Switched off', 'off')
  if (source.kind === 'files') return status('Brought by people', 'fresh')
  if (!source.has_credentials) return status('No keys', 'stale', true)
  if (isRunning) return status('Reading now', 'running')
  if (freshness === undefined) return status('Not read yet', 'never')
  const { health, last_run: last } = freshness
  if (health.needs_key) return status('Key refused', 'stale', true)
  if (health.circuit === 'open') return status('Not reachable', 'stale', true)
  if (health.is_paused) return status('Paused', 'off')
  if (last?.status === 'failed') return status('Last run failed', 'stale', true)
  if (freshness.as_of === null) return status('Never complete', 'never')
  if (freshness.is_stale) return status('Stale', 'stale')
  if (last?.status === 'partial') return status('Last run not complete', 'stale')
  return status('Healthy', 'fresh')
}

interface Staleness {
  readonly is_stale: boolean
  readonly sources: readonly Pick<SyncStatistics['sources'][number], 'is_enabled' | 'is_stale'>[]
}

/** Of several sources how many are stale: the numbers of the others are not. Undefined when none is. */
export function staleWords({ is_stale, sources }: Staleness): string | undefined {
  if (!is_stale) return undefined
  const enabled = sources.filter(source => source.is_enabled)
  const stale = enabled.filter(source => source.is_stale)
  return stale.length === enabled.length ? 'stale' : `${stale.length} of ${enabled.length} sources stale`
}
