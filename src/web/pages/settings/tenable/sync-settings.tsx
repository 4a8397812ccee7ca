import { Button, Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { ScheduleView } from '../../../../contract/schedule.ts'
import type { SourceView } from '../../../../contract/sources.ts'
import { Confirm } from '../../../components/confirm.tsx'
import { Ago } from '../../../components/instant.tsx'
import { Notice } from '../../../components/notice.tsx'
import { OutsideName } from '../../../components/outside-text.tsx'
import { ProblemView } from '../../../components/problem-view.tsx'
import { QueryView } from '../../../components/query-view.tsx'
import { RoleNote } from '../../../components/role-note.tsx'
import { SourceSwitch } from '../../../components/source/source-card.tsx'
import { schedulesQuery } from '../../../lib/console-queries.ts'
import { counted } from '../../../lib/format.ts'
import { timesText } from '../../../lib/schedule-times.ts'
import { useHasRole } from '../../../lib/session.ts'
import { usePauseSchedule, useRemoveSchedule } from '../../../lib/source-actions.ts'
import { streamsText } from '../../../lib/streams.ts'
import { ScheduleEditor } from './schedule-editor.tsx'
import { ScopeForm } from './scope-form.tsx'
import styles from './tenable.module.css'

/** Whether, when and how much of a source is read by itself. */
export function SyncSettings({ source }: { source: SourceView }) {
  return (
    <div className={styles.part}>
      <div className={styles.row} style={{ alignItems: 'center' }}>
        <SourceSwitch source={source} />
        <span>
          {source.is_enabled
            ? 'Switched on: schedules and people may start runs.'
            : 'Switched off: nothing starts, and what was mirrored ages.'}
        </span>
      </div>
      <Schedules source={source} />
      <ScopeForm source={source} />
    </div>
  )
}

function Schedules({ source }: { source: SourceView }) {
  const query = useQuery(schedulesQuery)
  const may = useHasRole('operator')
  const [isAdding, setIsAdding] = useState(false)
  return (
    <section className={styles.group} aria-label="Schedules">
      <div className={styles.row} style={{ justifyContent: 'space-between' }}>
        <h3>Schedules</h3>
        {may && (
          <Button variant="default" onClick={() => setIsAdding(true)}>
            Add a schedule
          </Button>
        )}
      </div>
      <RoleNote needed="operator" what="Changing schedules" />
      <QueryView query={query} skeleton={<Skeleton height={140} />}>
        {data => {
          const own = data.items.filter(schedule => schedule.source_id === source.id)
          return (
            <>
              {!data.is_on && (
                <Notice tone="warn" title="This server starts nothing by itself">
                  TENABLE_SYNC_ENABLED is false. Another server may follow these schedules; otherwise set it to true and
                  start again.
                </Notice>
              )}
              <ul className={styles.schedules}>
                {own.map(schedule => (
                  <Schedule key={schedule.id} schedule={schedule} />
                ))}
              </ul>
              {own.length === 0 && <p className="dim">No schedule: only people start runs of it.</p>}
            </>
          )
        }}
      </QueryView>
      <ScheduleEditor isOpen={isAdding} source={source} onClose={() => setIsAdding(false)} />
    </section>
  )
}

/** The ones that every source has. */
const usualNames = ['changes', 'plugins', 'everything']

function Schedule({ schedule }: { schedule: ScheduleView }) {
  const [asking, setAsking] = useState<'edit' | 'remove'>()
  const may = useHasRole('operator')
  const pause = usePauseSchedule()
  const remove = useRemoveSchedule()
  const close = () => {
    setAsking(undefined)
    remove.reset()
  }
  const isOurs = schedule.managed_by === 'people'
  return (
    <li className={styles.schedule}>
      <div>
        <div>
          <strong>
            <OutsideName text={schedule.name} />
          </strong>
          : {schedule.kind === 'full' ? 'reads everything' : 'reads what changed'}, {timesText(schedule)}
        </div>
        <div className="dim">
          {streamsText(schedule.streams)}
          {schedule.jitter_seconds > 0 && ` · moved by up to ${counted(schedule.jitter_seconds, 'second')}`}
          {schedule.blackout.length > 0 && ` · ${counted(schedule.blackout.length, 'blackout window')}`}
          {!isOurs && ' · its times follow the environment'}
        </div>
        <div className="dim">
          {schedule.is_paused ? (
            'Paused.'
          ) : (
            <>
              Next: <Ago at={schedule.next_at} fallback="nothing is due: the source is switched off or has no keys" />
            </>
          )}
        </div>
        {pause.error && <ProblemView error={pause.error} />}
      </div>
      {may && (
        <div className={styles.row}>
          <Button
            variant="default"
            loading={pause.isPending}
            aria-label={`${schedule.is_paused ? 'Resume' : 'Pause'} ${schedule.name}`}
            onClick={() => pause.mutate({ id: schedule.id, isPaused: !schedule.is_paused })}
          >
            {schedule.is_paused ? 'Resume' : 'Pause'}
          </Button>
          <Button variant="default" aria-label={`Change ${schedule.name}`} onClick={() => setAsking('edit')}>
            Change
          </Button>
          {isOurs && !usualNames.includes(schedule.name) && (
            <Button variant="default" aria-label={`Remove ${schedule.name}`} onClick={() => setAsking('remove')}>
              Remove
            </Button>
          )}
        </div>
      )}
      <ScheduleEditor isOpen={asking === 'edit'} schedule={schedule} onClose={close} />
      <Confirm
        isOpen={asking === 'remove'}
        title={`Remove the schedule ${schedule.name}?`}
        act="Remove the schedule"
        keep="Keep it"
        isBusy={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate(schedule.id, { onSuccess: close })}
        onClose={close}
      >
        It starts no more runs of <OutsideName text={schedule.source} />. A run that it has started goes on.
      </Confirm>
    </li>
  )
}
