import { z } from 'zod'
import { numeric, RunId, text } from './primitives.ts'
import { Problem } from './problem.ts'

// What the operations of every area are made of.

export const roles = ['viewer', 'analyst', 'operator', 'admin'] as const
export type Role = (typeof roles)[number]

export interface ResponseSpec {
  readonly description: string
  readonly content: Readonly<Record<string, z.ZodType>>
}

export interface OperationSpec {
  /** The least role that may call it. Used once accounts exist. */
  readonly role: Role
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
  /** Takes a file of this type in place of the JSON body, as a stream. */
  readonly upload?: string
  readonly responses: Readonly<Record<number, ResponseSpec>>
}

/** Formats of an export. */
export const exportFormats = ['csv', 'json', 'ndjson', 'parquet'] as const
export type ExportFormat = (typeof exportFormats)[number]

const problemTitles = {
  400: 'The request is not understood; errors[] names the field.',
  403: 'Refused: a foreign Host or Origin.',
  404: 'There is no such thing.',
  409: 'It conflicts with what is there.',
  413: 'The request is too large.',
  415: 'The body is not JSON.',
  422: 'It cannot be done; the detail says what to change.',
  500: 'A fault of ours; the log has it under the id in instance.',
  503: 'The database cannot be used now.',
} as const
type ProblemStatus = keyof typeof problemTitles

export function json<T extends z.ZodType>(schema: T, description = 'As asked.') {
  return { description, content: { 'application/json': schema } }
}

export function problems<const S extends ProblemStatus>(...statuses: readonly S[]) {
  return Object.fromEntries(
    ([400, 403, 500, 503, ...statuses] as const).map(status => [
      status,
      { description: problemTitles[status], content: { 'application/problem+json': Problem } },
    ]),
  ) as unknown as Readonly<Record<400 | 403 | 500 | 503 | S, ResponseSpec>>
}

/** A filter in the query language, beside the filter's own keys. */
export const searchQuery = {
  query: text(2_000)
    .optional()
    .describe('the same in the query language: severity:critical kev:true age:>30d tag:"Env:Prod" openssl'),
}

export const noQuery = z.strictObject({})
export const jobId = z.strictObject({ id: numeric(RunId) })
