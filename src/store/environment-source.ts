import type { JsonObject } from '../domain/json.ts'
import { type Actor, recordAudit } from './audit.ts'
import { checkBaseUrl } from './base-url.ts'
import type { Queryable } from './database.ts'
import { followDefaults, insertDefaultSchedules, usualSchedules } from './default-schedules.ts'
import type { Sealing } from './sealing.ts'
import { type Source, type SourceRow, sourceColumns, toSource } from './source-row.ts'
import {
  applyChange,
  type Credentials,
  insertSource,
  loadCredentials,
  lockNames,
  type SourceDeps,
} from './source-writes.ts'

const environmentName = 'Tenable VM'

/** The source that follows the environment. */
export interface EnvironmentSource {
  readonly baseUrl: string
  readonly credentials: Credentials
  readonly settings?: JsonObject
}

/**
 * Makes the environment's source equal to the environment, at each start. With `null` (its variables are gone) the
 * source stays and is read no more by itself; its keys are forgotten, since nobody may change them on screen.
 * @returns the source, or null when there is none
 */
export async function followEnvironment(
  deps: SourceDeps,
  environment: EnvironmentSource | null,
  actor: Actor = { kind: 'system', name: 'environment' },
): Promise<Source | null> {
  const wanted = environment && { ...environment, baseUrl: checkBaseUrl(environment.baseUrl) }
  return deps.database.transaction(async connection => {
    // Several processes may start at once: one makes it, the others find it.
    await lockNames(connection)
    const { rows } = await connection.query<SourceRow>(
      `select ${sourceColumns} from source where managed_by = 'environment' and removed_at is null for update`,
    )
    const present = rows[0] && toSource(rows[0])
    if (!wanted) return present ? detach(connection, present, actor) : null
    const schedules = deps.schedules ?? usualSchedules
    if (!present) {
      const source = await attach(connection, deps.sealing, wanted, actor)
      await insertDefaultSchedules(connection, source, schedules, 'environment')
      return source
    }
    const source = await follow(connection, deps.sealing, present, wanted, actor)
    await followDefaults(connection, source, schedules, actor)
    return source
  })
}

async function attach(
  connection: Queryable,
  sealing: Sealing,
  wanted: EnvironmentSource,
  actor: Actor,
): Promise<Source> {
  const source = await insertSource(
    connection,
    sealing,
    { ...wanted, name: await freeName(connection, environmentName), kind: 'tenable-vm' },
    'environment',
  )
  await recordAudit(connection, {
    actor,
    action: 'source.created',
    subject: `source:${source.id}`,
    detail: { name: source.name, base_url: source.baseUrl, managed_by: 'environment' },
  })
  return source
}

async function follow(
  connection: Queryable,
  sealing: Sealing,
  present: Source,
  wanted: EnvironmentSource,
  actor: Actor,
): Promise<Source> {
  const sameKeys = await holds(connection, sealing, present.id, wanted.credentials)
  return applyChange(
    connection,
    sealing,
    present,
    {
      baseUrl: wanted.baseUrl,
      isEnabled: true,
      // The scope is people's, wherever the rest comes from.
      ...(wanted.settings ? { settings: withScopeOf(present, wanted.settings) } : {}),
      ...(sameKeys ? {} : { credentials: wanted.credentials }),
    },
    actor,
  )
}

function withScopeOf({ settings }: Source, wanted: JsonObject): JsonObject {
  return settings.scope === undefined ? wanted : { ...wanted, scope: settings.scope }
}

async function detach(connection: Queryable, present: Source, actor: Actor): Promise<Source> {
  if (!present.isEnabled && !present.hasCredentials) return present
  const { rows } = await connection.query<SourceRow>(
    `update source
     set is_enabled = false, credentials = null, credentials_key_id = null, access_key_hint = null, updated_at = now()
     where source_id = $1
     returning ${sourceColumns}`,
    [present.id],
  )
  await recordAudit(connection, {
    actor,
    action: 'source.changed',
    subject: `source:${present.id}`,
    detail: { reason: 'its variables are no longer in the environment', keys_forgotten: true },
  })
  return toSource(rows[0]!)
}

async function holds(connection: Queryable, sealing: Sealing, sourceId: number, wanted: Credentials): Promise<boolean> {
  const stored = await loadCredentials({ database: connection, sealing }, sourceId)
  return (
    stored !== null &&
    stored.accessKey.reveal() === wanted.accessKey.reveal() &&
    stored.secretKey.reveal() === wanted.secretKey.reveal()
  )
}

async function freeName(connection: Queryable, wanted: string): Promise<string> {
  const { rows } = await connection.query<{ name: string }>('select name from source')
  const taken = new Set(rows.map(row => row.name))
  if (!taken.has(wanted)) return wanted
  let number = 2
  while (taken.has(`${wanted} (${number})`)) number += 1
  return `${wanted} (${number})`
}
