import { isJsonObject, type Json } from '../../domain/json.ts'
import type { SourceScope } from '../../domain/scope.ts'
import type { Clock } from '../../platform/clock.ts'
import { SourceError } from '../../platform/errors.ts'
import type { CheckResult, Identity, RightCheck } from '../connector.ts'
import type { SecurityCenterClient } from './client.ts'
import { askWindow, listRepositories } from './queries.ts'
import { memberOf, textOf } from './wire.ts'

export interface CheckDeps {
  readonly client: SecurityCenterClient
  readonly clock: Clock
  readonly usesKeys: boolean
  /** What a person must know of every run and every test. */
  readonly warnings: readonly string[]
}

const keysSince = [5, 13] as const
const userPath = '/currentUser?fields=id,username,name,role,organization,locked,status'

/** @throws SourceError `version_too_old` */
export async function identify(deps: CheckDeps, signal: AbortSignal): Promise<Identity> {
  const { client } = deps
  const system = await systemOf(client, signal)
  const tooOld = versionProblem(deps, versionIn(client, system))
  if (tooOld !== undefined) throw new SourceError('version_too_old', 'never', tooOld)
  const user = await client.get(userPath, signal)
  return {
    fingerprint: textOf(memberOf(system, 'uuid')),
    // Its roles have no order: what a user sees less of is told by the repositories it sees.
    permissions: null,
    role: textOf(memberOf(memberOf(user, 'role'), 'name')),
    now: client.knowsSourceTime ? new Date(client.sourceNowMs()).toISOString() : null,
    warnings: deps.warnings,
  }
}

/** Newer versions refuse it to whoever is not logged in, in words that say that all is well. */
async function systemOf(client: SecurityCenterClient, signal: AbortSignal, maxAttempts?: number): Promise<Json> {
  try {
    return await client.get('/system', signal, maxAttempts)
  } catch (thrown) {
    if (thrown instanceof SourceError && (thrown.code === 'forbidden' || thrown.code === 'not_found')) return null
    throw thrown
  }
}

function versionIn(client: SecurityCenterClient, system: Json): string | null {
  return textOf(memberOf(system, 'version')) ?? client.version ?? null
}

/** A version that is not told is taken for new enough: what it lacks will say so. */
function versionProblem({ usesKeys }: CheckDeps, version: string | null): string | undefined {
  const [major = Number.NaN, minor = 0] = version?.split('.').map(Number) ?? []
  if (!usesKeys || Number.isNaN(major)) return undefined
  if (major > keysSince[0] || (major === keysSince[0] && minor >= keysSince[1])) return undefined
  return `Security Center ${version} takes no API keys; they came with ${keysSince.join('.')}. Upgrade it, or give a user's name and password (setting "auth": "password").`
}

interface Trial {
  readonly right: string
  readonly isRequired: boolean
  readonly cost: string
  readonly remedy: string
  readonly run: (client: SecurityCenterClient, signal: AbortSignal) => Promise<string | null>
}

const rights =
  'Give the user a role and a group that may do this, in the organisation whose findings are to be mirrored.'
const once = 1

const trials: readonly Trial[] = [
  {
    right: 'repositories',
    isRequired: true,
    cost: 'Nothing can be read.',
    remedy: 'Share the repositories with the group of the user.',
    run: async (client, signal) => {
      const found = await listRepositories(client, signal, once)
      return found.length === 0 ? 'It sees none.' : `It sees ${found.map(({ name }) => name).join(', ')}.`
    },
  },
  ...(['cumulative', 'patched'] as const).map(sourceType => ({
    right: sourceType === 'cumulative' ? 'open findings' : 'mitigated findings',
    isRequired: true,
    cost: 'Findings cannot be read, or not when they go away.',
    remedy: rights,
    run: async (client: SecurityCenterClient, signal: AbortSignal) => {
      const query = { tool: 'vulndetails', sourceType, filters: [] } as const
      const { total } = await askWindow(client, query, 0, 1, signal, once)
      return total === null ? null : `${total} of them.`
    },
  })),
  listed(
    'hosts',
    '/hosts?fields=id&startOffset=0&endOffset=1',
    'Hosts without findings are told by their past ones alone.',
  ),
  listed('plugins', '/plugin?fields=id&startOffset=0&endOffset=1', 'Plugins are known only from findings.'),
  listed('scans', '/scan?fields=id', 'Scans are not mirrored.'),
  listed(
    'scan results',
    '/scanResult?fields=id',
    'Scan results are not mirrored, and late imports are noticed by their day alone.',
  ),
]

function listed(right: string, path: string, cost: string): Trial {
  const run = async (client: SecurityCenterClient, signal: AbortSignal) => {
    await client.get(path, signal, once)
    return null
  }
  return { right, isRequired: false, cost, remedy: rights, run }
}

/** Tries everything a sync needs, each once: a person waits. */
export async function checkSource(deps: CheckDeps, signal: AbortSignal): Promise<CheckResult> {
  const { client, warnings } = deps
  let system: Json
  let user: Json
  try {
    system = await systemOf(client, signal, once)
    const tooOld = versionProblem(deps, versionIn(client, system))
    if (tooOld !== undefined) throw new SourceError('version_too_old', 'never', tooOld)
    user = await client.get(userPath, signal, once)
  } catch (thrown) {
    if (!(thrown instanceof SourceError)) throw thrown
    return { ...unknown(client), scopeProblems: warnings, problem: thrown.message, problemCode: thrown.code }
  }
  const tried: (RightCheck & { readonly isRequired: boolean })[] = []
  for (const trial of trials) tried.push(await tryRight(deps, trial, signal))
  const missing = tried.filter(({ isRequired, outcome }) => isRequired && outcome !== 'granted')
  const problem = missing.map(
    ({ right, detail, remedy }) =>
      `The right to "${right}" is missing or could not be tried: ${detail} ${remedy ?? ''}`,
  )
  return {
    ok: missing.length === 0,
    baseUrl: client.baseUrl,
    fingerprint: textOf(memberOf(system, 'uuid')),
    container: {
      id: textOf(memberOf(system, 'uuid')),
      name: textOf(memberOf(memberOf(user, 'organization'), 'name')),
      region: null,
    },
    user: {
      name: textOf(memberOf(user, 'username')),
      role: textOf(memberOf(memberOf(user, 'role'), 'name')),
      permissions: null,
      isEnabled: isJsonObject(user) && user.locked !== undefined ? user.locked !== 'true' : null,
    },
    rights: tried.map(({ isRequired: _required, ...right }) => right),
    serverVersion: versionIn(client, system),
    problem: missing.length === 0 ? null : problem.join(' ').trim(),
    problemCode:
      missing.length === 0
        ? null
        : missing.some(({ outcome }) => outcome === 'refused')
          ? 'forbidden'
          : 'right_not_tried',
    scopeProblems: warnings,
  }
}

async function tryRight({ client, clock }: CheckDeps, trial: Trial, signal: AbortSignal) {
  const { right, isRequired, cost, remedy } = trial
  const startedAt = clock.now().getTime()
  const latency = () => clock.now().getTime() - startedAt
  try {
    const detail = await trial.run(client, signal)
    return {
      right,
      isRequired,
      outcome: 'granted',
      cost: null,
      remedy: null,
      latencyMs: latency(),
      status: 200,
      detail,
    } as const
  } catch (thrown) {
    if (!(thrown instanceof SourceError)) throw thrown
    const outcome =
      thrown.code === 'not_found'
        ? 'not_offered'
        : thrown.code === 'forbidden' || thrown.code === 'bad_credentials'
          ? 'refused'
          : 'failed'
    const told = { status: thrown.status ?? null, detail: thrown.message.slice(0, 400), latencyMs: latency() }
    return { right, isRequired, outcome, cost, remedy: outcome === 'refused' ? remedy : null, ...told } as const
  }
}

function unknown(client: SecurityCenterClient): Omit<CheckResult, 'problem' | 'problemCode'> {
  return {
    ok: false,
    baseUrl: client.baseUrl,
    fingerprint: null,
    container: { id: null, name: null, region: null },
    user: { name: null, role: null, permissions: null, isEnabled: null },
    rights: [],
    serverVersion: client.version ?? null,
  }
}

/** What a scope names that cannot be limited to here. */
export async function checkScope(
  client: SecurityCenterClient,
  scope: SourceScope,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const problems =
    scope.tags.length > 0 ? ['The scope names tags, which Security Center does not have: it cannot be read so.'] : []
  if (scope.networks.length === 0) return problems
  const known = new Set((await listRepositories(client, signal, once)).map(({ id }) => id))
  const missing = scope.networks.filter(id => !known.has(id))
  return [...problems, ...missing.map(id => `The scope names the repository ${id}, which the user does not see.`)]
}
