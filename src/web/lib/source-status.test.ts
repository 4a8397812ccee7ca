import { expect, test } from 'vitest'
import { staleWords } from './source-status.ts'

type Source = readonly [isEnabled: boolean, isStale: boolean]

const cases = [
  { name: 'nothing is stale', sources: [[true, false]], words: undefined },
  { name: 'the only source is', sources: [[true, true]], words: 'stale' },
  {
    name: 'one of two is',
    sources: [
      [true, true],
      [true, false],
    ],
    words: '1 of 2 sources stale',
  },
  {
    name: 'what is switched off is left out',
    sources: [
      [true, true],
      [false, true],
    ],
    words: 'stale',
  },
] as const satisfies readonly { name: string; sources: readonly Source[]; words: string | undefined }[]

for (const { name, sources, words } of cases) {
  test(`${name}: ${words ?? 'no word'}`, () => {
    const rows = sources.map(([is_enabled, is_stale]) => ({ is_enabled, is_stale }))
    const is_stale = rows.some(row => row.is_enabled && row.is_stale)
    expect(staleWords({ is_stale, sources: rows })).toBe(words)
  })
}
