import {
  type Connector,
  type ConnectorKind,
  type RequestLimiter,
  type StreamName,
  streamNames,
} from '../connectors/connector.ts'
import { createTenableVmConnector, tenableVmStreams } from '../connectors/tenable-vm/index.ts'
import type { Clock } from '../platform/clock.ts'
import { ConfigError } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import { Secret } from '../platform/secret.ts'
import { integrationUserAgent } from '../platform/user-agent.ts'

/** How calls to any source behave: from the configuration. Plain data, so that it can cross threads. */
export interface SourceLimits {
  readonly assetChunkSize: number
  readonly vulnAssetsPerChunk: number
  readonly maxConcurrentExports: number
  readonly stuckAfterMinutes: number
  readonly requestsPerMinute: number
  readonly requestBurst: number
  readonly retryMaxAttempts: number
  readonly retryDelayMs: number
  readonly proxyUrl: string | undefined
  readonly caPem: string | undefined
  readonly version: string
  /** Calls that one run spends on scans; the connector's own number unless given. */
  readonly scanCallsPerRun?: number
  /** Results in one chunk of a compliance export; the vendor's own number unless given. */
  readonly complianceResultsPerChunk?: number
  /** How often a job is asked for its state; tests make it quick. */
  readonly pollDelayMs: { readonly firstMs: number; readonly maxMs: number }
}

/** What a run reads unless told: every stream that some connector reads. */
export const offeredStreams: readonly StreamName[] = streamNames.filter(name =>
  tenableVmStreams.some(stream => stream.name === name),
)

/** Everything it takes to talk to one source. Plain data that crosses threads: keys are bare, so it must not be logged. */
export interface SourceConnection {
  readonly kind: ConnectorKind
  readonly baseUrl: string
  readonly accessKey: string
  readonly secretKey: string
  readonly limits: SourceLimits
}

/**
 * Lower wins when two answers describe a plugin at the same modification. Within a source findings say more than the
 * catalogue; were they equal, each full run would have the two overwrite each other.
 */
export function pluginRank(kind: ConnectorKind, stream: StreamName): number {
  return 2 * kindRanks[kind] + (stream === 'plugins' ? 1 : 0)
}

const kindRanks = { 'tenable-vm': 1, 'tenable-sc': 2, nessus: 3, files: 4 } as const satisfies Record<
  ConnectorKind,
  number
>

export interface ConnectorDeps {
  readonly limiter: RequestLimiter
  readonly log: Log
  readonly clock: Clock
  readonly trace?: Parameters<typeof createTenableVmConnector>[0]['trace']
}

export function createConnector(source: SourceConnection, deps: ConnectorDeps): Connector {
  const { limits } = source
  if (source.kind !== 'tenable-vm') {
    throw new ConfigError('kind_not_built', `Sources of kind ${source.kind} cannot be read by this version.`)
  }
  return createTenableVmConnector({
    baseUrl: source.baseUrl,
    accessKey: new Secret(source.accessKey),
    secretKey: new Secret(source.secretKey),
    limiter: deps.limiter,
    userAgent: integrationUserAgent(limits.version),
    assetChunkSize: limits.assetChunkSize,
    vulnAssetsPerChunk: limits.vulnAssetsPerChunk,
    pluginPageSize: 1000,
    ...(limits.complianceResultsPerChunk === undefined
      ? {}
      : { complianceResultsPerChunk: limits.complianceResultsPerChunk }),
    ...(limits.scanCallsPerRun === undefined ? {} : { scanCallsPerRun: limits.scanCallsPerRun }),
    maxConcurrentExports: limits.maxConcurrentExports,
    stuckAfterMinutes: limits.stuckAfterMinutes,
    retry: { maxAttempts: limits.retryMaxAttempts, delayMs: limits.retryDelayMs },
    ...(limits.proxyUrl === undefined ? {} : { proxyUrl: limits.proxyUrl }),
    ...(limits.caPem === undefined ? {} : { caPem: limits.caPem }),
    log: deps.log,
    clock: deps.clock,
    ...(deps.trace === undefined ? {} : { trace: deps.trace }),
    pollDelayMs: limits.pollDelayMs,
  })
}
