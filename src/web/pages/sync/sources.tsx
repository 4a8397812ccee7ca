import { Button, Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Empty } from '../../components/empty.tsx'
import { Panel } from '../../components/panel.tsx'
import { ProblemView } from '../../components/problem-view.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { RoleNote } from '../../components/role-note.tsx'
import { sourcesQuery, syncQuery } from '../../lib/queries.ts'
import { useHasRole } from '../../lib/session.ts'
import { useStartSync } from '../../lib/sync-actions.ts'
import { FilesLane } from './files-lane.tsx'
import { Lane } from './lane.tsx'
import styles from './sync.module.css'

/** A lane for each source: how it does, what it does, and what can be done with it. */
export function Sources() {
  const sources = useQuery(sourcesQuery)
  return (
    <Panel title="Sources" aside={<Link to="/settings/integrations/tenable">Settings</Link>}>
      <RoleNote needed="operator" what="Starting, pausing and stopping runs" />
      <QueryView
        query={sources}
        skeleton={<Skeleton height={150} />}
        isEmpty={data => data.items.length === 0}
        empty={
          <Empty title="No source yet.">
            <Link to="/">Connect one on the overview</Link>
          </Empty>
        }
      >
        {data => (
          <ul className={styles.lanes}>
            {data.items.map(source =>
              source.kind === 'files' ? (
                <FilesLane key={source.id} source={source} />
              ) : (
                <Lane key={source.id} source={source} />
              ),
            )}
          </ul>
        )}
      </QueryView>
    </Panel>
  )
}

/** The buttons that start a run; none for who may not. */
export function StartSync({ sourceId }: { sourceId: number }) {
  const start = useStartSync()
  const may = useHasRole('operator')
  const { data: status } = useQuery(syncQuery)
  const isRunning = status?.active.some(run => run.source_id === sourceId) === true
  const isNew = status?.sources.find(one => one.source_id === sourceId)?.as_of === null
  const kindOf = (kind: 'full' | 'delta') => ({
    loading: start.isPending && start.variables.kind === kind,
    disabled: isRunning || start.isPending,
    onClick: () => start.mutate({ sourceId, kind }),
  })
  if (!may) return null
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
