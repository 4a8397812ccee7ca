import { useEffect, useRef, useState } from 'react'
import { activeRuns } from '../lib/live-state.ts'
import { chunksDone, runStatusLabels } from '../lib/runs.ts'
import { useLive } from './live.tsx'

/** Often enough to follow, seldom enough to let somebody listen to the rest of the page. */
const everyMs = 20_000

/** Says how the runs get on, for those who do not see it. */
export function LiveAnnouncer() {
  const { state } = useLive()
  const [words, setWords] = useState('')
  const saidAtMs = useRef(0)
  const following = useRef(new Set<number>())

  useEffect(() => {
    const active = activeRuns(state)
    const ended = [...following.current].flatMap(id => {
      const run = state.runs.get(id)
      return run === undefined || active.includes(run) ? [] : [run]
    })
    following.current = new Set(active.map(run => run.id))
    if (ended.length > 0) {
      setWords(ended.map(run => `Run ${run.id} of ${run.source}: ${runStatusLabels[run.status]}.`).join(' '))
    } else if (active.length > 0 && Date.now() - saidAtMs.current > everyMs) {
      saidAtMs.current = Date.now()
      const streams = active.flatMap(run => run.streams.filter(stream => stream.status === 'reading'))
      setWords(streams.map(stream => `${stream.stream}: ${chunksDone(stream)}.`).join(' '))
    }
  }, [state])

  return (
    <div className="only-spoken" aria-live="polite">
      {words}
    </div>
  )
}
