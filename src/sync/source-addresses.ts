import type { ConnectorKind } from '../connectors/connector.ts'
import { ConfigError } from '../platform/errors.ts'
import { type AddressPolicy, checkHost } from '../platform/private-address.ts'
import type { SourceLimits } from './connection.ts'

const setting = 'TENFOLD_SOURCE_NETWORKS'

/** Where a source and its proxy may be. */
export interface SourceAddresses {
  readonly addresses: AddressPolicy
  readonly proxyAddresses: AddressPolicy
}

type Limits = Pick<SourceLimits, 'sourceNetworks' | 'isProxyOfSource'>

/**
 * The cloud is on the internet; servers of one's own are in private networks, and so are proxies. What whoever runs the
 * server wrote into its environment is taken at its word.
 */
export function addressesOf(kind: ConnectorKind, limits: Limits, isOfEnvironment = false): SourceAddresses {
  const opened = { open: limits.sourceNetworks, setting }
  const ofKind = kind === 'tenable-vm' ? 'internet' : 'private'
  return {
    addresses: { ...opened, allows: isOfEnvironment ? 'machine' : ofKind },
    proxyAddresses: { ...opened, allows: limits.isProxyOfSource === true ? 'private' : 'machine' },
  }
}

/**
 * Refuses what can be seen to be out of bounds before it is saved; a name is looked at again at each connection.
 * @throws ConfigError `private_address`, `forbidden_address`
 */
export function checkSourceAddresses(
  { addresses, proxyAddresses }: SourceAddresses,
  { baseUrl, proxyUrl }: { readonly baseUrl?: string | undefined; readonly proxyUrl?: string | undefined },
): void {
  if (baseUrl !== undefined) checkUrl('base_url', baseUrl, addresses)
  if (proxyUrl !== undefined) checkUrl('settings.proxy_url', proxyUrl, proxyAddresses)
}

function checkUrl(field: string, text: string, policy: AddressPolicy): void {
  if (!URL.canParse(text)) return
  try {
    checkHost(new URL(text).hostname, policy)
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown
    const { code, message, context } = thrown
    throw new ConfigError(code, message, { context: { ...context, field } })
  }
}
