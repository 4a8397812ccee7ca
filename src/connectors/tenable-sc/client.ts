import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts'
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
import { BodyTooLargeError, BrokenBodyError, wholeBody } from '../../platform/http-body.ts'
import type { Log } from '../../platform/log.ts'
import type { AddressPolicy } from '../../platform/private-address.ts'
import { parseRetryAfter, type RetryPolicy, retrying } from '../../platform/retry.ts'
import { transportError } from '../../platform/transport-error.ts'
import type { QualityIssue, RequestLimiter } from '../connector.ts'
import { type Call, Exchange, type TraceEntry } from '../exchange.ts'
import { clean, noRepairs, repairsOf } from '../formats/clean-text.ts'
import { RecordNotes } from '../formats/record.ts'
import { type Authentication, createAuthentication, type Login } from './authentication.ts'
import { bodyError, named, notEnveloped, refusalOf } from './refusal.ts'

export interface ClientOptions {
  readonly baseUrl: string
  readonly login: Login
  readonly limiter: RequestLimiter
  readonly userAgent: string
  readonly retry: RetryPolicy
  readonly proxyUrl?: string | undefined
  /** Where the source and its proxy may be; anywhere when left out. */
  readonly addresses?: AddressPolicy | undefined
  readonly proxyAddresses?: AddressPolicy | undefined
  readonly caPem?: string | undefined
  readonly tls?: TlsTrust | undefined
  readonly log: Log
  readonly clock: Clock
  readonly trace?: ((call: TraceEntry) => void) | undefined
  readonly timeouts?: Partial<HttpTimeouts> | undefined
}

/** What one call brought: the inside of the envelope, and how many bytes it came in. */
export interface Reply {
  readonly response: Json
  readonly bytes: number
  /** What had to be replaced in it. */
  readonly issues: readonly QualityIssue[]
}

// A page of 10,000 details is about 40 MB.
const maxJsonBytes = 256 * 1024 * 1024
/** A query over a large repository takes its time; the vendor's own client waits as long. */
const headersMs = 300_000

/** Security Center's API: one login, one pool, one error model. Nothing it throws or tells carries a key. */
export class SecurityCenterClient {
  readonly #options: ClientOptions
  readonly #base: string
  readonly #http: HttpClient
  readonly #authentication: Authentication
  #clockOffsetMs: number | undefined
  #version: string | undefined
  /** Whether this address ever answered like the API; before that, a web page means that the address is wrong. */
  #hasSpoken = false

  constructor(options: ClientOptions) {
    this.#options = options
    this.#base = options.baseUrl.replace(/\/+$/, '')
    this.#http = createHttpClient({
      timeouts: { ...defaultTimeouts, headersMs, ...options.timeouts },
      proxyUrl: options.proxyUrl,
      caPem: options.caPem,
      addresses: options.addresses,
      proxyAddresses: options.proxyAddresses,
      tls: options.tls,
    })
    this.#authentication = createAuthentication(options.login, options.clock, {
      send: (call, headers, signal) => this.#exchanged(call, 1, headers, signal),
    })
  }

  get baseUrl(): string {
    return this.#base
  }

  /** As the server's answers name it in a header. */
  get version(): string | undefined {
    return this.#version
  }

  /** Now, on the vendor's clock as far as its answers told. */
  sourceNowMs(): number {
    return this.#options.clock.now().getTime() + (this.#clockOffsetMs ?? 0)
  }

  get knowsSourceTime(): boolean {
    return this.#clockOffsetMs !== undefined
  }

  async get(path: string, signal: AbortSignal, maxAttempts?: number): Promise<Json> {
    const call = { method: 'GET', path, ...(maxAttempts === undefined ? {} : { maxAttempts }) } as const
    return (await this.call(call, signal)).response
  }

  /** @throws SourceError, CancelledError */
  call(call: Call, signal: AbortSignal): Promise<Reply> {
    const { clock, retry, log } = this.#options
    return retrying(
      { clock },
      { ...retry, maxAttempts: call.maxAttempts ?? retry.maxAttempts },
      attempt => this.#authenticated(call, attempt, signal),
      (thrown, attempt) => {
        if (!(thrown instanceof SourceError) || !this.#isTransient(thrown)) return { again: false }
        log.warn({ code: thrown.code, path: call.path, attempt, ...thrown.context }, 'request failed, trying again')
        return { again: true, atLeastMs: thrown.retryAfterMs }
      },
      signal,
    )
  }

  async close(): Promise<void> {
    await this.#authentication.end()
    await this.#http.close()
  }

  #isTransient({ code }: SourceError): boolean {
    return code === 'not_json' ? this.#hasSpoken : transientCodes.has(code)
  }

  /** A session that ended meanwhile is replaced once, and the call made again with the new one. */
  async #authenticated(call: Call, attempt: number, signal: AbortSignal): Promise<Reply> {
    const credentials = await this.#authentication.headers(signal)
    try {
      return (await this.#exchanged(call, attempt, credentials, signal)).reply
    } catch (thrown) {
      if (!(thrown instanceof SourceError) || thrown.code !== 'bad_credentials') throw thrown
      const renewed = await this.#authentication.renewed(credentials, signal)
      if (renewed === undefined) throw thrown
      return (await this.#exchanged(call, attempt, renewed, signal)).reply
    }
  }

  async #exchanged(
    call: Call,
    attempt: number,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<{ readonly reply: Reply; readonly response: HttpResponse }> {
    await this.#options.limiter.acquire(signal)
    const exchange = new Exchange(call, attempt, this.#options)
    try {
      const response = await this.#send(call, headers, signal, exchange.context)
      exchange.answered(response)
      this.#learn(response)
      const body = await wholeBody(response, maxJsonBytes, bytes => exchange.received(bytes))
      const reply = this.#opened(call, response, body, exchange.context)
      exchange.done(null)
      return { reply, response }
    } catch (thrown) {
      const error = this.#described(thrown, call, exchange.context, signal)
      exchange.done(error)
      throw error
    }
  }

  #send(
    call: Call,
    credentials: Readonly<Record<string, string>>,
    signal: AbortSignal,
    context: ErrorContext,
  ): Promise<HttpResponse> {
    const headers = {
      ...credentials,
      'user-agent': this.#options.userAgent,
      accept: 'application/json',
      'accept-encoding': 'gzip',
      ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
    }
    const body = call.body === undefined ? {} : { body: JSON.stringify(call.body) }
    return this.#http
      .send({ method: call.method, url: `${this.#base}/rest${call.path}`, headers, ...body }, signal)
      .catch((thrown: unknown) => {
        throw transportError(thrown, this.#base, signal, context)
      })
  }

  #learn(response: HttpResponse): void {
    this.#version = response.headers.get('securitycenter') ?? this.#version
    const date = Date.parse(response.headers.get('date') ?? '')
    if (!Number.isNaN(date)) this.#clockOffsetMs = date - this.#options.clock.now().getTime()
  }

  /** What is in the envelope. Neither the status nor the content type nor the code alone says whether all is well. */
  #opened(call: Call, response: HttpResponse, body: Buffer, context: ErrorContext): Reply {
    const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'), this.#options.clock.now())
    const text = body.toString('utf8')
    const envelope = envelopeIn(text)
    if (envelope) this.#hasSpoken = true
    const isWell = response.status >= 200 && response.status < 300 && (envelope?.error_code ?? 0) === 0
    if (!isWell) {
      const location = response.headers.get('location')
      const error = refusalOf(call, { status: response.status, envelope, text, retryAfterMs, location }, context)
      if (error.code === 'rate_limited' && retryAfterMs !== undefined) this.#options.limiter.pause(retryAfterMs)
      throw error
    }
    if (!envelope) throw notEnveloped(call, text, context)
    return cleaned(call, envelope.response ?? null, text, body)
  }

  #described(
    thrown: unknown,
    call: Call,
    context: ErrorContext,
    signal: AbortSignal,
  ): SourceError | CancelledError | ConfigError {
    if (thrown instanceof SourceError || thrown instanceof CancelledError) return thrown
    if (thrown instanceof BrokenBodyError || thrown instanceof BodyTooLargeError)
      return bodyError(thrown, call, context)
    if (thrown instanceof ConfigError) throw thrown
    return transportError(thrown, this.#base, signal, context)
  }
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

/** PostgreSQL cannot hold everything that JSON can. */
function cleaned(call: Call, response: Json, text: string, body: Buffer): Reply {
  const suspected = repairsOf(text, body)
  if (suspected === noRepairs) return { response, bytes: body.length, issues: [] }
  const { value, hadNul, hadSurrogate } = clean(response, suspected)
  const notes = new RecordNotes(named(call))
  notes.repaired({ nul: hadNul, surrogate: hadSurrogate, utf8: suspected.utf8 })
  return { response: value, bytes: body.length, issues: notes.issues ?? [] }
}

function envelopeIn(text: string): JsonObject | undefined {
  try {
    const value = JSON.parse(text) as Json
    return isJsonObject(value) && 'error_code' in value ? value : undefined
  } catch {
    return undefined
  }
}
