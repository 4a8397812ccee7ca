import { type Answer, json } from './answer.ts'

interface Paging {
  readonly limit: number
  readonly offset: number
}

export function pagingOf(query: URLSearchParams, limit: number, most: number): Paging {
  return {
    limit: Math.min(Number(query.get('limit') ?? limit) || limit, most),
    offset: Number(query.get('offset') ?? 0) || 0,
  }
}

export function paged<T>(name: string, items: readonly T[], paging: Paging, sort: string): Answer {
  return json({
    [name]: items.slice(paging.offset, paging.offset + paging.limit),
    pagination: {
      total: items.length,
      limit: paging.limit,
      offset: paging.offset,
      sort: [{ name: sort, order: 'asc' }],
    },
  })
}
