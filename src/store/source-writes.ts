import type { JsonObject } from '../domain/json.ts'
import { ConfigError, NotFoundError } from '../platform/errors.ts'
import { Secret } from '../platform/secret.ts'
import { type Actor, recordAudit } from './audit.ts'
import type { Database, Queryable } from './database.ts'
import type { ScheduleDefaults } from './default-schedules.ts'
import { locks } from './locks.ts'
import type { Sealing } from './sealing.ts'
import { noteAcceptedKey } from './source-health.ts'
import { type Source, type SourceKind, type SourceRow, sourceColumns, toSource } from './source-row.ts'

export interface Credentials {
  readonly accessKey: Secret
  readonly secretKey: Secret
}

export interface NewSource {
  /** The first there is when left out. */
  readonly tenantId?: number | undefined
  readonly name: string
  readonly kind: SourceKind
  readonly baseUrl: string
  readonly credentials: Credentials | null
  readonly settings?: JsonObject
  readonly isEnabled?: boolean
}

/** What is left out stays as it is. */
export interface SourceChange {
  readonly name?: string
  readonly baseUrl?: string
  readonly credentials?: Credentials
  readonly settings?: JsonObject
  readonly isEnabled?: boolean
}

export interface SourceDeps {
  readonly database: Database
  readonly sealing: Sealing
  /** How often a new source is read; the usual when left out. */
  readonly schedules?: ScheduleDefaults
}

/**
 * The keys of a source; `null` when it has none.
 * @throws ConfigError `wrong_encryption_key` when they were sealed with another key
 */
export async function loadCredentials(
  deps: { readonly database: Queryable; readonly sealing: Sealing },
  sourceId: number,
): Promise<Credentials | null> {
  const { rows } = await deps.database.query<{ credentials: Buffer | null; credentials_key_id: string | null }>(
    'select credentials, credentials_key_id from source where source_id = $1 and removed_at is null',
    [sourceId],
  )
  const row = rows[0]
  if (!row) throw sourceNotFound(sourceId)
  if (!row.credentials) return null
  return openCredentials(deps.sealing, sourceId, row.credentials, row.credentials_key_id)
}

export async function insertSource(
  connection: Queryable,
  sealing: Sealing,
  input: NewSource,
  managedBy: 'people' | 'environment',
): Promise<Source> {
  await refuseTakenName(connection, input.name, null)
  const { rows } = await connection.query<SourceRow>(
    `insert into source (tenant_id, name, kind, base_url, settings, is_enabled, managed_by)
     select coalesce($7, min(tenant_id)), $1, $2, $3, $4, $5, $6 from tenant
     returning ${sourceColumns}`,
    [
      input.name,
      input.kind,
      input.baseUrl,
      JSON.stringify(input.settings ?? {}),
      input.isEnabled ?? true,
      managedBy,
      input.tenantId ?? null,
    ],
  )
  const source = toSource(rows[0]!)
  // The seal is bound to the id, which exists only now.
  return input.credentials ? saveCredentials(connection, sealing, source.id, input.credentials) : source
}

async function saveCredentials(
  connection: Queryable,
  sealing: Sealing,
  sourceId: number,
  { accessKey, secretKey }: Credentials,
): Promise<Source> {
  const plain = JSON.stringify({ access_key: accessKey.reveal(), secret_key: secretKey.reveal() })
  const held = await sealing.hold(connection)
  const { rows } = await connection.query<SourceRow>(
    `update source
     set credentials = $2, credentials_key_id = $3, access_key_hint = $4
     where source_id = $1
     returning ${sourceColumns}`,
    [sourceId, held.seal(plain, purposeOf(sourceId)), held.keyId, hintOf(accessKey)],
  )
  await noteAcceptedKey(connection, sourceId)
  return toSource(rows[0]!)
}

function openCredentials(sealing: Sealing, sourceId: number, sealed: Buffer, keyId: string | null): Credentials {
  const plain = JSON.parse(sealing.open(sealed, keyId, purposeOf(sourceId))) as {
    access_key: string
    secret_key: string
  }
  return { accessKey: new Secret(plain.access_key), secretKey: new Secret(plain.secret_key) }
}

/** Too short a key would be given away by its last four characters. */
function hintOf(accessKey: Secret): string | null {
  const key = accessKey.reveal()
  return key.length >= 16 ? key.slice(-4) : null
}

function purposeOf(sourceId: number): string {
  return `source:${sourceId}`
}

export async function applyChange(
  connection: Queryable,
  sealing: Sealing,
  before: Source,
  change: SourceChange,
  actor: Actor,
): Promise<Source> {
  const next = {
    name: change.name ?? before.name,
    base_url: change.baseUrl ?? before.baseUrl,
    is_enabled: change.isEnabled ?? before.isEnabled,
    settings: change.settings ?? before.settings,
  }
  const was = { name: before.name, base_url: before.baseUrl, is_enabled: before.isEnabled, settings: before.settings }
  if (next.name !== before.name) await refuseTakenName(connection, next.name, before.id)
  const changed = changedKeys(was, next)
  const replacesKeys = change.credentials !== undefined
  if (changed.length === 0 && !replacesKeys) return before
  const { rows } = await connection.query<SourceRow>(
    `update source
     set name = $2, base_url = $3, is_enabled = $4, settings = $5, updated_at = now()
     where source_id = $1
     returning ${sourceColumns}`,
    [before.id, next.name, next.base_url, next.is_enabled, JSON.stringify(next.settings)],
  )
  const after = change.credentials
    ? await saveCredentials(connection, sealing, before.id, change.credentials)
    : toSource(rows[0]!)
  await recordAudit(connection, {
    actor,
    action: 'source.changed',
    subject: `source:${before.id}`,
    detail: {
      before: Object.fromEntries(changed.map(key => [key, was[key]])),
      after: Object.fromEntries(changed.map(key => [key, next[key]])),
      keys_replaced: replacesKeys,
    },
  })
  return after
}

function changedKeys<T extends object>(before: T, after: T): (keyof T)[] {
  return (Object.keys(before) as (keyof T)[]).filter(key => JSON.stringify(before[key]) !== JSON.stringify(after[key]))
}

/** Two at once would both see a name free; the unique key would then answer with less than we do. */
export async function lockNames(connection: Queryable): Promise<void> {
  await connection.query('select pg_advisory_xact_lock($1)', [locks.sourceNames])
}

async function refuseTakenName(connection: Queryable, name: string, exceptId: number | null): Promise<void> {
  await lockNames(connection)
  const { rows } = await connection.query<{ source_id: number }>(
    'select source_id from source where name = $1 and source_id is distinct from $2',
    [name, exceptId],
  )
  if (!rows[0]) return
  throw new ConfigError('source_name_taken', `There is already a source called ${name}. Choose another name.`, {
    context: { field: 'name', sourceId: rows[0].source_id },
  })
}

export function sourceNotFound(sourceId: number): NotFoundError {
  return new NotFoundError('source_not_found', `There is no source ${sourceId}. The list of sources shows the ids.`, {
    context: { sourceId },
  })
}
