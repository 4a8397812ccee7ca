import { CancelledError, codeOf, messageOf, SourceError, StoreError } from '../platform/errors.ts'
import type { SentError } from './worker-messages.ts'

export function sendError(thrown: unknown): SentError {
  const isSource = thrown instanceof SourceError
  return {
    name: thrown instanceof Error ? thrown.name : 'Error',
    code: codeOf(thrown),
    message: messageOf(thrown),
    retry: isSource ? thrown.retry : null,
    retryAfterMs: isSource ? (thrown.retryAfterMs ?? null) : null,
    status: isSource ? (thrown.status ?? null) : null,
    requestUuid: isSource ? requestOf(thrown) : null,
  }
}

/** The error as the thread that waits for it throws it. */
export function receiveError(sent: SentError): Error {
  if (sent.name === 'CancelledError') return new CancelledError(sent.message)
  if (sent.retry === null) return new StoreError(sent.code, sent.message)
  return new SourceError(sent.code, sent.retry, sent.message, {
    ...(sent.retryAfterMs === null ? {} : { retryAfterMs: sent.retryAfterMs }),
    ...(sent.status === null ? {} : { status: sent.status }),
    ...(sent.requestUuid === null ? {} : { context: { request_uuid: sent.requestUuid } }),
  })
}

function requestOf({ context }: SourceError): string | null {
  return typeof context.request_uuid === 'string' ? context.request_uuid : null
}
