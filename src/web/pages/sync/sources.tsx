import { Button, Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Empty } from '../../components/empty.tsx'
import { Panel } from '../../components/panel.tsx'
import { ProblemView } from '../../components/problem-view.tsx'
import { QueryView } from '../../components/query-view.tsx'
import styles from '../../components/source/source.module.css'
import { SourceCard } from '../../components/source/source-card.tsx'
import { sourcesQuery, syncQuery } from '../../lib/queries.ts'
import { useStartSync } from '../../lib/sync-actions.ts'

/** Each source with what can be started for it. */
export function Sources() {
  const sources = useQuery(sourcesQuery)
  const { data: status } = useQuery(syncQuery)
  return (
    <Panel title="Sources">
      <QueryView
        query={sources}
        skeleton={<Skeleton height={112} />}
        isEmpty={data => data.items.length === 0}
        empty={
          <Empty title="No source yet.">
            <Link to="/">Connect one on the overview</Link>
          </Empty>
        }
      >
        {data => (
          <div className={styles.sources}>
            {data.items.map(source => (
              <SourceCard
                key={source.id}
                source={source}
                freshness={status?.sources.find(one => one.source_id === source.id)}
                actions={source.is_enabled && <StartSync sourceId={source.id} />}
              />
            ))}
          </div>
        )}
      </QueryView>
    </Panel>
  )
}

export function StartSync({ sourceId }: { sourceId: number }) {
  const start = useStartSync()
  const { data: status } = useQuery(syncQuery)
  const isRunning = status?.active.some(run => run.source_id === sourceId) === true
  const isNew = status?.sources.find(one => one.source_id === sourceId)?.as_of === null
  const kindOf = (kind: 'full' | 'delta') => ({
    loading: start.isPending && start.variables.kind === kind,
    disabled: isRunning || start.isPending,
    onClick: () => start.mutate({ sourceId, kind }),
  })
  return (
    <>
      {!isNew && (
        <Button variant="filled" title="Reads what has changed since the last complete run" {...kindOf('delta')}>
          Sync changes
        </Button>
      )}
      <Button variant={isNew ? 'filled' : 'default'} title="Reads everything the source has" {...kindOf('full')}>
        Full sync
      </Button>
      {start.error && <ProblemView error={start.error} />}
    </>
  )
}
