import { ActionIcon, Button, Chip, TextInput } from '@mantine/core'
import type { Blackout } from '../../../../contract/schedule.ts'
import type { WeekDay } from '../../../../domain/schedule.ts'
import { Icon } from '../../../components/icons.tsx'
import { weekDayLabels } from '../../../lib/schedule-times.ts'
import styles from './tenable.module.css'

interface BlackoutsProps {
  readonly windows: readonly Blackout[]
  readonly onChange: (windows: readonly Blackout[]) => void
}

const weekDays = Object.keys(weekDayLabels) as WeekDay[]

/** Windows in which nothing starts; what falls into one starts at its end. */
export function Blackouts({ windows, onChange }: BlackoutsProps) {
  const replace = (index: number, window: Blackout) => onChange(windows.with(index, window))
  return (
    <fieldset style={{ margin: 0, padding: 0, border: 0 }} className={styles.group}>
      <legend style={{ padding: 0, fontWeight: 500 }}>Blackout windows</legend>
      <span className="dim">Nothing starts in them; what falls into one starts at its end.</span>
      {windows.map((window, index) => (
        <BlackoutWindow
          // biome-ignore lint/suspicious/noArrayIndexKey: windows have no name, and go only from here
          key={index}
          number={index + 1}
          window={window}
          onChange={changed => replace(index, changed)}
          onRemove={() => onChange(windows.toSpliced(index, 1))}
        />
      ))}
      <div>
        <Button
          variant="default"
          onClick={() => onChange([...windows, { days: [...weekDays], from: '08:00', to: '18:00' }])}
        >
          Add a window
        </Button>
      </div>
    </fieldset>
  )
}

interface BlackoutWindowProps {
  readonly number: number
  readonly window: Blackout
  readonly onChange: (window: Blackout) => void
  readonly onRemove: () => void
}

function BlackoutWindow({ number, window, onChange, onRemove }: BlackoutWindowProps) {
  return (
    <fieldset className={styles.window} aria-label={`Window ${number}`}>
      <Chip.Group
        multiple
        value={window.days}
        onChange={days => days.length > 0 && onChange({ ...window, days: days as WeekDay[] })}
      >
        <div className={styles.days}>
          {weekDays.map(day => (
            <Chip key={day} value={day} size="xs" aria-label={`${weekDayLabels[day]}, window ${number}`}>
              {weekDayLabels[day].slice(0, 3)}
            </Chip>
          ))}
        </div>
      </Chip.Group>
      <TextInput
        label="From"
        type="time"
        value={window.from}
        onChange={event => onChange({ ...window, from: event.currentTarget.value })}
      />
      <TextInput
        label="To"
        type="time"
        value={window.to === '24:00' ? '00:00' : window.to}
        onChange={event => onChange({ ...window, to: endOf(event.currentTarget.value) })}
      />
      <ActionIcon variant="subtle" color="gray" size="lg" aria-label={`Remove window ${number}`} onClick={onRemove}>
        <Icon name="close" />
      </ActionIcon>
    </fieldset>
  )
}

/** Midnight ends a day. */
function endOf(time: string): string {
  return time === '00:00' ? '24:00' : time
}
