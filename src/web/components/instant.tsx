import { useNow } from '../lib/clock.ts'
import { clockTime, exact, relative } from '../lib/format.ts'

/** A time as people say it, with the exact one, in the viewer's zone and in UTC, on hover. */
export function Ago({ at, fallback = '–' }: { at: string | null; fallback?: string }) {
  const now = useNow()
  if (at === null) return <span className="dim">{fallback}</span>
  return (
    <time dateTime={at} title={exact(at)} className="nowrap">
      {relative(at, now)}
    </time>
  )
}

/** The time on the clock, with the day when it is not today: for what does not age while it is read. */
export function At({ at, fallback = '–' }: { at: string | null; fallback?: string }) {
  const now = useNow()
  if (at === null) return <span className="dim">{fallback}</span>
  return (
    <time dateTime={at} title={exact(at)} className="nowrap">
      {clockTime(at, now)}
    </time>
  )
}
