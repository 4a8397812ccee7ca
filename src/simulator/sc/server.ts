import type { IncomingMessage, ServerResponse } from 'node:http'
import { messageOf } from '../../platform/errors.ts'
import { type Answer, Refusal, tooManyRequests } from '../answer.ts'
import { transportOf } from '../fault-effects.ts'
import type { FaultAction } from '../faults.ts'
import { type ListenAt, type Listening, listenHttp } from '../listening.ts'
import { parse, readBody, withoutKeys } from '../request-reading.ts'
import { writeAnswer } from '../write-answer.ts'
import { postAnalysis } from './analysis.ts'
import type { ScHandler, SecurityCenter } from './context.ts'
import { invalidToken, scRefusal } from './error.ts'
import * as lists from './lists.ts'
import { hasKeys } from './sessions.ts'

interface Route {
  readonly method: string
  readonly path: RegExp
  readonly handler: ScHandler
  /** Answered to anybody. */
  readonly isOpen?: boolean
}

const routes: readonly Route[] = [
  { method: 'POST', path: /^\/rest\/token$/, handler: lists.postToken, isOpen: true },
  { method: 'DELETE', path: /^\/rest\/token$/, handler: lists.deleteToken },
  { method: 'GET', path: /^\/rest\/system$/, handler: lists.getSystem },
  { method: 'GET', path: /^\/rest\/currentUser$/, handler: lists.getCurrentUser },
  { method: 'GET', path: /^\/rest\/status$/, handler: lists.getStatus },
  { method: 'GET', path: /^\/rest\/repository$/, handler: lists.getRepositories },
  { method: 'GET', path: /^\/rest\/repository\/(?<id>[^/]+)$/, handler: lists.getRepository },
  { method: 'GET', path: /^\/rest\/hosts$/, handler: lists.getHosts },
  { method: 'GET', path: /^\/rest\/plugin$/, handler: lists.getPlugins },
  { method: 'GET', path: /^\/rest\/scan$/, handler: lists.getScans },
  { method: 'GET', path: /^\/rest\/scanResult$/, handler: lists.getScanResults },
  { method: 'POST', path: /^\/rest\/analysis$/, handler: postAnalysis },
]

export function listenSc(sc: SecurityCenter, at: ListenAt): Promise<Listening> {
  return listenHttp(at, (request, response) => serve(sc, request, response))
}

async function serve(sc: SecurityCenter, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { simulation } = sc
  const url = new URL(request.url ?? '/', 'http://sc')
  const method = request.method ?? 'GET'
  const startedAt = performance.now()
  const receivedAt = new Date().toISOString()
  simulation.requests.started()
  const fault = simulation.faults.strike(method, url.pathname)
  let body: unknown
  let status = 0
  let bytes = 0
  try {
    simulation.life.catchUp()
    const answer = await refusalAsAnswer(async () => {
      const text = await readBody(request)
      const early = faultAnswer(fault)
      if (early) return early
      body = parse(text)
      if (fault?.kind === 'session_expired') sc.sessions.expireAll()
      return route(sc, method, url, request, body, fault)
    })
    status = answer.status
    bytes = await writeAnswer(
      request,
      response,
      { ...answer, headers: { ...headersOf(sc), ...answer.headers } },
      { ...transportOf(fault), isPlain: !simulation.compress },
    )
  } finally {
    simulation.requests.ended(`${method} ${url.pathname}`, {
      method,
      path: url.pathname,
      query: url.search,
      status,
      requestUuid: '',
      receivedAt,
      durationMs: Math.round(performance.now() - startedAt),
      bytes,
      fault: fault?.kind,
      headers: withoutKeys(request),
      // A password is no better in a log than a key.
      body: url.pathname === '/rest/token' ? undefined : body,
    })
  }
}

function faultAnswer(fault: FaultAction | undefined): Answer | undefined {
  switch (fault?.kind) {
    case 'status':
      if (fault.status === 429) return tooManyRequests(fault.retryAfter ?? 30)
      return scRefusal(0, `The server answered ${fault.status}.`, fault.status).answer
    case 'database_locked':
      return scRefusal(-1, 'database is locked', 500).answer
    case 'forbidden':
      return scRefusal(143, fault.message ?? 'You do not have permission to do that.').answer
    case 'unauthorized':
      return invalidToken().answer
    case 'not_found':
      return lists.notThere()
    default:
      return undefined
  }
}

async function refusalAsAnswer(handle: () => Promise<Answer>): Promise<Answer> {
  try {
    return await handle()
  } catch (thrown) {
    if (thrown instanceof Refusal) return thrown.answer
    // A defect of the simulator: visible in the body, so that nobody takes it for the vendor's.
    return scRefusal(-1, `simulator: ${messageOf(thrown)}`, 501).answer
  }
}

function route(
  sc: SecurityCenter,
  method: string,
  url: URL,
  request: IncomingMessage,
  body: unknown,
  fault: FaultAction | undefined,
): Answer {
  for (const { path, handler, isOpen, method: wanted } of routes) {
    const match = method === wanted ? path.exec(url.pathname) : null
    if (!match) continue
    if (!isOpen && !isKnown(sc, request)) {
      if (url.pathname === '/rest/system') return lists.closedSystem(sc.simulation.clock.now())
      throw invalidToken()
    }
    return handler({ sc, params: { ...match.groups }, query: url.searchParams, body, request, fault })
  }
  return lists.notThere()
}

/** Keys came with 5.13. */
function isKnown(sc: SecurityCenter, request: IncomingMessage): boolean {
  const [major = 0, minor = 0] = sc.settings.version.split('.').map(Number)
  const takesKeys = major > 5 || (major === 5 && minor >= 13)
  return (takesKeys && hasKeys(sc.simulation.keys, request)) || sc.sessions.knows(request)
}

function headersOf(sc: SecurityCenter): Record<string, string> {
  return {
    securitycenter: sc.settings.version,
    'cache-control': 'no-cache, no-store',
    'strict-transport-security': 'max-age=31536000; includeSubDomains',
    date: new Date(sc.simulation.clock.now()).toUTCString(),
  }
}
