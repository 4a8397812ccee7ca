import type { ConnectorKind, StreamName } from '../connectors/connector.ts'
import type { JsonObject } from '../domain/json.ts'
import type { SourceLimits } from './connection.ts'

/** A setting of a source, and the limit that it decides. */
const decides = {
  asset_chunk_size: ['assetChunkSize', 1],
  vuln_chunk_size: ['vulnAssetsPerChunk', 1],
  max_concurrent_exports: ['maxConcurrentExports', 1],
  export_timeout_minutes: ['stuckAfterMinutes', 1],
  rate_limit_requests_per_minute: ['requestsPerMinute', 1],
  rate_limit_burst: ['requestBurst', 1],
  retry_max_attempts: ['retryMaxAttempts', 1],
  retry_delay_seconds: ['retryDelayMs', 1000],
  page_size: ['rowsPerPage', 1],
} as const satisfies Record<string, readonly [keyof SourceLimits, number]>

/**
 * The environment's rate is that of the cloud, which counts requests. A server of one's own counts none; this is only so
 * fast that it cannot be drowned in them.
 */
const ownServer = { requestsPerMinute: 1_000, requestBurst: 100 } as const

/** How calls to one source behave: its own settings go before those of the environment. */
export function limitsFor(kind: ConnectorKind, defaults: SourceLimits, settings: JsonObject): SourceLimits {
  const own: Record<string, number> = {}
  for (const [setting, [limit, factor]] of Object.entries(decides)) {
    const value = settings[setting]
    if (typeof value === 'number') own[limit] = value * factor
  }
  const { proxy_url: proxyUrl, ca_pem: ownCaPem } = settings
  return {
    ...defaults,
    ...(kind === 'tenable-vm' ? {} : ownServer),
    ...own,
    ...(typeof proxyUrl === 'string' ? { proxyUrl, isProxyOfSource: true } : {}),
    // Beside the one of the configuration: whatever stands between may have its own authority.
    ...(typeof ownCaPem === 'string' ? { caPem: [defaults.caPem, ownCaPem].filter(Boolean).join('\n') } : {}),
  }
}

/** The limit that sizes the chunks of a stream, and the vendor's least size. */
const sizeOf: Partial<Readonly<Record<StreamName, readonly ['assetChunkSize' | 'vulnAssetsPerChunk', number]>>> = {
  assets: ['assetChunkSize', 100],
  findings: ['vulnAssetsPerChunk', 50],
}

/** The size that is configured for the chunks of a stream, and the least there is; undefined when we do not size them. */
export function chunkSizeOf(
  limits: SourceLimits,
  stream: StreamName,
): { readonly configured: number; readonly least: number } | undefined {
  const [limit, least] = sizeOf[stream] ?? []
  return limit === undefined || least === undefined ? undefined : { configured: limits[limit], least }
}

/** The limits with the chunk sizes that experience has taught; never more than what is configured. */
export function withChunkSizes(limits: SourceLimits, learnt: ReadonlyMap<StreamName, number>): SourceLimits {
  const sizes: Record<string, number> = {}
  for (const [stream, size] of learnt) {
    const [limit, least] = sizeOf[stream] ?? []
    if (limit !== undefined && least !== undefined) sizes[limit] = Math.max(least, Math.min(size, limits[limit]))
  }
  return { ...limits, ...sizes }
}
