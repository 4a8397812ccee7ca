import { Random } from './random.ts'

/** Trouble on request, as data. Faults are tried in order; the first that fires decides the answer. */
export interface Fault {
  /** To replace or recognise it later. */
  readonly id?: string
  readonly on: FaultMatch
  readonly do: FaultAction
}

export interface FaultMatch {
  readonly method?: string
  /** A path where `*` is one segment and a segment `**` any number of them. */
  readonly path: string
  /** Only the nth matching request, counted from 1, and those after it while `times` lasts; default every. */
  readonly nth?: number | 'every'
  /** How often it may fire; default once with a number for `nth`, else without end. */
  readonly times?: number
  /** Chance of firing where it could, drawn from the seed. */
  readonly probability?: number
}

/** What arrives instead of the body. */
export type ChunkBody = 'empty' | 'null' | 'empty-array' | 'html'

export type FaultAction =
  /** 429 is a page with `retry-after`; the rest carry the vendor's JSON. */
  | { readonly kind: 'status'; readonly status: 429; readonly retryAfter?: number }
  | { readonly kind: 'status'; readonly status: 500 | 501 | 502 | 503 | 504 }
  /** Closes the connection before the answer, or after some bytes of its body. */
  | { readonly kind: 'reset'; readonly when?: 'before' | 'mid'; readonly afterBytes?: number }
  /** 200 and an orderly end, but the document stops short. */
  | { readonly kind: 'truncate'; readonly afterBytes?: number }
  | { readonly kind: 'body'; readonly body: ChunkBody }
  | { readonly kind: 'drip'; readonly bytes: number; readonly everyMs: number }
  /** Accepts the request and never answers. */
  | { readonly kind: 'stall' }
  /** 404 in the words of the service: job or chunk expired. */
  | { readonly kind: 'expired' }
  | { readonly kind: 'not_found' }
  | { readonly kind: 'unauthorized'; readonly message?: 'Invalid credentials.' | 'Missing authentication' }
  | { readonly kind: 'forbidden'; readonly message?: string }
  /** On the POST of an export: refused as a duplicate, in new words or old; or the running twin is cancelled for it. */
  | { readonly kind: 'duplicate'; readonly style?: 'conflict' | 'legacy' | 'replace'; readonly activeJobId?: string }
  | { readonly kind: 'drop_filter'; readonly filter: string }
  | { readonly kind: 'job_error'; readonly availableChunks?: number; readonly reason?: string }
  | { readonly kind: 'job_cancelled'; readonly availableChunks?: number }
  | { readonly kind: 'job_stuck'; readonly status?: 'QUEUED' | 'PROCESSING'; readonly availableChunks?: number }
  /** FINISHED, but some chunks failed; `cancelsRest` also drops what was queued behind them. */
  | { readonly kind: 'chunk_failed'; readonly count?: number; readonly cancelsRest?: boolean }
  /** On the GET of a chunk: the element at `index` comes twice, or one of another chunk comes here too. */
  | { readonly kind: 'duplicate_element'; readonly index?: number; readonly fromAnotherChunk?: boolean }
  /** Of Security Center: a row too many, a count with a fraction, and no total, or one that is wrong. */
  | { readonly kind: 'wrong_counts'; readonly total?: number }
  /** Of Security Center: 500, in the words that pass by themselves. */
  | { readonly kind: 'database_locked' }
  /** Of Security Center: every session has ended. */
  | { readonly kind: 'session_expired' }
  /** On the GET of a chunk: the element at `index` is replaced or spoilt. */
  | { readonly kind: 'malformed_element'; readonly index?: number; readonly shape: MalformedShape }

export type MalformedShape =
  | 'number'
  | 'string'
  | 'null'
  | 'array'
  | 'empty-object'
  | 'nul'
  | 'lone-surrogate'
  | 'megabyte'
  | 'invalid-json'

export interface FaultBook {
  add(faults: readonly Fault[]): void
  replace(faults: readonly Fault[]): void
  clear(): void
  list(): readonly (Fault & { readonly matched: number; readonly fired: number })[]
  /** The fault that fires for this request, if any; counts. */
  strike(method: string, path: string): FaultAction | undefined
}

interface Entry {
  readonly fault: Fault
  readonly pattern: RegExp
  matched: number
  fired: number
}

export function createFaultBook(seed: number, initial: readonly Fault[]): FaultBook {
  const random = new Random(seed)
  let entries: Entry[] = initial.map(entryOf)
  return {
    add: faults => {
      const replaced = new Set(faults.map(fault => fault.id).filter(id => id !== undefined))
      entries = [...entries.filter(entry => !replaced.has(entry.fault.id ?? '')), ...faults.map(entryOf)]
    },
    replace: faults => {
      entries = faults.map(entryOf)
    },
    clear: () => {
      entries = []
    },
    list: () => entries.map(({ fault, matched, fired }) => ({ ...fault, matched, fired })),
    strike: (method, path) => {
      for (const entry of entries) {
        const { on } = entry.fault
        if (on.method !== undefined && on.method.toUpperCase() !== method) continue
        if (!entry.pattern.test(path)) continue
        entry.matched++
        if (!isDue(entry)) continue
        if (on.probability !== undefined && !random.chance(on.probability)) continue
        entry.fired++
        return entry.fault.do
      }
      return undefined
    },
  }
}

function isDue({ fault: { on }, matched, fired }: Entry): boolean {
  if (on.nth === undefined || on.nth === 'every') return fired < (on.times ?? Number.POSITIVE_INFINITY)
  return matched >= on.nth && fired < (on.times ?? 1)
}

function entryOf(fault: Fault): Entry {
  return { fault, pattern: patternOf(fault.on.path), matched: 0, fired: 0 }
}

function patternOf(path: string): RegExp {
  const source = path
    .split('/')
    .map(segment => (segment === '**' ? '.*' : segment.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '[^/]*')))
    .join('/')
  return new RegExp(`^${source}$`)
}
