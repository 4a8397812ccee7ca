import { cancellable, cancellableSteps } from '../cancellable.ts'
import type { Connector } from '../connector.ts'
import { type OwnServerOptions, trustWarnings } from '../own-server.ts'
import { checkScope, checkSource, identify } from './check.ts'
import { SecurityCenterClient } from './client.ts'
import { FindingMemory } from './finding-memory.ts'
import { openPart } from './parts.ts'
import { confirmRows } from './row-plan.ts'
import { planStream, streams } from './streams.ts'

export type { Login } from '../own-server.ts'
export { streams as tenableScStreams } from './streams.ts'

/** Its base URL is the server's own address, without `/rest`. */
export interface TenableScOptions extends OwnServerOptions {
  /** Rows of one request, 200 to 10,000, by default 1,000 as the vendor's own clients ask. */
  readonly pageSize?: number
  /** Requests whose rows are merged together, by default 10; what a crash repeats. */
  readonly pagesPerPart?: number
}

/** Tenable Security Center. */
export function createTenableScConnector(options: TenableScOptions): Connector {
  const client = new SecurityCenterClient(options)
  const memory = new FindingMemory()
  const usesKeys = options.login.kind === 'keys'
  const checking = { client, clock: options.clock, usesKeys, warnings: trustWarnings(options.tls, 'server') }
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
