import { type KeyboardEvent, useState } from 'react'

interface CellMarkOptions {
  /** Of the columns that are shown, in order. */
  readonly ids: readonly string[]
  readonly onCopy: (index: number, id: string) => void
}

interface Mark {
  readonly index: number
  readonly id: string
}

/** The arrows mark a cell of the row that has the keyboard; c copies it. Escape, or another row, unmarks. */
export function useCellMark({ ids, onCopy }: CellMarkOptions) {
  const [mark, setMark] = useState<Mark>()
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const index = indexOf(event)
    if (index === undefined || event.ctrlKey || event.metaKey || event.altKey) return
    const at = mark?.index === index ? ids.indexOf(mark.id) : -1
    const marked = ids[at]
    if (event.key === 'ArrowRight' || event.key === 'ArrowLeft') {
      const id = ids[event.key === 'ArrowRight' ? at + 1 : at - 1]
      setMark(id === undefined ? undefined : { index, id })
    } else if (event.key === 'c' && marked !== undefined) onCopy(index, marked)
    else if (event.key === 'Escape' && marked !== undefined) setMark(undefined)
    else return
    // The shortcuts of the page listen further up.
    event.preventDefault()
  }
  return { onKeyDown, isMarked: (index: number, id: string) => mark?.index === index && mark.id === id }
}

/** Of the row that has the keyboard; the boxes and buttons in it keep their own keys. */
function indexOf({ target }: KeyboardEvent): number | undefined {
  if (!(target instanceof HTMLElement) || !target.hasAttribute('data-row-link')) return undefined
  const row = target.closest<HTMLElement>('[data-index]')
  return row === null ? undefined : Number(row.dataset.index)
}
