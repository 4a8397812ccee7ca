import { Button } from '@mantine/core'
import { type QueryKey, type UseQueryOptions, useQueries } from '@tanstack/react-query'
import { chipsOf, type Field, type FilterValues, without } from '../../lib/filter-fields.ts'
import { counted } from '../../lib/format.ts'
import { Empty } from '../empty.tsx'

interface Count {
  readonly total: number
  readonly isExact: boolean
}

interface EmptyByFilterProps<K extends QueryKey> {
  /** One of them, in words. */
  readonly of: string
  readonly fields: readonly Field[]
  readonly filter: FilterValues
  readonly countOf: (filter: FilterValues) => UseQueryOptions<Count, Error, Count, K>
  readonly onChange: (filter: FilterValues) => void
}

/** Nothing matches: which part of the filter to drop, and what that would bring. */
export function EmptyByFilter<K extends QueryKey>({ of, fields, filter, countOf, onChange }: EmptyByFilterProps<K>) {
  const chips = chipsOf(fields, filter)
  const counts = useQueries({ queries: chips.map(chip => countOf(without(filter, chip.key))) })
  return (
    <Empty
      title={`No ${of}s match this filter.`}
      action={
        <div style={{ display: 'flex', flexWrap: 'wrap', gap: 8, justifyContent: 'center' }}>
          {chips.map((chip, index) => {
            const found = counts[index]?.data
            return (
              <Button
                key={chip.key}
                variant="default"
                disabled={found?.total === 0}
                onClick={() => onChange(without(filter, chip.key))}
              >
                <span>
                  Without {chip.label.toLowerCase()} <bdi>{shortened(chip.text)}</bdi>
                  {found !== undefined && `: ${found.isExact ? '' : 'at least '}${counted(found.total, of)}`}
                </span>
              </Button>
            )
          })}
          {chips.length > 1 && (
            <Button variant="default" onClick={() => onChange({})}>
              Without any filter
            </Button>
          )}
        </div>
      }
    />
  )
}

function shortened(text: string): string {
  return text.length > 18 ? `${text.slice(0, 17)}…` : text
}
