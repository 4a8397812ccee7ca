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
  readonly isNumber?: boolean
  readonly isSortable?: boolean
  /** The first click sorts from the high end. */
  readonly highFirst?: boolean
  /** Left away when the list is narrower than this. */
  readonly from?: number
  readonly cell: (row: R) => ReactNode
}
