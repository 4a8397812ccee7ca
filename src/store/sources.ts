import { ConfigError } from '../platform/errors.ts'
import { type Actor, recordAudit } from './audit.ts'
import { checkBaseUrl } from './base-url.ts'
import type { Queryable } from './database.ts'
import { followDefaults, insertDefaultSchedules, schedulesOfSettings, usualSchedules } from './default-schedules.ts'
import { checkReach, reachesOtherwise } from './source-reach.ts'
import { type Source, type SourceRow, sourceColumns, toSource } from './source-row.ts'
import {
  applyChange,
  insertSource,
  type NewSource,
  type SourceChange,
  type SourceDeps,
  sourceNotFound,
} from './source-writes.ts'

export { checkBaseUrl, defaultBaseUrl } from './base-url.ts'
export { type EnvironmentSource, followEnvironment } from './environment-source.ts'
export type { Source, SourceKind } from './source-row.ts'
export {
  type Credentials,
  loadCredentials,
  type NewSource,
  type SourceChange,
  type SourceDeps,
} from './source-writes.ts'

/** The sources that are not removed, in the order they were made. */
export async function listSources(queryable: Queryable): Promise<readonly Source[]> {
  const { rows } = await queryable.query<SourceRow>(
    `select ${sourceColumns} from source where removed_at is null order by source_id`,
  )
  return rows.map(toSource)
}

/** Removed sources too: their rows are still mirrored. */
export async function findSource(queryable: Queryable, sourceId: number): Promise<Source | undefined> {
  const { rows } = await queryable.query<SourceRow>(`select ${sourceColumns} from source where source_id = $1`, [
    sourceId,
  ])
  return rows[0] && toSource(rows[0])
}

export async function findSourceByName(queryable: Queryable, name: string): Promise<Source | undefined> {
  const { rows } = await queryable.query<SourceRow>(
    `select ${sourceColumns} from source where name = $1 and removed_at is null`,
    [name],
  )
  return rows[0] && toSource(rows[0])
}

/** @throws NotFoundError `source_not_found` also for a removed one */
export async function getSource(queryable: Queryable, sourceId: number): Promise<Source> {
  const source = await findSource(queryable, sourceId)
  if (!source || source.removedAt !== null) throw sourceNotFound(sourceId)
  return source
}

/** @throws ConfigError `source_name_taken`, `bad_base_url`, `bad_proxy_url`, `bad_ca` */
export async function createSource(deps: SourceDeps, input: NewSource, actor: Actor): Promise<Source> {
  const baseUrl = checkBaseUrl(input.baseUrl)
  checkReach(input.settings ?? {})
  return deps.database.transaction(async connection => {
    const source = await insertSource(connection, deps.sealing, { ...input, baseUrl }, 'people')
    await insertDefaultSchedules(connection, source, deps.schedules ?? usualSchedules, 'people')
    await recordAudit(connection, {
      actor,
      action: 'source.created',
      subject: `source:${source.id}`,
      detail: { name: source.name, kind: source.kind, base_url: source.baseUrl, access_key_hint: source.accessKeyHint },
    })
    return source
  })
}

/**
 * @throws NotFoundError `source_not_found`
 * @throws ConfigError `source_managed_by_environment`, `source_name_taken`, `bad_base_url`, `bad_proxy_url`, `bad_ca`,
 *   `keys_needed_again`
 */
export async function updateSource(
  deps: SourceDeps,
  sourceId: number,
  change: SourceChange,
  actor: Actor,
): Promise<Source> {
  const baseUrl = change.baseUrl === undefined ? undefined : checkBaseUrl(change.baseUrl)
  checkReach(change.settings ?? {})
  return deps.database.transaction(async connection => {
    const before = await lockSource(connection, sourceId)
    if (!changesScopeAlone(before, change)) refuseEnvironmentManaged(before)
    refuseSendingKeysElsewhere(before, baseUrl, change)
    const wanted = baseUrl === undefined ? change : { ...change, baseUrl }
    const after = await applyChange(connection, deps.sealing, before, wanted, actor)
    const concerned = schedulesOfSettings(before.settings, after.settings)
    await followDefaults(connection, after, deps.schedules ?? usualSchedules, actor, concerned)
    return after
  })
}

/**
 * Forgets the keys and reads the source no more; what was mirrored stays. Its name is free again.
 * @throws NotFoundError `source_not_found`
 * @throws ConfigError `source_managed_by_environment`, `source_busy`
 */
export async function removeSource(deps: SourceDeps, sourceId: number, actor: Actor): Promise<Source> {
  return deps.database.transaction(async connection => {
    const before = await lockSource(connection, sourceId)
    refuseEnvironmentManaged(before)
    const active = await connection.query<{ run_id: number }>(
      `select run_id from run where source_id = $1 and status in ('pending', 'running')`,
      [sourceId],
    )
    if (active.rows[0]) {
      throw new ConfigError(
        'source_busy',
        `Source ${before.name} is being read by run ${active.rows[0].run_id}. Stop that run first.`,
        { context: { sourceId, runId: active.rows[0].run_id } },
      )
    }
    return retire(connection, before, actor)
  })
}

/** Remembers what the source said it is. A fingerprint is written once: another one is for the engine to refuse. */
export async function recordIdentity(
  queryable: Queryable,
  sourceId: number,
  identity: {
    readonly fingerprint: string | null
    readonly containerName?: string | null
    readonly role?: string | null
  },
): Promise<void> {
  await queryable.query(
    `update source
     set fingerprint = coalesce(fingerprint, $2),
         container_name = coalesce($3, container_name),
         last_role = coalesce($4, last_role)
     where source_id = $1
       and (fingerprint, container_name, last_role)
         is distinct from (coalesce(fingerprint, $2), coalesce($3, container_name), coalesce($4, last_role))`,
    [sourceId, identity.fingerprint, identity.containerName ?? null, identity.role ?? null],
  )
}

async function retire(connection: Queryable, before: Source, actor: Actor): Promise<Source> {
  const { rows } = await connection.query<SourceRow>(
    `update source
     set removed_at = now(), updated_at = now(), is_enabled = false,
         credentials = null, credentials_key_id = null, access_key_hint = null,
         name = name || ' (removed ' || source_id || ')'
     where source_id = $1
     returning ${sourceColumns}`,
    [before.id],
  )
  await recordAudit(connection, {
    actor,
    action: 'source.removed',
    subject: `source:${before.id}`,
    detail: { name: before.name },
  })
  return toSource(rows[0]!)
}

async function lockSource(connection: Queryable, sourceId: number): Promise<Source> {
  const { rows } = await connection.query<SourceRow>(
    `select ${sourceColumns} from source where source_id = $1 and removed_at is null for update`,
    [sourceId],
  )
  if (!rows[0]) throw sourceNotFound(sourceId)
  return toSource(rows[0])
}

/** Which part of it is mirrored is not in the environment: people say so. */
function changesScopeAlone(before: Source, { settings, ...others }: SourceChange): boolean {
  if (settings === undefined || Object.keys(others).length > 0) return false
  const { scope: _before, ...kept } = before.settings
  const { scope: _wanted, ...rest } = settings
  return JSON.stringify(kept) === JSON.stringify(rest)
}

function refuseEnvironmentManaged(source: Source): void {
  if (source.managedBy !== 'environment') return
  throw new ConfigError(
    'source_managed_by_environment',
    `Source ${source.name} follows the environment. Change TENABLE_ACCESS_KEY, TENABLE_SECRET_KEY or TENABLE_BASE_URL and start again. Only its scope is set here.`,
    { context: { sourceId: source.id } },
  )
}

/** Whoever may change an address must not be able to have stored keys sent to a place of their own. */
function refuseSendingKeysElsewhere(before: Source, baseUrl: string | undefined, change: SourceChange): void {
  if (change.credentials || !before.hasCredentials) return
  if (change.settings && reachesOtherwise(before.settings, change.settings)) {
    throw new ConfigError(
      'keys_needed_again',
      `Calls of source ${before.name} would go through another proxy, or to whom another authority vouches for. Enter the access key and the secret key again together with that.`,
      { context: { sourceId: before.id } },
    )
  }
  if (baseUrl === undefined) return
  if (new URL(baseUrl).origin === new URL(before.baseUrl).origin) return
  throw new ConfigError(
    'keys_needed_again',
    `The keys of source ${before.name} were entered for ${before.baseUrl}. Enter the access key and the secret key again together with the new base URL.`,
    { context: { sourceId: before.id } },
  )
}
