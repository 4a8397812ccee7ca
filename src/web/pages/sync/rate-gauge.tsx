import { Progress } from '@mantine/core'
import type { SourceView } from '../../../contract/sources.ts'
import type { SourceCalls } from '../../../contract/statistics.ts'
import { useNow } from '../../lib/clock.ts'
import { count } from '../../lib/format.ts'

const hourMs = 3_600_000

/** How much of its own limit a source was called in the hour that runs. */
export function RateGauge({ source, calls }: { source: SourceView; calls: SourceCalls | undefined }) {
  const now = useNow()
  const hour = calls?.hours.find(one => now - Date.parse(one.hour) < hourMs)
  const allowed = source.limits.rate_limit_requests_per_minute * 60
  const made = hour?.calls ?? 0
  const words = `${count(made)} of ${count(allowed)}`
  const notes = [
    hour !== undefined && hour.refused > 0 ? `${count(hour.refused)} refused` : '',
    calls?.is_refusing === true && hour?.refused === 0 ? 'refused lately' : '',
    calls?.is_slow === true ? 'slow' : '',
  ].filter(note => note !== '')
  return (
    <>
      <Progress
        size="sm"
        value={Math.min(100, (made / allowed) * 100)}
        color={notes.length > 0 ? 'red' : 'accent'}
        aria-label={`Calls this hour: ${words}`}
      />
      {words}
      {notes.length > 0 && <strong> · {notes.join(', ')}</strong>}
    </>
  )
}
