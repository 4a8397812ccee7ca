import type { FastifyRequest } from 'fastify'
import { ConfigError, TenfoldError } from '../platform/errors.ts'

const loopbackNames: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])
const loopbackAddresses: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '::1'])

/** @throws ConfigError `listen_not_loopback`: without accounts, whoever reaches the port may do everything */
export function refuseOpenAddress(host: string): void {
  if (loopbackAddresses.has(host)) return
  throw new ConfigError(
    'listen_not_loopback',
    `HOST is ${host}; Tenfold has no accounts yet and listens on this machine only. Use 127.0.0.1, ::1 or localhost, and reach it from elsewhere through an SSH tunnel.`,
    { context: { host } },
  )
}

/**
 * Refuses calls that a page of another site makes through the browser of somebody on this machine: by a name that was
 * made to point here (DNS rebinding), or straight across origins.
 */
export function createGuard(allowedHosts: readonly string[] = []): (request: FastifyRequest) => void {
  const names = new Set([...loopbackNames, ...allowedHosts.map(host => host.toLowerCase())])
  return request => {
    const host = request.headers.host?.toLowerCase() ?? ''
    if (!names.has(nameOf(host))) {
      throw new TenfoldError(
        'foreign_host',
        `The server was called ${host || 'by no name'}; it answers to ${[...names].join(', ')} only.`,
      )
    }
    const { origin } = request.headers
    if (origin !== undefined && !isSameOrigin(origin, host)) {
      throw new TenfoldError('foreign_origin', `Pages of ${origin} may not call this server.`)
    }
    const site = request.headers['sec-fetch-site']
    if (request.url.startsWith('/api/') && (site === 'cross-site' || site === 'same-site')) {
      throw new TenfoldError('foreign_origin', 'Pages of other sites may not call this server.')
    }
  }
}

function nameOf(host: string): string {
  return host.replace(/:\d+$/, '')
}

/** Another port of this machine is another program, hence another origin. */
function isSameOrigin(origin: string, host: string): boolean {
  try {
    const url = new URL(origin)
    return (url.protocol === 'http:' || url.protocol === 'https:') && url.host === host
  } catch {
    return false
  }
}
