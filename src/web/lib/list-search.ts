import { type RawSearch, valuesOf } from './search-params.ts'

/** The address of a list that has an order and no filter. */
export interface ListSearch {
  /** A column, with a minus from the high end; left out, the order in which the rows come. */
  readonly sort?: string
}

export function readListSearch(raw: RawSearch): ListSearch {
  const [sort = ''] = valuesOf(raw, 'sort')
  return /^-?[a-z_]{1,40}$/.test(sort) ? { sort } : {}
}
