import { describe, expect, test } from 'vitest'
import { isPrivateAddress } from './private-address.ts'

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
