import type { Simulator } from './index.ts'

/** A client that does what the vendor's documents say and nothing clever, for the simulator's own tests. */
export interface NaiveClient {
  call(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<NaiveAnswer>
  get<T>(path: string): Promise<T>
  post<T>(path: string, body?: unknown): Promise<T>
  /** Starts an export, polls it to its end and downloads every chunk it lists. */
  exported<T>(family: 'vulns' | 'assets' | 'assets/v2' | 'compliance', body: unknown): Promise<Exported<T>>
}

export interface NaiveAnswer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

export interface Exported<T> {
  readonly uuid: string
  /** The last status answer. */
  readonly status: Readonly<Record<string, unknown>>
  /** Every status seen, in order. */
  readonly history: readonly JobStatusAnswer[]
  readonly rows: readonly T[]
}

export interface JobStatusAnswer {
  readonly status: string
  readonly chunks_available?: readonly number[]
  readonly chunks_failed?: readonly number[]
  readonly chunks_cancelled?: readonly number[]
  readonly reason?: string
  readonly filters?: Readonly<Record<string, unknown>>
}

export function naiveClient(simulator: Simulator): NaiveClient {
  const call: NaiveClient['call'] = async (method, path, body, headers = {}) => {
    const response = await fetch(simulator.url + path, {
      method,
      headers: {
        'x-apikeys': `accessKey=${simulator.accessKey};secretKey=${simulator.secretKey}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return { status: response.status, headers: response.headers, text: await response.text() }
  }
  const typed = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const answer = await call(method, path, body)
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text.slice(0, 300)}`)
    return JSON.parse(answer.text) as T
  }
  const get = <T>(path: string) => typed<T>('GET', path)
  const post = <T>(path: string, body?: unknown) => typed<T>('POST', path, body)
  const exported = async <T>(
    family: 'vulns' | 'assets' | 'assets/v2' | 'compliance',
    body: unknown,
  ): Promise<Exported<T>> => {
    const { export_uuid } = await post<{ export_uuid: string }>(`/${family}/export`, body)
    const root = `/${family.split('/')[0]}/export/${export_uuid}`
    const rows: T[] = []
    const read = new Set<number>()
    const history: JobStatusAnswer[] = []
    for (;;) {
      const status = await get<JobStatusAnswer>(`${root}/status`)
      history.push(status)
      for (const chunk of status.chunks_available ?? []) {
        if (read.has(chunk)) continue
        read.add(chunk)
        for (const row of await get<T[]>(`${root}/chunks/${chunk}`)) rows.push(row)
      }
      if (['FINISHED', 'ERROR', 'CANCELLED'].includes(status.status))
        return { uuid: export_uuid, status: { ...status }, history, rows }
    }
  }
  return { call, get, post, exported }
}

/** Everything a key can export: what a first full synchronisation asks. */
export const everything = {
  include_unlicensed: true,
  filters: { since: 1, state: ['OPEN', 'REOPENED', 'FIXED'] },
} as const
