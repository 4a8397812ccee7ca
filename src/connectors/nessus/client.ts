import type { Json } from '../../domain/json.ts'
import { CancelledError, ConfigError, type ErrorContext, SourceError } from '../../platform/errors.ts'
import { BodyTooLargeError, BrokenBodyError, decodedBody, wholeBody } from '../../platform/http-body.ts'
import { transportError } from '../../platform/transport-error.ts'
import type { Call, Exchange } from '../exchange.ts'
import { clean, noRepairs, repairsOf } from '../formats/clean-text.ts'
import { type Authentication, authenticated, type Headers, type OwnServerOptions } from '../own-server.ts'
import { SourceLink } from '../source-link.ts'
import { createAuthentication } from './authentication.ts'
import { bodyError, named, notJson, refusalOf, shownPath } from './refusal.ts'

const maxJsonBytes = 256 * 1024 * 1024
const maxErrorBytes = 64 * 1024
/** A scanner that scans takes its time; details of a large scan are put together when they are asked for. */
const headersMs = 180_000

/** The API of a Nessus scanner: one login, one pool, one error model. Nothing it throws or tells carries a key. */
export class NessusClient {
  readonly #link: SourceLink
  readonly #authentication: Authentication

  constructor(options: OwnServerOptions) {
    this.#link = new SourceLink(options, {
      baseUrl: options.baseUrl.replace(/\/+$/, ''),
      tls: options.tls,
      headersMs,
      // It is one machine, which also scans.
      maxConnections: 2,
      shown: shownPath,
    })
    this.#authentication = createAuthentication(options.login, (call, headers, signal) =>
      this.#json(call, 1, headers, signal),
    )
  }

  get baseUrl(): string {
    return this.#link.baseUrl
  }

  /** Now, on the scanner's clock as far as its answers told. */
  sourceNowMs(): number {
    return this.#link.sourceNowMs()
  }

  get knowsSourceTime(): boolean {
    return this.#link.knowsSourceTime
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return this.#link.sleep(ms, signal)
  }

  get(path: string, signal: AbortSignal, maxAttempts?: number): Promise<Json> {
    return this.call({ method: 'GET', path, ...(maxAttempts === undefined ? {} : { maxAttempts }) }, signal)
  }

  /** @throws SourceError, CancelledError */
  call(call: Call, signal: AbortSignal): Promise<Json> {
    return this.#link.retried(call, signal, attempt =>
      authenticated(this.#authentication, signal, headers => this.#json(call, attempt, headers, signal)),
    )
  }

  /** What is answered to anybody, as it stands, whatever its status: a scanner that starts says so. */
  open(path: string, signal: AbortSignal): Promise<Json> {
    const call = { method: 'GET', path } as const
    return this.#link.retried(call, signal, attempt => this.#json(call, attempt, {}, signal))
  }

  /**
   * A document of any size, in pieces. Tried again only until it begins: whoever reads it must know what was torn off.
   * @throws SourceError `truncated_body`
   */
  async *download(path: string, signal: AbortSignal): AsyncGenerator<Buffer> {
    const call = { method: 'GET', path } as const
    const exchange = await this.#link.retried(call, signal, attempt =>
      authenticated(this.#authentication, signal, headers => this.#answered(call, attempt, headers, signal)),
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
    await this.#link.close()
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
  async #answered(call: Call, attempt: number, credentials: Headers, signal: AbortSignal): Promise<Exchange> {
    const headers = { ...credentials, accept: 'application/json, application/octet-stream' }
    const exchange = await this.#link.send(call, attempt, { url: `${this.baseUrl}${call.path}`, headers, signal })
    const { status } = exchange.response
    if (status >= 200 && status < 300) return exchange
    const error = await this.#refused(exchange, call, signal)
    exchange.done(error)
    throw error
  }

  /** The status says what happened. Its explanation may be missing: with 412 the socket is closed before it has come. */
  async #refused(exchange: Exchange, call: Call, signal: AbortSignal): Promise<SourceError | CancelledError> {
    const { response } = exchange
    let text = ''
    try {
      text = (await wholeBody(response, maxErrorBytes, bytes => exchange.received(bytes))).toString('utf8')
    } catch {
      if (signal.aborted) return new CancelledError('Cancelled.', { cause: signal.reason })
    }
    const retryAfterMs = this.#link.retryAfterMs(exchange)
    const refused = { status: response.status, text, retryAfterMs, location: response.headers.get('location') }
    const error = refusalOf(call, refused, exchange.context)
    this.#link.heed(error)
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
    this.#link.spoke()
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
    return transportError(thrown, this.baseUrl, signal, context)
  }
}

function isCut(error: Error): error is SourceError {
  return error instanceof SourceError && (error.code === 'connection_lost' || error.code === 'timeout')
}

function cutShort(cause: SourceError, call: Call): SourceError {
  const text = `${named(call)}: the connection was lost in the middle of the answer. ${cause.message}`
  return new SourceError('truncated_body', 'now', text, { cause, context: cause.context })
}
