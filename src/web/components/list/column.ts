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
  /** Of a column without a width, in pixels: what it would like to have before others take their room. */
  readonly likes?: number
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
/** So narrow a column may become before another one has to go. */
const leastShare = 0.7
/** So wide it grows before the first one has all the room. */
const mostShare = 1.5

/**
 * The columns that a list of this width has room for, in their order. The first always stays: it is the row's name.
 * @param reserved in pixels, for what is beside the columns
 */
export function fitting<R>(columns: readonly Column<R>[], width: number, reserved = 0): readonly Column<R>[] {
  let left = width - reserved
  return columns.filter((column, index) => {
    if (width < (column.from ?? 0)) return false
    const least = wanted(column, width) * leastShare
    if (index > 0 && least > left) return false
    left -= least
    return true
  })
}

/**
 * In pixels, of columns that fit: each gives way by the same share when there is too little, and takes its share of what a
 * very wide list has over. Undefined: what is left.
 */
export function widthsOf<R>(
  columns: readonly Column<R>[],
  width: number,
  reserved = 0,
): readonly (number | undefined)[] {
  const sum = columns.reduce((total, column) => total + wanted(column, width), 0)
  const share = Math.min(width >= wideFrom ? mostShare : 1, (width - reserved) / sum)
  return columns.map(column => {
    const own = widthAt(column, width)
    return own === undefined ? undefined : Math.floor(own * share)
  })
}

function wanted<R>(column: Column<R>, listWidth: number): number {
  return widthAt(column, listWidth) ?? column.likes ?? flexibleWidth
}

function widthAt<R>(column: Column<R>, listWidth: number): number | undefined {
  return listWidth >= wideFrom ? (column.wide ?? column.width) : column.width
}
