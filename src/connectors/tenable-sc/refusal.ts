import type { JsonObject } from '../../domain/json.ts'
import { type ErrorContext, SourceError } from '../../platform/errors.ts'
import { BrokenBodyError } from '../../platform/http-body.ts'
import type { Call } from '../exchange.ts'
import { printable, said } from '../said.ts'

export interface Refused {
  readonly status: number
  readonly envelope: JsonObject | undefined
  readonly text: string
  readonly retryAfterMs: number | undefined
  readonly location: string | undefined
}

/** An invalid or ended token; the one code that means something, besides that of wrong parameters. */
const tokenCode = 12
const parameterCode = 146

export function named({ method, path }: Pick<Call, 'method' | 'path'>): string {
  return `${method} /rest${path}`
}

/** Turns a refusal into an error that says what, which and the remedy. 403 is for wrong parameters and for missing rights. */
export function refusalOf(call: Pick<Call, 'method' | 'path'>, refused: Refused, context: ErrorContext): SourceError {
  const { status, envelope, retryAfterMs, location } = refused
  const sourceCode = Number(envelope?.error_code ?? 0)
  const told = typeof envelope?.error_msg === 'string' ? printable(envelope.error_msg) : said(refused.text)
  const quoted = told === '' ? '' : ` Security Center says: ${told}${sourceCode === 0 ? '' : ` (error ${sourceCode})`}`
  const make = (code: string, retry: 'never' | 'later', text: string) =>
    new SourceError(code, retry, `${named(call)} ${text}${quoted}`, {
      status,
      context: { ...context, status, source_code: sourceCode, source_message: told },
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    })
  if (status >= 300 && status < 400) {
    return make(
      'redirected',
      'never',
      `was redirected to ${location ?? 'another place'}. Set the base URL to the server's own address.`,
    )
  }
  if (status === 429 || status === 420)
    return make('rate_limited', 'later', `was refused because too much was asked (${status}).`)
  if (status >= 500) return make('server_error', 'later', `failed at the source (${status}). It usually passes.`)
  if (sourceCode === tokenCode || status === 401)
    return make('bad_credentials', 'never', `was refused: the key or the session is not valid. ${keyRemedy}`)
  if (sourceCode === parameterCode || status === 400)
    return make('bad_request', 'never', `was not understood (${status}).`)
  if (status === 404) return make('not_found', 'never', 'is not known there (404).')
  if (status === 403) return make('forbidden', 'never', `is not allowed (403). ${rightRemedy}`)
  return make('bad_request', 'never', `was refused (${status}).`)
}

const keyRemedy =
  'Check the access key and the secret key, that "Allow API Keys" is switched on in the security settings of the server, and that its user is neither locked nor disabled.'
const rightRemedy =
  'Give its user the role and the repositories this needs; findings are shown to users of an organisation, not to administrators.'

/** Something that is not in the API's envelope: a wrong address, a proxy's page, a maintenance notice. */
export function notEnveloped(call: Pick<Call, 'method' | 'path'>, text: string, context: ErrorContext): SourceError {
  if (/^\s*\{/.test(text) || text.trim() === '') {
    return new SourceError(
      'truncated_body',
      'now',
      `${named(call)}: the answer ended in the middle (${text.length} characters).`,
      { context },
    )
  }
  const message = `${named(call)}: the answer is not Security Center's: ${said(text) || 'no text'}. Check that the base URL is the server's address, without /rest, and that no proxy answers in its place.`
  return new SourceError('not_json', 'later', message, { context })
}

export function bodyError(thrown: Error, call: Pick<Call, 'method' | 'path'>, context: ErrorContext): SourceError {
  if (thrown instanceof BrokenBodyError) {
    return new SourceError('truncated_body', 'now', `${named(call)}: the answer was cut short. ${thrown.message}`, {
      cause: thrown,
      context,
    })
  }
  const text = `${named(call)}: ${thrown.message} Ask for smaller pages.`
  return new SourceError('answer_too_large', 'never', text, { cause: thrown, context })
}
