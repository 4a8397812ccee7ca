import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type RouteSpec, routes, streamOperations } from '../contract/routes.ts'
import { isRateLimited } from '../contract/server-wide.ts'
import { accessOf, scopedTo } from '../store/access.ts'
import type { Principal } from '../store/accounts/principal.ts'
import { type Admitted, type Authentication, admit, admitAgain } from './authenticate.ts'
import { changeIfUnchanged, conditionOf } from './conditional.ts'
import { expandQuery } from './expand-query.ts'
import { type Handlers, type Services, WithStatus } from './handler.ts'
import { type Answered, doOnce, keyedCallOf, noteWhatIsAsked } from './idempotency.ts'
import { schemaOf } from './openapi/document.ts'
import type { RateLimits } from './rate-limit.ts'
import { SharedReads, sharedOperations } from './shared-reads.ts'

/** What does not depend on who calls. */
export type CommonServices = Omit<Services, 'database'>

export interface RouteDeps {
  readonly handlers: Handlers
  readonly services: CommonServices
  readonly limits: RateLimits
  readonly shared: SharedReads
}

/** Every operation of the contract: let in, understood, done once, answered. */
export async function addRoutes(app: FastifyInstance, given: Omit<RouteDeps, 'shared'>): Promise<void> {
  const deps: RouteDeps = { ...given, shared: new SharedReads() }
  for (const route of routes) {
    if (route.upload === undefined) addRoute(app, route, deps)
    else await addUpload(app, route, route.upload, deps)
  }
}

function addRoute(app: FastifyInstance, route: RouteSpec, deps: RouteDeps): void {
  const isStream = (streamOperations as readonly string[]).includes(route.operationId)
  app.route({
    method: route.method,
    url: route.path,
    schema: schemaOf(route),
    exposeHeadRoute: !isStream,
    // Before the body is read: a stranger learns nothing of what a route would take.
    onRequest: async (request, reply) => {
      admitted.set(request, await letIn(deps, route, request, reply))
    },
    preValidation: async request => {
      noteWhatIsAsked(route, request)
      if (route.search) expandQuery(request, route.search)
    },
    handler: (request, reply) => (isStream ? stream : answer)(deps, route, request, reply),
  })
}

/** Apart, so that no other route takes such a body. */
async function addUpload(
  app: FastifyInstance,
  route: RouteSpec,
  types: string | readonly string[],
  deps: RouteDeps,
): Promise<void> {
  await app.register(async scope => {
    scope.addContentTypeParser([types].flat() as string[], (_request, payload, done) => done(null, payload))
    addRoute(scope, route, deps)
  })
}

const admitted = new WeakMap<FastifyRequest, Admitted>()

function authenticationOf({ services }: RouteDeps): Authentication {
  return { database: services.unscoped, sessionIdleMinutes: services.accounts.sessionIdleMinutes }
}

/** People are counted by who they are, strangers and whoever is refused by where they call from. */
async function letIn(
  deps: RouteDeps,
  route: RouteSpec,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Admitted> {
  const count = (caller: string) => isRateLimited(route) && deps.limits.count(caller, reply)
  const address = `address ${request.ip}`
  try {
    const caller = await admit(authenticationOf(deps), route, request)
    const { principal } = caller
    count(principal === null ? address : callerName(principal))
    return caller
  } catch (thrown) {
    if (!reply.hasHeader('ratelimit-limit')) count(address)
    throw thrown
  }
}

/** Each token for itself: a busy program does not stop the screens of its owner. */
function callerName(principal: Principal): string {
  return principal.kind === 'token' ? `token ${principal.tokenId}` : `user ${principal.userId}`
}

async function stream(
  deps: RouteDeps,
  route: RouteSpec,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { services, call } = callOf(deps, route, request, reply)
  const handler = deps.handlers[route.operationId] as AnyHandler
  // It answers by itself.
  await handler(services, call, reply)
  return reply
}

async function answer(
  deps: RouteDeps,
  route: RouteSpec,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const run = () => handle(deps, route, request, reply)
  const condition = conditionOf(route, request)
  const careful = () => {
    if (!condition) return run()
    return changeIfUnchanged(condition, () => loadForTag(deps, condition.read, request, reply), run)
  }
  const keyed = keyedCallOf(route, request, admitted.get(request)?.principal?.userId)
  const { unscoped, log } = deps.services
  const { status, body } = await (keyed ? doOnce({ database: unscoped, log }, keyed, reply, careful) : careful())
  return reply.header('content-type', 'application/json; charset=utf-8').code(status).send(body)
}

async function handle(
  deps: RouteDeps,
  route: RouteSpec,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Answered> {
  const { services, call } = callOf(deps, route, request, reply)
  const work = () => (deps.handlers[route.operationId] as AnyHandler)(services, call, reply)
  const asked = () => [route.operationId, services.database.access, request.params, request.query]
  const result = await (sharedOperations.has(route.operationId) ? deps.shared.share(asked(), work) : work())
  return result instanceof WithStatus ? (result.answer as Answered) : { status: 200, body: result }
}

/** What the GET of the same path answers to this caller, without a query of its own. */
async function loadForTag(
  deps: RouteDeps,
  read: RouteSpec,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const { services, call } = callOf(deps, read, request, reply)
  const query = read.query?.parse({})
  return (deps.handlers[read.operationId] as AnyHandler)(services, { ...call, query, body: undefined }, reply)
}

type AnyHandler = (services: Services, call: object, reply: FastifyReply) => Promise<unknown>

function callOf(deps: RouteDeps, route: RouteSpec, request: FastifyRequest, reply: FastifyReply) {
  const { unscoped } = deps.services
  // What a role may see is what its grants of at least that role reach.
  const role = route.role === 'stranger' || route.role === 'account' ? 'viewer' : route.role
  const seenBy = (principal: Principal | null) => scopedTo(unscoped, accessOf(principal?.grants ?? [], role))
  const caller = admitted.get(request)!
  const services: Services = { ...deps.services, database: seenBy(caller.principal) }
  const call = {
    ...caller,
    params: request.params,
    query: request.query,
    body: request.body,
    reply,
    admitAgain: async () => {
      const principal = await admitAgain(authenticationOf(deps), route, request)
      return principal && seenBy(principal)
    },
    signal: signalOf(reply),
    request,
  }
  return { services, call }
}

/** Aborted when the caller goes away before the answer is whole. */
function signalOf(reply: FastifyReply): AbortSignal {
  const gone = new AbortController()
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.abort()
  })
  return gone.signal
}
