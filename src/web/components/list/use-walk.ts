import { useEffect, useRef, useState } from 'react'
import { useShortcuts } from '../../lib/shortcuts.ts'
import type { Selection } from './use-selection.ts'

interface WalkOptions<R> {
  readonly rows: readonly R[]
  readonly rowKey: (row: R) => string
  readonly openKey?: string | undefined
  readonly onOpen?: ((row: R) => void) | undefined
  readonly selection: Selection<R>
  /** Opens a row in its place, or closes it; undefined where rows have nothing to open. */
  readonly onToggle: ((index: number) => void) | undefined
  /** Copies what is chosen, or else the row that has the keyboard. */
  readonly onCopy: (active: number | undefined) => void
}

/** Where the keyboard has walked to; another object at each step. */
interface Walked {
  readonly index: number
}

/**
 * j and k: to the next row, or, while one is open beside the list, straight into it. x chooses the row, X all up to it,
 * * every row shown; c copies.
 */
export function useWalk<R>(
  { rows, rowKey, openKey, onOpen, selection, onToggle, onCopy }: WalkOptions<R>,
  frame: { readonly current: HTMLDivElement | null },
) {
  const [active, setActive] = useState<number>()
  const [isMoved, setIsMoved] = useState(false)
  const [walked, setWalked] = useState<Walked>()
  const openIndex = openKey === undefined ? -1 : rows.findIndex(row => rowKey(row) === openKey)

  // Another filter or order is another list.
  const firstKey = rows[0] === undefined ? undefined : rowKey(rows[0])
  const [listed, setListed] = useState(firstKey)
  if (listed !== firstKey) {
    setListed(firstKey)
    setActive(undefined)
  }

  const walkTo = (index: number) => {
    setActive(index)
    setWalked({ index })
  }
  const step = (by: 1 | -1) => {
    const from = openIndex >= 0 ? openIndex : (active ?? (by === 1 ? -1 : rows.length))
    const next = Math.min(rows.length - 1, Math.max(0, from + by))
    const row = rows[next]
    if (row === undefined) return
    walkTo(next)
    if (openKey !== undefined) onOpen?.(row)
    else setIsMoved(true)
  }
  const onActive = (act: (index: number) => void) => () => {
    if (active !== undefined) act(active)
  }
  useShortcuts({
    j: () => step(1),
    k: () => step(-1),
    '*': selection.toggleAll,
    c: () => onCopy(active),
    x: onActive(selection.toggle),
    ...(onToggle ? { o: onActive(onToggle) } : {}),
    X: onActive(selection.extendTo),
    ...(selection.size > 0 && openKey === undefined ? { escape: selection.clear } : {}),
  })

  useEffect(() => {
    if (!isMoved || active === undefined) return
    setIsMoved(false)
    const row = frame.current?.querySelector(`[data-index="${active}"]`)
    // Rows that lead nowhere are held by the box that chooses them.
    const held = row?.querySelector<HTMLElement>('[data-row-link]') ?? row?.querySelector<HTMLElement>('input')
    held?.focus({ preventScroll: true })
  }, [isMoved, active, frame])

  // Closing gives the keyboard back to the row that was open.
  const lastOpen = useRef(openIndex)
  useEffect(() => {
    if (openIndex < 0 && lastOpen.current >= 0) {
      setActive(lastOpen.current)
      setWalked({ index: lastOpen.current })
      setIsMoved(true)
    }
    lastOpen.current = openIndex
  }, [openIndex])

  return { active, setActive, walked }
}
