import type { Clock } from '../platform/clock.ts'
import { SourceError } from '../platform/errors.ts'
import {
  createHttpClient,
  defaultTimeouts,
  type HttpClient,
  type HttpTimeouts,
  type TlsTrust,
} from '../platform/http.ts'
import type { Log } from '../platform/log.ts'
import type { AddressPolicy } from '../platform/private-address.ts'
import { parseRetryAfter, type RetryPolicy, retrying } from '../platform/retry.ts'
import { transportError } from '../platform/transport-error.ts'
import type { RequestLimiter } from './connector.ts'
import { type Call, Exchange, type TraceEntry } from './exchange.ts'

/** What every kind of source that is asked over HTTP is given. */
export interface SourceOptions {
  readonly baseUrl: string
  /** One for all that use the login, in every thread. */
  readonly limiter: RequestLimiter
  /** @see integrationUserAgent */
  readonly userAgent: string
  readonly retry: RetryPolicy
  readonly proxyUrl?: string | undefined
  /** Where the source and its proxy may be; anywhere when left out. */
  readonly addresses?: AddressPolicy | undefined
  readonly proxyAddresses?: AddressPolicy | undefined
  /** Certificates to trust beside the system's. */
  readonly caPem?: string | undefined
  readonly log: Log
  readonly clock: Clock
  readonly trace?: ((call: TraceEntry) => void) | undefined
  readonly timeouts?: Partial<HttpTimeouts> | undefined
}

interface LinkSettings {
  /** As it is called, without a slash at its end. */
  readonly baseUrl: string
  readonly tls?: TlsTrust | undefined
  /** How long this kind may take to begin an answer. */
  readonly headersMs?: number
  readonly maxConnections?: number
  /** A path as logs and traces may show it; as it is unless given. */
  readonly shown?: (path: string) => string
}

interface Sending {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** Breaks the request off. */
  readonly signal: AbortSignal
}

/** The way to one source, whatever its kind: one pool, the limit of its key, its clock, and what is tried again. */
export class SourceLink {
  readonly baseUrl: string
  readonly #options: SourceOptions
  readonly #http: HttpClient
  readonly #shown: (path: string) => string
  /** The source's clock minus ours, from its `Date` headers; undefined until one came. */
  #clockOffsetMs: number | undefined
  #hasSpoken = false

  constructor(options: SourceOptions, { baseUrl, tls, headersMs, maxConnections, shown = path => path }: LinkSettings) {
    this.baseUrl = baseUrl
    this.#options = options
    this.#shown = shown
    this.#http = createHttpClient({
      timeouts: { ...defaultTimeouts, ...(headersMs === undefined ? {} : { headersMs }), ...options.timeouts },
      ...(maxConnections === undefined ? {} : { maxConnections }),
      proxyUrl: options.proxyUrl,
      caPem: options.caPem,
      addresses: options.addresses,
      proxyAddresses: options.proxyAddresses,
      tls,
    })
  }

  /** Now, on the source's clock as far as its answers told. */
  sourceNowMs(): number {
    return this.#options.clock.now().getTime() + (this.#clockOffsetMs ?? 0)
  }

  /** Whether the source's answers told its time. */
  get knowsSourceTime(): boolean {
    return this.#clockOffsetMs !== undefined
  }

  /** This address answered like the API: a web page is a fault that passes from now on, not a wrong address. */
  spoke(): void {
    this.#hasSpoken = true
  }

  /** Tries again what passes by itself, within the policy. */
  retried<T>(call: Call, signal: AbortSignal, attempt: (number: number) => Promise<T>): Promise<T> {
    const { clock, retry, log } = this.#options
    return retrying(
      { clock },
      { ...retry, maxAttempts: call.maxAttempts ?? retry.maxAttempts },
      attempt,
      (thrown, number) => {
        if (!(thrown instanceof SourceError) || !this.#passes(thrown)) return { again: false }
        const asked = { method: call.method, path: this.#shown(call.path) }
        log.warn({ ...asked, ...thrown.context, code: thrown.code, attempt: number }, 'request failed, trying again')
        return { again: true, atLeastMs: thrown.retryAfterMs }
      },
      signal,
    )
  }

  /**
   * Waits for its turn, sends, and answers when the other side has begun to, whatever its status: the body is still to
   * be read, and the exchange to be called done.
   * @throws SourceError, CancelledError
   */
  async send(call: Call, attempt: number, { url, headers, signal }: Sending): Promise<Exchange> {
    const { limiter, clock, userAgent } = this.#options
    await limiter.acquire(signal)
    const exchange = new Exchange({ ...call, path: this.#shown(call.path) }, attempt, this.#options)
    try {
      call.onSend?.()
      const response = await this.#http.send(
        {
          method: call.method,
          url,
          headers: {
            ...headers,
            'user-agent': userAgent,
            'accept-encoding': 'gzip',
            ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
          },
          ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
        },
        lingering(signal, call.graceMs),
      )
      exchange.answered(response)
      const date = Date.parse(response.headers.get('date') ?? '')
      if (!Number.isNaN(date)) this.#clockOffsetMs = date - clock.now().getTime()
      return exchange
    } catch (thrown) {
      const error = transportError(thrown, this.baseUrl, signal, exchange.context)
      exchange.done(error)
      throw error
    }
  }

  /** How long an answer asks to be left alone, in milliseconds; by a date too. */
  retryAfterMs({ response }: Exchange): number | undefined {
    return parseRetryAfter(response.headers.get('retry-after'), this.#options.clock.now())
  }

  /** After a refusal for asking too much, all that use the login wait. */
  heed(error: SourceError): void {
    if (error.code === 'rate_limited' && error.retryAfterMs !== undefined)
      this.#options.limiter.pause(error.retryAfterMs)
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return this.#options.clock.sleep(ms, signal)
  }

  async close(): Promise<void> {
    await this.#http.close()
  }

  #passes({ code }: SourceError): boolean {
    return code === 'not_json' ? this.#hasSpoken : passing.has(code)
  }
}

/** Faults that pass by themselves. */
const passing = new Set(['rate_limited', 'server_error', 'unreachable', 'timeout', 'connection_lost', 'truncated_body'])

/** Aborted a while after another signal. */
function lingering(signal: AbortSignal, graceMs: number | undefined): AbortSignal {
  if (graceMs === undefined) return signal
  const later = new AbortController()
  const abort = () => setTimeout(() => later.abort(signal.reason), graceMs).unref()
  signal.addEventListener('abort', abort, { once: true })
  return later.signal
}
