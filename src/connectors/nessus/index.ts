import { cancellable, cancellableSteps } from '../cancellable.ts'
import type { Connector } from '../connector.ts'
import { type OwnServerOptions, trustWarnings } from '../own-server.ts'
import { checkScope, checkSource, identify } from './check.ts'
import { NessusClient } from './client.ts'
import { openPart } from './parts.ts'
import { planStream, streams } from './streams.ts'

export type { Login } from '../own-server.ts'
export { streams as nessusStreams } from './streams.ts'

/** Its base URL is the scanner's own address, with its port: `https://nessus.example.com:8834`. */
export interface NessusOptions extends OwnServerOptions {
  /** How long an export may take. */
  readonly stuckAfterMinutes: number
  /** How often an export is asked for its state. */
  readonly pollDelayMs: { readonly firstMs: number; readonly maxMs: number }
  /** How long a scanner that starts is waited for; two minutes unless given. */
  readonly readyWithinMs?: number
}

/** A Nessus scanner: read, and never told to scan. */
export function createNessusConnector(options: NessusOptions): Connector {
  const client = new NessusClient(options)
  const checking = {
    client,
    clock: options.clock,
    warnings: trustWarnings(options.tls, 'scanner'),
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
