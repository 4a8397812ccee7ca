import { isJsonObject, type Json } from '../../domain/json.ts'
import { type ErrorContext, SourceError } from '../../platform/errors.ts'
import { printable, said } from '../said.ts'

/** An answer that is not 2xx, as the vendor's several services word it. */
export interface Refusal {
  readonly status: number
  readonly body: string
  readonly retryAfterMs: number | undefined
  /** Where a redirect points. */
  readonly location: string | undefined
}

/** The job that already does what was asked, when the vendor names it. */
export interface ExportConflict {
  readonly activeJobId: string | null
}

/** Turns a refusal into an error that says what, which and the remedy. */
export function refusalError(call: string, refusal: Refusal, context: ErrorContext): SourceError {
  const { status, retryAfterMs } = refusal
  const told = messageIn(refusal.body)
  const quoted = told === '' ? '' : ` The source says: ${told}`
  const make = (code: string, retry: 'never' | 'later', text: string) =>
    new SourceError(code, retry, `${text}${quoted}`, {
      status,
      context: { ...context, status, source_message: told },
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    })
  if (conflictIn(refusal)) return make('export_conflict', 'later', `${call}: the same export is already running.`)
  if (status >= 300 && status < 400) {
    const text = `${call} was redirected to ${refusal.location ?? 'another place'}. Set the base URL to the API's own address.`
    return make('redirected', 'never', text)
  }
  switch (status) {
    case 400:
    case 405:
    case 415:
    case 422:
      return make('bad_request', 'never', `${call} was not understood (${status}).`)
    case 401:
      return make('bad_credentials', 'never', `${call}: the API key is not valid (401). ${keyRemedy}`)
    case 403:
      return make('forbidden', 'never', `${call} is not allowed to this API key (403). ${rightRemedy}`)
    case 404:
      return make('not_found', 'never', `${call}: not found (404).`)
    case 409:
      return make('export_conflict', 'later', `${call} is in conflict with something already running (409).`)
    case 413:
      return make('payload_too_large', 'never', `${call} was too large for the source (413). Ask for smaller chunks.`)
    case 420:
    case 429:
      return make('rate_limited', 'later', `${call} was refused because too much was asked (${status}). ${limitRemedy}`)
    default:
      if (status >= 500)
        return make('server_error', 'later', `${call} failed at the source (${status}). ${faultRemedy}`)
      return make('bad_request', 'never', `${call} was refused (${status}).`)
  }
}

const keyRemedy =
  'Check the access key and the secret key; making new keys in Tenable replaces the old pair at once. A disabled user, ' +
  'API access switched off for the user, or an address outside the allow-list is refused alike.'
const rightRemedy =
  'Give its user the role or privilege this needs, and Can View on the assets; `tenfold check` lists every right.'
const limitRemedy = 'Use a user of its own for Tenfold, or lower TENABLE_RATE_LIMIT_REQUESTS_PER_MINUTE.'
const faultRemedy = 'It usually passes; with the request id Tenable support can look it up.'

/**
 * A refused duplicate: 409 with `active_job_id`, or until about 2024 a 429 whose JSON says `Duplicate export`.
 * @returns undefined when it is something else
 */
export function conflictIn({ status, body }: Pick<Refusal, 'status' | 'body'>): ExportConflict | undefined {
  if (status !== 409 && !(status === 429 && /duplicate export/i.test(body))) return undefined
  const value = jsonIn(body)
  if (isJsonObject(value)) {
    if (typeof value.active_job_id === 'string') return { activeJobId: value.active_job_id }
    const values = Array.isArray(value.values) ? (value.values as readonly Json[]) : []
    if (typeof values[0] === 'string') return { activeJobId: values[0] }
  }
  return { activeJobId: /job_uuid=([0-9a-f-]{36})/i.exec(body)?.[1] ?? null }
}

/** The sentence in an error body, whatever service wrote it; never parses what is no JSON. */
export function messageIn(body: string): string {
  const text = body.trim()
  if (text === '') return ''
  const value = jsonIn(text)
  return value === undefined ? said(text) : printable(sentenceIn(value, 0))
}

function sentenceIn(value: Json, depth: number): string {
  if (typeof value === 'string') {
    const inner = depth < 3 && value.trimStart().startsWith('{') ? jsonIn(value) : undefined
    return inner === undefined ? value : sentenceIn(inner, depth + 1)
  }
  if (!isJsonObject(value)) return JSON.stringify(value)
  const { message, error, errors, reason, failure_reason: failure, filter_name: filter } = value
  const parts: string[] = []
  if (typeof message === 'string') parts.push(message)
  else if (typeof failure === 'string') parts.push(failure)
  else if (typeof error === 'string') parts.push(sentenceIn(error, depth + 1))
  else if (isJsonObject(error)) parts.push(sentenceIn(error, depth + 1))
  if (Array.isArray(errors)) {
    for (const item of (errors as readonly Json[]).slice(0, 5)) {
      if (isJsonObject(item)) parts.push([item.property, item.message ?? item.rule].filter(Boolean).join(': '))
    }
  }
  if (typeof filter === 'string') parts.push(`filter ${filter}`)
  if (typeof reason === 'string') parts.push(reason)
  if (parts.length > 0) return parts.join('; ')
  return Object.keys(value).length > 0 ? JSON.stringify(value) : ''
}

function jsonIn(text: string): Json | undefined {
  if (!/^\s*[[{"]/.test(text)) return undefined
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}
