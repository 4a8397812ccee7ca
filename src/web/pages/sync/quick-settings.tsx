import { Select } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ScheduleView } from '../../../contract/schedule.ts'
import type { SourceView } from '../../../contract/sources.ts'
import { ProblemView } from '../../components/problem-view.tsx'
import { SourceSwitch } from '../../components/source/source-card.tsx'
import { schedulesQuery } from '../../lib/console-queries.ts'
import { choiceOf, type Frequency, frequencyLabels, timesOf, timesText } from '../../lib/schedule-times.ts'
import { useHasRole } from '../../lib/session.ts'
import { useSaveSchedule } from '../../lib/source-actions.ts'
import styles from './sync.module.css'

const quick = ['2h', '4h', '8h', 'daily'] as const satisfies readonly Frequency[]

/** How often changes are read, and whether at all. */
export function QuickSettings({ source }: { source: SourceView }) {
  const { data } = useQuery(schedulesQuery)
  const changes = data?.items.find(schedule => schedule.source_id === source.id && schedule.name === 'changes')
  return (
    <div className={styles.quick}>
      <SourceSwitch source={source} />
      {changes === undefined ? (
        <span className="dim">{data === undefined ? '' : 'by no schedule'}</span>
      ) : (
        <QuickFrequency source={source} schedule={changes} />
      )}
    </div>
  )
}

function QuickFrequency({ source, schedule }: { source: SourceView; schedule: ScheduleView }) {
  const save = useSaveSchedule()
  const may = useHasRole('operator')
  const { frequency } = choiceOf(schedule)
  if (!may || schedule.managed_by === 'environment') {
    return (
      <span>
        {timesText(schedule)}
        {schedule.managed_by === 'environment' && <span className="dim">, as the environment says</span>}
      </span>
    )
  }
  const isQuick = quick.some(one => one === frequency)
  const offered = quick.map(value => ({ value: value as string, label: frequencyLabels[value] }))
  return (
    <>
      <Select
        size="xs"
        w={170}
        aria-label={`How often changes of ${source.name} are read`}
        data={isQuick ? offered : [...offered, { value: 'own', label: timesText(schedule) }]}
        value={isQuick ? frequency : 'own'}
        allowDeselect={false}
        disabled={save.isPending}
        onChange={value => {
          const wanted = quick.find(one => one === value)
          if (wanted === undefined || wanted === frequency) return
          const times = timesOf({ ...choiceOf(schedule), frequency: wanted })
          save.mutate({ source_id: source.id, name: schedule.name, ...times })
        }}
      />
      <Link to="/settings/integrations/tenable" search={{ source: source.id, part: 'sync' }}>
        More
      </Link>
      {save.error && <ProblemView error={save.error} />}
    </>
  )
}
