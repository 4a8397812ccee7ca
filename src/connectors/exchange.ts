import type { Json } from '../domain/json.ts'
import type { Clock } from '../platform/clock.ts'
import type { CancelledError, ConfigError, ErrorContext, SourceError } from '../platform/errors.ts'
import type { HttpResponse } from '../platform/http.ts'

export interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly body?: Json
  /** Fewer than the policy's, for calls that must not be repeated blindly. */
  readonly maxAttempts?: number
  /** Told when the request is about to go out. */
  readonly onSend?: () => void
  /** Once sent it is broken off only so long after an abort: what it makes at the source must be known. */
  readonly graceMs?: number
}

/** One call as `--trace` shows it; never a key. */
export interface TraceEntry {
  readonly method: string
  readonly path: string
  /** null: there was no answer. */
  readonly status: number | null
  /** Until the whole answer was read, or given up. */
  readonly ms: number
  /** Of the answer's body as it came over the wire. */
  readonly bytes: number
  /** The vendor's own id of the request, which its support asks for. */
  readonly requestUuid: string | null
  readonly attempt: number
  /** Our code, when it failed. */
  readonly error: string | null
}

export interface ExchangeDeps {
  readonly clock: Clock
  readonly trace?: ((call: TraceEntry) => void) | undefined
}

/** One request and its answer, traced once when it is over. */
export class Exchange {
  readonly #call: Call
  readonly #attempt: number
  readonly #trace: ((call: TraceEntry) => void) | undefined
  readonly #clock: Clock
  readonly #startedAt: number
  #response: HttpResponse | undefined
  #bytes = 0
  #isDone = false

  constructor(call: Call, attempt: number, { trace, clock }: ExchangeDeps) {
    this.#call = call
    this.#attempt = attempt
    this.#trace = trace
    this.#clock = clock
    this.#startedAt = clock.now().getTime()
  }

  get response(): HttpResponse {
    if (!this.#response) throw new Error('The request was not answered yet.')
    return this.#response
  }

  get context(): ErrorContext {
    const { method, path } = this.#call
    return { method, path, status: this.#response?.status, request_uuid: this.#requestUuid() }
  }

  answered(response: HttpResponse): void {
    this.#response = response
  }

  received(bytes: number): void {
    this.#bytes += bytes
  }

  done(error: SourceError | CancelledError | ConfigError | null): void {
    if (this.#isDone) return
    this.#isDone = true
    this.#trace?.({
      method: this.#call.method,
      path: this.#call.path,
      status: this.#response?.status ?? null,
      ms: this.#clock.now().getTime() - this.#startedAt,
      bytes: this.#bytes,
      requestUuid: this.#requestUuid(),
      attempt: this.#attempt,
      error: error?.code ?? null,
    })
  }

  #requestUuid(): string | null {
    return this.#response?.headers.get('x-request-uuid') ?? null
  }
}
