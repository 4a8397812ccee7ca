import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { RunView } from '../../../contract/sync.ts'
import { Ago, At } from '../../components/instant.tsx'
import { OutsideName } from '../../components/outside-text.tsx'
import { Panel } from '../../components/panel.tsx'
import { PlainTable } from '../../components/plain-table.tsx'
import { upcomingQuery } from '../../lib/console-queries.ts'
import { runKindLabels, triggerLabels } from '../../lib/runs.ts'
import { streamsText } from '../../lib/streams.ts'
import styles from './sync.module.css'

/** What waits to be run, and what the schedules start next. */
export function UpcomingRuns({ waiting }: { waiting: readonly RunView[] }) {
  const { data, isPending } = useQuery(upcomingQuery)
  if (isPending && waiting.length === 0) {
    return (
      <Panel title="Queue and upcoming runs">
        <Skeleton height={224} />
      </Panel>
    )
  }
  if (waiting.length === 0 && (data === undefined || data.items.length === 0)) return null
  return (
    <Panel title="Queue and upcoming runs">
      <PlainTable label="Queue and upcoming" className={styles.short} columns={['When', 'Source', 'What', 'By']}>
        {waiting.map(run => (
          <tr key={`run ${run.id}`}>
            <td data-label="When">
              waiting since <Ago at={run.created_at} />
            </td>
            <td data-label="Source">
              <OutsideName text={run.source} />
            </td>
            <td data-label="What">
              <Link to="/admin/tenable/sync/$id" params={{ id: String(run.id) }} search={true} resetScroll={false}>
                {runKindLabels[run.kind]} {run.id}
              </Link>
            </td>
            <td data-label="By">{triggerLabels[run.trigger]}</td>
          </tr>
        ))}
        {data?.items.slice(0, 6).map(run => (
          <tr key={`${run.schedule_id} ${run.at}`}>
            <td data-label="When">
              <div>
                <At at={run.at} />{' '}
                <span className="dim">
                  {run.is_due ? 'due: starts when the run that is there has ended' : <Ago at={run.at} />}
                </span>
              </div>
            </td>
            <td data-label="Source">
              <OutsideName text={run.source} />
            </td>
            <td data-label="What">
              <div>
                {runKindLabels[run.kind]}: {streamsText(run.streams)}
              </div>
            </td>
            <td data-label="By">
              <div>
                schedule <OutsideName text={run.schedule} />
              </div>
            </td>
          </tr>
        ))}
      </PlainTable>
    </Panel>
  )
}
