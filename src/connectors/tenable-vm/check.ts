import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts'
import type { Clock } from '../../platform/clock.ts'
import { SourceError } from '../../platform/errors.ts'
import type { CheckResult, Identity, RightCheck } from '../connector.ts'
import type { TenableClient } from './client.ts'
import { administrator, type RightTrial, requiredRights, roleOf, serverStatus, trials } from './rights.ts'

export interface CheckDeps {
  readonly client: TenableClient
  readonly clock: Clock
}

/** Who the source and the key are; nothing is read. */
export async function identify({ client }: CheckDeps, signal: AbortSignal): Promise<Identity> {
  const { session, properties } = await whoAmI(client, signal)
  const permissions = numberIn(session, 'permissions')
  const now = client.knowsSourceTime ? new Date(client.sourceNowMs()).toISOString() : null
  return { fingerprint: fingerprintOf(session, properties), permissions, role: roleOf(permissions), now }
}

interface Who {
  readonly session: JsonObject | null
  readonly properties: JsonObject | null
}

/** The session is not in the vendor's published API, so its absence is no fault of the key. */
async function whoAmI(client: TenableClient, signal: AbortSignal, maxAttempts?: number): Promise<Who> {
  const options = maxAttempts === undefined ? {} : { maxAttempts }
  try {
    const session = objectOf(await client.json({ method: 'GET', path: '/session', ...options }, signal))
    if (textIn(session, 'container_uuid') !== null) return { session, properties: null }
    const properties = await client.json({ method: 'GET', path: '/server/properties', ...options }, signal)
    return { session, properties: objectOf(properties) }
  } catch (thrown) {
    if (!(thrown instanceof SourceError) || (thrown.code !== 'not_found' && thrown.code !== 'forbidden')) throw thrown
    const properties = await client.json({ method: 'GET', path: '/server/properties', ...options }, signal)
    return { session: null, properties: objectOf(properties) }
  }
}

function fingerprintOf(session: JsonObject | null, properties: JsonObject | null): string | null {
  return textIn(session, 'container_uuid') ?? textIn(properties, 'server_uuid')
}

/** Tries the key for every right, one call each, none of them repeated: the person waits. */
export async function checkSource(deps: CheckDeps, signal: AbortSignal): Promise<CheckResult> {
  const { client } = deps
  let who: Who
  try {
    who = await whoAmI(client, signal, 1)
  } catch (thrown) {
    if (!(thrown instanceof SourceError)) throw thrown
    return { ...nothingKnown(client.baseUrl), problem: thrown.message, problemCode: thrown.code }
  }
  const permissions = numberIn(who.session, 'permissions')
  const rights: RightCheck[] = []
  const properties = await tried(deps, '/server/properties', signal)
  const status = await tried(deps, '/server/status', signal)
  rights.push(rightOf(serverStatus, status))
  for (const trial of trials) {
    const answer = await tried(
      deps,
      trial.path.replace('%now%', String(Math.floor(client.sourceNowMs() / 1000))),
      signal,
    )
    rights.push(rightOf(trial, answer))
    if (trial.right === 'assets export') rights.push(deletedAssets(permissions))
  }
  const known = objectOf(properties.value) ?? who.properties
  const refused = rights.filter(right => requiredRights.has(right.right) && right.outcome !== 'granted')
  return {
    ok: refused.length === 0,
    baseUrl: client.baseUrl,
    fingerprint: fingerprintOf(who.session, known),
    container: {
      id: textIn(who.session, 'container_uuid'),
      name: textIn(who.session, 'container_name'),
      region: textIn(known, 'region') ?? textIn(objectOf(known?.analytics), 'site_id'),
    },
    user: {
      name: textIn(who.session, 'username') ?? textIn(who.session, 'user_name') ?? textIn(who.session, 'email'),
      role: roleOf(permissions),
      permissions,
      isEnabled: typeof who.session?.enabled === 'boolean' ? who.session.enabled : null,
    },
    rights,
    serverVersion: textIn(known, 'server_version'),
    problem: refused.length === 0 ? null : refused.map(problemText).join(' '),
    problemCode: refused.length === 0 ? null : codeOfRefusals(refused),
  }
}

function nothingKnown(baseUrl: string): Omit<CheckResult, 'problem' | 'problemCode'> {
  return {
    ok: false,
    baseUrl,
    fingerprint: null,
    container: { id: null, name: null, region: null },
    user: { name: null, role: null, permissions: null, isEnabled: null },
    rights: [],
    serverVersion: null,
  }
}

function problemText({ right, detail, remedy }: RightCheck): string {
  return `The right to "${right}" is missing or could not be tried: ${detail ?? 'no detail'}. ${remedy ?? ''}`.trim()
}

function codeOfRefusals(refused: readonly RightCheck[]): string {
  return refused.some(({ outcome }) => outcome === 'refused') ? 'forbidden' : 'right_not_tried'
}

interface Answer {
  readonly value: Json | undefined
  readonly error: SourceError | null
  readonly latencyMs: number
}

async function tried({ client, clock }: CheckDeps, path: string, signal: AbortSignal): Promise<Answer> {
  const startedAt = clock.now().getTime()
  const latency = () => clock.now().getTime() - startedAt
  try {
    const value = await client.json({ method: 'GET', path, maxAttempts: 1 }, signal)
    return { value, error: null, latencyMs: latency() }
  } catch (thrown) {
    if (!(thrown instanceof SourceError)) throw thrown
    return { value: undefined, error: thrown, latencyMs: latency() }
  }
}

function rightOf({ right, cost, remedy, path }: RightTrial, { value, error, latencyMs }: Answer): RightCheck {
  if (error === null) {
    const detail = path === '/server/status' ? textIn(objectOf(value), 'status') : null
    return { right, outcome: 'granted', cost: null, remedy: null, latencyMs, status: 200, detail }
  }
  const outcome = outcomeOf(error)
  return {
    right,
    outcome,
    cost,
    remedy: outcome === 'refused' ? remedy : null,
    latencyMs,
    status: error.status ?? null,
    detail: error.message.slice(0, 400),
  }
}

function outcomeOf(error: SourceError): RightCheck['outcome'] {
  if (error.code === 'forbidden' || error.code === 'bad_credentials') return 'refused'
  return error.code === 'not_found' || error.status === 405 ? 'not_offered' : 'failed'
}

/** Not tried: an export that returns nothing looks the same with and without the right. */
function deletedAssets(permissions: number | null): RightCheck {
  const isGranted = permissions === administrator
  const detail =
    permissions === null
      ? 'Derived, not tried: the source did not say which role the user has.'
      : `Derived from the role ${roleOf(permissions)} [${permissions}], not tried.`
  return {
    right: 'deleted assets',
    outcome: permissions === null ? 'failed' : isGranted ? 'granted' : 'refused',
    cost: isGranted ? null : 'Deleted assets may not be reported; they are then noticed by the next full run only.',
    remedy: isGranted ? null : 'Give the user the Administrator [64] role.',
    latencyMs: 0,
    status: null,
    detail,
  }
}

function objectOf(value: Json | undefined): JsonObject | null {
  return isJsonObject(value) ? value : null
}

function textIn(object: JsonObject | null, key: string): string | null {
  const value = object?.[key]
  return typeof value === 'string' && value !== '' ? value : null
}

function numberIn(object: JsonObject | null, key: string): number | null {
  const value = object?.[key]
  return typeof value === 'number' ? value : null
}
