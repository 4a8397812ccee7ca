import { lookup as resolve } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { ConfigError } from './errors.ts'

// Addresses that are not on the internet: this machine, private networks, those of clouds' own services. A server that
// fetches what it is told must not be made to look around there.

const ranges = {
  ipv4: [
    ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
    ...['192.0.2.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/3'],
  ],
  // With those that carry an address of the fourth version inside: mapped, translated, 6to4, Teredo.
  ipv6: ['::/96', '::ffff:0:0/96', '64:ff9b::/96', '64:ff9b:1::/48', '100::/64', '2001::/32', '2002::/16'].concat([
    ...['2001:db8::/32', 'fc00::/7', 'fe80::/10', 'fec0::/10', 'ff00::/8'],
  ]),
} as const

// One list each: a list of both takes an address of the fourth version for what is mapped into the sixth.
const blocked = { ipv4: blockList('ipv4'), ipv6: blockList('ipv6') }

function blockList(family: keyof typeof ranges): BlockList {
  const list = new BlockList()
  for (const range of ranges[family]) {
    const [network = '', bits] = range.split('/')
    list.addSubnet(network, Number(bits), family)
  }
  return list
}

/** Whether an address is not a public one. */
export function isPrivateAddress(address: string): boolean {
  const family = ({ 4: 'ipv4', 6: 'ipv6' } as const)[isIP(address)]
  return family === undefined || blocked[family].check(address, family)
}

/** A name or an address of a URL that can be seen to be private without asking anybody. */
export function isPrivateHost(hostname: string): boolean {
  const bare = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
  if (isIP(bare) !== 0) return isPrivateAddress(bare)
  return bare.toLowerCase() === 'localhost' || bare.toLowerCase().endsWith('.localhost')
}

export function privateAddressRefused(hostname: string): ConfigError {
  return new ConfigError(
    'private_address',
    `${hostname} is an address of this machine or of a private network, which is not fetched from unless it is allowed on purpose.`,
    { context: { hostname } },
  )
}

/**
 * Looks a name up and refuses it when one of its addresses is private. What was looked at is what is connected to: a name
 * that answers differently the second time gains nothing.
 */
export const publicLookup: LookupFunction = (hostname, options, callback) => {
  resolve(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, '', 0)
    if (addresses.length === 0 || addresses.some(({ address }) => isPrivateAddress(address))) {
      return callback(privateAddressRefused(hostname) as NodeJS.ErrnoException, '', 0)
    }
    if (options.all) return callback(null, addresses)
    const [{ address, family }] = addresses as [{ address: string; family: number }]
    callback(null, address, family)
  })
}
