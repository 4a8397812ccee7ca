import type { ReactNode } from 'react'

/** One column of a list, as data. */
export interface Column<R, S extends string = string> {
  /** The API's sort key where it can be sorted by; else any name. */
  readonly id: S | (string & {})
  readonly header: string
  /** What the header means, when it is short for something. */
  readonly hint?: string
  /** In pixels; without one it shares what is left. */
  readonly width?: number
  /** In pixels, where the list has much room. */
  readonly wide?: number
  readonly isNumber?: boolean
  readonly isSortable?: boolean
  /** The first click sorts from the high end. */
  readonly highFirst?: boolean
  /** Left away when the list is narrower than this. */
  readonly from?: number
  /** Shown only to whoever chooses it. */
  readonly isExtra?: boolean
  readonly cell: (row: R) => ReactNode
  /** What copying the cell gives; without it the column is not copied. */
  readonly text?: (row: R) => string | number | null
  /** The columns of the export that say the same. */
  readonly exportAs?: readonly string[]
}

const flexibleWidth = 140
/** From here on a list has much room. */
const wideFrom = 1400

export function widthOf(column: Column<never>, listWidth: number): number | undefined {
  return listWidth >= wideFrom ? (column.wide ?? column.width) : column.width
}

/**
 * The columns that a list of this width has room for, in their order. The first always stays: it is the row's name.
 * @param reserved in pixels, for what is beside the columns
 */
export function fitting<R>(columns: readonly Column<R>[], width: number, reserved = 0): readonly Column<R>[] {
  let left = width - reserved
  return columns.filter((column, index) => {
    if (width < (column.from ?? 0)) return false
    const needed = widthOf(column, width) ?? flexibleWidth
    if (index > 0 && needed > left) return false
    left -= needed
    return true
  })
}
