import { Combobox, Kbd, TextInput, useCombobox } from '@mantine/core'
import { type KeyboardEvent, useRef, useState } from 'react'
import type { QueryField } from '../../../domain/query/index.ts'
import type { FilterValues } from '../../lib/filter-fields.ts'
import { useShortcuts } from '../../lib/shortcuts.ts'
import { useQueryText } from '../../lib/use-query-text.ts'
import { Icon } from '../icons.tsx'
import styles from './filter-bar.module.css'

interface QueryBoxProps {
  readonly label: string
  readonly fields: readonly QueryField[]
  readonly filter: FilterValues
  readonly onChange: (filter: FilterValues) => void
}

/** The filter as text: words are searched for, `field:value` narrows; what fits at the cursor is offered. */
export function QueryBox({ label, fields, filter, onChange }: QueryBoxProps) {
  const input = useRef<HTMLInputElement>(null)
  const [cursor, setCursor] = useState(0)
  const query = useQueryText({ fields, filter, onChange })
  const combobox = useCombobox({ onDropdownClose: () => combobox.resetSelectedOption() })
  const offers = query.offersAt(cursor)
  useShortcuts({ '/': () => input.current?.focus() })

  const moveTo = (place: number) => {
    setCursor(place)
    // The text is there only after the next drawing.
    requestAnimationFrame(() => input.current?.setSelectionRange(place, place))
  }
  const take = (text: string) => {
    const offer = offers.find(one => one.text === text)
    if (offer) moveTo(query.complete(offer))
    combobox.resetSelectedOption()
  }
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === 'Enter' && combobox.getSelectedOptionIndex() < 0) {
      combobox.closeDropdown()
      query.send()
    }
    if (event.key === 'Escape') {
      // Out of the list, then out of the box; the next Escape is for the filter.
      event.preventDefault()
      if (combobox.dropdownOpened && offers.length > 0) combobox.closeDropdown()
      else input.current?.blur()
    }
  }
  return (
    <Combobox store={combobox} onOptionSubmit={take} shadow="md" withinPortal keepMounted={false}>
      <Combobox.Target withExpandedAttribute>
        <TextInput
          ref={input}
          className={styles.search}
          role="combobox"
          aria-label={label}
          placeholder={label}
          value={query.text}
          maxLength={2000}
          spellCheck={false}
          autoComplete="off"
          error={query.problem}
          leftSection={<Icon name="search" />}
          rightSection={
            <Kbd size="xs" aria-hidden="true" visibleFrom="sm">
              /
            </Kbd>
          }
          onFocus={() => combobox.openDropdown()}
          onBlur={() => {
            combobox.closeDropdown()
            query.send()
          }}
          onSelect={event => setCursor(event.currentTarget.selectionStart ?? 0)}
          onChange={event => {
            query.type(event.currentTarget.value, event.currentTarget.selectionStart ?? 0)
            setCursor(event.currentTarget.selectionStart ?? 0)
            combobox.openDropdown()
            combobox.resetSelectedOption()
          }}
          onKeyDown={onKeyDown}
        />
      </Combobox.Target>
      <Combobox.Dropdown hidden={offers.length === 0}>
        <Combobox.Options aria-label="What fits here" mah={320} className={styles.offers}>
          {offers.map(offer => (
            <Combobox.Option key={offer.text} value={offer.text}>
              <code>{offer.text}</code> <span className="dim">{offer.about}</span>
            </Combobox.Option>
          ))}
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  )
}
