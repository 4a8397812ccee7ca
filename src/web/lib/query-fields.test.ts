import { expect, test } from 'vitest'
import { assetQueryFields, findingQueryFields, unprintable } from '../../domain/query/index.ts'
import { assetFields } from './asset-search.ts'
import { findingFields } from './finding-search.ts'

// A query and the controls are two views of one filter: what one can say the other must keep.

const pages = [
  { page: 'findings', controls: findingFields, words: findingQueryFields },
  { page: 'assets', controls: assetFields, words: assetQueryFields },
] as const

for (const { page, controls, words } of pages) {
  test(`every control of ${page} has a word in the query language, and every word a control`, () => {
    const keys = controls.map(field => field.key)
    expect(unprintable(Object.fromEntries(keys.map(key => [key, true])), words)).toEqual([])
    const said = words.flatMap(field =>
      field.kind === 'range' ? [field.min, field.max] : field.kind === 'time' ? [field.from, field.to] : [field.key],
    )
    expect(said.filter(key => key !== undefined && !(keys as readonly string[]).includes(key))).toEqual([])
  })
}
