import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { messageOf } from '../../platform/errors.ts'
import { type Answer, htmlPage, Refusal } from '../answer.ts'
import { transportOf } from '../fault-effects.ts'
import type { FaultAction } from '../faults.ts'
import { type ListenAt, type Listening, listenHttp } from '../listening.ts'
import { parse, readBody, withoutKeys } from '../request-reading.ts'
import { writeAnswer } from '../write-answer.ts'
import { isKnown, scannerRoutes } from './api.ts'
import type { Scanner } from './context.ts'
import { invalidCredentials, nessusError, noApi, notFound } from './error.ts'

export function listenNessus(scanner: Scanner, at: ListenAt): Promise<Listening> {
  return listenHttp(at, (request, response) => serve(scanner, request, response))
}

async function serve(scanner: Scanner, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://nessus')
  const method = request.method ?? 'GET'
  const startedAt = performance.now()
  const receivedAt = new Date().toISOString()
  scanner.requests.started()
  const fault = scanner.faults.strike(method, url.pathname)
  let body: unknown
  let status = 0
  let bytes = 0
  try {
    const answer = await refusalAsAnswer(async () => {
      const text = await readBody(request)
      const early = faultAnswer(scanner, fault)
      if (early) return early
      if (method === 'POST' && !/^application\/json\b/.test(request.headers['content-type'] ?? '')) {
        return nessusError(400, 'Invalid Content-Type')
      }
      body = parse(text)
      return route(scanner, method, url, request, body, fault)
    })
    status = answer.status
    if (status === 412 && scanner.settings.losesRefusedBodies) await writeWithoutBody(response)
    else {
      const headers = {
        'cache-control': 'no-cache',
        date: new Date(scanner.clock.now()).toUTCString(),
        ...answer.headers,
      }
      bytes = await writeAnswer(
        request,
        response,
        { ...answer, headers },
        { ...transportOf(fault), isPlain: scanner.settings.isPlain },
      )
    }
  } finally {
    scanner.requests.ended(`${method} ${url.pathname}`, {
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
      body: url.pathname === '/session' ? undefined : body,
    })
  }
}

/** Seen of real scanners: the status and the length of the refusal arrive, the socket is closed, and the refusal does not. */
async function writeWithoutBody(response: ServerResponse): Promise<void> {
  response.writeHead(412, {
    connection: 'close',
    'content-type': 'application/json',
    'content-length': JSON.stringify({ error: noApi }).length,
  })
  response.flushHeaders()
  await delay(10)
  response.destroy()
}

function faultAnswer(scanner: Scanner, fault: FaultAction | undefined): Answer | undefined {
  switch (fault?.kind) {
    case 'status': {
      const answer = nessusError(fault.status, `The server answered ${fault.status}.`)
      if (fault.status === 429) return { ...answer, headers: { 'retry-after': String(fault.retryAfter ?? 30) } }
      // While it starts, and from a proxy before it, comes a page.
      return fault.status === 503 || fault.status === 502
        ? { status: fault.status, body: { kind: 'text', text: htmlPage('Nessus is starting'), type: 'text/html' } }
        : answer
    }
    case 'forbidden':
      return nessusError(403, fault.message ?? 'You are not authorized to perform this request')
    case 'unauthorized':
      return invalidCredentials().answer
    case 'not_found':
    case 'expired':
      return notFound().answer
    case 'session_expired':
      scanner.sessions.expireAll()
      return undefined
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
    return nessusError(501, `simulator: ${messageOf(thrown)}`)
  }
}

function route(
  scanner: Scanner,
  method: string,
  url: URL,
  request: IncomingMessage,
  body: unknown,
  fault: FaultAction | undefined,
): Answer {
  for (const { path, handler, isOpen, method: wanted } of scannerRoutes) {
    const match = method === wanted ? path.exec(url.pathname) : null
    if (!match) continue
    if (!isOpen && !isKnown({ scanner, request })) throw invalidCredentials()
    return handler({ scanner, params: { ...match.groups }, query: url.searchParams, body, request, fault })
  }
  throw notFound()
}
