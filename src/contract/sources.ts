import { z } from 'zod'
import { AnyObject, Instant, Int4Id, preprocessed, text } from './primitives.ts'
import { SourceScope } from './scope.ts'

export const sourceKinds = ['tenable-vm', 'tenable-sc', 'nessus', 'files'] as const
export type SourceKind = (typeof sourceKinds)[number]

/** Older programs call a kind by its platform. */
export const platformOfKind = {
  'tenable-vm': 'tenable.io',
  'tenable-sc': 'tenable.sc',
  nessus: 'nessus',
  files: 'files',
} as const satisfies Record<SourceKind, string>
export const platforms = Object.values(platformOfKind)
export type Platform = (typeof platforms)[number]

/** Ranges are the vendor's own where it has one. */
export const SourceSettings = z
  .strictObject({
    asset_chunk_size: z.int().min(100).max(10_000).optional().describe('assets per chunk'),
    vuln_chunk_size: z.int().min(50).max(5_000).optional().describe('assets whose findings go into one chunk'),
    max_concurrent_exports: z.int().min(1).max(10).optional(),
    export_timeout_minutes: z.int().min(1).max(1_440).optional().describe('without progress'),
    rate_limit_requests_per_minute: z.int().min(1).max(1_000).optional(),
    rate_limit_burst: z.int().min(1).max(200).optional(),
    retry_max_attempts: z.int().min(1).max(20).optional(),
    retry_delay_seconds: z.number().min(0).max(300).optional(),
    sync_interval_hours: z.number().min(0.25).max(720).optional(),
    full_sync_interval_hours: z.number().min(1).max(2_160).optional(),
    page_size: z.int().min(200).max(10_000).optional().describe('rows of one request, of sources that are paged'),
    auth: z
      .enum(['keys', 'password'])
      .optional()
      .describe('password: the two keys are a name and a password, of a Security Center or a Nessus scanner'),
    tls_pin_sha256: z
      .string()
      .regex(/^([0-9a-fA-F]{2}:?){31}[0-9a-fA-F]{2}$/, 'not 64 hexadecimal digits')
      .optional()
      .describe('SHA-256 of the one certificate that is accepted'),
    tls_verify: z
      .boolean()
      .optional()
      .describe('false accepts any certificate, so that anybody on the way can read the key: every run says so'),
    proxy_url: text(2_000)
      .optional()
      .describe('HTTP proxy for calls to this source: http://host:port, without a password'),
    ca_pem: text(100_000)
      .optional()
      .describe('certificates of a private authority to trust for this source, in PEM form, beside the usual ones'),
    scope: SourceScope.optional().describe('the part of the source that is mirrored; everything when left out'),
  })
  .meta({ id: 'SourceSettings' })
export type SourceSettings = z.infer<typeof SourceSettings>

/** How calls to a source behave: its own settings, and the server's where it has none. */
export const SourceLimits = z
  .object({
    asset_chunk_size: z.int(),
    vuln_chunk_size: z.int(),
    max_concurrent_exports: z.int(),
    export_timeout_minutes: z.int(),
    rate_limit_requests_per_minute: z.int(),
    rate_limit_burst: z.int(),
    retry_max_attempts: z.int(),
    retry_delay_seconds: z.number(),
  })
  .meta({ id: 'SourceLimits' })
export type SourceLimits = z.infer<typeof SourceLimits>

/** A configured place. Keys go in and never come out. */
export const SourceView = z
  .object({
    id: Int4Id,
    name: z.string(),
    kind: z.enum(sourceKinds),
    platform: z.string().describe('the kind, as older programs call it'),
    base_url: z.string(),
    access_key_hint: z.string().nullable().describe('the last four characters of the access key'),
    has_credentials: z.boolean(),
    is_enabled: z.boolean(),
    is_paused: z.boolean().describe('no schedule starts a run of it until it is resumed'),
    managed_by: z.enum(['people', 'environment']).describe('environment: follows the environment, read-only here'),
    settings: AnyObject,
    limits: SourceLimits.describe('what holds: its settings, and the server’s where it has none'),
    scope: SourceScope.describe('the part of the source that is mirrored: {} is everything'),
    out_of_scope: z.object({ assets: z.int(), findings: z.int() }).describe('kept, marked, and counted apart'),
    fingerprint: z.string().nullable().describe('what the source first said it is'),
    container_name: z.string().nullable(),
    role: z.string().nullable().describe('of the key, at the last check or run'),
    last_sync_at: Instant.nullable().describe('when the last complete run finished'),
    created_at: Instant,
    updated_at: Instant,
  })
  .meta({ id: 'Source' })
export type SourceView = z.infer<typeof SourceView>

export const SourceList = z.object({ items: z.array(SourceView) }).meta({ id: 'SourceList' })
export type SourceList = z.infer<typeof SourceList>

const key = text(512).describe('write-only')
const baseUrl = text(2_000).describe('https, or http to this machine; without credentials in it')

const sourceFields = {
  name: text(200),
  kind: z.enum(sourceKinds),
  base_url: baseUrl,
  access_key: key,
  secret_key: key,
  is_enabled: z.boolean(),
  settings: SourceSettings,
}

const alsoAccepts = 'Also accepts the older keys platform, apiKey, secretKey, baseUrl, syncEnabled.'

export const SourceCreate = preprocessed(
  withOlderKeys,
  z
    .strictObject({
      ...sourceFields,
      name: sourceFields.name.optional().describe('by default the kind; must be unique'),
      kind: sourceFields.kind.default('tenable-vm'),
      base_url: sourceFields.base_url.optional().describe('https://cloud.tenable.com unless said otherwise'),
      is_enabled: sourceFields.is_enabled.default(true),
      settings: sourceFields.settings.default({}),
      tenant_id: Int4Id.optional().describe('whose it is; needed only where there are several tenants'),
    })
    .meta({ id: 'SourceCreate', description: alsoAccepts }),
)
export type SourceCreate = z.output<typeof SourceCreate>

/** What is left out stays as it is; the two keys change together. */
export const SourceUpdate = preprocessed(
  withOlderKeys,
  z
    .strictObject(sourceFields)
    .omit({ kind: true })
    .partial()
    .extend({ kind: sourceFields.kind.optional().describe('must be what it is: the kind of a source never changes') })
    .refine(change => (change.access_key === undefined) === (change.secret_key === undefined), {
      message: 'access_key and secret_key change together: the vendor makes them as a pair',
      path: ['secret_key'],
    })
    .meta({ id: 'SourceUpdate', description: alsoAccepts }),
)
export type SourceUpdate = z.output<typeof SourceUpdate>

/** A source by id, or the settings of one that is not saved. */
export const TestConnectionRequest = preprocessed(
  withOlderKeys,
  z
    .strictObject({
      id: Int4Id.optional().describe('a saved source; leave out the rest'),
      kind: sourceFields.kind.optional(),
      base_url: sourceFields.base_url.optional(),
      access_key: key.optional(),
      secret_key: key.optional(),
      settings: SourceSettings.optional().describe('how it is reached, trusted and logged in to'),
    })
    .refine(
      request =>
        request.id !== undefined
          ? Object.keys(request).length === 1
          : request.access_key !== undefined && request.secret_key !== undefined,
      { message: 'give the id of a saved source and nothing else, or access_key and secret_key', path: ['access_key'] },
    )
    .meta({ id: 'TestConnectionRequest', description: alsoAccepts }),
)
export type TestConnectionRequest = z.output<typeof TestConnectionRequest>

export const RightView = z
  .object({
    right: z.string(),
    outcome: z.enum(['granted', 'refused', 'failed', 'not_offered']),
    cost: z.string().nullable().describe('what the product cannot do without it'),
    remedy: z.string().nullable(),
    latency_ms: z.number(),
    status: z.int().nullable(),
    detail: z.string().nullable(),
  })
  .meta({ id: 'Right' })
export type RightView = z.infer<typeof RightView>

export const ConnectionReport = z
  .object({
    success: z.boolean(),
    error: z.string().nullable().describe('what, which and the remedy; null when success'),
    error_code: z.string().nullable(),
    base_url: z.string(),
    fingerprint: z.string().nullable(),
    container: z.object({ id: z.string().nullable(), name: z.string().nullable(), region: z.string().nullable() }),
    user: z.object({
      name: z.string().nullable(),
      role: z.string().nullable(),
      permissions: z.int().nullable(),
      is_enabled: z.boolean().nullable(),
    }),
    rights: z.array(RightView),
    server_version: z.string().nullable(),
    warnings: z.array(z.string()).describe('what the scope of a saved source names and the source does not have'),
  })
  .meta({ id: 'ConnectionReport' })
export type ConnectionReport = z.infer<typeof ConnectionReport>

const olderKeys: Readonly<Record<string, string>> = {
  platform: 'kind',
  apiKey: 'access_key',
  api_key: 'access_key',
  accessKey: 'access_key',
  secretKey: 'secret_key',
  baseUrl: 'base_url',
  syncEnabled: 'is_enabled',
  sync_enabled: 'is_enabled',
  isActive: 'is_enabled',
  is_active: 'is_enabled',
}

/** Reads the older keys as ours. A key that is there under both names is left, and refused as unknown. */
function withOlderKeys(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body
  const renamed: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(body)) {
    const ours = Object.hasOwn(olderKeys, name) ? olderKeys[name]! : name
    renamed[ours !== name && Object.hasOwn(body, ours) ? name : ours] = value
  }
  const kind =
    renamed.kind === 'security-center' ? 'tenable-sc' : sourceKinds.find(one => platformOfKind[one] === renamed.kind)
  return kind ? { ...renamed, kind } : renamed
}
