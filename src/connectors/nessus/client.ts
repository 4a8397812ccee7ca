import type { Json } from '../../domain/json.ts'
import type { Clock } from '../../platform/clock.ts'
import { CancelledError, ConfigError, type ErrorContext, SourceError } from '../../platform/errors.ts'
import {
  createHttpClient,
  defaultTimeouts,
  type HttpClient,
  type HttpResponse,
  type HttpTimeouts,
  type TlsTrust,
} from '../../platform/http.ts'
import { BodyTooLargeError, BrokenBodyError, decodedBody, wholeBody } from '../../platform/http-body.ts'
import type { Log } from '../../platform/log.ts'
import { parseRetryAfter, type RetryPolicy, retrying } from '../../platform/retry.ts'
import { transportError } from '../../platform/transport-error.ts'
import type { RequestLimiter } from '../connector.ts'
import { type Call, Exchange, type TraceEntry } from '../exchange.ts'
import { clean, noRepairs, repairsOf } from '../formats/clean-text.ts'
import { type Authentication, createAuthentication, type Headers, type Login } from './authentication.ts'
import { bodyError, named, notJson, refusalOf } from './refusal.ts'

export interface ClientOptions {
  readonly baseUrl: string
  readonly login: Login
  readonly limiter: RequestLimiter
  readonly userAgent: string
  readonly retry: RetryPolicy
  readonly proxyUrl?: string | undefined
  readonly caPem?: string | undefined
  readonly tls?: TlsTrust | undefined
  readonly log: Log
  readonly clock: Clock
  readonly trace?: ((call: TraceEntry) => void) | undefined
  readonly timeouts?: Partial<HttpTimeouts> | undefined
}

const maxJsonBytes = 256 * 1024 * 1024
const maxErrorBytes = 64 * 1024
/** A scanner that scans takes its time; details of a large scan are put together when they are asked for. */
const headersMs = 180_000

/** The API of a Nessus scanner: one login, one pool, one error model. Nothing it throws or tells carries a key. */
export class NessusClient {
  readonly #options: ClientOptions
  readonly #base: string
  readonly #http: HttpClient
  readonly #authentication: Authentication
  #clockOffsetMs: number | undefined
  /** Whether this address ever answered like the API; before that, a web page means that the address is wrong. */
  #hasSpoken = false

  constructor(options: ClientOptions) {
    this.#options = options
    this.#base = options.baseUrl.replace(/\/+$/, '')
    this.#http = createHttpClient({
      timeouts: { ...defaultTimeouts, headersMs, ...options.timeouts },
      // It is one machine, which also scans.
      maxConnections: 2,
      proxyUrl: options.proxyUrl,
      caPem: options.caPem,
      tls: options.tls,
    })
    this.#authentication = createAuthentication(options.login, (call, headers, signal) =>
      this.#json(call, 1, headers, signal),
    )
  }

  get baseUrl(): string {
    return this.#base
  }

  /** Now, on the scanner's clock as far as its answers told. */
  sourceNowMs(): number {
    return this.#options.clock.now().getTime() + (this.#clockOffsetMs ?? 0)
  }

  get knowsSourceTime(): boolean {
    return this.#clockOffsetMs !== undefined
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return this.#options.clock.sleep(ms, signal)
  }

  get(path: string, signal: AbortSignal, maxAttempts?: number): Promise<Json> {
    return this.call({ method: 'GET', path, ...(maxAttempts === undefined ? {} : { maxAttempts }) }, signal)
  }

  /** @throws SourceError, CancelledError */
  call(call: Call, signal: AbortSignal): Promise<Json> {
    return this.#retried(call, signal, attempt =>
      this.#authenticated(signal, headers => this.#json(call, attempt, headers, signal)),
    )
  }

  /** What is answered to anybody, as it stands, whatever its status: a scanner that starts says so. */
  open(path: string, signal: AbortSignal): Promise<Json> {
    const call = { method: 'GET', path } as const
    return this.#retried(call, signal, attempt => this.#json(call, attempt, {}, signal))
  }

  /**
   * A document of any size, in pieces. Tried again only until it begins: whoever reads it must know what was torn off.
   * @throws SourceError `truncated_body`
   */
  async *download(path: string, signal: AbortSignal): AsyncGenerator<Buffer> {
    const call = { method: 'GET', path } as const
    const exchange = await this.#retried(call, signal, attempt =>
      this.#authenticated(signal, headers => this.#answered(call, attempt, headers, signal)),
    )
    try {
      yield* decodedBody(exchange.response, bytes => exchange.received(bytes))
      exchange.done(null)
    } catch (thrown) {
      const error = this.#described(thrown, call, exchange.context, signal)
      exchange.done(error)
      throw isCut(error) ? cutShort(error, call) : error
    }
  }

  async close(): Promise<void> {
    await this.#authentication.end()
    await this.#http.close()
  }

  #retried<T>(call: Call, signal: AbortSignal, attempt: (number: number) => Promise<T>): Promise<T> {
    const { clock, retry, log } = this.#options
    return retrying(
      { clock },
      { ...retry, maxAttempts: call.maxAttempts ?? retry.maxAttempts },
      attempt,
      (thrown, number) => {
        if (!(thrown instanceof SourceError) || !this.#isTransient(thrown)) return { again: false }
        log.warn(
          { code: thrown.code, path: named(call), attempt: number, status: thrown.status },
          'request failed, trying again',
        )
        return { again: true, atLeastMs: thrown.retryAfterMs }
      },
      signal,
    )
  }

  #isTransient({ code }: SourceError): boolean {
    return code === 'not_json' ? this.#hasSpoken : transientCodes.has(code)
  }

  /** A session that ended meanwhile is replaced once, and the call made again with the new one. */
  async #authenticated<T>(signal: AbortSignal, make: (headers: Headers) => Promise<T>): Promise<T> {
    const headers = await this.#authentication.headers(signal)
    try {
      return await make(headers)
    } catch (thrown) {
      if (!(thrown instanceof SourceError) || thrown.code !== 'bad_credentials') throw thrown
      const renewed = await this.#authentication.renewed(headers, signal)
      if (renewed === undefined) throw thrown
      return make(renewed)
    }
  }

  async #json(call: Call, attempt: number, headers: Headers, signal: AbortSignal): Promise<Json> {
    const exchange = await this.#answered(call, attempt, headers, signal)
    try {
      const body = await wholeBody(exchange.response, maxJsonBytes, bytes => exchange.received(bytes))
      const value = this.#parsed(call, body, exchange.context)
      exchange.done(null)
      return value
    } catch (thrown) {
      const error = this.#described(thrown, call, exchange.context, signal)
      exchange.done(error)
      throw error
    }
  }

  /** Sends, and answers when the other side has begun to: the body is still to be read. */
  async #answered(call: Call, attempt: number, headers: Headers, signal: AbortSignal): Promise<Exchange> {
    await this.#options.limiter.acquire(signal)
    const exchange = new Exchange({ ...call, path: named(call).slice(call.method.length + 1) }, attempt, this.#options)
    try {
      const response = await this.#send(call, headers, signal, exchange.context)
      exchange.answered(response)
      const date = Date.parse(response.headers.get('date') ?? '')
      if (!Number.isNaN(date)) this.#clockOffsetMs = date - this.#options.clock.now().getTime()
      if (response.status >= 200 && response.status < 300) return exchange
      throw await this.#refused(exchange, response, call, signal)
    } catch (thrown) {
      const error = this.#described(thrown, call, exchange.context, signal)
      exchange.done(error)
      throw error
    }
  }

  #send(call: Call, credentials: Headers, signal: AbortSignal, context: ErrorContext): Promise<HttpResponse> {
    const headers = {
      ...credentials,
      'user-agent': this.#options.userAgent,
      accept: 'application/json, application/octet-stream',
      'accept-encoding': 'gzip',
      ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
    }
    const body = call.body === undefined ? {} : { body: JSON.stringify(call.body) }
    return this.#http
      .send({ method: call.method, url: `${this.#base}${call.path}`, headers, ...body }, signal)
      .catch((thrown: unknown) => {
        throw transportError(thrown, this.#base, signal, context)
      })
  }

  /** The status says what happened. Its explanation may be missing: with 412 the socket is closed before it has come. */
  async #refused(exchange: Exchange, response: HttpResponse, call: Call, signal: AbortSignal): Promise<Error> {
    let text = ''
    try {
      text = (await wholeBody(response, maxErrorBytes, bytes => exchange.received(bytes))).toString('utf8')
    } catch {
      if (signal.aborted) return new CancelledError('Cancelled.', { cause: signal.reason })
    }
    const { limiter, clock } = this.#options
    const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'), clock.now())
    const refused = { status: response.status, text, retryAfterMs, location: response.headers.get('location') }
    const error = refusalOf(call, refused, exchange.context)
    if (error.code === 'rate_limited' && retryAfterMs !== undefined) limiter.pause(retryAfterMs)
    return error
  }

  #parsed(call: Call, body: Buffer, context: ErrorContext): Json {
    const text = body.toString('utf8')
    // Logging out is answered with nothing.
    if (text === '' && call.method === 'DELETE') return null
    let value: Json
    try {
      value = JSON.parse(text.replace(/^\ufeff/, '')) as Json
    } catch {
      throw notJson(call, text, context)
    }
    this.#hasSpoken = true
    const suspected = repairsOf(text, body)
    // PostgreSQL cannot hold everything that JSON can.
    return suspected === noRepairs ? value : clean(value, suspected).value
  }

  #described(
    thrown: unknown,
    call: Call,
    context: ErrorContext,
    signal: AbortSignal,
  ): SourceError | CancelledError | ConfigError {
    if (thrown instanceof SourceError || thrown instanceof CancelledError || thrown instanceof ConfigError)
      return thrown
    if (thrown instanceof BrokenBodyError || thrown instanceof BodyTooLargeError)
      return bodyError(thrown, call, context)
    return transportError(thrown, this.#base, signal, context)
  }
}

function isCut(error: Error): error is SourceError {
  return error instanceof SourceError && (error.code === 'connection_lost' || error.code === 'timeout')
}

function cutShort(cause: SourceError, call: Call): SourceError {
  const text = `${named(call)}: the connection was lost in the middle of the answer. ${cause.message}`
  return new SourceError('truncated_body', 'now', text, { cause, context: cause.context })
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
