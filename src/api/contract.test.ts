import { expectTypeOf, test } from 'vitest'
import type * as contract from '../contract/index.ts'
import type { AssetExportRow } from '../store/queries/asset-export.ts'
import type * as store from '../store/queries/filters.ts'
import type { FindingExportRow } from '../store/queries/finding-export.ts'

// A filter that the API takes and the store does not know would be taken and ignored.
test('the store knows every key of every filter that the API takes', () => {
  expectTypeOf<keyof contract.AssetFilter>().toEqualTypeOf<keyof store.AssetFilter>()
  expectTypeOf<keyof contract.FindingFilter>().toEqualTypeOf<keyof store.FindingFilter>()
  expectTypeOf<keyof contract.PluginFilter>().toEqualTypeOf<keyof store.PluginFilter>()
  expectTypeOf<contract.AssetFilter>().toExtend<store.AssetFilter>()
  expectTypeOf<contract.FindingFilter>().toExtend<store.FindingFilter>()
  expectTypeOf<contract.PluginFilter>().toExtend<store.PluginFilter>()
})

test('rows of an export are what the contract says', () => {
  expectTypeOf<keyof contract.FindingExportRow>().toEqualTypeOf<keyof FindingExportRow>()
  expectTypeOf<keyof contract.AssetExportRow>().toEqualTypeOf<keyof AssetExportRow>()
})
