import { lookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { Agent, fetch as undiciFetch } from 'undici'
import { ConfigError } from './errors.ts'
import { isPrivateAddress } from './private-address.ts'

export interface GuardedFetchOptions {
  /** Opened on purpose by whoever runs the server: a server of the own network may be called. */
  readonly allowPrivate: boolean
  readonly timeoutMs: number
}

/**
 * `fetch` for addresses that somebody else may have a say in. It looks at the address that a name resolves to at the very
 * connection, so that a name cannot be made to point elsewhere in between; it follows no redirect.
 * @throws ConfigError `private_address`
 */
export function createGuardedFetch({ allowPrivate, timeoutMs }: GuardedFetchOptions): typeof fetch {
  const dispatcher = new Agent({ connect: { timeout: timeoutMs, lookup: allowPrivate ? lookup : publicOnly } })
  const guarded = async (url: string | URL | Request, init: RequestInit = {}) => {
    const { hostname } = new URL(url instanceof Request ? url.url : url)
    const literal = hostname.replace(/^\[|\]$/g, '')
    // A literal address is connected to without a look-up.
    if (!allowPrivate && isIP(literal) !== 0 && isPrivateAddress(literal)) throw privateAddress(literal)
    const signal = AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(init.signal ? [init.signal] : [])])
    const options = { ...init, dispatcher, redirect: 'manual', signal } as Parameters<typeof undiciFetch>[1]
    return (await undiciFetch(url as string, options)) as unknown as Response
  }
  return guarded
}

const publicOnly: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, '')
    const found = addresses.find(({ address }) => isPrivateAddress(address))
    if (found) return callback(privateAddress(hostname), '')
    if (options.all) return callback(null, addresses)
    return callback(null, addresses[0]!.address, addresses[0]!.family)
  })
}

function privateAddress(host: string): ConfigError {
  return new ConfigError(
    'private_address',
    `${host} is an address of a private network. If it is meant, set TENFOLD_OIDC_ALLOW_PRIVATE to true.`,
    { context: { host } },
  )
}
