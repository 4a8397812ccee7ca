import type {
  ConnectionReport,
  SourceKind,
  SourceSettings,
  SourceUpdate,
  TestConnectionRequest,
} from '../../contract/sources.ts'
import { ConfigError, NotFoundError, SourceError } from '../../platform/errors.ts'
import { Secret } from '../../platform/secret.ts'
import { administrationOf } from '../../store/accounts/administration.ts'
import type { Principal } from '../../store/accounts/principal.ts'
import type { Actor } from '../../store/audit.ts'
import {
  accessNarrowed,
  getSourceToActOn,
  getVisibleSource,
  listVisibleSources,
} from '../../store/queries/visible-sources.ts'
import { checkReach } from '../../store/source-reach.ts'
import {
  checkBaseUrl,
  createSource,
  defaultBaseUrl,
  removeSource,
  type Source,
  type SourceChange,
  type SourceDeps,
  updateSource,
} from '../../store/sources.ts'
import type { Engine } from '../../sync/engine-contract.ts'
import { addressesOf, checkSourceAddresses } from '../../sync/source-addresses.ts'
import { type Handlers, type Services, WithStatus } from '../handler.ts'
import { presentSource } from '../present-source.ts'

type CheckResult = Awaited<ReturnType<Engine['checkConnection']>>

const nameOfKind = {
  'tenable-vm': 'Tenable VM',
  'tenable-sc': 'Tenable Security Center',
  nessus: 'Nessus',
  files: 'Files',
} as const

export const configurationHandlers = {
  listSources: async services => {
    const sources = await listVisibleSources(services.database)
    return { items: await Promise.all(sources.map(source => presentSource(services, source))) }
  },

  createSource: async (services, { body, actor, principal }) => {
    const { access_key, secret_key } = body
    const kind = readableKind(body.kind)
    const baseUrl = addressOf(kind, body.base_url)
    refuseOutOfBounds(services, kind, { baseUrl, settings: body.settings })
    const source = await createSource(
      writing(services),
      {
        tenantId: tenantOf(principal, body.tenant_id),
        name: body.name ?? nameOfKind[kind],
        kind,
        baseUrl,
        credentials: { accessKey: new Secret(access_key), secretKey: new Secret(secret_key) },
        settings: body.settings,
        isEnabled: body.is_enabled,
      },
      actor,
    )
    return new WithStatus<'createSource'>(201, await presentSource(services, source))
  },

  updateOnlySource: async (services, { body, actor }) => {
    const { id } = await onlySource(services, 'Use PUT /api/tenable/config/<id>.')
    return change(services, id, body, actor)
  },

  getSource: async (services, { params }) =>
    presentSource(services, await getVisibleSource(services.database, params.id)),

  updateSource: (services, { params, body, actor }) => change(services, params.id, body, actor),

  removeSource: async (services, { params, actor }) =>
    presentSource(
      services,
      await removeSource(writing(services), (await getSourceToActOn(services.database, params.id)).id, actor),
    ),

  pauseSource: (services, { params, actor }) => pause(services, params.id, true, actor),
  resumeSource: (services, { params, actor }) => pause(services, params.id, false, actor),

  testConnection: (services, { body, signal }) => test(services, body, signal),
  testConnectionAlias: (services, { body, signal }) => test(services, body, signal),
} satisfies Partial<Handlers>

async function pause(services: Services, id: number, isPaused: boolean, actor: Actor) {
  await getSourceToActOn(services.database, id)
  await services.engine.pauseSource(id, isPaused, actor)
  return presentSource(services, await getVisibleSource(services.database, id))
}

/**
 * The source meant by a call that names none.
 * @throws NotFoundError `source_not_found`
 * @throws ConfigError `several_sources`
 */
export async function onlySource({ database }: Services, remedy: string): Promise<Source> {
  // Files are not read, and their source is not set up: who says nothing means none of them.
  const sources = (await listVisibleSources(database)).filter(source => source.kind !== 'files')
  const [only, another] = sources
  if (!only)
    throw new NotFoundError('source_not_found', 'There is no source yet. Add one with POST /api/tenable/config.')
  if (!another) return only
  const known = sources.map(source => `${source.id} ${source.name}`).join(', ')
  throw new ConfigError('several_sources', `There are several sources: ${known}. ${remedy}`)
}

async function change(services: Services, id: number, body: SourceUpdate, actor: Actor) {
  const { kind, name, base_url, access_key, secret_key, settings, is_enabled } = body
  const before = await getSourceToActOn(services.database, id)
  if (kind !== undefined && kind !== before.kind) {
    throw new ConfigError(
      'kind_is_fixed',
      `Source ${before.name} is of kind ${before.kind}. Add another source instead.`,
      {
        context: { field: 'kind' },
      },
    )
  }
  if (base_url !== undefined || settings?.proxy_url !== before.settings.proxy_url) {
    refuseOutOfBounds(services, before.kind, { baseUrl: base_url, settings })
  }
  const wanted: SourceChange = {
    ...(name === undefined ? {} : { name }),
    ...(base_url === undefined ? {} : { baseUrl: base_url }),
    ...(settings === undefined ? {} : { settings }),
    ...(is_enabled === undefined ? {} : { isEnabled: is_enabled }),
    ...(access_key === undefined || secret_key === undefined
      ? {}
      : { credentials: { accessKey: new Secret(access_key), secretKey: new Secret(secret_key) } }),
  }
  return presentSource(services, await updateSource(writing(services), id, wanted, actor))
}

async function test(
  services: Services,
  request: TestConnectionRequest,
  signal: AbortSignal,
): Promise<ConnectionReport> {
  const { database, engine } = services
  if (request.id !== undefined) {
    const source = await getSourceToActOn(database, request.id)
    return presentReport(await reported(source.baseUrl, () => engine.checkSource(source.id, signal)))
  }
  const kind = readableKind(request.kind ?? 'tenable-vm')
  const baseUrl = checkBaseUrl(addressOf(kind, request.base_url))
  const { access_key: accessKey = '', secret_key: secretKey = '', settings = {} } = request
  checkReach(settings)
  refuseOutOfBounds(services, kind, { baseUrl, settings })
  return presentReport(
    await reported(baseUrl, () => engine.checkConnection({ kind, baseUrl, accessKey, secretKey, settings }, signal)),
  )
}

/** @throws ConfigError `private_address`, `forbidden_address` */
function refuseOutOfBounds(
  { engine }: Services,
  kind: SourceKind,
  { baseUrl, settings = {} }: { readonly baseUrl: string | undefined; readonly settings?: SourceSettings | undefined },
): void {
  const addresses = addressesOf(kind, engine.limitsOf(kind, settings))
  checkSourceAddresses(addresses, { baseUrl, proxyUrl: settings.proxy_url })
}

function writing({ unscoped, sealing, schedules }: Services): SourceDeps {
  return { database: unscoped, sealing, ...(schedules ? { schedules } : {}) }
}

/** A new source belongs to a tenant that the caller administers whole; undefined when there is but one to choose. */
function tenantOf(principal: Principal | null, wanted: number | undefined): number | undefined {
  const { isOfAll, tenantIds } = administrationOf(principal?.grants ?? [])
  if (isOfAll) return wanted
  const tenantId = wanted ?? tenantIds[0]
  if (tenantId === undefined || !tenantIds.includes(tenantId)) {
    throw accessNarrowed('A new source needs the role admin in a whole tenant.')
  }
  return tenantId
}

/** That the source refuses is an answer to the question, not a failure to answer it. */
async function reported(baseUrl: string, check: () => Promise<CheckResult>): Promise<CheckResult> {
  try {
    return await check()
  } catch (error) {
    if (!(error instanceof SourceError)) throw error
    return {
      ok: false,
      baseUrl,
      fingerprint: null,
      container: { id: null, name: null, region: null },
      user: { name: null, role: null, permissions: null, isEnabled: null },
      rights: [],
      serverVersion: null,
      problem: error.message,
      problemCode: error.code,
    }
  }
}

function presentReport(result: CheckResult): ConnectionReport {
  return {
    success: result.ok,
    error: result.problem,
    error_code: result.problemCode,
    base_url: result.baseUrl,
    fingerprint: result.fingerprint,
    container: { ...result.container },
    user: {
      name: result.user.name,
      role: result.user.role,
      permissions: result.user.permissions,
      is_enabled: result.user.isEnabled,
    },
    rights: result.rights.map(({ latencyMs, ...right }) => ({ ...right, latency_ms: latencyMs })),
    server_version: result.serverVersion,
    warnings: [...(result.scopeProblems ?? [])],
  }
}

type ReadableKind = Parameters<Engine['checkConnection']>[0]['kind']

/** @throws ConfigError `kind_not_built` */
function readableKind(kind: SourceKind): ReadableKind {
  if (kind !== 'files') return kind
  throw new ConfigError(
    'kind_not_built',
    `Sources of kind ${kind} are not read from an address: files are imported. Connect tenable-vm, tenable-sc or nessus.`,
    { context: { field: 'kind' } },
  )
}

/** The cloud has one address; a server of one's own has its own. */
function addressOf(kind: ReadableKind, given: string | undefined): string {
  if (given !== undefined) return given
  if (kind === 'tenable-vm') return defaultBaseUrl
  throw new ConfigError(
    'bad_base_url',
    kind === 'nessus'
      ? 'A Nessus scanner has no usual address. Give its base URL with its port, for example https://nessus.example.com:8834.'
      : 'A Security Center has no usual address. Give its base URL, for example https://sc.example.com.',
    { context: { field: 'base_url' } },
  )
}
