import { readFileSync } from 'node:fs'
import type { Config } from '../platform/config.ts'
import { ConfigError, messageOf } from '../platform/errors.ts'
import type { ScheduleDefaults } from '../store/default-schedules.ts'
import type { SourceLimits } from '../sync/connection.ts'

// What the configuration says, in the words of the rooms that need it.

export function environmentOf(config: Config) {
  if (!config.accessKey || !config.secretKey) return null
  return { baseUrl: config.baseUrl, credentials: { accessKey: config.accessKey, secretKey: config.secretKey } }
}

/** The zone is this machine's, which TZ decides. */
export function scheduleDefaultsOf(config: Config): ScheduleDefaults {
  return {
    intervalHours: config.syncIntervalHours,
    fullIntervalHours: config.fullSyncIntervalHours,
    timeZone: new Intl.DateTimeFormat().resolvedOptions().timeZone,
  }
}

export function limitsOf(config: Config, version: string): SourceLimits {
  return {
    assetChunkSize: config.assetChunkSize,
    vulnAssetsPerChunk: config.vulnChunkSize,
    maxConcurrentExports: config.maxConcurrentExports,
    stuckAfterMinutes: config.exportTimeoutMinutes,
    requestsPerMinute: config.requestsPerMinute,
    requestBurst: config.requestBurst,
    retryMaxAttempts: config.retryMaxAttempts,
    retryDelayMs: config.retryDelaySeconds * 1000,
    proxyUrl: config.proxyUrl,
    sourceNetworks: config.sourceNetworks,
    caPem: config.caFile === undefined ? undefined : readCa(config.caFile),
    version,
    pollDelayMs: { firstMs: 1000, maxMs: 30_000 },
  }
}

function readCa(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new ConfigError('bad_ca_file', `TENABLE_CA_FILE ${file} cannot be read: ${messageOf(cause)}.`, { cause })
  }
}
