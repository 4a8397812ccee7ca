import type { SourceScope } from '../contract/scope.ts'
import { platformOfKind, type SourceLimits, type SourceView } from '../contract/sources.ts'
import { scopeOfSettings } from '../domain/scope.ts'
import { loadLastSyncAt } from '../store/queries/freshness.ts'
import { countOutOfScope } from '../store/queries/out-of-scope.ts'
import { loadHealth } from '../store/source-health.ts'
import type { Source } from '../store/sources.ts'
import type { Services } from './handler.ts'

/** In the one spelling in which scopes are compared; every member of it is as the contract has it. */
function sourceScopeView(settings: Source['settings']): SourceScope {
  const { tags, networks, severities } = scopeOfSettings(settings)
  return {
    ...(tags.length > 0 ? { tags: [...tags] } : {}),
    ...(networks.length > 0 ? { networks: [...networks] } : {}),
    ...(severities.length > 0 ? { severities: [...severities] } : {}),
  }
}

function limitsView(limits: ReturnType<Services['engine']['limitsOf']>): SourceLimits {
  return {
    asset_chunk_size: limits.assetChunkSize,
    vuln_chunk_size: limits.vulnAssetsPerChunk,
    max_concurrent_exports: limits.maxConcurrentExports,
    export_timeout_minutes: limits.stuckAfterMinutes,
    rate_limit_requests_per_minute: limits.requestsPerMinute,
    rate_limit_burst: limits.requestBurst,
    retry_max_attempts: limits.retryMaxAttempts,
    retry_delay_seconds: limits.retryDelayMs / 1_000,
  }
}

/** A source as callers see it: without its keys. */
export async function presentSource(
  { database, unscoped, engine }: Pick<Services, 'database' | 'unscoped' | 'engine'>,
  source: Source,
): Promise<SourceView> {
  return {
    id: source.id,
    name: source.name,
    kind: source.kind,
    platform: platformOfKind[source.kind],
    base_url: source.baseUrl,
    access_key_hint: source.accessKeyHint,
    has_credentials: source.hasCredentials,
    is_enabled: source.isEnabled,
    is_paused: (await loadHealth(unscoped, source.id)).paused_at !== null,
    managed_by: source.managedBy,
    settings: source.settings,
    limits: limitsView(engine.limitsOf(source.kind, source.settings)),
    scope: sourceScopeView(source.settings),
    out_of_scope: await countOutOfScope(database, source.id),
    fingerprint: source.fingerprint,
    container_name: source.containerName,
    role: source.lastRole,
    last_sync_at: source.removedAt === null ? await loadLastSyncAt(database, [source.id]) : null,
    created_at: source.createdAt,
    updated_at: source.updatedAt,
  }
}
