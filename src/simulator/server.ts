import type { IncomingMessage, ServerResponse } from 'node:http'
import { messageOf } from '../platform/errors.ts'
import { type Answer, gatewayError, Refusal } from './answer.ts'
import { authenticate } from './auth.ts'
import { answerControl, controlPrefix } from './control-routes.ts'
import { earlyAnswer, type Limiter, transportOf } from './fault-effects.ts'
import type { FaultAction } from './faults.ts'
import { type Listening, listenHttp } from './listening.ts'
import { hash32, hex8, topic } from './random.ts'
import { createRateLimiter } from './rate-limit.ts'
import { parse, readBody, withoutKeys } from './request-reading.ts'
import { findRoute } from './routes.ts'
import type { Simulation } from './simulation.ts'
import { writeAnswer } from './write-answer.ts'

export function listen(simulation: Simulation, host: string, port: number): Promise<Listening> {
  const limiter = createRateLimiter(simulation.rateLimit)
  let received = 0
  return listenHttp({ host, port }, (request, response) => {
    const requestUuid = requestUuidOf(simulation.seed, ++received)
    return serve(simulation, limiter, requestUuid, request, response)
  })
}

/** 32 hexadecimal digits, no dashes. */
function requestUuidOf(seed: number, n: number): string {
  return [1, 2, 3, 4].map(part => hex8(hash32(seed, topic.request, n, part))).join('')
}

async function serve(
  simulation: Simulation,
  limiter: Limiter,
  requestUuid: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://tenant')
  const method = request.method ?? 'GET'
  if (url.pathname.startsWith(controlPrefix)) {
    const answer = await refusalAsAnswer(async () =>
      answerControl(simulation.control, method, url, parse(await readBody(request))),
    )
    await writeAnswer(request, response, answer, {})
    return
  }
  const startedAt = performance.now()
  const receivedAt = new Date().toISOString()
  simulation.requests.started()
  const fault = simulation.faults.strike(method, url.pathname)
  let body: unknown
  let status = 0
  let bytes = 0
  try {
    simulation.life.catchUp()
    simulation.jobs.breathe()
    const answer = await refusalAsAnswer(async () => {
      const text = await readBody(request)
      const early = earlyAnswer(fault, limiter)
      if (early !== undefined) return early
      return route(simulation, method, url, request, text, fault, parsed => {
        body = parsed
      })
    })
    status = answer.status
    const headers = { ...platformHeaders(simulation), 'x-request-uuid': requestUuid, ...answer.headers }
    bytes = await writeAnswer(
      request,
      response,
      { ...answer, headers },
      { ...transportOf(fault), isPlain: !simulation.compress },
    )
  } finally {
    simulation.requests.ended(`${method} ${findRoute(method, url.pathname)?.route.path ?? url.pathname}`, {
      method,
      path: url.pathname,
      query: url.search,
      status,
      requestUuid,
      receivedAt,
      durationMs: Math.round(performance.now() - startedAt),
      bytes,
      fault: fault?.kind,
      headers: withoutKeys(request),
      body,
    })
  }
}

async function refusalAsAnswer(handle: () => Promise<Answer>): Promise<Answer> {
  try {
    return await handle()
  } catch (thrown) {
    if (thrown instanceof Refusal) return thrown.answer
    // A defect of the simulator: visible in the body, so that nobody takes it for the vendor's.
    return gatewayError(500, `simulator: ${messageOf(thrown)}`)
  }
}

async function route(
  simulation: Simulation,
  method: string,
  url: URL,
  request: IncomingMessage,
  text: string,
  fault: FaultAction | undefined,
  note: (body: unknown) => void,
): Promise<Answer> {
  authenticate(simulation.keys, request.headers['x-apikeys'])
  const match = findRoute(method, url.pathname)
  if (match === undefined) return gatewayError(404)
  if (simulation.keys.role < match.route.role) return gatewayError(403)
  const body = parse(text)
  note(body)
  return match.route.handler({
    simulation,
    method,
    path: url.pathname,
    params: match.params,
    query: url.searchParams,
    body,
    request,
    fault,
  })
}

function platformHeaders(simulation: Simulation): Record<string, string> {
  return {
    'x-gateway-site-id': 'nginx-router-simulator',
    'cache-control': 'no-cache, no-store',
    'strict-transport-security': 'max-age=63072000; includeSubDomains',
    'x-content-type-options': 'nosniff',
    date: new Date(simulation.clock.now()).toUTCString(),
    'set-cookie': 'nginx-cloud-site-id=simulator; path=/; HttpOnly; Secure',
  }
}
