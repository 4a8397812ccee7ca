import { createServer, request, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'

// A gateway between us and the tenant, such as a proxy or the vendor's own, that passes everything on until it is told to
// meddle.

export interface Passing {
  readonly method: string
  readonly path: string
}

export interface Answered {
  readonly status: number
  readonly headers: Record<string, string | string[] | undefined>
  /** As it came over the wire, compressed or not. */
  readonly body: Buffer
}

export interface Meddling {
  /** Answers in the tenant's place when it answers anything. */
  readonly instead?: (call: Passing, response: ServerResponse) => boolean
  /** Keeps an answer of the tenant back until it resolves; false breaks the connection then. */
  readonly held?: (call: Passing) => Promise<boolean> | undefined
  /** Changes what the tenant answered. */
  readonly changed?: (call: Passing, answer: Answered) => Answered
  /** The tenant is asked not to compress, so that what it says can be changed. */
  readonly plain?: boolean
}

export interface Meddler {
  readonly url: string
  meddle(how: Meddling): void
  /** Passes everything on again. */
  rest(): void
  /** Shows another certificate to everybody, also to those that are connected: they must connect anew. */
  present(cert: Buffer): void
  /** Breaks every connection. */
  cut(): void
  close(): Promise<void>
}

/** With a certificate the gateway speaks TLS, under a name of its own. */
export interface Presented {
  readonly host: string
  readonly key: Buffer
  readonly cert: Buffer
}

export async function startMeddler(tenantUrl: string, tls?: Presented): Promise<Meddler> {
  let how: Meddling = {}
  const sockets = new Set<Socket>()
  const listener: Parameters<typeof createServer>[1] = (incoming, response) => {
    const call = { method: incoming.method ?? 'GET', path: new URL(incoming.url ?? '/', tenantUrl).pathname }
    if (how.instead?.(call, response)) {
      incoming.resume()
      return
    }
    const onward = request(
      `${tenantUrl}${incoming.url ?? '/'}`,
      { method: call.method, headers: how.plain ? { ...incoming.headers, 'accept-encoding': '' } : incoming.headers },
      came => {
        const pieces: Buffer[] = []
        came.on('data', (piece: Buffer) => pieces.push(piece))
        // A broken answer of the tenant is passed on as a broken one.
        came.on('error', () => response.destroy())
        came.on('end', () => {
          const { statusCode: status = 502, headers } = came
          const answer = { status, headers: { ...headers }, body: Buffer.concat(pieces) }
          const { held, changed } = how
          void (held?.(call) ?? Promise.resolve(true)).then(isPassed => {
            if (isPassed) pass(response, changed?.(call, answer) ?? answer)
            else response.destroy()
          })
        })
      },
    )
    onward.on('error', () => response.destroy())
    incoming.pipe(onward)
  }
  const secure = tls && createTlsServer(tls, listener)
  const server = secure ?? createServer(listener)
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: tls ? `https://${tls.host}:${port}` : `http://127.0.0.1:${port}`,
    meddle: next => {
      how = next
    },
    rest: () => {
      how = {}
    },
    present(cert) {
      secure?.setSecureContext({ key: tls!.key, cert })
      cut()
    },
    cut,
    close: () => {
      cut()
      return new Promise(resolve => server.close(() => resolve()))
    },
  }
}

function pass(response: ServerResponse, { status, headers, body }: Answered): void {
  const { 'transfer-encoding': _, 'content-length': __, connection: ___, ...rest } = headers
  response.writeHead(status, { ...rest, 'content-length': String(body.length) }).end(body)
}
