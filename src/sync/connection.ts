import {
  type Connector,
  type ConnectorKind,
  type RequestLimiter,
  type StreamName,
  streamNames,
} from '../connectors/connector.ts'
import type { TraceEntry } from '../connectors/exchange.ts'
import { createNessusConnector, nessusStreams } from '../connectors/nessus/index.ts'
import { createTenableScConnector, tenableScStreams } from '../connectors/tenable-sc/index.ts'
import { createTenableVmConnector, tenableVmStreams } from '../connectors/tenable-vm/index.ts'
import type { JsonObject } from '../domain/json.ts'
import type { Clock } from '../platform/clock.ts'
import { ConfigError } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import { Secret } from '../platform/secret.ts'
import { integrationUserAgent } from '../platform/user-agent.ts'
import { addressesOf } from './source-addresses.ts'

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
  /** The proxy was set with the source, by somebody who may change sources, and not by whoever runs the server. */
  readonly isProxyOfSource?: boolean
  /** Networks that sources may be in beside those of their kind. */
  readonly sourceNetworks: readonly string[]
  readonly caPem: string | undefined
  readonly version: string
  /** Calls that one run spends on scans; the connector's own number unless given. */
  readonly scanCallsPerRun?: number
  /** Results in one chunk of a compliance export; the vendor's own number unless given. */
  readonly complianceResultsPerChunk?: number
  /** Of sources that are paged: rows of one request, and requests whose rows are merged together. */
  readonly rowsPerPage?: number
  readonly pagesPerPart?: number
  /** How often a job is asked for its state; tests make it quick. */
  readonly pollDelayMs: { readonly firstMs: number; readonly maxMs: number }
}

/** What a run reads unless told: every stream that some connector reads. */
export const offeredStreams: readonly StreamName[] = streamNames.filter(name =>
  [...tenableVmStreams, ...tenableScStreams, ...nessusStreams].some(stream => stream.name === name),
)

/** Everything it takes to talk to one source. Plain data that crosses threads: keys are bare, so it must not be logged. */
export interface SourceConnection {
  readonly kind: ConnectorKind
  readonly baseUrl: string
  readonly accessKey: string
  readonly secretKey: string
  readonly trust?: SourceTrust
  /** Whoever runs the server set the address. */
  readonly isOfEnvironment?: boolean
  readonly limits: SourceLimits
}

/** How a server of one's own proves who it is, and how we do. Plain data. */
export interface SourceTrust {
  /** `password`: the two keys are a user's name and password, and a session is opened with them. */
  readonly auth: 'keys' | 'password'
  readonly pinSha256: string | undefined
  readonly isVerified: boolean
}

const usualTrust: SourceTrust = { auth: 'keys', pinSha256: undefined, isVerified: true }

export function trustOf(settings: JsonObject): SourceTrust {
  const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined)
  return {
    auth: settings.auth === 'password' ? 'password' : 'keys',
    pinSha256: text(settings.tls_pin_sha256)?.replaceAll(':', '').toLowerCase(),
    // Only the explicit no.
    isVerified: settings.tls_verify !== false,
  }
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
  readonly trace?: (call: TraceEntry) => void
}

export function createConnector(source: SourceConnection, deps: ConnectorDeps): Connector {
  switch (source.kind) {
    case 'tenable-vm':
      return vulnerabilityManagement(source, deps)
    case 'tenable-sc':
      return securityCenter(source, deps)
    case 'nessus':
      return nessus(source, deps)
    default:
      throw new ConfigError('kind_not_built', `Sources of kind ${source.kind} cannot be read by this version.`)
  }
}

/** What every kind is given. */
function shared(
  { kind, baseUrl, limits, isOfEnvironment }: SourceConnection,
  { limiter, log, clock, trace }: ConnectorDeps,
) {
  return {
    baseUrl,
    limiter,
    userAgent: integrationUserAgent(limits.version),
    retry: { maxAttempts: limits.retryMaxAttempts, delayMs: limits.retryDelayMs },
    ...(limits.proxyUrl === undefined ? {} : { proxyUrl: limits.proxyUrl }),
    ...(limits.caPem === undefined ? {} : { caPem: limits.caPem }),
    ...addressesOf(kind, limits, isOfEnvironment),
    log,
    clock,
    ...(trace === undefined ? {} : { trace }),
  }
}

function vulnerabilityManagement(source: SourceConnection, deps: ConnectorDeps): Connector {
  const { limits } = source
  return createTenableVmConnector({
    ...shared(source, deps),
    accessKey: new Secret(source.accessKey),
    secretKey: new Secret(source.secretKey),
    assetChunkSize: limits.assetChunkSize,
    vulnAssetsPerChunk: limits.vulnAssetsPerChunk,
    pluginPageSize: 1000,
    ...(limits.complianceResultsPerChunk === undefined
      ? {}
      : { complianceResultsPerChunk: limits.complianceResultsPerChunk }),
    ...(limits.scanCallsPerRun === undefined ? {} : { scanCallsPerRun: limits.scanCallsPerRun }),
    maxConcurrentExports: limits.maxConcurrentExports,
    stuckAfterMinutes: limits.stuckAfterMinutes,
    pollDelayMs: limits.pollDelayMs,
  })
}

function securityCenter(source: SourceConnection, deps: ConnectorDeps): Connector {
  const { limits } = source
  return createTenableScConnector({
    ...shared(source, deps),
    ...ownServer(source),
    ...(limits.rowsPerPage === undefined ? {} : { pageSize: limits.rowsPerPage }),
    ...(limits.pagesPerPart === undefined ? {} : { pagesPerPart: limits.pagesPerPart }),
  })
}

function nessus(source: SourceConnection, deps: ConnectorDeps): Connector {
  const { stuckAfterMinutes, pollDelayMs } = source.limits
  return createNessusConnector({ ...shared(source, deps), ...ownServer(source), stuckAfterMinutes, pollDelayMs })
}

/** How a server of one's own is logged in to, and how it proves who it is. */
function ownServer({ accessKey, secretKey, trust: { auth, pinSha256, isVerified } = usualTrust }: SourceConnection) {
  const secret = new Secret(secretKey)
  return {
    login:
      auth === 'password'
        ? { kind: 'password' as const, username: accessKey, password: secret }
        : { kind: 'keys' as const, accessKey: new Secret(accessKey), secretKey: secret },
    tls: { pinSha256, isVerified },
  }
}
