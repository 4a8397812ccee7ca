import { type OperationId, pathOf, paths } from '../contract/paths.ts'
import type { Problem } from '../contract/problem.ts'
import type { JsonOperationId, OperationInput, OperationOutput, StreamOperationId } from '../contract/routes.ts'

export interface ClientOptions {
  /** For example `http://127.0.0.1:3000`; empty in a page that the server itself served. */
  readonly baseUrl: string
  readonly fetch?: typeof fetch
  /** Sent with every call, for example `{ authorization: 'Bearer tnf_…' }`. A page needs none: its cookies say who it is. */
  readonly headers?: Readonly<Record<string, string>>
  /** What a call that changes something repeats to show that it comes from our own page; read from its cookie there. */
  readonly csrfToken?: () => string | undefined
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined
  /** Makes it safe to repeat a call that makes something: a repeated one gets the answer of the first. A UUID is best. */
  readonly idempotencyKey?: string | undefined
  /** The ETag of what was read, from `tagged`: when it was changed since, the call fails with `changed_meanwhile`. */
  readonly ifMatch?: string | undefined
}

/** The server's own words about what went wrong. */
export class ProblemError extends Error {
  readonly problem: Problem
  readonly operationId: OperationId
  /** How long the server asks to wait before the call is worth repeating. */
  readonly retryAfterSeconds: number | undefined

  constructor(operationId: OperationId, problem: Problem, retryAfterSeconds?: number) {
    super(problem.detail)
    this.name = 'ProblemError'
    this.operationId = operationId
    this.problem = problem
    this.retryAfterSeconds = retryAfterSeconds
  }

  /** What is wrong with the field, spelt as in `query.limit`; undefined when it is not that. */
  mistakeIn(field: string): string | undefined {
    return this.problem.errors?.find(one => one.field === field)?.message
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

export interface Tagged<T> {
  readonly value: T
  readonly etag: string | undefined
}

/** Operations that answer with one page of a list. */
export type ListOperationId = {
  [K in JsonOperationId]: OperationOutput<K> extends { readonly next_cursor: string | null; readonly items: unknown }
    ? K
    : never
}[JsonOperationId]

type RowOf<K extends ListOperationId> =
  OperationOutput<K> extends { readonly items: readonly (infer Row)[] } ? Row : never

export interface Client {
  /** @throws ProblemError when the server answers with a problem; the platform's TypeError when it cannot be reached */
  call<K extends JsonOperationId>(operationId: K, ...rest: Arguments<K>): Promise<OperationOutput<K>>
  /** The same with a file as the body, which is sent as it lies on the disk. */
  upload<K extends JsonOperationId>(
    operationId: K,
    input: OperationInput<K>,
    file: Blob,
    options?: CallOptions,
  ): Promise<OperationOutput<K>>
  /** The answer with its ETag, for a change that is to be made only to what was read. */
  tagged<K extends JsonOperationId>(operationId: K, ...rest: Arguments<K>): Promise<Tagged<OperationOutput<K>>>
  /** The pages of a list, one after the other, asked for as they are taken. */
  pages<K extends ListOperationId>(operationId: K, ...rest: Arguments<K>): AsyncGenerator<OperationOutput<K>, void>
  /** The rows of a list, through all of its pages. */
  rows<K extends ListOperationId>(operationId: K, ...rest: Arguments<K>): AsyncGenerator<RowOf<K>, void>
  /** For exports and events: the response itself, once it is known to be good. */
  stream<K extends StreamOperationId>(operationId: K, ...rest: Arguments<K>): Promise<Response>
  /** Where an operation is, for links, downloads and EventSource. */
  url<K extends OperationId>(operationId: K, ...rest: Arguments<K>): string
}

/** Calls the API of `contract`; in a browser and in Node. */
export function createClient(options: ClientOptions): Client {
  const { baseUrl, fetch: fetcher = globalThis.fetch, csrfToken = csrfTokenOfPage } = options
  const base = baseUrl.replace(/\/+$/, '')

  const send = async (operationId: OperationId, input: AnyInput = {}, how: CallOptions = {}) => {
    const { method } = paths[operationId]
    const headers: Record<string, string> = {
      accept: 'application/json, application/problem+json, */*;q=0.1',
      ...options.headers,
    }
    const token = method === 'GET' ? undefined : csrfToken()
    if (token !== undefined) headers['x-csrf-token'] = token
    if (how.idempotencyKey !== undefined) headers['idempotency-key'] = how.idempotencyKey
    if (how.ifMatch !== undefined) headers['if-match'] = how.ifMatch
    const init: RequestInit = { method, headers }
    if (input.body instanceof Blob) {
      headers['content-type'] = 'application/octet-stream'
      init.body = input.body
    } else if (input.body !== undefined) {
      headers['content-type'] = 'application/json'
      init.body = JSON.stringify(input.body)
    }
    if (how.signal) init.signal = how.signal
    const response = await fetcher(base + pathOf(operationId, input), init)
    if (!response.ok) throw new ProblemError(operationId, await problemOf(response), retryAfterOf(response))
    return response
  }

  return {
    call: async (operationId, input?, how?) => {
      const response = await send(operationId, input as AnyInput, how)
      return (await response.json()) as never
    },
    upload: async (operationId, input, file, how) => {
      const response = await send(operationId, { ...(input as AnyInput), body: file }, how)
      return (await response.json()) as never
    },
    tagged: async (operationId, input?, how?) => {
      const response = await send(operationId, input as AnyInput, how)
      return { value: (await response.json()) as never, etag: response.headers.get('etag') ?? undefined }
    },
    pages: (operationId, input?, how?) => pagesOf(send, operationId, input as AnyInput, how) as never,
    rows: (operationId, input?, how?) => rowsOf(pagesOf(send, operationId, input as AnyInput, how)) as never,
    stream: (operationId, input?, how?) => send(operationId, input as AnyInput, how),
    url: (operationId, ...[input]) => base + pathOf(operationId, input as AnyInput),
  }
}

interface AnyInput {
  readonly params?: Readonly<Record<string, unknown>>
  readonly query?: Readonly<Record<string, unknown>>
  readonly body?: unknown
  readonly file?: Blob
}

type Send = (operationId: OperationId, input?: AnyInput, how?: CallOptions) => Promise<Response>
interface AnyPage {
  readonly items: readonly unknown[]
  readonly next_cursor: string | null
}

async function* pagesOf(
  send: Send,
  operationId: OperationId,
  input: AnyInput = {},
  how?: CallOptions,
): AsyncGenerator<AnyPage, void> {
  let cursor: unknown = input.query?.cursor
  do {
    const response = await send(operationId, { ...input, query: { ...input.query, cursor } }, how)
    const page = (await response.json()) as AnyPage
    yield page
    cursor = page.next_cursor ?? undefined
  } while (cursor !== undefined)
}

async function* rowsOf(pages: AsyncIterable<AnyPage>): AsyncGenerator<unknown, void> {
  for await (const page of pages) yield* page.items
}

function retryAfterOf(response: Response): number | undefined {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN)
  return Number.isFinite(seconds) ? seconds : undefined
}

/** In a page of the server: the cookie that its scripts may read, named by the port as cookies know none. */
function csrfTokenOfPage(): string | undefined {
  if (!('document' in globalThis)) return undefined
  const { cookie } = globalThis.document
  const { protocol, port } = globalThis.location
  const name = protocol === 'https:' ? '__Host-tenfold_csrf' : `tenfold_csrf${port === '' ? '' : `_${port}`}`
  const pairs = cookie.split(';').map(pair => pair.trim())
  return pairs.find(pair => pair.startsWith(`${name}=`))?.slice(name.length + 1) || undefined
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
