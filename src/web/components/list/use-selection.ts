import { useRef, useState } from 'react'

/** The rows that something is to be done with. */
export interface Selection<R> {
  readonly size: number
  /** Of the rows read so far, in their order. */
  readonly rows: readonly R[]
  readonly isAll: boolean
  has(row: R): boolean
  /** One row more or less. */
  toggle(index: number): void
  /** Every row from the one last chosen to this one. */
  extendTo(index: number): void
  /** All that are shown, or none. */
  toggleAll(): void
  clear(): void
}

/** Choosing rows of a list by mouse and keyboard. Rows that the filter no longer has are no longer chosen. */
export function useSelection<R>(rows: readonly R[], rowKey: (row: R) => string): Selection<R> {
  const [keys, setKeys] = useState<ReadonlySet<string>>(new Set())
  const anchor = useRef(0)
  const chosen = rows.filter(row => keys.has(rowKey(row)))
  const withKeys = (change: (next: Set<string>) => void) => {
    const next = new Set(chosen.map(rowKey))
    change(next)
    setKeys(next)
  }
  return {
    size: chosen.length,
    rows: chosen,
    isAll: rows.length > 0 && chosen.length === rows.length,
    has: row => keys.has(rowKey(row)),
    toggle(index) {
      const row = rows[index]
      if (row === undefined) return
      anchor.current = index
      withKeys(next => {
        if (!next.delete(rowKey(row))) next.add(rowKey(row))
      })
    },
    extendTo(index) {
      const [from, to] = [Math.min(anchor.current, index), Math.max(anchor.current, index)]
      withKeys(next => {
        for (const row of rows.slice(from, to + 1)) next.add(rowKey(row))
      })
    },
    toggleAll: () => setKeys(chosen.length === rows.length ? new Set() : new Set(rows.map(rowKey))),
    clear: () => setKeys(new Set()),
  }
}
