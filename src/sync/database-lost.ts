import { codeOf, messageOf, SourceError } from '../platform/errors.ts'

// Connections that PostgreSQL ended or that broke: the class 08, a shutdown, a crash, and what a socket says.
const codes = /^(08...|57P0[1-5]|ECONNREFUSED|ECONNRESET|EPIPE|ENOENT|ETIMEDOUT)$/

/** Whether the database was lost, so that somebody else, or we ourselves in a moment, can go on where it was. */
export function isDatabaseLost(error: unknown): boolean {
  if (error instanceof SourceError) return false
  // pg gives no code when the socket was closed under it.
  return (
    codes.test(codeOf(error)) || /Connection terminated|timeout exceeded when trying to connect/.test(messageOf(error))
  )
}
