import { Popover } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { SourceFreshness, SyncStatistics } from '../../contract/statistics.ts'
import { FreshnessDot, type FreshnessState } from '../components/freshness-dot.tsx'
import { Ago } from '../components/instant.tsx'
import { OutsideName } from '../components/outside-text.tsx'
import { useNow } from '../lib/clock.ts'
import { clockTime, relative } from '../lib/format.ts'
import { activeRuns } from '../lib/live-state.ts'
import { syncQuery } from '../lib/queries.ts'
import { useLive } from './live.tsx'
import styles from './shell.module.css'

/** How true everything on the page is, in a dot and three words. */
export function Freshness() {
  const { data, error, dataUpdatedAt } = useQuery(syncQuery)
  const { state } = useLive()
  const now = useNow()
  const isRunning = activeRuns(state).length > 0
  const lostSince = error === null ? undefined : clockTime(new Date(dataUpdatedAt).toISOString(), now)
  const { dot, long, short } = summaryOf(data, lostSince, isRunning, now)
  return (
    <Popover position="bottom-end" width={320} shadow="md" trapFocus returnFocus>
      <Popover.Target>
        <button type="button" className={styles.freshness} aria-label={`Sources: ${long}`}>
          <FreshnessDot state={dot} />
          <span className="mantine-visible-from-sm">{long}</span>
          <span className="mantine-hidden-from-sm">{short}</span>
        </button>
      </Popover.Target>
      <Popover.Dropdown aria-label="Sources">
        {data === undefined || data.sources.length === 0 ? (
          <div className="dim">{long}</div>
        ) : (
          data.sources.map(source => <SourceLine key={source.source_id} source={source} />)
        )}
        <Link to="/admin/tenable/sync">Runs and sources</Link>
      </Popover.Dropdown>
    </Popover>
  )
}

function SourceLine({ source }: { source: SourceFreshness }) {
  return (
    <div className={styles.source}>
      <FreshnessDot state={stateOf(source)} />
      <OutsideName text={source.source} />
      <span>{source.as_of === null ? 'never complete' : <Ago at={source.as_of} />}</span>
    </div>
  )
}

function stateOf(source: SourceFreshness): FreshnessState {
  if (!source.is_enabled) return 'off'
  if (source.as_of === null) return 'never'
  return source.is_stale ? 'stale' : 'fresh'
}

/** @param lostSince when the server was last heard of, when it no longer answers */
function summaryOf(status: SyncStatistics | undefined, lostSince: string | undefined, isRunning: boolean, now: number) {
  if (status === undefined) {
    const isLost = lostSince !== undefined
    const words = isLost ? 'server cannot be reached' : 'asking'
    return { dot: isLost ? 'stale' : 'never', long: words, short: isLost ? 'offline' : '…' } as const
  }
  if (lostSince !== undefined) {
    return { dot: 'stale', long: `server not reached since ${lostSince}`, short: 'offline' } as const
  }
  const enabled = status.sources.filter(source => source.is_enabled)
  if (enabled.length === 0) return { dot: 'never', long: 'no source yet', short: 'no source' } as const
  const fresh = enabled.filter(source => !source.is_stale).length
  const age = status.as_of === null ? 'never complete' : relative(status.as_of, now)
  return {
    dot: isRunning ? 'running' : fresh === enabled.length ? 'fresh' : 'stale',
    long: `${fresh}/${enabled.length} fresh · ${isRunning ? 'syncing now' : age}`,
    short: isRunning ? 'syncing' : shortOf(status.as_of, fresh, enabled.length, age),
  } as const
}

function shortOf(asOf: string | null, fresh: number, all: number, age: string): string {
  if (asOf === null) return 'never'
  if (fresh > 0 && fresh < all) return `${fresh}/${all} fresh`
  return `${fresh === all ? 'fresh' : 'stale'} ${age.replace(' ago', '')}`
}
