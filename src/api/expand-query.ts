import type { FastifyRequest } from 'fastify'
import { assetQueryFields, findingQueryFields, parseQuery } from '../domain/query/index.ts'
import { InvalidRequestError } from './problems.ts'

const fieldsOf = { assets: assetQueryFields, findings: findingQueryFields } as const

/**
 * Writes a `query` out as the keys of the filter, before the query string is read.
 * @throws InvalidRequestError with the column of each mistake
 */
export function expandQuery(request: FastifyRequest, search: 'assets' | 'findings'): void {
  const { query, ...given } = request.query as Record<string, unknown>
  if (typeof query !== 'string' || query.length > 2_000) return
  const { filter, problems } = parseQuery(query, fieldsOf[search])
  const twice = Object.keys(filter).filter(key => key in given)
  const mistakes = [
    ...problems.map(({ from, message }) => `column ${from + 1}: ${message}`),
    ...twice.map(key => `${key} is both in query and beside it; say it once.`),
  ]
  if (mistakes.length > 0) throw new InvalidRequestError(mistakes.map(message => ({ field: 'query', message })))
  request.query = { ...given, ...filter }
}
