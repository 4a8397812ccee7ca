import { Button, Modal, MultiSelect, NumberInput, Select, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import type { Blackout, ScheduleView } from '../../../../contract/schedule.ts'
import type { SourceView } from '../../../../contract/sources.ts'
import type { StreamName } from '../../../../domain/batch.ts'
import { ProblemView } from '../../../components/problem-view.tsx'
import { FrequencyFields, offeredFrequencies } from '../../../components/source/frequency-fields.tsx'
import { choiceOf, timesOf, timeZones } from '../../../lib/schedule-times.ts'
import { fieldError, useSaveSchedule } from '../../../lib/source-actions.ts'
import { streamOptions } from '../../../lib/streams.ts'
import { Blackouts } from './blackouts.tsx'
import styles from './tenable.module.css'

type ScheduleEditorProps = {
  readonly isOpen: boolean
  readonly onClose: () => void
} & (
  | { readonly schedule: ScheduleView; readonly source?: undefined }
  | { readonly source: SourceView; readonly schedule?: undefined }
)

/** One schedule: what it reads, when, and when not. */
export function ScheduleEditor({ isOpen, onClose, ...of }: ScheduleEditorProps) {
  const title = of.schedule
    ? `Schedule ${of.schedule.name} of ${of.schedule.source}`
    : `A schedule for ${of.source.name}`
  return (
    <Modal opened={isOpen} onClose={onClose} size="lg" title={title} closeButtonProps={{ 'aria-label': 'Close' }}>
      <ScheduleForm sourceId={of.schedule?.source_id ?? of.source!.id} schedule={of.schedule} onSaved={onClose} />
    </Modal>
  )
}

interface ScheduleFormProps {
  readonly sourceId: number
  readonly schedule: ScheduleView | undefined
  readonly onSaved: () => void
}

function ScheduleForm({ sourceId, schedule, onSaved }: ScheduleFormProps) {
  const [typed, setTyped] = useState(() => draftOf(schedule))
  const save = useSaveSchedule()
  const followsEnvironment = schedule?.managed_by === 'environment'
  const set = (change: Partial<Draft>) => {
    setTyped({ ...typed, ...change })
    save.reset()
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const people = { jitter_seconds: typed.jitter, blackout: [...typed.blackout] }
    const times = {
      kind: typed.kind,
      streams: typed.streams.length === 0 ? null : [...typed.streams],
      time_zone: typed.timeZone,
      ...timesOf(typed.choice),
    }
    const change = { source_id: sourceId, name: typed.name.trim(), ...people, ...(followsEnvironment ? {} : times) }
    save.mutate(change, { onSuccess: onSaved })
  }
  return (
    <form onSubmit={submit} className={styles.part} autoComplete="off">
      {followsEnvironment && (
        <p className="dim">
          Its times follow the environment (TENABLE_SYNC_INTERVAL_HOURS, TENABLE_FULL_SYNC_INTERVAL_HOURS, TZ). Blackout
          windows and jitter are set here.
        </p>
      )}
      {schedule === undefined && (
        <TextInput
          label="Name"
          required
          maxLength={100}
          value={typed.name}
          error={fieldError(save.error, 'name')}
          onChange={event => set({ name: event.currentTarget.value })}
        />
      )}
      <Select
        label="What it reads"
        data={[
          { value: 'delta', label: 'What has changed' },
          { value: 'full', label: 'Everything; only this notices what is gone' },
        ]}
        value={typed.kind}
        allowDeselect={false}
        disabled={followsEnvironment}
        onChange={value => value !== null && set({ kind: value === 'full' ? 'full' : 'delta' })}
      />
      <MultiSelect
        label="Streams"
        description="None chosen: all that the source offers"
        data={streamOptions}
        value={[...typed.streams]}
        disabled={followsEnvironment}
        clearable
        clearButtonProps={{ 'aria-label': 'Choose no stream' }}
        onChange={value => set({ streams: value as StreamName[] })}
      />
      <FrequencyFields
        choice={typed.choice}
        offered={offeredFrequencies[typed.kind]}
        isDisabled={followsEnvironment}
        error={fieldError(save.error, 'cron') ?? fieldError(save.error, 'interval_hours')}
        onChange={choice => set({ choice })}
      />
      <Select
        label="Time zone"
        description="Of the times above and of the blackout windows"
        data={timeZones(typed.timeZone)}
        value={typed.timeZone}
        searchable
        allowDeselect={false}
        limit={100}
        disabled={followsEnvironment}
        error={fieldError(save.error, 'time_zone')}
        onChange={value => value !== null && set({ timeZone: value })}
      />
      <NumberInput
        label="Jitter"
        description="Seconds by which each time is moved at most, so that many sources do not start at once"
        size="sm"
        min={0}
        max={3_600}
        allowDecimal={false}
        value={typed.jitter}
        error={fieldError(save.error, 'jitter_seconds')}
        onChange={value => set({ jitter: Number(value) || 0 })}
      />
      <Blackouts windows={typed.blackout} onChange={blackout => set({ blackout })} />
      {save.error && <ProblemView error={save.error} />}
      <div>
        <Button type="submit" size="sm" loading={save.isPending} disabled={typed.name.trim() === ''}>
          Save the schedule
        </Button>
      </div>
    </form>
  )
}

interface Draft {
  readonly name: string
  readonly kind: 'delta' | 'full'
  readonly streams: readonly StreamName[]
  readonly choice: ReturnType<typeof choiceOf>
  readonly timeZone: string
  readonly jitter: number
  readonly blackout: readonly Blackout[]
}

function draftOf(schedule: ScheduleView | undefined): Draft {
  return {
    name: schedule?.name ?? '',
    kind: schedule?.kind ?? 'delta',
    streams: schedule?.streams ?? [],
    choice: choiceOf(schedule ?? { cron: null, interval_hours: 4 }),
    timeZone: schedule?.time_zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
    jitter: schedule?.jitter_seconds ?? 0,
    blackout: schedule?.blackout ?? [],
  }
}
