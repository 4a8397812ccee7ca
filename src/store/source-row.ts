import type { JsonObject } from '../domain/json.ts'

export type SourceKind = 'tenable-vm' | 'tenable-sc' | 'nessus' | 'files'

/** A configured place. Its keys are not here: only `loadCredentials` opens them. */
export interface Source {
  readonly id: number
  readonly tenantId: number
  readonly name: string
  readonly kind: SourceKind
  readonly baseUrl: string
  readonly accessKeyHint: string | null
  readonly hasCredentials: boolean
  readonly credentialsKeyId: string | null
  readonly settings: JsonObject
  readonly fingerprint: string | null
  readonly containerName: string | null
  readonly lastRole: string | null
  readonly isEnabled: boolean
  readonly managedBy: 'people' | 'environment'
  readonly createdAt: string
  readonly updatedAt: string
  readonly removedAt: string | null
}

/** What `toSource` needs, over `source`. */
export const sourceColumns = `
  source_id, tenant_id, name, kind, base_url, access_key_hint, credentials is not null as has_credentials,
  credentials_key_id, settings, fingerprint, container_name, last_role, is_enabled, managed_by, created_at, updated_at,
  removed_at`

export interface SourceRow {
  readonly source_id: number
  readonly tenant_id: number
  readonly name: string
  readonly kind: SourceKind
  readonly base_url: string
  readonly access_key_hint: string | null
  readonly has_credentials: boolean
  readonly credentials_key_id: string | null
  readonly settings: JsonObject
  readonly fingerprint: string | null
  readonly container_name: string | null
  readonly last_role: string | null
  readonly is_enabled: boolean
  readonly managed_by: 'people' | 'environment'
  readonly created_at: string
  readonly updated_at: string
  readonly removed_at: string | null
}

export function toSource(row: SourceRow): Source {
  return {
    id: row.source_id,
    tenantId: row.tenant_id,
    name: row.name,
    kind: row.kind,
    baseUrl: row.base_url,
    accessKeyHint: row.access_key_hint,
    hasCredentials: row.has_credentials,
    credentialsKeyId: row.credentials_key_id,
    settings: row.settings,
    fingerprint: row.fingerprint,
    containerName: row.container_name,
    lastRole: row.last_role,
    isEnabled: row.is_enabled,
    managedBy: row.managed_by,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    removedAt: row.removed_at,
  }
}
