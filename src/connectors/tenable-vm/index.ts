import { cancellable, cancellableSteps } from '../cancellable.ts'
import type { Connector } from '../connector.ts'
import { checkSource, identify } from './check.ts'
import { type ClientOptions, TenableClient } from './client.ts'
import { countFindings } from './counts.ts'
import { cancelExport } from './export-job.ts'
import { ExportShare, withSlot } from './export-slots.ts'
import { createFindingDecoder } from './part-readers.ts'
import { openPart } from './parts.ts'
import { checkScope, findGone } from './scope.ts'
import { familyOf, planStream, sameExports, streams } from './streams.ts'

export type { TraceEntry } from '../exchange.ts'
export { streams as tenableVmStreams } from './streams.ts'

/** Its base URL is `https://cloud.tenable.com`, or another address of the same API. */
export interface TenableVmOptions extends ClientOptions {
  /** 100 to 10,000, by default 1,000. Above 5,000 the vendor's exports fail more often. */
  readonly assetChunkSize?: number
  /** Assets whose findings make one chunk, 50 to 5,000, by default 250; what a crash repeats. */
  readonly vulnAssetsPerChunk?: number
  /** Exports of ours at once, 1 to 10; without it only the vendor's refusal is waited for. */
  readonly maxConcurrentExports?: number
  /** 1 to 10,000, by default 1,000. */
  readonly pluginPageSize?: number
  /** Results in one chunk of a compliance export, 50 to 10,000, by default 5,000 as the vendor has it. */
  readonly complianceResultsPerChunk?: number
  /**
   * Calls that one run spends on the history and the details of scans, by default 40; what is left waits for the next.
   * They share the key's rate with everything else.
   */
  readonly scanCallsPerRun?: number
  /** An export without progress for so long is given up. */
  readonly stuckAfterMinutes: number
  /** How often a job's status is asked: soon at first, then ever less. */
  readonly pollDelayMs?: { readonly firstMs: number; readonly maxMs: number } | undefined
}

/** Tenable Vulnerability Management. */
export function createTenableVmConnector(options: TenableVmOptions): Connector {
  const { clock, log, retry } = options
  const client = new TenableClient(options)
  const decoder = createFindingDecoder()
  const deps = {
    client,
    clock,
    log,
    retry,
    stuckAfterMs: options.stuckAfterMinutes * 60_000,
    pollDelay: options.pollDelayMs ?? { firstMs: 1_000, maxMs: 30_000 },
    assetChunkSize: options.assetChunkSize ?? 1_000,
    vulnAssetsPerChunk: options.vulnAssetsPerChunk ?? 250,
    pluginPageSize: options.pluginPageSize ?? 1_000,
    complianceResultsPerChunk: options.complianceResultsPerChunk ?? 5_000,
    scanCallsPerRun: options.scanCallsPerRun ?? 40,
  }
  const { maxConcurrentExports } = options
  const share = maxConcurrentExports === undefined ? undefined : new ExportShare(maxConcurrentExports)
  const plan: Connector['plan'] = (request, signal) => {
    const steps = () => planStream(deps, request, signal)
    // A list that is paged takes none of the container's slots.
    if (!share || !familyOf(request.stream)) return steps()
    return withSlot({ ...deps, share }, request.resume !== null, steps, signal)
  }
  return {
    kind: 'tenable-vm',
    streams,
    identify: signal => cancellable(identify(deps, signal), signal),
    check: signal => cancellable(checkSource(deps, signal), signal),
    plan: (request, signal) => cancellableSteps(plan(request, signal), signal),
    open: (part, signal) => cancellableSteps(openPart(deps, decoder, part, signal), signal),
    sameExports: (request, signal) => cancellable(sameExports(deps, request, signal), signal),
    checkScope: (scope, signal) => cancellable(checkScope(client, scope, signal), signal),
    findGone: (nativeIds, signal) => cancellable(findGone(client, nativeIds, signal), signal),
    count: signal => cancellable(countFindings(client, signal), signal),
    async cancel(stream, exportId, signal) {
      const family = familyOf(stream)
      // A list that is paged has nothing to cancel at the source.
      if (family) await cancellable(cancelExport(client, family, exportId, signal), signal)
    },
    close: () => client.close(),
  }
}
