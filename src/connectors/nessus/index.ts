import type { Clock } from '../../platform/clock.ts'
import { CancelledError } from '../../platform/errors.ts'
import type { HttpTimeouts, TlsTrust } from '../../platform/http.ts'
import type { Log } from '../../platform/log.ts'
import type { Connector, RequestLimiter } from '../connector.ts'
import type { TraceEntry } from '../exchange.ts'
import type { Login } from './authentication.ts'
import { checkScope, checkSource, identify } from './check.ts'
import { NessusClient } from './client.ts'
import { openPart } from './parts.ts'
import { planStream, streams } from './streams.ts'

export type { Login } from './authentication.ts'
export { streams as nessusStreams } from './streams.ts'

export interface NessusOptions {
  /** The scanner's own address, with its port: `https://nessus.example.com:8834`. */
  readonly baseUrl: string
  readonly login: Login
  /** One for all that use the login, in every thread. */
  readonly limiter: RequestLimiter
  /** @see integrationUserAgent */
  readonly userAgent: string
  /** How long an export may take. */
  readonly stuckAfterMinutes: number
  /** How often an export is asked for its state. */
  readonly pollDelayMs: { readonly firstMs: number; readonly maxMs: number }
  /** How long a scanner that starts is waited for; two minutes unless given. */
  readonly readyWithinMs?: number
  readonly retry: { readonly maxAttempts: number; readonly delayMs: number }
  readonly proxyUrl?: string | undefined
  /** Certificates to trust beside the system's. */
  readonly caPem?: string | undefined
  readonly tls?: TlsTrust | undefined
  readonly log: Log
  readonly clock: Clock
  readonly trace?: ((call: TraceEntry) => void) | undefined
  readonly timeouts?: Partial<HttpTimeouts> | undefined
}

/** A Nessus scanner: read, and never told to scan. */
export function createNessusConnector(options: NessusOptions): Connector {
  const client = new NessusClient(options)
  const checking = {
    client,
    clock: options.clock,
    warnings: warningsOf(options.tls),
    readyWithinMs: options.readyWithinMs ?? 120_000,
  }
  const planning = { client, stuckAfterMs: options.stuckAfterMinutes * 60_000, pollDelayMs: options.pollDelayMs }
  return {
    kind: 'nessus',
    streams,
    identify: signal => cancellable(identify(checking, signal), signal),
    check: signal => cancellable(checkSource(checking, signal), signal),
    plan: (request, signal) => cancellableSteps(planStream(planning, request, signal), signal),
    open: (part, signal) => cancellableSteps(openPart(client, part, signal), signal),
    // It keeps no list of what was asked of it.
    sameExports: () => Promise.resolve([]),
    checkScope: scope => Promise.resolve(checkScope(scope)),
    // It does not say what it no longer has.
    findGone: () => Promise.resolve(new Set<string>()),
    // An export is a file that it makes in any case.
    cancel: () => Promise.resolve(),
    close: () => client.close(),
  }
}

function warningsOf(tls: TlsTrust | undefined): readonly string[] {
  if (tls?.isVerified !== false) return []
  return [
    'The certificate of the scanner is not verified: anybody on the way can read its key and change what is mirrored. Give its CA (ca_pem) or pin its certificate (tls_pin_sha256) instead.',
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
