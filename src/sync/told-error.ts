import { codeOf, messageOf, SourceError } from '../platform/errors.ts'

/** An error as the ledger keeps it: with the vendor's id of the request, which its support asks for. */
export function toldError(error: unknown): { readonly code: string; readonly message: string } {
  const id = error instanceof SourceError ? error.context.request_uuid : undefined
  const message = messageOf(error)
  const isTold = typeof id !== 'string' || message.includes(id)
  return { code: codeOf(error), message: isTold ? message : `${message} Request id: ${id}.` }
}
