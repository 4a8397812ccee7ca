import { randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import compress from '@fastify/compress'
import Fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify'
import { serializerCompiler } from 'fastify-type-provider-zod'
import type { z } from 'zod'
import type { OperationId } from '../contract/paths.ts'
import { routes } from '../contract/routes.ts'
import type { JsonObject } from '../domain/json.ts'
import type { Clock } from '../platform/clock.ts'
import { codeOf, messageOf, TenfoldError } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import { hasAccounts } from '../store/accounts/user-rows.ts'
import type { Database } from '../store/database.ts'
import type { ScheduleDefaults } from '../store/default-schedules.ts'
import type { Maintenance } from '../store/maintenance/maintenance.ts'
import type { Sealing } from '../store/sealing.ts'
import type { Engine } from '../sync/engine-contract.ts'
import { usualFeeds } from '../sync/feeds.ts'
import type { Importer } from '../sync/imports/importer.ts'
import { Reconciler } from '../sync/reconciliation/reconciler.ts'
import { type AccountSettings, usualAccountSettings } from './account-settings.ts'
import { addErrorPage } from './error-page.ts'
import { createExportSlots } from './export-slots.ts'
import { createGuard, isLoopback, refuseOpenAddress } from './guard.ts'
import type { Handlers, ScoreFeeds } from './handler.ts'
import { accountHandlers } from './handlers/accounts.ts'
import { complianceHandlers } from './handlers/compliance.ts'
import { configurationHandlers } from './handlers/configuration.ts'
import { deviceHandlers } from './handlers/devices.ts'
import { directoryHandlers } from './handlers/directories.ts'
import { feedHandlers } from './handlers/feeds.ts'
import { groupHandlers } from './handlers/groups.ts'
import { historyHandlers } from './handlers/history.ts'
import { importHandlers } from './handlers/imports.ts'
import { maintenanceHandlers } from './handlers/maintenance.ts'
import { mirrorHandlers } from './handlers/mirror.ts'
import { oidcHandlers } from './handlers/oidc.ts'
import { reconciliationHandlers } from './handlers/reconciliation.ts'
import { refreshHandlers } from './handlers/refresh.ts'
import { scanHandlers } from './handlers/scans.ts'
import { scheduleHandlers } from './handlers/schedules.ts'
import { serviceHandlers } from './handlers/service.ts'
import { streamHandlers } from './handlers/streams.ts'
import { sweepHandlers } from './handlers/sweeps.ts'
import { syncHandlers } from './handlers/sync.ts'
import { tableExportHandlers } from './handlers/table-exports.ts'
import { userHandlers } from './handlers/users.ts'
import { viewHandlers } from './handlers/views.ts'
import { vulnerabilityHandlers } from './handlers/vulnerabilities.ts'
import { addHeaders, setFixedHeaders } from './headers.ts'
import { createMetrics } from './metrics.ts'
import { createOidcProvider } from './oidc/provider.ts'
import { addOpenApi } from './openapi/document.ts'
import { refusedBySchema, toProblem } from './problems.ts'
import { createRateLimits, type RateLimitSettings, usualRateLimit } from './rate-limit.ts'
import { addReference } from './reference/index.ts'
import { addRoutes, type CommonServices } from './route.ts'
import { createRunFeed } from './run-feed.ts'
import { createVerifier } from './verification.ts'
import { addWebApp, hasWebApp, sendScreen, wantsPage } from './web-app.ts'

export interface ApiDeps {
  readonly database: Database
  readonly engine: Engine
  readonly sealing: Sealing
  readonly log: Log
  readonly clock: Clock
  readonly version: string
  readonly maintenance: Maintenance
  readonly importer: Importer
  /** Serves /metrics. */
  readonly metricsEnabled?: boolean
  /** How often a new source is read; the usual when left out. */
  readonly schedules?: ScheduleDefaults
  /** The public ones, when left out. */
  readonly scoreFeeds?: ScoreFeeds
  /** The built web app. */
  readonly web?: { readonly root: string }
  /** Names beside those of this machine that the server answers to, without a port. */
  readonly allowedHosts?: readonly string[]
  /** How people are let in; the usual when left out. */
  readonly accounts?: AccountSettings
  /** How often one caller may call; the usual when left out. */
  readonly rateLimit?: RateLimitSettings
  /** How often progress is read while somebody follows it. */
  readonly pollMs?: number
}

export interface ListenOptions {
  /** This machine only (127.0.0.1, ::1 or localhost) until there is an account. */
  readonly host: string
  /** 0 for any that is free. */
  readonly port: number
}

/** The HTTP server. Knows how to speak HTTP; what is asked is answered by the store and the engine. */
export interface Api {
  /** @throws ConfigError `listen_not_loopback`; the system's EADDRINUSE */
  start(options: ListenOptions): Promise<{ readonly url: string; readonly port: number }>
  /** Ends open streams, lets running answers finish for a moment, and closes. Safe to call twice. */
  stop(): Promise<void>
  /** For tests and for who embeds it. */
  readonly app: FastifyInstance
}

const bodyLimitBytes = 256 * 1024
const exportsAtMost = 4

const handlers: Handlers = {
  ...accountHandlers,
  ...userHandlers,
  ...oidcHandlers,
  ...configurationHandlers,
  ...syncHandlers,
  ...refreshHandlers,
  ...scheduleHandlers,
  ...sweepHandlers,
  ...mirrorHandlers,
  ...directoryHandlers,
  ...historyHandlers,
  ...feedHandlers,
  ...groupHandlers,
  ...deviceHandlers,
  ...viewHandlers,
  ...maintenanceHandlers,
  ...importHandlers,
  ...reconciliationHandlers,
  ...scanHandlers,
  ...complianceHandlers,
  ...vulnerabilityHandlers,
  ...streamHandlers,
  ...tableExportHandlers,
  ...serviceHandlers,
}

export async function createApi(deps: ApiDeps): Promise<Api> {
  const log = deps.log.child({ room: 'api' })
  const feed = createRunFeed({ ...deps, log })
  const accounts = deps.accounts ?? usualAccountSettings
  const verifier = createVerifier({ ...deps, log })
  const countSource = (sourceId: number, signal: AbortSignal) => deps.engine.countSource(sourceId, signal)
  const reconciler = new Reconciler({ ...deps, log, countSource })
  const app = createApp(log, accounts)
  const web = deps.web && (await hasWebApp(deps.web.root)) ? deps.web : undefined
  const services: CommonServices = {
    unscoped: deps.database,
    engine: deps.engine,
    sealing: deps.sealing,
    clock: deps.clock,
    version: deps.version,
    ...(deps.schedules ? { schedules: deps.schedules } : {}),
    log,
    accounts,
    oidc: accounts.oidc && createOidcProvider(accounts.oidc, deps.clock),
    feed,
    maintenance: deps.maintenance,
    importer: deps.importer,
    reconciler,
    metrics: deps.metricsEnabled ? createMetrics(deps.database, deps.clock, log) : undefined,
    slots: createExportSlots(exportsAtMost),
    verifier,
    scoreFeeds: deps.scoreFeeds ?? { ...usualFeeds(deps.version), isOn: false },
    openApi: () => app.swagger() as unknown as JsonObject,
  }

  const guard = createGuard({ allowedHosts: deps.allowedHosts ?? [], publicUrl: accounts.publicUrl })
  // First, so that a refusal has them too.
  addHeaders(app)
  app.addHook('onRequest', async request => guard.check(request))
  addLogging(app, log)
  await app.register(compress, { globalDecompression: false, encodings: ['br', 'gzip'], threshold: 1_024 })
  await addOpenApi(app, deps.version)
  await addRoutes(app, { handlers, services, limits: createRateLimits(deps.rateLimit ?? usualRateLimit, deps.clock) })
  addErrorPage(app)
  const auth = { database: deps.database, sessionIdleMinutes: accounts.sessionIdleMinutes }
  addReference(app, { auth, openApi: services.openApi, hasApp: web !== undefined })
  if (web) await addWebApp(app, web.root)
  app.setNotFoundHandler(async (request, reply) => {
    if (web && wantsPage(request)) return sendScreen(request, reply, web.root)
    throw notFound(request, reply)
  })
  app.addHook('preClose', async () => feed.stop())
  app.addHook('onClose', () => verifier.stop())
  app.addHook('onClose', () => reconciler.stop())

  let closing: Promise<void> | undefined
  return {
    app,
    start: async ({ host, port }) => {
      refuseOpenAddress(host, await hasAccounts(deps.database))
      if (!isLoopback(host)) guard.openTo(host)
      await app.listen({ host, port, listenTextResolver: () => 'socket open' })
      const address = app.server.address() as AddressInfo
      const name = address.family === 'IPv6' ? `[${address.address}]` : address.address
      const url = `http://${name}:${address.port}`
      log.info({ url, reach: isLoopback(host) ? 'this machine only' : 'other machines too' }, 'listening')
      return { url, port: address.port }
    },
    stop: () => {
      closing ??= app.close()
      return closing
    },
  }
}

function createApp(log: Log, { trustedProxies }: AccountSettings): FastifyInstance {
  const app = Fastify({
    loggerInstance: log,
    trustProxy: trustedProxies && trustedProxies.length > 0 ? [...trustedProxies] : false,
    // Its lines name the address, and with it what was searched for; ours are in addLogging.
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request_id' }),
    bodyLimit: bodyLimitBytes,
    // Streams that stay open would hold the server up for ever.
    forceCloseConnections: true,
    return503OnClosing: true,
    // Of a whole request: an upload of gigabytes over a slow line. Headers alone have a minute.
    requestTimeout: 3_600_000,
    genReqId: () => randomBytes(6).toString('hex'),
    // Ids of web-application findings carry an address in them.
    routerOptions: { maxParamLength: 4_000, ignoreTrailingSlash: true },
    // An address that cannot be read meets no hook.
    frameworkErrors: (error, request, reply) => sendProblem(error, request, setFixedHeaders(reply)),
  }) as unknown as FastifyInstance
  app.setValidatorCompiler(({ schema, httpPart }) => {
    const part = httpPart === 'querystring' ? 'query' : (httpPart ?? 'request')
    return data => {
      // An upload, which its handler reads; no JSON can be a stream.
      if (httpPart === 'body' && data instanceof Readable) return { value: data }
      const result = (schema as unknown as z.ZodType).safeParse(data)
      return result.success ? { value: result.data } : { error: refusedBySchema(part, result.error.issues) }
    }
  })
  app.setSerializerCompiler(serializerCompiler)
  app.setErrorHandler<FastifyError>(sendProblem)
  // A form of another site could post text/plain without asking first.
  app.removeContentTypeParser('text/plain')
  return app
}

function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const problem = toProblem(error, request.id)
  // What is still to come of a refused upload would be taken for the next request.
  if (request.raw.complete === false) {
    reply.header('connection', 'close')
    request.raw.resume()
  }
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer realm="tenfold"')
  if (problem.status >= 500) {
    request.log.error(
      { request_id: request.id, code: codeOf(error), error: messageOf(error), err: error },
      'request failed',
    )
  }
  void reply.code(problem.status).header('content-type', 'application/problem+json; charset=utf-8').send(problem)
}

function notFound(request: FastifyRequest, reply: FastifyReply): TenfoldError {
  const path = request.url.split('?')[0]!
  const methods = methodsOf(path)
  if (methods.length === 0) return new TenfoldError('not_found', `There is nothing at ${path}.`)
  reply.header('allow', methods.join(', '))
  return new TenfoldError('method_not_allowed', `${path} takes ${methods.join(' and ')}, not ${request.method}.`)
}

function methodsOf(path: string): readonly string[] {
  const matching = routes.filter(route => new RegExp(`^${route.path.replace(/:[a-z]+/g, '[^/]+')}/?$`).test(path))
  return [...new Set(matching.map(route => route.method as string))]
}

function addLogging(app: FastifyInstance, log: Log): void {
  app.addHook('onResponse', async (request, reply) => {
    // The route and not the address: what was searched for is nobody's business.
    log.debug(
      {
        request_id: request.id,
        method: request.method,
        route: request.routeOptions.url ?? null,
        status: reply.statusCode,
        duration_ms: Math.round(reply.elapsedTime),
      },
      'request',
    )
  })
}

/** Every operation has a handler; the type of `handlers` says so, and this keeps the names in one place for tests. */
export const handledOperations = Object.keys(handlers) as readonly OperationId[]
