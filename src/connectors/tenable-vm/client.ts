import type { Json } from '../../domain/json.ts'
import type { Clock } from '../../platform/clock.ts'
import { CancelledError, ConfigError, type ErrorContext, messageOf, SourceError } from '../../platform/errors.ts'
import {
  createHttpClient,
  defaultTimeouts,
  type HttpClient,
  type HttpResponse,
  type HttpTimeouts,
} from '../../platform/http.ts'
import { BodyTooLargeError, BrokenBodyError, decodedBody, wholeBody } from '../../platform/http-body.ts'
import type { Log } from '../../platform/log.ts'
import type { AddressPolicy } from '../../platform/private-address.ts'
import { parseRetryAfter, type RetryPolicy, retrying } from '../../platform/retry.ts'
import type { Secret } from '../../platform/secret.ts'
import { transportError } from '../../platform/transport-error.ts'
import type { RequestLimiter } from '../connector.ts'
import { type Call, Exchange, type TraceEntry } from '../exchange.ts'
import { conflictIn, type ExportConflict, messageIn, refusalError } from './refusal.ts'

export interface ClientOptions {
  readonly baseUrl: string
  readonly accessKey: Secret
  readonly secretKey: Secret
  readonly limiter: RequestLimiter
  readonly userAgent: string
  readonly retry: RetryPolicy
  readonly proxyUrl?: string | undefined
  /** Where the source and its proxy may be; anywhere when left out. */
  readonly addresses?: AddressPolicy | undefined
  readonly proxyAddresses?: AddressPolicy | undefined
  readonly caPem?: string | undefined
  readonly log: Log
  readonly clock: Clock
  readonly trace?: ((call: TraceEntry) => void) | undefined
  readonly timeouts?: Partial<HttpTimeouts> | undefined
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
  readonly #options: ClientOptions
  readonly #base: string
  readonly #http: HttpClient
  readonly #keys: string
  /** The vendor's clock minus ours, from its `Date` headers; undefined until one came. */
  #clockOffsetMs: number | undefined
  #lastRequestUuid: string | undefined
  /** Whether this address ever answered like the API; before that, a web page means that the address is wrong. */
  #hasSpokenJson = false

  constructor(options: ClientOptions) {
    this.#options = options
    this.#base = checkedBaseUrl(options.baseUrl)
    this.#keys = `accessKey=${options.accessKey.reveal()};secretKey=${options.secretKey.reveal()}`
    this.#http = createHttpClient({
      timeouts: { ...defaultTimeouts, ...options.timeouts },
      proxyUrl: options.proxyUrl,
      caPem: options.caPem,
      addresses: options.addresses,
      proxyAddresses: options.proxyAddresses,
    })
  }

  get baseUrl(): string {
    return this.#base
  }

  /** Now, on the vendor's clock as far as its answers told. */
  sourceNowMs(): number {
    return this.#options.clock.now().getTime() + (this.#clockOffsetMs ?? 0)
  }

  /** Whether the vendor's answers told its time. */
  get knowsSourceTime(): boolean {
    return this.#clockOffsetMs !== undefined
  }

  /** @throws SourceError, CancelledError */
  async json(call: Call, signal: AbortSignal): Promise<Json> {
    return await this.#retrying(call, signal, attempt => this.#jsonOnce(call, attempt, signal))
  }

  /**
   * The decoded bytes of an answer as they arrive. Asking is retried; reading is not, because the reader has already
   * used what came.
   * @throws SourceError `truncated_body`, `timeout`, `connection_lost` while it is read
   */
  async *bytes(call: Call, signal: AbortSignal): AsyncGenerator<Buffer> {
    const exchange = await this.#retrying(call, signal, attempt => this.#send(call, attempt, signal))
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
    await this.#http.close()
  }

  #retrying<T>(call: Call, signal: AbortSignal, attempt: (number: number) => Promise<T>): Promise<T> {
    const { clock, retry, log } = this.#options
    const policy = { ...retry, maxAttempts: call.maxAttempts ?? retry.maxAttempts }
    return retrying(
      { clock },
      policy,
      attempt,
      (thrown, number) => {
        if (!(thrown instanceof SourceError) || !this.#isTransient(thrown)) return { again: false }
        log.warn(
          { code: thrown.code, method: call.method, path: call.path, attempt: number, ...thrown.context },
          'request failed, trying again',
        )
        return { again: true, atLeastMs: thrown.retryAfterMs }
      },
      signal,
    )
  }

  #isTransient(error: SourceError): boolean {
    if (error.code === 'not_json') return this.#hasSpokenJson
    return transientCodes.has(error.code)
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
      this.#hasSpokenJson = true
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
    const { limiter, clock } = this.#options
    await limiter.acquire(signal)
    const exchange = new Exchange(call, attempt, this.#options)
    let response: HttpResponse
    try {
      const request = { method: call.method, url: `${this.#base}${call.path}`, headers: this.#headers(call, attempt) }
      const body = call.body === undefined ? {} : { body: JSON.stringify(call.body) }
      call.onSend?.()
      response = await this.#http.send({ ...request, ...body }, lingering(signal, call.graceMs))
    } catch (thrown) {
      const error = transportError(thrown, this.#base, signal, exchange.context)
      exchange.done(error)
      throw error
    }
    exchange.answered(response)
    this.#lastRequestUuid = response.headers.get('x-request-uuid') ?? this.#lastRequestUuid
    const date = Date.parse(response.headers.get('date') ?? '')
    if (!Number.isNaN(date)) this.#clockOffsetMs = date - clock.now().getTime()
    if (response.status >= 200 && response.status < 300) return exchange
    const error = await this.#refused(exchange, response, call, signal)
    exchange.done(error)
    throw error
  }

  async #refused(
    exchange: Exchange,
    response: HttpResponse,
    call: Call,
    signal: AbortSignal,
  ): Promise<SourceError | CancelledError | ConfigError> {
    const { limiter, clock } = this.#options
    let body = ''
    try {
      body = (await wholeBody(response, maxErrorBytes, count => exchange.received(count))).toString('utf8')
    } catch {
      // The status already says what happened; its explanation is only missing.
      if (signal.aborted) return new CancelledError('Cancelled.', { cause: signal.reason })
    }
    const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'), clock.now())
    const refusal = { status: response.status, body, retryAfterMs, location: response.headers.get('location') }
    const error = refusalError(named(call), refusal, exchange.context)
    const conflict = conflictIn(refusal)
    if (conflict) return new ExportConflictError(error, conflict)
    if (error.code === 'rate_limited' && retryAfterMs !== undefined) limiter.pause(retryAfterMs)
    return error
  }

  #headers(call: Call, attempt: number): Record<string, string> {
    return {
      'x-apikeys': this.#keys,
      'user-agent': this.#options.userAgent,
      accept: 'application/json, application/octet-stream',
      'accept-encoding': 'gzip',
      ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
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
    const error = transportError(thrown, this.#base, signal, context)
    if (!(error instanceof SourceError) || error.code !== 'connection_lost') return error
    const message = `${named(call)}: the connection was lost in the middle of the answer (${messageOf(thrown)}).`
    return new SourceError('truncated_body', 'now', message, { cause: thrown, context })
  }
}

/** Aborted a while after another signal. */
function lingering(signal: AbortSignal, graceMs: number | undefined): AbortSignal {
  if (graceMs === undefined) return signal
  const later = new AbortController()
  const abort = () => setTimeout(() => later.abort(signal.reason), graceMs).unref()
  signal.addEventListener('abort', abort, { once: true })
  return later.signal
}

/** Faults that pass by themselves. */
const transientCodes = new Set([
  'rate_limited',
  'server_error',
  'unreachable',
  'timeout',
  'connection_lost',
  'truncated_body',
])

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
