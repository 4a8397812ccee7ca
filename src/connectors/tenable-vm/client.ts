import type { Json } from '../../domain/json.ts'
import { CancelledError, ConfigError, type ErrorContext, messageOf, SourceError } from '../../platform/errors.ts'
import { BodyTooLargeError, BrokenBodyError, decodedBody, wholeBody } from '../../platform/http-body.ts'
import type { Secret } from '../../platform/secret.ts'
import { transportError } from '../../platform/transport-error.ts'
import type { Call, Exchange } from '../exchange.ts'
import { SourceLink, type SourceOptions } from '../source-link.ts'
import { conflictIn, type ExportConflict, messageIn, refusalError } from './refusal.ts'

export interface ClientOptions extends SourceOptions {
  readonly accessKey: Secret
  readonly secretKey: Secret
}

/** A refusal whose body names the job that stands in the way. */
export class ExportConflictError extends SourceError {
  readonly conflict: ExportConflict

  constructor(error: SourceError, conflict: ExportConflict) {
    super(error.code, error.retry, error.message, { context: error.context, status: error.status ?? 409 })
    this.conflict = conflict
  }
}

const maxJsonBytes = 64 * 1024 * 1024
const maxErrorBytes = 256 * 1024

/** The vendor's API: one key, one pool, one error model. Nothing it throws or tells carries the key. */
export class TenableClient {
  readonly #link: SourceLink
  readonly #keys: string
  #lastRequestUuid: string | undefined

  constructor(options: ClientOptions) {
    this.#link = new SourceLink(options, { baseUrl: checkedBaseUrl(options.baseUrl) })
    this.#keys = `accessKey=${options.accessKey.reveal()};secretKey=${options.secretKey.reveal()}`
  }

  get baseUrl(): string {
    return this.#link.baseUrl
  }

  /** Now, on the vendor's clock as far as its answers told. */
  sourceNowMs(): number {
    return this.#link.sourceNowMs()
  }

  /** Whether the vendor's answers told its time. */
  get knowsSourceTime(): boolean {
    return this.#link.knowsSourceTime
  }

  /** @throws SourceError, CancelledError */
  async json(call: Call, signal: AbortSignal): Promise<Json> {
    return await this.#link.retried(call, signal, attempt => this.#jsonOnce(call, attempt, signal))
  }

  /**
   * The decoded bytes of an answer as they arrive. Asking is retried; reading is not, because the reader has already
   * used what came.
   * @throws SourceError `truncated_body`, `timeout`, `connection_lost` while it is read
   */
  async *bytes(call: Call, signal: AbortSignal): AsyncGenerator<Buffer> {
    const exchange = await this.#link.retried(call, signal, attempt => this.#send(call, attempt, signal))
    try {
      yield* decodedBody(exchange.response, count => exchange.received(count))
      exchange.done(null)
    } catch (thrown) {
      const error = this.#bodyError(thrown, call, exchange.context, signal)
      exchange.done(error)
      throw error
    } finally {
      exchange.done(null)
    }
  }

  async close(): Promise<void> {
    await this.#link.close()
  }

  async #jsonOnce(call: Call, attempt: number, signal: AbortSignal): Promise<Json> {
    const exchange = await this.#send(call, attempt, signal)
    try {
      const body = await wholeBody(exchange.response, maxJsonBytes, count => exchange.received(count))
      const value = this.#parse(body.toString('utf8'), call, exchange.context)
      exchange.done(null)
      return value
    } catch (thrown) {
      const error = this.#bodyError(thrown, call, exchange.context, signal)
      exchange.done(error)
      throw error
    }
  }

  #parse(text: string, call: Call, context: ErrorContext): Json {
    try {
      const value = JSON.parse(text.replace(/^\ufeff/, '')) as Json
      this.#link.spoke()
      return value
    } catch (cause) {
      if (/^\s*[[{]/.test(text) || text.trim() === '') {
        const message = `${named(call)}: the answer ended in the middle (${text.length} characters).`
        throw new SourceError('truncated_body', 'now', message, { cause, context })
      }
      throw notJson(named(call), text, context)
    }
  }

  async #send(call: Call, attempt: number, signal: AbortSignal): Promise<Exchange> {
    const url = `${this.baseUrl}${call.path}`
    const exchange = await this.#link.send(call, attempt, { url, headers: this.#headers(attempt), signal })
    const { response } = exchange
    this.#lastRequestUuid = response.headers.get('x-request-uuid') ?? this.#lastRequestUuid
    if (response.status >= 200 && response.status < 300) return exchange
    const error = await this.#refused(exchange, call, signal)
    exchange.done(error)
    throw error
  }

  async #refused(exchange: Exchange, call: Call, signal: AbortSignal): Promise<SourceError | CancelledError> {
    const { response } = exchange
    let body = ''
    try {
      body = (await wholeBody(response, maxErrorBytes, count => exchange.received(count))).toString('utf8')
    } catch {
      // The status already says what happened; its explanation is only missing.
      if (signal.aborted) return new CancelledError('Cancelled.', { cause: signal.reason })
    }
    const retryAfterMs = this.#link.retryAfterMs(exchange)
    const refusal = { status: response.status, body, retryAfterMs, location: response.headers.get('location') }
    const error = refusalError(named(call), refusal, exchange.context)
    const conflict = conflictIn(refusal)
    if (conflict) return new ExportConflictError(error, conflict)
    this.#link.heed(error)
    return error
  }

  #headers(attempt: number): Record<string, string> {
    return {
      'x-apikeys': this.#keys,
      accept: 'application/json, application/octet-stream',
      // As Tenable's own SDK marks its retries.
      ...(attempt > 1 ? { 'x-tio-retry-count': String(attempt - 1) } : {}),
      ...(attempt > 1 && this.#lastRequestUuid ? { 'x-tio-last-request-uuid': this.#lastRequestUuid } : {}),
    }
  }

  #bodyError(
    thrown: unknown,
    call: Call,
    context: ErrorContext,
    signal: AbortSignal,
  ): SourceError | CancelledError | ConfigError {
    if (thrown instanceof BrokenBodyError) {
      const message = `${named(call)}: the answer was cut short. ${thrown.message}`
      return new SourceError('truncated_body', 'now', message, { cause: thrown, context })
    }
    if (thrown instanceof BodyTooLargeError) {
      return new SourceError('answer_too_large', 'never', `${named(call)}: ${thrown.message}`, {
        cause: thrown,
        context,
      })
    }
    const error = transportError(thrown, this.baseUrl, signal, context)
    if (!(error instanceof SourceError) || error.code !== 'connection_lost') return error
    const message = `${named(call)}: the connection was lost in the middle of the answer (${messageOf(thrown)}).`
    return new SourceError('truncated_body', 'now', message, { cause: thrown, context })
  }
}

/** A page where the API's JSON belongs: a wrong address, a proxy's sign-in, a maintenance notice. */
export function notJson(call: string, text: string, context: ErrorContext): SourceError {
  const message =
    `${call}: the source answered with something that is not the API's JSON: ${messageIn(text) || 'nothing'}. Check that the ` +
    "base URL is the API's address (https://cloud.tenable.com) and that no proxy answers in its place."
  return new SourceError('not_json', 'later', message, { context })
}

export function named(call: Pick<Call, 'method' | 'path'>): string {
  return `${call.method} ${call.path}`
}

function checkedBaseUrl(baseUrl: string): string {
  let url: URL
  try {
    url = new URL(baseUrl)
  } catch (cause) {
    throw new ConfigError('bad_base_url', `The base URL is not a URL: ${baseUrl}. Use https://cloud.tenable.com.`, {
      cause,
    })
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new ConfigError('bad_base_url', `The base URL must begin with https://, not ${url.protocol}//.`)
  }
  if (url.username !== '' || url.password !== '') {
    throw new ConfigError('bad_base_url', 'The base URL must not carry a user or password.')
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
}
