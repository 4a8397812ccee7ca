import type { Json } from '../../domain/json.ts'
import type { SourceScope } from '../../domain/scope.ts'
import { isEverything } from '../../domain/scope.ts'
import type { Clock } from '../../platform/clock.ts'
import { SourceError } from '../../platform/errors.ts'
import type { CheckResult, Identity, RightCheck } from '../connector.ts'
import type { NessusClient } from './client.ts'
import { booleanOf, idOf, memberOf, numberOf, objectsIn, textOf } from './wire.ts'

export interface CheckDeps {
  readonly client: NessusClient
  readonly clock: Clock
  /** What a person must know of every run and every test. */
  readonly warnings: readonly string[]
  /** How long a scanner that starts is waited for. */
  readonly readyWithinMs: number
}

/** @throws SourceError `scanner_starting` */
export async function identify(deps: CheckDeps, signal: AbortSignal): Promise<Identity> {
  const { client, warnings } = deps
  await ready(deps, signal)
  const properties = await client.get('/server/properties', signal)
  const user = await whoAmI(client, signal)
  return {
    fingerprint: textOf(memberOf(properties, 'server_uuid')),
    permissions: numberOf(memberOf(user, 'permissions')),
    role: roleOf(user),
    now: client.knowsSourceTime ? new Date(client.sourceNowMs()).toISOString() : null,
    warnings,
  }
}

/** While it starts, everything else is answered with pages or not at all. */
async function ready({ client, readyWithinMs }: CheckDeps, signal: AbortSignal): Promise<void> {
  let waitMs = 100
  for (let waitedMs = 0; ; waitedMs += waitMs) {
    const status = await statusOf(client, signal)
    if (status === 'ready') return
    if (waitedMs >= readyWithinMs) {
      throw new SourceError(
        'scanner_starting',
        'later',
        `Nessus is still starting (${status}). The next run tries again.`,
      )
    }
    waitMs = Math.min(waitMs * 2, 5_000)
    await client.sleep(waitMs, signal)
  }
}

async function statusOf(client: NessusClient, signal: AbortSignal): Promise<string> {
  try {
    return textOf(memberOf(await client.open('/server/status', signal), 'status')) ?? 'ready'
  } catch (thrown) {
    // Older versions have no such page.
    if (thrown instanceof SourceError && (thrown.code === 'not_found' || thrown.code === 'bad_credentials'))
      return 'ready'
    if (thrown instanceof SourceError && thrown.code === 'server_error') return 'loading'
    throw thrown
  }
}

/** Refused by some versions to keys: then the user is not known. */
async function whoAmI(client: NessusClient, signal: AbortSignal, maxAttempts?: number): Promise<Json> {
  try {
    return await client.get('/session', signal, maxAttempts)
  } catch (thrown) {
    if (thrown instanceof SourceError && ['forbidden', 'not_found', 'no_api', 'bad_request'].includes(thrown.code))
      return null
    throw thrown
  }
}

const roles: Readonly<Record<number, string>> = {
  16: 'Basic',
  32: 'Standard',
  64: 'Administrator',
  128: 'System Administrator',
}

function roleOf(user: Json): string | null {
  const permissions = numberOf(memberOf(user, 'permissions'))
  return permissions === null ? null : (roles[permissions] ?? String(permissions))
}

const once = 1

type Trial = Omit<RightCheck, 'latencyMs' | 'status'> & { readonly isRequired: boolean }

/** Tries everything a sync needs, each once: a person waits. */
export async function checkSource(deps: CheckDeps, signal: AbortSignal): Promise<CheckResult> {
  const { client, clock, warnings } = deps
  let properties: Json
  let user: Json
  try {
    const status = await statusOf(client, signal)
    if (status !== 'ready')
      throw new SourceError(
        'scanner_starting',
        'later',
        `Nessus is still starting (${status}). Try again in some minutes.`,
      )
    // Only what needs a key tells whether it is right.
    await client.get('/folders', signal, once)
    properties = await client.get('/server/properties', signal, once)
    user = await whoAmI(client, signal, once)
  } catch (thrown) {
    if (!(thrown instanceof SourceError)) throw thrown
    return { ...unknown(client), scopeProblems: warnings, problem: thrown.message, problemCode: thrown.code }
  }
  const startedAt = clock.now().getTime()
  const trials = [await tryScans(client, signal), exporting(properties), launching(properties)]
  const latencyMs = clock.now().getTime() - startedAt
  const missing = trials.filter(({ isRequired, outcome }) => isRequired && outcome !== 'granted')
  const uuid = textOf(memberOf(properties, 'server_uuid'))
  return {
    ok: missing.length === 0,
    baseUrl: client.baseUrl,
    fingerprint: uuid,
    container: { id: uuid, name: textOf(memberOf(properties, 'nessus_type')), region: null },
    user: {
      name: textOf(memberOf(user, 'username')) ?? textOf(memberOf(user, 'name')),
      role: roleOf(user),
      permissions: numberOf(memberOf(user, 'permissions')),
      isEnabled: booleanOf(memberOf(user, 'enabled')),
    },
    rights: trials.map(({ isRequired: _required, ...right }) => ({ ...right, latencyMs, status: null })),
    serverVersion: textOf(memberOf(properties, 'server_version')),
    problem:
      missing.length === 0
        ? null
        : missing
            .map(({ right, detail, remedy }) => `The right to "${right}" is missing: ${detail} ${remedy ?? ''}`)
            .join(' '),
    problemCode: missing.length === 0 ? null : 'forbidden',
    scopeProblems: warnings,
  }
}

const shareThem = 'Share the scans with the user, or give it the role of an administrator.'

/** That the list is there, and that what is listed may be read: one scan is looked into. */
async function tryScans(client: NessusClient, signal: AbortSignal): Promise<Trial> {
  const base = { right: 'scans and their results', isRequired: true }
  try {
    const scans = objectsIn(memberOf(await client.get('/scans', signal, once), 'scans'))
    const first = scans.map(({ id }) => idOf(id)).find(id => id !== null)
    if (first !== undefined) await client.get(`/scans/${first}`, signal, once)
    const detail = scans.length === 0 ? 'It sees no scan yet.' : `It sees ${scans.length} scans.`
    return { ...base, outcome: 'granted', cost: null, remedy: scans.length === 0 ? shareThem : null, detail }
  } catch (thrown) {
    if (!(thrown instanceof SourceError)) throw thrown
    const outcome = thrown.code === 'forbidden' || thrown.code === 'no_api' ? 'refused' : 'failed'
    return { ...base, outcome, cost: 'Nothing can be read.', remedy: shareThem, detail: thrown.message.slice(0, 400) }
  }
}

/** Trials export nothing; the licence says so where the version tells what it allows. */
function exporting(properties: Json): Trial {
  const licence = memberOf(properties, 'license')
  const may = booleanOf(memberOf(memberOf(licence, 'features'), 'report'))
  const base = { right: 'exports', isRequired: false, remedy: null }
  if (may === false) {
    const cost = 'Machines and plugins are read one by one, a call for each: slow, and everything is read all the same.'
    return { ...base, outcome: 'not_offered', cost, detail: 'Its licence does not allow exports.' }
  }
  const detail =
    may === null ? 'Its version does not tell; where an export is refused, machines are read one by one.' : null
  return { ...base, outcome: 'granted', cost: null, detail }
}

/** Not tried: it would start something. Only Nessus Manager may be told to scan, all others answer 412. */
function launching(properties: Json): Trial {
  const features = memberOf(memberOf(properties, 'license'), 'features')
  const type = textOf(memberOf(properties, 'nessus_type')) ?? ''
  const may = booleanOf(memberOf(features, 'scan_api')) ?? /manager/i.test(type)
  const base = { right: 'launching scans', isRequired: false, remedy: null }
  if (may) return { ...base, outcome: 'granted', cost: null, detail: null }
  return {
    ...base,
    outcome: 'not_offered',
    cost: 'Scans are started in Nessus itself or by its schedules. What they find is read all the same.',
    detail: `${type || 'This Nessus'} does not take orders to scan over its API with this licence (it answers 412).`,
  }
}

function unknown(client: NessusClient): Omit<CheckResult, 'problem' | 'problemCode'> {
  return {
    ok: false,
    baseUrl: client.baseUrl,
    fingerprint: null,
    container: { id: null, name: null, region: null },
    user: { name: null, role: null, permissions: null, isEnabled: null },
    rights: [],
    serverVersion: null,
  }
}

export function checkScope(scope: SourceScope): readonly string[] {
  return isEverything(scope)
    ? []
    : ['Nessus has nothing to limit a source by: the scope cannot be read so. Take it away.']
}
