import dns from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { ConfigError } from './errors.ts'

// Addresses that are not on the internet: this machine, private networks, those of clouds' own services. A server that
// fetches what it is told must not be made to look around there.

/** Which addresses may be called. */
export interface AddressPolicy {
  /** `internet`: public ones alone; `private`: those of private networks too; `machine`: this machine as well. */
  readonly allows: 'internet' | 'private' | 'machine'
  /** Addresses and networks opened beside these, on purpose. */
  readonly open?: readonly string[]
  /** The setting that opens more, for whoever is refused. */
  readonly setting: string
}

const notPublic = {
  ipv4: [
    ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
    ...['192.0.2.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/3'],
  ],
  // With those that carry an address of the fourth version inside: mapped, translated, 6to4, Teredo.
  ipv6: ['::/96', '::ffff:0:0/96', '64:ff9b::/96', '64:ff9b:1::/48', '100::/64', '2001::/32', '2002::/16'].concat([
    ...['2001:db8::/32', 'fc00::/7', 'fe80::/10', 'fec0::/10', 'ff00::/8'],
  ]),
} as const

/** Where servers of one's own are: RFC 1918, carrier-grade NAT as overlay networks use it, unique local addresses. */
const privateNetworks = {
  ipv4: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10'],
  ipv6: ['fc00::/7'],
} as const

/**
 * Called by nobody, whatever is allowed: link-local, where clouds hand out the keys of a machine to whoever asks from it;
 * the addresses outside of it at which some of them do the same (Azure, Alibaba, Oracle, AWS and Google by the sixth
 * version); and what is no address of one machine.
 */
const never = {
  ipv4: [
    ...['0.0.0.0/8', '169.254.0.0/16', '224.0.0.0/3'],
    ...['168.63.129.16/32', '100.100.100.200/32', '192.0.0.192/32'],
  ],
  ipv6: ['::/128', 'fe80::/10', 'ff00::/8', 'fd00:ec2::254/128', 'fd20:ce::254/128'],
} as const

/** As clouds call the same place; a proxy would look these up for us. */
const neverNames = new Set(['metadata', 'metadata.google.internal', 'metadata.goog', 'instance-data'])

type Ranges = Readonly<Record<'ipv4' | 'ipv6', readonly string[]>>

/** One list for each version: a list of both takes an address of the fourth for what is mapped into the sixth. */
class Networks {
  readonly #lists: Readonly<Record<'ipv4' | 'ipv6', BlockList>>

  constructor(ranges: Ranges) {
    this.#lists = { ipv4: blockList('ipv4', ranges.ipv4), ipv6: blockList('ipv6', ranges.ipv6) }
  }

  has(address: string): boolean {
    const version = versionOf(address)
    return version !== undefined && this.#lists[version].check(address, version)
  }
}

const lists = {
  notPublic: new Networks(notPublic),
  private: new Networks(privateNetworks),
  never: new Networks(never),
}

function blockList(version: 'ipv4' | 'ipv6', ranges: readonly string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [network = '', bits] = range.split('/')
    list.addSubnet(network, Number(bits ?? (version === 'ipv4' ? 32 : 128)), version)
  }
  return list
}

function versionOf(address: string): 'ipv4' | 'ipv6' | undefined {
  return ({ 4: 'ipv4', 6: 'ipv6' } as const)[isIP(address)]
}

/** Whether an address is not a public one. */
export function isPrivateAddress(address: string): boolean {
  return versionOf(address) === undefined || lists.notPublic.has(address)
}

/** A name or an address of a URL that can be seen to be private without asking anybody. */
export function isPrivateHost(hostname: string): boolean {
  const host = bare(hostname)
  return isIP(host) === 0 ? isLocalName(host) : isPrivateAddress(host)
}

/**
 * Refuses a host that can be seen to be out of bounds without asking anybody; a name is looked at again when it is looked up.
 * @throws ConfigError `private_address`, `forbidden_address`
 */
export function checkHost(hostname: string, policy: AddressPolicy): void {
  const host = bare(hostname)
  if (isIP(host) !== 0) checkAddress(hostname, host, policy)
  else if (neverNames.has(host)) throw forbidden(hostname)
  // What it is looked up as is not known yet: either may be open.
  else if (isLocalName(host) && !['127.0.0.1', '::1'].some(address => isAllowed(address, policy))) {
    throw refused(hostname, policy)
  }
}

function checkAddress(hostname: string, address: string, policy: AddressPolicy): void {
  if (versionOf(address) === undefined || isNever(address)) throw forbidden(hostname)
  if (!isAllowed(address, policy)) throw refused(hostname, policy)
}

/** Whether an address may be called. */
export function isAllowed(address: string, { allows, open = [] }: AddressPolicy): boolean {
  if (versionOf(address) === undefined || isNever(address)) return false
  if (allows === 'machine' || !lists.notPublic.has(address)) return true
  if (allows === 'private' && lists.private.has(address)) return true
  return open.length > 0 && networksOf(open).has(address)
}

function isNever(address: string): boolean {
  const inner = embedded(address)
  return lists.never.has(address) || (inner !== undefined && lists.never.has(inner))
}

/** The address of the fourth version inside a mapped or translated one. */
function embedded(address: string): string | undefined {
  if (isIP(address) !== 6) return undefined
  const { hostname } = new URL(`http://[${address.replace(/%.*$/, '')}]`)
  const words = /^\[(?:::ffff:|64:ff9b::)([\da-f]{1,4}):([\da-f]{1,4})\]$/.exec(hostname)
  if (words === null) return undefined
  const bits = [words[1], words[2]].map(word => Number.parseInt(word ?? '', 16))
  return bits.flatMap(word => [word >> 8, word & 255]).join('.')
}

function networksOf(open: readonly string[]): Networks {
  const of = (version: 'ipv4' | 'ipv6') => open.filter(network => versionOf(network.split('/')[0] ?? '') === version)
  return new Networks({ ipv4: of('ipv4'), ipv6: of('ipv6') })
}

function bare(hostname: string): string {
  return hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase()
}

function isLocalName(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost')
}

function refused(hostname: string, { allows, setting }: AddressPolicy): ConfigError {
  const where = allows === 'internet' ? 'of this machine or of a private network' : 'of this machine'
  return new ConfigError(
    'private_address',
    `${hostname} is an address ${where}, which is not called unless it is allowed on purpose: ${setting} does that.`,
    { context: { hostname } },
  )
}

function forbidden(hostname: string): ConfigError {
  return new ConfigError(
    'forbidden_address',
    `${hostname} is a link-local address or one of a cloud's own services, which are never called.`,
    { context: { hostname } },
  )
}

/**
 * Looks a name up and refuses it when one of its addresses is out of bounds. What was looked at is what is connected to: a
 * name that answers differently the second time gains nothing.
 */
export function lookupWithin(policy: AddressPolicy): LookupFunction {
  return (hostname, options, callback) => {
    dns.lookup(hostname, { ...options, all: true }, (error, addresses) => {
      const fail = (why: Error) => callback(why as NodeJS.ErrnoException, '', 0)
      if (error) return fail(error)
      try {
        for (const { address } of addresses) checkAddress(hostname, address, policy)
      } catch (why) {
        return fail(why as Error)
      }
      const [first] = addresses
      if (first === undefined) return fail(refused(hostname, policy))
      if (options.all) return callback(null, addresses)
      return callback(null, first.address, first.family)
    })
  }
}
