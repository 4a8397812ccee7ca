import { Button, CloseButton } from '@mantine/core'
import type { ReactNode } from 'react'
import type { QueryField } from '../../../domain/query/index.ts'
import { chipsOf, type Field, type FilterValues, without } from '../../lib/filter-fields.ts'
import { useShortcuts } from '../../lib/shortcuts.ts'
import styles from './filter-bar.module.css'
import { FilterPanel } from './filter-panel.tsx'
import { QueryBox } from './query-box.tsx'

interface FilterBarProps {
  readonly fields: readonly Field[]
  /** The words of the query box. */
  readonly queryFields: readonly QueryField[]
  readonly filter: FilterValues
  readonly onChange: (filter: FilterValues) => void
  readonly searchLabel: string
  /** The controls used most, beside the search. */
  readonly quick?: ReactNode
  readonly actions?: ReactNode
}

/** Query box, controls and chips: three views of the one filter that the URL holds. */
export function FilterBar({ fields, queryFields, filter, onChange, searchLabel, quick, actions }: FilterBarProps) {
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
        <QueryBox label={searchLabel} fields={queryFields} filter={filter} onChange={onChange} />
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
