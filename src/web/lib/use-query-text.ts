import { useEffect, useRef, useState } from 'react'
import {
  completeQuery,
  parseQuery,
  printQuery,
  type QueryCompletion,
  type QueryField,
  type QueryFilter,
  unprintable,
} from '../../domain/query/index.ts'
import type { FilterValues } from './filter-fields.ts'

const typingMs = 300

interface QueryTextOptions {
  readonly fields: readonly QueryField[]
  readonly filter: FilterValues
  readonly onChange: (filter: FilterValues) => void
}

interface QueryText {
  readonly text: string
  /** What is wrong with it and where, once the person has paused. */
  readonly problem: string | undefined
  readonly type: (text: string, cursor: number) => void
  /** Makes the text the filter now, when it can be read. */
  readonly send: () => void
  readonly offersAt: (cursor: number) => readonly QueryCompletion[]
  /** Puts what was offered into the text. @returns where the cursor belongs then */
  readonly complete: (offer: QueryCompletion) => number
}

/** The text of a query box and the filter of the page, each following the other. */
export function useQueryText({ fields, filter, onChange }: QueryTextOptions): QueryText {
  const written = printQuery(known(filter), fields)
  const [text, setText] = useState(written)
  const [problem, setProblem] = useState<string>()
  const shown = useRef(written)
  const timer = useRef<number>(undefined)
  useEffect(() => () => window.clearTimeout(timer.current), [])
  // The filter changed by another way, such as a chip or the browser's back button.
  useEffect(() => {
    if (written === shown.current) return
    shown.current = written
    setText(written)
    setProblem(undefined)
  }, [written])

  const apply = (wanted: string) => {
    window.clearTimeout(timer.current)
    const parsed = parseQuery(wanted, fields)
    const [first] = parsed.problems
    setProblem(first && `Column ${first.from + 1}: ${first.message}`)
    if (first) return
    const canonical = printQuery(parsed.filter, fields)
    if (canonical === shown.current) return
    shown.current = canonical
    onChange({ ...beyond(filter, fields), ...parsed.filter })
  }
  return {
    text,
    problem,
    type: (next, cursor) => {
      setText(next)
      setProblem(undefined)
      window.clearTimeout(timer.current)
      // Half a field's name is not yet a word to search for.
      if (completeQuery(next, cursor, fields).length > 0) return
      timer.current = window.setTimeout(() => apply(next), typingMs)
    },
    send: () => apply(text),
    offersAt: cursor => completeQuery(text, Math.min(cursor, text.length), fields),
    complete: offer => {
      // A field waits for its value; a value is followed by the next term.
      const put = offer.text.endsWith(':') ? offer.text : `${offer.text} `
      const next = text.slice(0, offer.from) + put + text.slice(offer.to).trimStart()
      setText(next)
      if (!put.endsWith(':')) apply(next)
      return offer.from + put.length
    },
  }
}

function known(filter: FilterValues): QueryFilter {
  return Object.fromEntries(
    Object.entries(filter).filter((entry): entry is [string, QueryFilter[string]] => entry[1] !== undefined),
  )
}

/** What only the controls can say is kept when the text changes. */
function beyond(filter: FilterValues, fields: readonly QueryField[]): FilterValues {
  const keys = new Set(unprintable(known(filter), fields))
  return Object.fromEntries(Object.entries(filter).filter(([key]) => keys.has(key)))
}
