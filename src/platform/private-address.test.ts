import { describe, expect, test } from 'vitest'
import { type AddressPolicy, checkHost, isAllowed, isPrivateAddress, lookupWithin } from './private-address.ts'

const cases: Record<string, boolean> = {
  '127.0.0.1': true,
  '10.1.2.3': true,
  '172.31.255.255': true,
  '172.32.0.1': false,
  '192.168.0.1': true,
  '169.254.169.254': true,
  '100.64.0.1': true,
  '0.0.0.0': true,
  '8.8.8.8': false,
  '::1': true,
  'fd00::1': true,
  'fe80::1': true,
  '::ffff:10.0.0.1': true,
  // Whoever writes an address of the fourth version so means to hide something.
  '::ffff:8.8.8.8': true,
  '2001:4860:4860::8888': false,
  'not an address': true,
}

describe('an address', () => {
  for (const [address, isPrivate] of Object.entries(cases)) {
    test(`${address} is ${isPrivate ? 'private' : 'public'}`, () => expect(isPrivateAddress(address)).toBe(isPrivate))
  }
})

describe('who may be called', () => {
  const policies = ['internet', 'private', 'machine'] as const
  // The first policy that lets it through; null: none does.
  const from: Record<string, (typeof policies)[number] | null> = {
    '8.8.8.8': 'internet',
    '2001:4860:4860::8888': 'internet',
    '10.1.2.3': 'private',
    '172.16.0.1': 'private',
    '192.168.0.1': 'private',
    '100.64.0.1': 'private',
    'fd12::1': 'private',
    '127.0.0.1': 'machine',
    '::1': 'machine',
    '::ffff:10.0.0.1': 'machine',
    '0.0.0.0': null,
    '::': null,
    '169.254.169.254': null,
    '::ffff:169.254.169.254': null,
    '64:ff9b::a9fe:a9fe': null,
    '168.63.129.16': null,
    '100.100.100.200': null,
    'fe80::1': null,
    'fe80::1%eth0': null,
    'fd00:ec2::254': null,
    '224.0.0.1': null,
    '255.255.255.255': null,
    'not an address': null,
  }
  for (const [address, first] of Object.entries(from)) {
    test(`${address}: ${first ?? 'never'}`, () => {
      const allowed = policies.filter(allows => isAllowed(address, { allows, setting: 'IT' }))
      expect(allowed).toEqual(first === null ? [] : policies.slice(policies.indexOf(first)))
    })
  }

  test('a network opened on purpose is open, but for what never is', () => {
    const policy: AddressPolicy = {
      allows: 'internet',
      open: ['127.0.0.1', '10.0.0.0/8', '169.254.0.0/16', 'fd00::/8'],
      setting: 'IT',
    }
    const open = ['127.0.0.1', '10.9.9.9', 'fd00::5'].filter(address => isAllowed(address, policy))
    const shut = ['127.0.0.2', '192.168.0.1', '169.254.169.254', '::1', 'fd00:ec2::254']
    expect(open).toHaveLength(3)
    expect(shut.filter(address => isAllowed(address, policy))).toEqual([])
  })

  const internet: AddressPolicy = { allows: 'internet', setting: 'THE_SETTING' }
  const hosts: readonly (readonly [host: string, code: string | null])[] = [
    ['cloud.tenable.com', null],
    ['8.8.8.8', null],
    ['localhost', 'private_address'],
    ['LOCALHOST.', 'private_address'],
    ['a.localhost', 'private_address'],
    ['[::1]', 'private_address'],
    ['metadata.google.internal', 'forbidden_address'],
    ['169.254.169.254', 'forbidden_address'],
  ]
  for (const [host, code] of hosts) {
    test(`${host} ${code === null ? 'may be looked up' : `is refused: ${code}`}`, () => {
      if (code === null) checkHost(host, internet)
      else expect(() => checkHost(host, internet)).toThrow(expect.objectContaining({ code }))
    })
  }

  test('a name is looked at as what it is looked up to, and the refusal names the setting', async () => {
    const looked = (policy: AddressPolicy) =>
      new Promise((resolve, reject) => {
        lookupWithin(policy)('localhost', { family: 4 }, (error, address) => (error ? reject(error) : resolve(address)))
      })
    await expect(looked(internet)).rejects.toMatchObject({
      code: 'private_address',
      message: expect.stringContaining('THE_SETTING'),
    })
    expect(await looked({ ...internet, open: ['127.0.0.0/8'] })).toBe('127.0.0.1')
  })
})
