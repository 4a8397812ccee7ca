/** When the same request is worth making again: never, after the fault has had time to pass, or at once. */
export type Retry = 'never' | 'later' | 'now'

/** Identifiers that help to find the place of a fault. Never a secret. */
export type ErrorContext = Readonly<Record<string, string | number | boolean | null | undefined>>

export interface ErrorOptions {
  readonly cause?: unknown
  readonly context?: ErrorContext
}

/**
 * The root of every error we throw on purpose. `code` is stable and documented; the message says what, which and the
 * remedy.
 */
export class TenfoldError extends Error {
  readonly code: string
  readonly context: ErrorContext

  constructor(code: string, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = new.target.name
    this.code = code
    this.context = options.context ?? {}
  }
}

/** The operator edits something: a setting, a flag, an environment variable. */
export class ConfigError extends TenfoldError {}

/** The remote refused or failed. `retry` says whether asking again can help. */
export class SourceError extends TenfoldError {
  readonly retry: Retry
  /** How long the source asked us to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined
  /** The HTTP status, when the fault was an answer. */
  readonly status: number | undefined

  constructor(
    code: string,
    retry: Retry,
    message: string,
    options: ErrorOptions & { readonly retryAfterMs?: number; readonly status?: number } = {},
  ) {
    super(code, message, options)
    this.retry = retry
    this.retryAfterMs = options.retryAfterMs
    this.status = options.status
  }
}

/** The database refused, is missing, or holds something we cannot work with. */
export class StoreError extends TenfoldError {}

/** What was asked for does not exist. */
export class NotFoundError extends TenfoldError {}

/** Somebody asked us to stop, and we did. */
export class CancelledError extends TenfoldError {
  constructor(message = 'Cancelled.', options: ErrorOptions = {}) {
    super('cancelled', message, options)
  }
}

/** The text of anything that was thrown, for a person. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}

/** Our code, else the system's (`ECONNRESET`, `57P01`), else `unexpected`. */
export function codeOf(thrown: unknown): string {
  if (typeof thrown === 'object' && thrown !== null && 'code' in thrown && typeof thrown.code === 'string') {
    return thrown.code
  }
  return 'unexpected'
}
