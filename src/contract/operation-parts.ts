import { z } from 'zod'
import { type Role, roles } from '../domain/role.ts'
import type { TokenScope } from './accounts.ts'
import { numeric, RunId, text } from './primitives.ts'
import { Problem } from './problem.ts'

// What the operations of every area are made of.

export { type Role, roles }

/** Who may call: a stranger, whoever has an account, or who has at least a role. */
export type Caller = 'stranger' | 'account' | Role

export interface ResponseSpec {
  readonly description: string
  readonly content: Readonly<Record<string, z.ZodType>>
}

export interface OperationSpec {
  /** The least that one must be to call it. */
  readonly role: Caller
  /** What a token needs; `session` for browsers only. By the method and the tags when left out, see `scopeOf`. */
  readonly scope?: TokenScope | 'session'
  readonly summary: string
  readonly description?: string
  readonly tags: readonly string[]
  readonly params?: z.ZodType
  readonly query?: z.ZodType
  readonly body?: z.ZodType
  /** What a `query` of the query language chooses; it is written out before the query string is read. */
  readonly search?: 'assets' | 'findings'
  /** A call without a body asks for the defaults. */
  readonly isBodyOptional?: boolean
  /** Takes a file of these types in place of the JSON body, as a stream. */
  readonly upload?: string | readonly string[]
  /** Its answer holds a secret that is shown once, and is kept nowhere. */
  readonly answersSecret?: boolean
  readonly responses: Readonly<Record<number, ResponseSpec>>
}

/** Formats of an export. */
export const exportFormats = ['csv', 'json', 'ndjson', 'parquet'] as const
export type ExportFormat = (typeof exportFormats)[number]

const problemTitles = {
  400: 'The request is not understood; errors[] names the field.',
  401: 'Not signed in, or no longer.',
  403: 'Refused: the role, the scope of the token, the CSRF token, or a foreign Host or Origin.',
  404: 'There is no such thing.',
  409: 'It conflicts with what is there.',
  412: 'It was changed since it was read; nothing was done.',
  413: 'The request is too large.',
  415: 'The body is not JSON.',
  422: 'It cannot be done; the detail says what to change.',
  429: 'Too often; Retry-After says how long to wait.',
  500: 'A fault of ours; the log has it under the id in instance.',
  503: 'The database cannot be used now.',
} as const
type ProblemStatus = keyof typeof problemTitles

export function json<T extends z.ZodType>(schema: T, description = 'As asked.') {
  return { description, content: { 'application/json': schema } }
}

/** A file in each format, of rows as they are in JSON. */
export function file<T extends z.ZodType>(row: T) {
  return {
    description: 'A file.',
    content: {
      'text/csv': z.string(),
      'application/json': z.array(row),
      'application/x-ndjson': z.string(),
      'application/vnd.apache.parquet': z.string().meta({ format: 'binary' }),
    },
  }
}

export function problems<const S extends ProblemStatus>(...statuses: readonly S[]) {
  return Object.fromEntries(
    ([400, 401, 403, 500, 503, ...statuses] as const).map(status => [
      status,
      { description: problemTitles[status], content: { 'application/problem+json': Problem } },
    ]),
  ) as unknown as Readonly<Record<400 | 401 | 403 | 500 | 503 | S, ResponseSpec>>
}

/** A filter in the query language, beside the filter's own keys. */
export const searchQuery = {
  query: text(2_000)
    .optional()
    .describe('the same in the query language: severity:critical kev:true age:>30d tag:"Env:Prod" openssl'),
}

export const noQuery = z.strictObject({})
export const jobId = z.strictObject({ id: numeric(RunId) })
