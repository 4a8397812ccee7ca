import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts'
import { CancelledError, ConfigError, type ErrorContext, SourceError } from '../../platform/errors.ts'
import type { HttpResponse } from '../../platform/http.ts'
import { BodyTooLargeError, BrokenBodyError, wholeBody } from '../../platform/http-body.ts'
import { transportError } from '../../platform/transport-error.ts'
import type { QualityIssue } from '../connector.ts'
import type { Call, Exchange } from '../exchange.ts'
import { clean, noRepairs, repairsOf } from '../formats/clean-text.ts'
import { RecordNotes } from '../formats/record.ts'
import { type Authentication, authenticated, type Headers, type OwnServerOptions } from '../own-server.ts'
import { SourceLink } from '../source-link.ts'
import { createAuthentication } from './authentication.ts'
import { bodyError, named, notEnveloped, refusalOf } from './refusal.ts'

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
  readonly #link: SourceLink
  readonly #authentication: Authentication
  #version: string | undefined

  constructor(options: OwnServerOptions) {
    this.#link = new SourceLink(options, { baseUrl: options.baseUrl.replace(/\/+$/, ''), tls: options.tls, headersMs })
    this.#authentication = createAuthentication(options.login, options.clock, {
      send: (call, headers, signal) => this.#exchanged(call, 1, headers, signal),
    })
  }

  get baseUrl(): string {
    return this.#link.baseUrl
  }

  /** As the server's answers name it in a header. */
  get version(): string | undefined {
    return this.#version
  }

  /** Now, on the vendor's clock as far as its answers told. */
  sourceNowMs(): number {
    return this.#link.sourceNowMs()
  }

  get knowsSourceTime(): boolean {
    return this.#link.knowsSourceTime
  }

  async get(path: string, signal: AbortSignal, maxAttempts?: number): Promise<Json> {
    const call = { method: 'GET', path, ...(maxAttempts === undefined ? {} : { maxAttempts }) } as const
    return (await this.call(call, signal)).response
  }

  /** @throws SourceError, CancelledError */
  call(call: Call, signal: AbortSignal): Promise<Reply> {
    return this.#link.retried(call, signal, attempt =>
      authenticated(
        this.#authentication,
        signal,
        async headers => (await this.#exchanged(call, attempt, headers, signal)).reply,
      ),
    )
  }

  async close(): Promise<void> {
    await this.#authentication.end()
    await this.#link.close()
  }

  async #exchanged(
    call: Call,
    attempt: number,
    credentials: Headers,
    signal: AbortSignal,
  ): Promise<{ readonly reply: Reply; readonly response: HttpResponse }> {
    const headers = { ...credentials, accept: 'application/json' }
    const url = `${this.baseUrl}/rest${call.path}`
    const exchange = await this.#link.send(call, attempt, { url, headers, signal })
    const { response } = exchange
    try {
      this.#version = response.headers.get('securitycenter') ?? this.#version
      const body = await wholeBody(response, maxJsonBytes, bytes => exchange.received(bytes))
      const reply = this.#opened(call, exchange, body)
      exchange.done(null)
      return { reply, response }
    } catch (thrown) {
      const error = this.#described(thrown, call, exchange.context, signal)
      exchange.done(error)
      throw error
    }
  }

  /** What is in the envelope. Neither the status nor the content type nor the code alone says whether all is well. */
  #opened(call: Call, exchange: Exchange, body: Buffer): Reply {
    const { response, context } = exchange
    const text = body.toString('utf8')
    const envelope = envelopeIn(text)
    if (envelope) this.#link.spoke()
    const isWell = response.status >= 200 && response.status < 300 && (envelope?.error_code ?? 0) === 0
    if (!isWell) {
      const retryAfterMs = this.#link.retryAfterMs(exchange)
      const location = response.headers.get('location')
      const error = refusalOf(call, { status: response.status, envelope, text, retryAfterMs, location }, context)
      this.#link.heed(error)
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
    return transportError(thrown, this.baseUrl, signal, context)
  }
}

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
