import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { gzipSync } from 'node:zlib'

/** A request as a test server saw it. */
export interface SeenRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export interface TestServer {
  readonly url: string
  readonly port: number
  readonly requests: SeenRequest[]
  /** Requests of one method and path. */
  count(method: string, path: string): number
  close(): Promise<void>
}

export type Handler = (request: SeenRequest, response: ServerResponse) => void | Promise<void>

/** A real HTTP server on loopback for one test. */
export async function startServer(
  handler: Handler,
  tls?: { readonly key: Buffer; readonly cert: Buffer },
): Promise<TestServer> {
  const requests: SeenRequest[] = []
  const listener: RequestListener = (incoming, response) => {
    void bodyOf(incoming).then(async body => {
      const url = new URL(incoming.url ?? '/', 'http://localhost')
      const { method = 'GET', headers } = incoming
      const request = { method, path: url.pathname, query: url.searchParams, headers, body }
      requests.push(request)
      await handler(request, response)
    })
  }
  const server = tls ? createTlsServer(tls, listener) : createServer(listener)
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: tls ? `https://localhost:${port}` : `http://127.0.0.1:${port}`,
    port,
    requests,
    count: (method, path) => requests.filter(seen => seen.method === method && seen.path === path).length,
    close: () => {
      for (const socket of sockets) socket.destroy()
      return new Promise(resolve => server.close(() => resolve()))
    },
  }
}

async function bodyOf(incoming: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of incoming) pieces.push(piece as Buffer)
  return Buffer.concat(pieces).toString('utf8')
}

export function json(
  response: ServerResponse,
  value: unknown,
  status = 200,
  headers: Record<string, string> = {},
): void {
  const body = gzipSync(JSON.stringify(value))
  response.writeHead(status, { 'content-type': 'application/json', 'content-encoding': 'gzip', ...headers }).end(body)
}

export function html(response: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  const page = '<html>\r\n<head><title>429 Too Many Requests</title></head>\r\n<body>nginx</body></html>'
  response.writeHead(status, { 'content-type': 'text/html', ...headers }).end(page)
}
