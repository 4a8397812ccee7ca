import { expect, test } from 'vitest'
import { normaliseCompliance } from './normalise-compliance.ts'

const wire = {
  asset_uuid: 'asset-1',
  audit_file: 'CIS.audit',
  compliance_full_id: 'full-1',
  check_name: '1.1 Ensure',
  status: 'FAILED',
  state: 'OPEN',
}

test('a result in any of the vendor’s shapes is read, and fields it does not know are kept', () => {
  const { result, notes } = normaliseCompliance({
    ...wire,
    // The schema says `assets`.
    assets: { id: 'asset-1', fqdns: ['a.example.com'], ipv4_addresses: ['10.0.0.1'], name: 'a' },
    reference: [{ framework: '800-53', control: 'AC-2' }, { framework: 'CSF' }],
    plugin_id: '21157',
    indexed_at: '2026-01-01T00:00:00.123Z',
    brand_new: { deep: 1 },
  })
  expect(result).toMatchObject({
    assetNativeId: 'asset-1',
    state: 'failed',
    vendorState: 'open',
    indexedAt: '2026-01-01T00:00:00.123Z',
    asset: { hostname: 'a', fqdn: 'a.example.com', ipv4: '10.0.0.1' },
    check: { nativeId: 'full-1', auditFile: 'CIS.audit', pluginId: 21157, refs: ['800-53|AC-2', 'CSF|'] },
    extra: { brand_new: { deep: 1 } },
  })
  expect(notes.issues).toBeNull()
})

test('a check without its lasting id goes by its name; a row of before December 2021 has no state', () => {
  const { compliance_full_id: _, ...older } = wire
  const { result } = normaliseCompliance({ ...older, state: null })
  expect(result).toMatchObject({ check: { nativeId: 'name:1.1 Ensure' }, vendorState: null })
})

const unreadable = [
  { without: 'asset_uuid', says: 'asset has no usable id' },
  { without: 'audit_file', says: 'names no audit file' },
  { without: 'status', says: 'no known status' },
] as const
test.each(unreadable)('without its $without it is kept aside', ({ without, says }) => {
  const { [without]: _, ...rest } = wire
  expect(() => normaliseCompliance(rest)).toThrow(says)
})

test('an impossible time is noted and kept', () => {
  const { result, notes } = normaliseCompliance({ ...wire, last_seen: 'yesterday' })
  expect(result).toMatchObject({ lastSeen: null, extra: { last_seen: 'yesterday' } })
  expect(notes.issues).toEqual([
    {
      field: 'last_seen',
      problem: expect.stringContaining('not a possible time'),
      record: expect.stringContaining('asset-1'),
    },
  ])
})
