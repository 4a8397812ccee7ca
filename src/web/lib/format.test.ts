import { expect, test } from 'vitest'
import { csvOf } from './csv.ts'
import { bytes, chance, count, counted, duration, relative, score, shortCount } from './format.ts'

test('numbers are grouped and carry their noun', () => {
  expect(count(1_234_567)).toBe('1,234,567')
  expect(counted(1, 'finding')).toBe('1 finding')
  expect(counted(0, 'finding')).toBe('0 findings')
  expect([9_999, 12_408, 999_499, 999_500, 2_500_000].map(shortCount)).toEqual(['9,999', '12.4k', '999k', '1M', '2.5M'])
  expect([0, 999, 1_500, 93_200_000].map(bytes)).toEqual(['0 B', '999 B', '1.5 kB', '93.2 MB'])
  expect([score(null), score(9), chance(0.42), chance(0.0004), chance(null)]).toEqual([
    '–',
    '9.0',
    '42.0%',
    '< 0.1%',
    '–',
  ])
})

test('durations name their two largest units', () => {
  const minute = 60_000
  const cases = [500, 42_000, 190_000, 2 * 60 * minute, 125 * minute, 76 * 60 * minute]
  expect(cases.map(duration)).toEqual(['< 1 s', '42 s', '3 min 10 s', '2 h', '2 h 5 min', '3 d 4 h'])
})

test('times are told from now, and by date when they are long ago', () => {
  const now = Date.parse('2026-11-24T12:00:00Z')
  const cases = [
    ['2026-11-24T11:59:30Z', 'just now'],
    ['2026-11-24T11:46:00Z', '14 min ago'],
    ['2026-11-24T15:00:00Z', 'in 3 h'],
    ['2026-11-24T15:57:00Z', 'in 4 h'],
    ['2026-11-22T11:00:00Z', '2 d ago'],
    ['2026-03-12T12:00:00Z', '12 Mar 2026'],
    ['not a time', 'not a time'],
  ] as const
  for (const [at, words] of cases) expect(relative(at, now)).toBe(words)
})

test('a spreadsheet gets quotes where it needs them and no formulas', () => {
  expect(
    csvOf(
      ['name', 'n'],
      [
        ['=cmd()', 1],
        ['a "b", c', null],
        ['-1', -1],
      ],
    ),
  ).toBe(`name,n\r\n'=cmd(),1\r\n"a ""b"", c",\r\n'-1,-1\r\n`)
})
