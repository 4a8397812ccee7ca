import fc from 'fast-check'
import { expect, test } from 'vitest'
import { findingId, parseFindingId } from './finding-id.ts'

test('an id says its key, and the key is read back from it', () => {
  const key = { asset_id: 12, plugin_id: 19506, port: 443, protocol: 'tcp', instance: '' }
  expect(findingId(key)).toBe('12.19506.443.tcp')
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1e12 }),
      fc.integer({ min: 0, max: 2_147_483_647 }),
      fc.integer({ min: 0, max: 65_535 }),
      fc.constantFrom('tcp', 'udp', 'icmp'),
      fc.string({ unit: 'grapheme' }).filter(text => !text.includes('\0')),
      (asset_id, plugin_id, port, protocol, instance) => {
        const some = { asset_id, plugin_id, port, protocol, instance }
        expect(parseFindingId(findingId(some))).toEqual(some)
      },
    ),
  )
})

test('anything else is not an id of ours', () => {
  for (const id of [
    '',
    '12',
    '12.1',
    '12.1.0',
    '12.1.0.',
    'a.1.0.tcp',
    '12.1.0.tcp.',
    '12.1.0.tcp.%',
    '12.99999999999.0.tcp',
    '12.1.0.tcp.AA',
  ]) {
    expect(parseFindingId(id)).toBeUndefined()
  }
})
