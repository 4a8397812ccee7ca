import type { Clock } from '../../platform/clock.ts'
import { CancelledError } from '../../platform/errors.ts'
import type { HttpTimeouts, TlsTrust } from '../../platform/http.ts'
import type { Log } from '../../platform/log.ts'
import type { AddressPolicy } from '../../platform/private-address.ts'
import type { Connector, RequestLimiter } from '../connector.ts'
import type { TraceEntry } from '../exchange.ts'
import type { Login } from './authentication.ts'
import { checkScope, checkSource, identify } from './check.ts'
import { SecurityCenterClient } from './client.ts'
import { FindingMemory } from './finding-memory.ts'
import { openPart } from './parts.ts'
import { confirmRows } from './row-plan.ts'
import { planStream, streams } from './streams.ts'

export type { Login } from './authentication.ts'
export { streams as tenableScStreams } from './streams.ts'

export interface TenableScOptions {
  /** The server's own address, without `/rest`. */
  readonly baseUrl: string
  readonly login: Login
  /** One for all that use the login, in every thread. */
  readonly limiter: RequestLimiter
  /** @see integrationUserAgent */
  readonly userAgent: string
  /** Rows of one request, 200 to 10,000, by default 1,000 as the vendor's own clients ask. */
  readonly pageSize?: number
  /** Requests whose rows are merged together, by default 10; what a crash repeats. */
  readonly pagesPerPart?: number
  readonly retry: { readonly maxAttempts: number; readonly delayMs: number }
  readonly proxyUrl?: string | undefined
  /** Where it and its proxy may be; anywhere when left out. */
  readonly addresses?: AddressPolicy | undefined
  readonly proxyAddresses?: AddressPolicy | undefined
  /** Certificates to trust beside the system's. */
  readonly caPem?: string | undefined
  readonly tls?: TlsTrust | undefined
  readonly log: Log
  readonly clock: Clock
  readonly trace?: ((call: TraceEntry) => void) | undefined
  readonly timeouts?: Partial<HttpTimeouts> | undefined
}

/** Tenable Security Center. */
export function createTenableScConnector(options: TenableScOptions): Connector {
  const client = new SecurityCenterClient(options)
  const memory = new FindingMemory()
  const usesKeys = options.login.kind === 'keys'
  const checking = { client, clock: options.clock, usesKeys, warnings: warningsOf(options.tls) }
  const planning = { client, pageSize: options.pageSize ?? 1_000, pagesPerPart: options.pagesPerPart ?? 10 }
  return {
    kind: 'tenable-sc',
    streams,
    identify: signal => cancellable(identify(checking, signal), signal),
    check: signal => cancellable(checkSource(checking, signal), signal),
    plan: (request, signal) => cancellableSteps(planStream(planning, request, signal), signal),
    open: (part, signal) => cancellableSteps(openPart({ client, memory }, part, signal), signal),
    confirm: (records, signal) => cancellable(confirmRows(client, records, signal), signal),
    // It keeps no list of what was asked of it.
    sameExports: () => Promise.resolve([]),
    checkScope: (scope, signal) => cancellable(checkScope(client, scope, signal), signal),
    // It does not say what it no longer has.
    findGone: () => Promise.resolve(new Set<string>()),
    // Its pages are ours: there is nothing to cancel.
    cancel: () => Promise.resolve(),
    close: () => client.close(),
  }
}

function warningsOf(tls: TlsTrust | undefined): readonly string[] {
  if (tls?.isVerified !== false) return []
  return [
    'The certificate of the server is not verified: anybody on the way can read its key and change what is mirrored. Give its CA (ca_pem) or pin its certificate (tls_pin_sha256) instead.',
  ]
}

/** Whatever an abort made somewhere below throw, the caller sees one kind of error. */
async function cancellable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  try {
    return await work
  } catch (thrown) {
    throw asCancelled(thrown, signal)
  }
}

async function* cancellableSteps<T>(work: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  try {
    yield* work
  } catch (thrown) {
    throw asCancelled(thrown, signal)
  }
}

function asCancelled(thrown: unknown, signal: AbortSignal): unknown {
  if (!signal.aborted || thrown instanceof CancelledError) return thrown
  return new CancelledError('Cancelled.', { cause: thrown })
}
