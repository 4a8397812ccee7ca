/** What a query means: the keys of the API's filter. Values are as a program gives them, times as text. */
export type QueryFilter = Readonly<Record<string, QueryValue>>
export type QueryValue = string | number | boolean | readonly string[] | readonly number[]

/** Something in a query that is not understood, and where: offsets into the text, `to` exclusive. */
export interface QueryProblem {
  readonly from: number
  readonly to: number
  /** For a person: what, and what to write instead. */
  readonly message: string
}

export interface ParsedQuery {
  readonly filter: QueryFilter
  readonly problems: readonly QueryProblem[]
}
