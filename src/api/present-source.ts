import { platformOfKind, type SourceView } from '../contract/sources.ts'
import type { ScopedDatabase } from '../store/access.ts'
import { loadLastSyncAt } from '../store/queries/freshness.ts'
import type { Source } from '../store/sources.ts'

/** A source as callers see it: without its keys. */
export async function presentSource(database: ScopedDatabase, source: Source): Promise<SourceView> {
  return {
    id: source.id,
    name: source.name,
    kind: source.kind,
    platform: platformOfKind[source.kind],
    base_url: source.baseUrl,
    access_key_hint: source.accessKeyHint,
    has_credentials: source.hasCredentials,
    is_enabled: source.isEnabled,
    managed_by: source.managedBy,
    settings: source.settings,
    fingerprint: source.fingerprint,
    container_name: source.containerName,
    role: source.lastRole,
    last_sync_at: source.removedAt === null ? await loadLastSyncAt(database, [source.id]) : null,
    created_at: source.createdAt,
    updated_at: source.updatedAt,
  }
}
