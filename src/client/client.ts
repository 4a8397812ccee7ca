import { type OperationId, pathOf, paths } from '../contract/paths.ts'
import type { Problem } from '../contract/problem.ts'
import type { JsonOperationId, OperationInput, OperationOutput, StreamOperationId } from '../contract/routes.ts'

export interface ClientOptions {
  /** For example `http://127.0.0.1:3000`; empty in a page that the server itself served. */
  readonly baseUrl: string
  readonly fetch?: typeof fetch
}

interface CallOptions {
  readonly signal?: AbortSignal | undefined
}

/** The server's own words about what went wrong. */
export class ProblemError extends Error {
  readonly problem: Problem
  readonly operationId: OperationId

  constructor(operationId: OperationId, problem: Problem) {
    super(problem.detail)
    this.name = 'ProblemError'
    this.operationId = operationId
    this.problem = problem
  }

  get status(): number {
    return this.problem.status
  }

  get code(): string {
    return this.problem.code
  }
}

// An operation whose every input is optional may be called without any.
type Arguments<K extends OperationId> =
  Record<string, never> extends OperationInput<K>
    ? [input?: OperationInput<K>, options?: CallOptions]
    : [input: OperationInput<K>, options?: CallOptions]

export interface Client {
  /** @throws ProblemError when the server answers with a problem; the platform's TypeError when it cannot be reached */
  call<K extends JsonOperationId>(operationId: K, ...rest: Arguments<K>): Promise<OperationOutput<K>>
  /** For exports and events: the response itself, once it is known to be good. */
  stream<K extends StreamOperationId>(operationId: K, ...rest: Arguments<K>): Promise<Response>
  /** Where an operation is, for links, downloads and EventSource. */
  url<K extends OperationId>(operationId: K, ...rest: Arguments<K>): string
}

/** Calls the API of `contract`; in a browser and in Node. */
export function createClient({ baseUrl, fetch: fetcher = globalThis.fetch }: ClientOptions): Client {
  const base = baseUrl.replace(/\/+$/, '')

  const send = async (operationId: OperationId, input: AnyInput = {}, options: CallOptions = {}) => {
    const headers: Record<string, string> = { accept: 'application/json, application/problem+json, */*;q=0.1' }
    const init: RequestInit = { method: paths[operationId].method, headers }
    if (input.body !== undefined) {
      headers['content-type'] = 'application/json'
      init.body = JSON.stringify(input.body)
    }
    if (options.signal) init.signal = options.signal
    const response = await fetcher(base + pathOf(operationId, input), init)
    if (!response.ok) throw new ProblemError(operationId, await problemOf(response))
    return response
  }

  return {
    call: async (operationId, input?, options?) => {
      const response = await send(operationId, input as AnyInput, options)
      return (await response.json()) as never
    },
    stream: (operationId, input?, options?) => send(operationId, input as AnyInput, options),
    url: (operationId, ...[input]) => base + pathOf(operationId, input as AnyInput),
  }
}

interface AnyInput {
  readonly params?: Readonly<Record<string, unknown>>
  readonly query?: Readonly<Record<string, unknown>>
  readonly body?: unknown
}

async function problemOf(response: Response): Promise<Problem> {
  const text = await response.text()
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed === 'object' && parsed !== null && 'code' in parsed && 'detail' in parsed)
      return parsed as Problem
  } catch {
    // Not ours: a proxy or another program answered. What it said is all there is to show.
  }
  return {
    type: 'about:blank',
    title: response.statusText || 'The server answered with an error',
    status: response.status,
    detail: text.slice(0, 500) || `HTTP ${response.status}`,
    code: 'unexpected_answer',
    help: 'about:blank',
  }
}
