import { Button, CloseButton, TextInput } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import type { SyncSearch } from '../../lib/sync-search.ts'
import styles from './sync.module.css'

interface RecordSearchProps {
  readonly search: SyncSearch
  /** What is looked in: `Part of the reason`. */
  readonly label: string
}

/** Looks for a part of what was said of records; the URL holds it. */
export function RecordSearch({ search, label }: RecordSearchProps) {
  const [typed, setTyped] = useState(search.q ?? '')
  const navigate = useNavigate()
  const apply = (q: string) => {
    const { q: _before, ...rest } = search
    void navigate({
      to: '/admin/tenable/sync',
      search: q.trim() === '' ? rest : { ...rest, q: q.trim() },
      resetScroll: false,
    })
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    apply(typed)
  }
  return (
    <search>
      <form onSubmit={submit} className={styles.recordSearch} autoComplete="off">
        <TextInput
          aria-label={label}
          placeholder={label}
          size="xs"
          maxLength={200}
          value={typed}
          onChange={event => setTyped(event.currentTarget.value)}
          rightSection={
            typed !== '' && (
              <CloseButton
                size="xs"
                aria-label="Clear the search"
                onClick={() => {
                  setTyped('')
                  apply('')
                }}
              />
            )
          }
        />
        <Button type="submit" variant="default">
          Find
        </Button>
      </form>
    </search>
  )
}
