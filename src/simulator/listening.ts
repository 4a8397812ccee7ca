import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'

export interface Listening {
  readonly url: string
  stop(): Promise<void>
}

export interface TlsPair {
  readonly key: string
  readonly cert: string
}

export interface ListenAt {
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
  readonly tls?: TlsPair | undefined
}

/** @param serve what it throws breaks the connection */
export async function listenHttp(
  { host, port, tls }: ListenAt,
  serve: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): Promise<Listening> {
  const sockets = new Set<Socket>()
  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    serve(request, response).catch((thrown: unknown) => {
      response.destroy(thrown instanceof Error ? thrown : undefined)
    })
  }
  const server = tls
    ? createTlsServer({ ...tls, keepAliveTimeout: 30_000 }, onRequest)
    : createServer({ keepAliveTimeout: 30_000 }, onRequest)
  server.on('connection', socket => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  const address = server.address() as AddressInfo
  return {
    url: `${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    stop: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}
