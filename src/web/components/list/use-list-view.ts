import { useMemo } from 'react'
import type { Density, ListPage } from '../../../domain/list-page.ts'
import { usePreference } from '../../lib/list-preferences.ts'
import type { Column } from './column.ts'

const rowHeights = { compact: 32, comfortable: 40 } as const satisfies Record<Density, number>

/** How a person looks at one list: which columns, in which order, how high the rows. */
export interface ListView<R> {
  readonly page: ListPage
  /** Those to show, in order. */
  readonly columns: readonly Column<R>[]
  /** Every column there is, those that are shown first. */
  readonly all: readonly Column<R>[]
  /** Null: as the page has them. */
  readonly chosen: readonly string[] | null
  readonly density: Density
  readonly rowHeight: number
  readonly setColumns: (ids: readonly string[] | null) => void
  readonly setDensity: (density: Density) => void
}

/** The columns and the density of a list as the person last chose them, here or at another browser. */
export function useListView<R>(page: ListPage, columns: readonly Column<R>[]): ListView<R> {
  const { preference, choose } = usePreference(page)
  const ids = preference?.columns ?? null
  const chosen = useMemo(() => knownIds(ids, columns), [ids, columns])
  const shown = useMemo(() => shownOf(chosen, columns), [chosen, columns])
  const density = preference?.density ?? 'compact'
  return {
    page,
    columns: shown,
    all: [...shown, ...columns.filter(column => !shown.some(one => one.id === column.id))],
    chosen,
    density,
    rowHeight: rowHeights[density],
    setColumns: ids => choose({ columns: ids && [...ids] }),
    setDensity: next => choose({ density: next }),
  }
}

/** A newer version may have renamed a column: what is not known is left out, and nothing known is nothing chosen. */
function knownIds<R>(ids: readonly string[] | null, columns: readonly Column<R>[]): readonly string[] | null {
  const known = (ids ?? []).filter(id => columns.some(column => column.id === id))
  return known.length === 0 ? null : known
}

function shownOf<R>(chosen: readonly string[] | null, columns: readonly Column<R>[]): readonly Column<R>[] {
  if (chosen === null) return columns.filter(column => column.isExtra !== true)
  return chosen.flatMap(id => columns.filter(column => column.id === id).map(withoutThreshold))
}

/** Who chose a column wants it while there is any room. */
function withoutThreshold<R>({ from: _from, ...column }: Column<R>): Column<R> {
  return column
}
