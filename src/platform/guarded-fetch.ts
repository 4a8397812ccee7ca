import { Agent, fetch as undiciFetch } from 'undici'
import { type AddressPolicy, checkHost, lookupWithin } from './private-address.ts'

export interface GuardedFetchOptions {
  /** Where it may go. */
  readonly addresses: AddressPolicy
  readonly timeoutMs: number
}

/**
 * `fetch` for addresses that somebody else may have a say in. It looks at the address that a name resolves to at the very
 * connection, so that a name cannot be made to point elsewhere in between; it follows no redirect.
 * @throws ConfigError `private_address`, `forbidden_address`
 */
export function createGuardedFetch({ addresses, timeoutMs }: GuardedFetchOptions): typeof fetch {
  const dispatcher = new Agent({ connect: { timeout: timeoutMs, lookup: lookupWithin(addresses) } })
  const guarded = async (url: string | URL | Request, init: RequestInit = {}) => {
    const { hostname } = new URL(url instanceof Request ? url.url : url)
    // A literal address is connected to without a look-up.
    checkHost(hostname, addresses)
    const signal = AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(init.signal ? [init.signal] : [])])
    const options = { ...init, dispatcher, redirect: 'manual', signal } as Parameters<typeof undiciFetch>[1]
    return (await undiciFetch(url as string, options)) as unknown as Response
  }
  return guarded
}
