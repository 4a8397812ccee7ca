// How many calls did each source get in the last day, and how did it take them?

import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { latencySteps } from '../source-calls.ts'
import { allOf } from './conditions.ts'
import { ofVisibleSources } from './scope.ts'

export interface CallHour {
  readonly hour: string
  readonly calls: number
  readonly failed: number
  readonly refused: number
  readonly slow: number
  readonly average_ms: number | null
  readonly median_ms: number | null
  readonly longest_ms: number | null
  readonly bytes: number
  readonly utilisation: number
}

export interface SourceCallView {
  readonly source_id: number
  readonly source: string
  readonly is_slow: boolean
  readonly is_refusing: boolean
  readonly hours: CallHour[]
}

const shownHours = 24
/** What makes a source slow or refusing now. */
const recentMs = 2 * 3_600_000

export async function loadSourceCalls(database: ScopedDatabase, now: Date): Promise<SourceCallView[]> {
  const { rows } = await sql<Omit<CallHour, 'median_ms'> & Uncounted>`
select c.source_id, s.name as source, c.hour, c.calls, c.failed, c.refused, c.slow, c.timed, c.latencies,
       case when c.timed > 0 then round(c.total_ms::numeric / c.timed)::integer end as average_ms,
       case when c.timed > 0 then c.longest_ms end as longest_ms, c.bytes,
       round(c.calls::numeric / (60 * c.allowed_per_minute), 4)::float8 as utilisation
from source_call c
join source s using (source_id)
where s.removed_at is null and ${allOf(ofVisibleSources(database.access, 's.source_id'))}
  and c.hour > ${now.toISOString()}::timestamptz - make_interval(hours => ${sql.lit(shownHours)})
order by c.source_id, c.hour`.execute(database.kysely)
  const bySource = Map.groupBy(rows, row => row.source_id)
  return [...bySource.values()].map(hours => {
    const recent = hours.filter(({ hour }) => now.getTime() - Date.parse(hour) <= recentMs)
    const sum = (count: (row: (typeof rows)[number]) => number) => recent.reduce((total, row) => total + count(row), 0)
    return {
      source_id: hours[0]!.source_id,
      source: hours[0]!.source,
      // One slow call happens to everybody.
      is_slow: sum(row => row.slow) > sum(row => row.timed) / 10,
      is_refusing: sum(row => row.refused) > 0,
      hours: hours.map(presentHour),
    }
  })
}

interface Uncounted {
  readonly source_id: number
  readonly source: string
  readonly timed: number
  readonly latencies: readonly number[]
}

function presentHour(row: Omit<CallHour, 'median_ms'> & Uncounted): CallHour {
  const { source_id: _id, source: _name, timed: _timed, latencies, average_ms, longest_ms, ...hour } = row
  return { ...hour, average_ms, median_ms: medianOf(latencies, longest_ms), longest_ms }
}

/** From counts by steps: within the step of the middle call as far as it lies among those of its step. */
function medianOf(latencies: readonly number[], longestMs: number | null): number | null {
  const total = latencies.reduce((sum, count) => sum + count, 0)
  if (total === 0 || longestMs === null) return null
  let before = 0
  for (const [step, count] of latencies.entries()) {
    if (before + count < total / 2) {
      before += count
      continue
    }
    const from = step === 0 ? 0 : latencySteps[step - 1]!
    const to = Math.max(from, Math.min(latencySteps[step] ?? longestMs, longestMs))
    return Math.round(from + ((to - from) * (total / 2 - before)) / count)
  }
  return longestMs
}
