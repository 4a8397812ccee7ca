import { isJsonObject, type Json } from '../../domain/json.ts'
import { type ErrorContext, SourceError } from '../../platform/errors.ts'
import { BrokenBodyError } from '../../platform/http-body.ts'
import type { Call } from '../exchange.ts'
import { printable, said } from '../said.ts'

export interface Refused {
  readonly status: number
  readonly text: string
  readonly retryAfterMs: number | undefined
  readonly location: string | undefined
}

/** Tokens of exports let anybody download what was exported. */
export function shownPath(path: string): string {
  return path.replace(/^\/tokens\/[^/]+/, '/tokens/…')
}

export function named({ method, path }: Pick<Call, 'method' | 'path'>): string {
  return `${method} ${shownPath(path)}`
}

/** Turns a refusal into an error that says what, which and the remedy. */
export function refusalOf(call: Pick<Call, 'method' | 'path'>, refused: Refused, context: ErrorContext): SourceError {
  const { status, retryAfterMs, location } = refused
  const told = saidIn(refused.text)
  const quoted = told === '' ? '' : ` Nessus says: ${told}`
  const make = (code: string, retry: 'never' | 'later', text: string) =>
    new SourceError(code, retry, `${named(call)} ${text}${quoted}`, {
      status,
      context: { ...context, status, source_message: told },
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    })
  if (status >= 300 && status < 400) {
    const text = `was redirected to ${location ?? 'another place'}. Set the base URL to the scanner's own address, with its port.`
    return make('redirected', 'never', text)
  }
  // Before the status: which one goes with it differs between versions.
  if (/export is not allowed/i.test(told))
    return make('export_refused', 'never', `is not allowed by its licence (${status}).`)
  switch (status) {
    case 400:
      return make('bad_request', 'never', 'was not understood (400).')
    case 401:
      return make('bad_credentials', 'never', `was refused: the keys or the session are not valid (401). ${keyRemedy}`)
    case 403:
      return make('forbidden', 'never', `is not allowed (403). ${rightRemedy}`)
    case 404:
      return make('not_found', 'never', 'is not known there (404).')
    case 409:
      return make('conflict', 'later', 'is not possible now (409).')
    case 412:
      return make(
        'no_api',
        'never',
        'is not offered with the licence of this scanner (412): Nessus Professional, Expert and Essentials can be read and not be told to scan.',
      )
    case 420:
    case 429:
      return make('rate_limited', 'later', `was refused because too much was asked (${status}).`)
    default:
      if (status >= 500)
        return make(
          'server_error',
          'later',
          `failed at the scanner (${status}). It is starting or busy, and usually passes.`,
        )
      return make('bad_request', 'never', `was refused (${status}).`)
  }
}

const keyRemedy =
  'Generate a pair of keys in Nessus (Settings, My Account, API Keys) and enter both: a new pair makes the one before invalid.'
const rightRemedy =
  'Give the user the role of an administrator, or share the scans with it: a standard user sees only its own and those shared with it.'

/** Something that is not the API's JSON: a wrong address, a proxy's page, a scanner that is starting. */
export function notJson(call: Pick<Call, 'method' | 'path'>, text: string, context: ErrorContext): SourceError {
  if (/^\s*[[{]/.test(text) || text.trim() === '') {
    const message = `${named(call)}: the answer ended in the middle (${text.length} characters).`
    return new SourceError('truncated_body', 'now', message, { context })
  }
  const message = `${named(call)}: the answer is not that of Nessus: ${saidIn(text) || 'no text'}. Check that the base URL is the scanner's address, for example https://nessus.example.com:8834, and that no proxy answers in its place.`
  return new SourceError('not_json', 'later', message, { context })
}

export function bodyError(thrown: Error, call: Pick<Call, 'method' | 'path'>, context: ErrorContext): SourceError {
  if (thrown instanceof BrokenBodyError) {
    const text = `${named(call)}: the answer was cut short. ${thrown.message}`
    return new SourceError('truncated_body', 'now', text, { cause: thrown, context })
  }
  return new SourceError('answer_too_large', 'never', `${named(call)}: ${thrown.message}`, { cause: thrown, context })
}

function saidIn(text: string): string {
  try {
    const value = JSON.parse(text) as Json
    return printable(isJsonObject(value) && typeof value.error === 'string' ? value.error : '')
  } catch {
    return said(text)
  }
}
