interface PageQuery {
  readonly limit: number
  readonly cursor?: string | undefined
  readonly total?: boolean | undefined
}

/** Takes a list's query apart: the page, and the filter, which is everything else. */
export function pageRequest<Q extends PageQuery>(
  query: Q,
): { readonly page: PageQuery; readonly filter: Omit<Q, keyof PageQuery> } {
  const { limit, cursor, total, ...filter } = query
  return { page: { limit, cursor, total }, filter }
}
