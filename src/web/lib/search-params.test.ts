import fc from 'fast-check'
import { expect, test } from 'vitest'
import { assetFields, readAssetSearch } from './asset-search.ts'
import { chipsOf, type Field, readFilter, without } from './filter-fields.ts'
import { findingFields, readFindingSearch } from './finding-search.ts'
import { parseSearch, stringifySearch } from './search-params.ts'

const words = fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' })

function anyValueOf(field: Field): fc.Arbitrary<unknown> {
  switch (field.kind) {
    case 'set':
      return fc.subarray(
        field.options.map(option => option.value),
        { minLength: 1 },
      )
    case 'flag':
      return fc.boolean()
    case 'text':
      return words
    case 'texts':
      return fc.array(words, { minLength: 1, maxLength: 4 })
    case 'ids':
      return fc.array(fc.nat(), { minLength: 1, maxLength: 4 })
    case 'number':
      return fc.integer({ min: 0, max: field.max })
    case 'date':
      return fc
        .date({ min: new Date('2000-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
        .map(date => date.toISOString().slice(0, 10))
  }
}

function filterOf(fields: readonly Field[]) {
  return fc.record(Object.fromEntries(fields.map(field => [field.key, anyValueOf(field)])), { requiredKeys: [] })
}

const pages = [
  { name: 'findings', fields: findingFields as readonly Field[], read: readFindingSearch },
  { name: 'assets', fields: assetFields as readonly Field[], read: readAssetSearch },
]

for (const { name, fields, read } of pages) {
  test(`every filter of ${name} comes back from its URL as it went`, () => {
    fc.assert(
      fc.property(filterOf(fields), filter => {
        expect(read(parseSearch(stringifySearch(filter).slice(1)))).toEqual(filter)
      }),
    )
  })

  test(`any query string is read as some filter of ${name}, never as a fault`, () => {
    fc.assert(
      fc.property(fc.webQueryParameters(), text => {
        const filter = readFilter(fields, parseSearch(text))
        expect(chipsOf(fields, filter).map(chip => chip.key)).toEqual(Object.keys(filter))
      }),
    )
  })
}

test('what is unknown or malformed in a URL is left out', () => {
  const raw = parseSearch(
    'severity=critical,banana&state=fixed&state=open&vpr_min=eleven&epss_min=7&asset_id=1,x&colour=red',
  )
  expect(readFindingSearch(raw)).toEqual({ severity: ['critical'], state: ['open', 'fixed'], asset_id: [1] })
  expect(readFindingSearch(parseSearch('sort=-last_found'))).toEqual({ sort: '-last_found' })
  expect(readFindingSearch(parseSearch('sort=colour'))).toEqual({})
})

test('a chip says the filter in words, and taking it away leaves the rest', () => {
  const filter = readFilter(findingFields, parseSearch('severity=high&severity=critical&is_kev=true'))
  expect(chipsOf(findingFields, filter)).toEqual([
    { key: 'severity', label: 'Severity', text: 'critical, high' },
    { key: 'is_kev', label: 'KEV', text: 'listed' },
  ])
  expect(without(filter, 'severity')).toEqual({ is_kev: true })
})
