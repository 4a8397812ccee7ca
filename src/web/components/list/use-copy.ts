import { useEffect, useState } from 'react'
import { copyText, tsvOf } from '../../lib/clipboard.ts'
import { counted } from '../../lib/format.ts'
import type { Column } from './column.ts'

const saidForMs = 4_000

export interface Copying<R> {
  /** What was copied, in words, for a moment; to be shown and spoken. */
  readonly said: string
  rows(rows: readonly R[]): void
  cell(row: R, column: Column<R>): void
}

/** Copies rows of a list, the columns that are shown, as a spreadsheet takes them. */
export function useCopy<R>(columns: readonly Column<R>[]): Copying<R> {
  const [said, setSaid] = useState('')
  useEffect(() => {
    if (said === '') return
    const timer = window.setTimeout(() => setSaid(''), saidForMs)
    return () => window.clearTimeout(timer)
  }, [said])
  const copy = (text: string, what: string) => {
    void copyText(text).then(isDone => setSaid(isDone ? `Copied ${what}.` : 'The browser refused to copy.'))
  }
  return {
    said,
    rows(rows) {
      const copied = columns.filter(column => column.text !== undefined)
      const lines = rows.map(row => copied.map(column => column.text?.(row)))
      // One row is a value among others; several are a table, which needs its header.
      const header = rows.length > 1 ? [copied.map(column => column.header)] : []
      copy(tsvOf([...header, ...lines]), counted(rows.length, 'row'))
    },
    cell: (row, column) => copy(tsvOf([[column.text?.(row)]]), column.header.toLowerCase()),
  }
}
