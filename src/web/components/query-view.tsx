import { Button } from '@mantine/core'
import type { ReactNode } from 'react'
import { useNow } from '../lib/clock.ts'
import { clockTime } from '../lib/format.ts'
import { Notice } from './notice.tsx'
import { ProblemView, problemOf } from './problem-view.tsx'

/** As much of a query as this needs; lists of pages and single answers alike. */
interface Query<T> {
  readonly data: T | undefined
  readonly error: Error | null
  readonly isFetching: boolean
  readonly dataUpdatedAt: number
  readonly isPlaceholderData: boolean
  readonly refetch: () => Promise<unknown>
}

interface QueryViewProps<T> {
  readonly query: Query<T>
  /** As large as what will come, so that nothing jumps. */
  readonly skeleton: ReactNode
  readonly isEmpty?: (data: T) => boolean
  readonly empty?: ReactNode
  readonly children: (data: T) => ReactNode
}

/** The one owner of loading, empty and error: what it wraps describes the full case alone. */
export function QueryView<T>({ query, skeleton, isEmpty, empty, children }: QueryViewProps<T>) {
  const retry = () => {
    void query.refetch()
  }
  if (query.data === undefined) {
    if (query.error) return <ProblemView error={query.error} onRetry={retry} isRetrying={query.isFetching} />
    return (
      <div role="status" aria-busy="true">
        <span className="only-spoken">Loading</span>
        {skeleton}
      </div>
    )
  }
  const isOld = query.isPlaceholderData
  return (
    <>
      {query.error && <OldFigures error={query.error} since={query.dataUpdatedAt} onRetry={retry} />}
      <div aria-busy={isOld} style={isOld ? { opacity: 0.55 } : undefined}>
        {isEmpty?.(query.data) ? empty : children(query.data)}
      </div>
    </>
  )
}

function OldFigures({ error, since, onRetry }: { error: Error; since: number; onRetry: () => void }) {
  const now = useNow()
  return (
    <Notice
      tone="warn"
      title={`Not refreshed: these figures were read at ${clockTime(new Date(since).toISOString(), now)}`}
      action={
        <Button variant="default" onClick={onRetry}>
          Try again
        </Button>
      }
    >
      {problemOf(error).detail}
    </Notice>
  )
}
