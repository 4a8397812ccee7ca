import { isIP } from 'node:net'
import { hostname } from 'node:os'
import type { FastifyRequest } from 'fastify'
import { paths } from '../contract/paths.ts'
import { ConfigError, TenfoldError } from '../platform/errors.ts'

const loopbackNames: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])
const loopbackAddresses: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '::1'])

export function isLoopback(host: string): boolean {
  return loopbackAddresses.has(host)
}

/**
 * Other machines are let in when there is somebody to sign in as: before that, whoever reached the port first could make
 * the first account.
 * @throws ConfigError `listen_not_loopback`
 */
export function refuseOpenAddress(host: string, hasAccounts: boolean): void {
  if (isLoopback(host) || (hasAccounts && host !== '')) return
  throw new ConfigError(
    'listen_not_loopback',
    `HOST is ${host || 'empty'}, and there is no account yet: until there is one, Tenfold listens on this machine only. Make the first account with "tenfold user create", or start on 127.0.0.1 and open the set-up link.`,
    { context: { host } },
  )
}

export interface Guard {
  check(request: FastifyRequest): void
  /** It listens for other machines: they call it by its address, or by the name of this machine. */
  openTo(host: string): void
}

export interface GuardOptions {
  /** Names beside those of this machine, without a port. */
  readonly allowedHosts?: readonly string[]
  /** Where browsers find the server when a proxy stands before it. */
  readonly publicUrl?: string | undefined
}

/**
 * Refuses calls that a page of another site makes through the browser of somebody here: by a name that was made to point
 * here (DNS rebinding), or straight across origins.
 */
export function createGuard({ allowedHosts = [], publicUrl }: GuardOptions = {}): Guard {
  const names = new Set([...loopbackNames, ...allowedHosts.map(host => host.toLowerCase())])
  const publicOrigin = publicUrl === undefined ? undefined : new URL(publicUrl).origin
  if (publicUrl !== undefined) names.add(new URL(publicUrl).hostname.toLowerCase())
  let isOpen = false
  return {
    openTo(host) {
      isOpen = true
      names.add(host.toLowerCase())
      names.add(hostname().toLowerCase())
    },
    check(request) {
      const host = request.headers.host?.toLowerCase() ?? ''
      // No name is needed to call an address, so that none can have been made to point at it.
      if (!names.has(nameOf(host)) && !(isOpen && isAddress(nameOf(host)))) {
        throw new TenfoldError(
          'foreign_host',
          `The server was called ${host || 'by no name'}; it answers to ${[...names].join(', ')} only. TENFOLD_PUBLIC_URL adds a name.`,
        )
      }
      const { origin } = request.headers
      if (origin !== undefined && origin !== publicOrigin && !isSameOrigin(origin, host)) {
        throw new TenfoldError('foreign_origin', `Pages of ${origin} may not call this server.`)
      }
      const site = request.headers['sec-fetch-site']
      if (!request.url.startsWith('/api/') || (site !== 'cross-site' && site !== 'same-site')) return
      if (isReturning(request)) return
      throw new TenfoldError('foreign_origin', 'Pages of other sites may not call this server.')
    },
  }
}

/** A browser that the identity provider sends back. What it brings is proven by its own cookie. */
function isReturning(request: FastifyRequest): boolean {
  return (
    request.method === 'GET' &&
    request.headers['sec-fetch-mode'] === 'navigate' &&
    request.url.split('?')[0] === paths.finishOidc.path
  )
}

function nameOf(host: string): string {
  return host.replace(/:\d+$/, '')
}

function isAddress(name: string): boolean {
  return isIP(name.replace(/^\[|\]$/g, '')) !== 0
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
