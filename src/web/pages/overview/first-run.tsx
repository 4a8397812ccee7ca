import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { PageFrame } from '../../components/page.tsx'
import { Panel } from '../../components/panel.tsx'
import { ProblemView } from '../../components/problem-view.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { SourceForm } from '../../components/source/source-form.tsx'
import { sourcesQuery } from '../../lib/queries.ts'
import { useStartSync } from '../../lib/sync-actions.ts'
import { Sources } from '../sync/sources.tsx'

/** Before anything was read: the way to the first sync. */
export function FirstRun() {
  const query = useQuery(sourcesQuery)
  const start = useStartSync()
  const hasSource = query.data !== undefined && query.data.items.length > 0
  return (
    <PageFrame
      title="Overview"
      sentence={
        hasSource
          ? 'A source is connected. Start the first sync to fill this page.'
          : 'Connect Tenable to start: two keys, a test, and the first sync.'
      }
    >
      {start.error && <ProblemView error={start.error} />}
      <QueryView query={query} skeleton={<Skeleton height={420} />}>
        {data =>
          data.items.length > 0 ? (
            <Sources />
          ) : (
            <Panel title="Connect Tenable Vulnerability Management">
              <SourceForm
                saveLabel="Save and start the first sync"
                onSaved={async source => {
                  await start.mutateAsync({ sourceId: source.id, kind: 'full' })
                }}
              />
            </Panel>
          )
        }
      </QueryView>
    </PageFrame>
  )
}
