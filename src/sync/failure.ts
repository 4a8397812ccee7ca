import { codeOf, messageOf, SourceError } from '../platform/errors.ts'

/** PostgreSQL's code. */
export const diskFull = '53100'

/** Why something ended, as a run's row keeps it. */
export interface Failure {
  readonly code: string
  readonly message: string
}

/** What was thrown, in words that an operator can act on. */
export function failureOf(thrown: unknown): Failure {
  const code = codeOf(thrown)
  if (code === diskFull) {
    return {
      code: 'disk_full',
      message: `The database's disk is full: ${messageOf(thrown)}. Free some space on the database server; what was read stays, and the next run reads the rest.`,
    }
  }
  return { code, message: withRequestId(thrown) }
}

/** The vendor's support asks for its id of the request. */
function withRequestId(thrown: unknown): string {
  const message = messageOf(thrown)
  const id = thrown instanceof SourceError ? thrown.context.request_uuid : undefined
  return typeof id !== 'string' || message.includes(id) ? message : `${message} Request id: ${id}.`
}
