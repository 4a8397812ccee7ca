import { NumberInput, Select, TextInput } from '@mantine/core'
import type { WeekDay } from '../../../domain/schedule.ts'
import { type Frequency, type FrequencyChoice, frequencyLabels, weekDayLabels } from '../../lib/schedule-times.ts'
import styles from './source.module.css'

interface FrequencyFieldsProps {
  readonly choice: FrequencyChoice
  readonly offered: readonly Frequency[]
  readonly isDisabled?: boolean
  readonly error?: string | undefined
  readonly onChange: (choice: FrequencyChoice) => void
}

/** The choices for what is read in changes, and for what is read whole. */
export const offeredFrequencies = {
  delta: ['2h', '4h', '8h', 'daily', 'interval', 'cron'],
  full: ['daily', 'weekly', 'monthly', 'interval', 'cron'],
} as const satisfies Record<string, readonly Frequency[]>

/** How often, in the words people use, down to a cron pattern. */
export function FrequencyFields({ choice, offered, isDisabled = false, error, onChange }: FrequencyFieldsProps) {
  const { frequency } = choice
  const known: readonly Frequency[] = offered.includes(frequency) ? offered : [frequency, ...offered]
  const isAtTime = frequency === 'daily' || frequency === 'weekly' || frequency === 'monthly'
  return (
    <div className={styles.buttons} style={{ alignItems: 'end' }}>
      <Select
        label="How often"
        data={known.map(value => ({ value, label: frequencyLabels[value] }))}
        value={frequency}
        allowDeselect={false}
        disabled={isDisabled}
        onChange={value => value !== null && onChange({ ...choice, frequency: value as Frequency })}
      />
      {frequency === 'weekly' && (
        <Select
          label="Day"
          data={(Object.keys(weekDayLabels) as WeekDay[]).map(value => ({ value, label: weekDayLabels[value] }))}
          value={choice.weekDay}
          allowDeselect={false}
          disabled={isDisabled}
          onChange={value => value !== null && onChange({ ...choice, weekDay: value as WeekDay })}
        />
      )}
      {isAtTime && (
        <TextInput
          label="At"
          type="time"
          value={choice.at}
          disabled={isDisabled}
          onChange={event => onChange({ ...choice, at: event.currentTarget.value })}
        />
      )}
      {frequency === 'interval' && (
        <NumberInput
          label="Hours"
          size="sm"
          min={0.25}
          max={8_784}
          value={choice.hours}
          disabled={isDisabled}
          error={error}
          onChange={value => onChange({ ...choice, hours: Number(value) || 0 })}
        />
      )}
      {frequency === 'cron' && (
        <TextInput
          label="Pattern"
          description="minute, hour, day, month, weekday"
          value={choice.cron}
          maxLength={200}
          spellCheck={false}
          disabled={isDisabled}
          error={error}
          onChange={event => onChange({ ...choice, cron: event.currentTarget.value })}
        />
      )}
    </div>
  )
}
