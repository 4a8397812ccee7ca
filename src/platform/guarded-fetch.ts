import { lookup } from 'node:dns'
import { Agent, fetch as undiciFetch } from 'undici'
import { isPrivateHost, privateAddressRefused, publicLookup } from './private-address.ts'

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
  const dispatcher = new Agent({ connect: { timeout: timeoutMs, lookup: allowPrivate ? lookup : publicLookup } })
  const guarded = async (url: string | URL | Request, init: RequestInit = {}) => {
    const { hostname } = new URL(url instanceof Request ? url.url : url)
    // A literal address is connected to without a look-up.
    if (!allowPrivate && isPrivateHost(hostname)) throw privateAddressRefused(hostname)
    const signal = AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(init.signal ? [init.signal] : [])])
    const options = { ...init, dispatcher, redirect: 'manual', signal } as Parameters<typeof undiciFetch>[1]
    return (await undiciFetch(url as string, options)) as unknown as Response
  }
  return guarded
}
