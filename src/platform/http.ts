import { getCACertificates, TLSSocket } from 'node:tls'
import { Agent, buildConnector, type Dispatcher, ProxyAgent, request } from 'undici'
import { ConfigError } from './errors.ts'
import { type AddressPolicy, checkHost, lookupWithin } from './private-address.ts'

export interface HttpTimeouts {
  /** Until the connection stands. */
  readonly connectMs: number
  /** From the request to the answer's headers. */
  readonly headersMs: number
  /** Without a byte of the body while we are ready to read. */
  readonly bodyIdleMs: number
}

export const defaultTimeouts: HttpTimeouts = { connectMs: 10_000, headersMs: 60_000, bodyIdleMs: 60_000 }

export interface TlsTrust {
  /** SHA-256 of the one certificate that is accepted, 64 hexadecimal digits; whoever signed it. */
  readonly pinSha256?: string | undefined
  /** False: any certificate is accepted, so that anybody between may read and change everything. */
  readonly isVerified?: boolean | undefined
}

export interface HttpOptions {
  readonly timeouts: HttpTimeouts
  /** Connections to one origin at most. */
  readonly maxConnections?: number
  /** `http://[user:password@]host:port` */
  readonly proxyUrl?: string | undefined
  /** Certificates to trust beside the system's, in PEM form. */
  readonly caPem?: string | undefined
  /** How the other side proves who it is; by default with a certificate that the system trusts. */
  readonly tls?: TlsTrust | undefined
  /**
   * Where it may go, by name and by address: for addresses that somebody gives us. Behind a proxy, which looks names up
   * itself, only what can be seen without looking up.
   */
  readonly addresses?: AddressPolicy | undefined
  /** Where the proxy may be. */
  readonly proxyAddresses?: AddressPolicy | undefined
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

export interface HttpResponse {
  readonly status: number
  readonly headers: HttpHeaders
  /** The bytes as sent, still encoded. Must be read or destroyed. */
  readonly body: Dispatcher.ResponseData['body']
}

export interface HttpHeaders {
  get(name: string): string | undefined
}

/** One keep-alive pool of connections to a source. Redirects are answers like any other; nothing is retried. */
export interface HttpClient {
  send(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse>
  close(): Promise<void>
}

export function createHttpClient(options: HttpOptions): HttpClient {
  const dispatcher = createDispatcher(options)
  return {
    async send({ method, url, headers, body }, signal) {
      // An address is connected to without being looked up.
      if (options.addresses) checkHost(new URL(url).hostname, options.addresses)
      if (options.proxyUrl && options.proxyAddresses)
        checkHost(new URL(options.proxyUrl).hostname, options.proxyAddresses)
      const answer = await request(url, {
        dispatcher,
        method,
        headers,
        signal,
        ...(body === undefined ? {} : { body }),
        headersTimeout: options.timeouts.headersMs,
        bodyTimeout: options.timeouts.bodyIdleMs,
      })
      // Reported to whoever reads; without a listener a reset that nobody awaits yet would end the process.
      answer.body.on('error', () => {})
      return { status: answer.statusCode, headers: headersOf(answer.headers), body: answer.body }
    },
    // Not `close`: that would wait for answers nobody reads any more.
    close: () => dispatcher.destroy(),
  }
}

function createDispatcher({
  timeouts,
  maxConnections = 10,
  proxyUrl,
  caPem,
  tls: trust = {},
  addresses,
  proxyAddresses,
}: HttpOptions): Dispatcher {
  const { pinSha256, isVerified = true } = trust
  const tls = {
    timeout: timeouts.connectMs,
    // `ca` replaces the trusted roots, so the usual ones are named too.
    ...(caPem === undefined ? {} : { ca: [...getCACertificates('default'), caPem] }),
    // A pin says more than a signature does: it is looked at once the connection stands.
    ...(isVerified && pinSha256 === undefined ? {} : { rejectUnauthorized: false }),
  }
  const pool = { connections: maxConnections, pipelining: 1, keepAliveTimeout: 30_000 }
  if (proxyUrl === undefined) {
    const options = { ...tls, ...lookingUp(addresses) }
    return new Agent({ ...pool, connect: pinSha256 === undefined ? options : pinned(options, pinSha256) })
  }
  if (pinSha256 !== undefined) throw pinBehindProxy()
  return new ProxyAgent({ ...pool, uri: proxyUrl, requestTls: tls, proxyTls: { ...tls, ...lookingUp(proxyAddresses) } })
}

function lookingUp(addresses: AddressPolicy | undefined): buildConnector.BuildOptions {
  return addresses ? { lookup: lookupWithin(addresses) } : {}
}

/** Connects only to whoever shows the one certificate. */
function pinned(options: buildConnector.BuildOptions, pinSha256: string): buildConnector.connector {
  const connect = buildConnector(options)
  return (target, done) => {
    connect(target, (error, socket) => {
      if (error !== null) return done(error, null)
      const shown = socket instanceof TLSSocket ? (socket.getPeerCertificate().fingerprint256 ?? '') : ''
      if (shown.replaceAll(':', '').toLowerCase() === pinSha256) return done(null, socket)
      socket.destroy()
      return done(
        Object.assign(new Error(`another certificate was shown: ${shown}`), { code: 'CERT_NOT_PINNED' }),
        null,
      )
    })
  }
}

function pinBehindProxy(): ConfigError {
  return new ConfigError('pin_behind_proxy', 'A certificate cannot be pinned behind a proxy. Give its CA instead.')
}

function headersOf(raw: Readonly<Record<string, string | string[] | undefined>>): HttpHeaders {
  return {
    get(name) {
      const value = raw[name.toLowerCase()]
      return Array.isArray(value) ? value.join(', ') : value
    },
  }
}
