import { Button, CloseButton, Kbd, TextInput } from '@mantine/core'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { chipsOf, type Field, type FilterValues, without } from '../../lib/filter-fields.ts'
import { useShortcuts } from '../../lib/shortcuts.ts'
import { Icon } from '../icons.tsx'
import styles from './filter-bar.module.css'
import { FilterPanel } from './filter-panel.tsx'

const typingMs = 300

interface FilterBarProps {
  readonly fields: readonly Field[]
  readonly filter: FilterValues
  readonly onChange: (filter: FilterValues) => void
  readonly searchLabel: string
  /** The controls used most, beside the search. */
  readonly quick?: ReactNode
  readonly actions?: ReactNode
}

/** Search, controls and chips: three views of the one filter that the URL holds. */
export function FilterBar({ fields, filter, onChange, searchLabel, quick, actions }: FilterBarProps) {
  const chips = chipsOf(fields, filter)
  const last = chips.at(-1)
  useShortcuts({
    escape: () => {
      if (last !== undefined) onChange(without(filter, last.key))
    },
  })
  return (
    <search className={styles.bar}>
      <div className={styles.controls}>
        <SearchBox
          label={searchLabel}
          value={typeof filter.q === 'string' ? filter.q : ''}
          onChange={q => onChange(q === '' ? without(filter, 'q') : { ...filter, q })}
        />
        {quick}
        <FilterPanel fields={fields.filter(field => field.key !== 'q')} filter={filter} onChange={onChange} />
        <div className={styles.actions}>{actions}</div>
      </div>
      {chips.length > 0 && (
        <ul className={styles.chips} aria-label="Filter">
          {chips.map(chip => (
            <li key={chip.key} className={styles.chip}>
              <span>
                <span className="dim">{chip.label.toLowerCase()}</span> <bdi>{chip.text}</bdi>
              </span>
              <CloseButton
                size="xs"
                aria-label={`Remove filter ${chip.label.toLowerCase()} ${chip.text}`}
                onClick={() => onChange(without(filter, chip.key))}
              />
            </li>
          ))}
          <li>
            <Button variant="subtle" size="compact-xs" onClick={() => onChange({})}>
              Clear all
            </Button>
          </li>
        </ul>
      )}
    </search>
  )
}

function SearchBox({ label, value, onChange }: { label: string; value: string; onChange: (value: string) => void }) {
  const input = useRef<HTMLInputElement>(null)
  const [typed, setTyped] = useState(value)
  const timer = useRef<number>(undefined)
  const sent = useRef(value)
  useShortcuts({ '/': () => input.current?.focus() })
  // The URL changed by another way, such as a chip or the browser's back button.
  useEffect(() => {
    if (value === sent.current) return
    sent.current = value
    setTyped(value)
  }, [value])
  useEffect(() => () => window.clearTimeout(timer.current), [])

  const send = (text: string) => {
    window.clearTimeout(timer.current)
    const wanted = text.trim().slice(0, 200)
    if (wanted === sent.current) return
    sent.current = wanted
    onChange(wanted)
  }
  return (
    <TextInput
      ref={input}
      className={styles.search}
      type="search"
      aria-label={label}
      placeholder={label}
      value={typed}
      maxLength={200}
      leftSection={<Icon name="search" />}
      rightSection={
        <Kbd size="xs" aria-hidden="true" visibleFrom="sm">
          /
        </Kbd>
      }
      onFocus={event => event.currentTarget.select()}
      onChange={event => {
        const text = event.currentTarget.value
        setTyped(text)
        window.clearTimeout(timer.current)
        timer.current = window.setTimeout(() => send(text), typingMs)
      }}
      onKeyDown={event => {
        if (event.key === 'Enter') send(typed)
        if (event.key === 'Escape') {
          // Out of the box first; the next Escape is for the filter.
          event.preventDefault()
          input.current?.blur()
        }
      }}
    />
  )
}
