import { expect, test } from 'vitest'
import { cloudFields } from './asset.ts'
import { cloudProviderOf } from './cloud-provider.ts'

test('without a fact of a cloud an asset is on-premise', () => {
  expect(cloudProviderOf({})).toBe('on_premise')
})

for (const field of cloudFields) {
  test(`${field} names its cloud`, () => {
    expect(cloudProviderOf({ [field]: 'x' })).toBe(field.slice(0, field.indexOf('_')))
  })
}

test('facts of two clouds always give the same one', () => {
  expect(cloudProviderOf({ gcp_zone: 'x', azure_vm_id: 'y' })).toBe('azure')
  expect(cloudProviderOf({ azure_vm_id: 'y', gcp_zone: 'x', aws_region: 'z' })).toBe('aws')
})
