import { expect, test } from 'vitest'
import { tsvOf } from './clipboard.ts'

test('rows become lines and cells are kept apart by tabs', () => {
  expect(
    tsvOf([
      ['name', 'open'],
      ['web-01', 3],
      [null, undefined],
    ]),
  ).toBe('name\topen\nweb-01\t3\n\t')
})

const cases = [
  { name: 'a formula', text: '=cmd|calc!A1', cell: "'=cmd|calc!A1" },
  { name: 'a formula behind white space', text: '\t\n+1', cell: "'+1" },
  { name: 'a cell that would break out', text: 'a\tb\r\nc', cell: 'a b c' },
  { name: 'plain text', text: 'web-01', cell: 'web-01' },
]
for (const { name, text, cell } of cases)
  test(`${name} stays text in its cell`, () => expect(tsvOf([[text]])).toBe(cell))

test('a negative number stays a number', () => expect(tsvOf([[-3]])).toBe('-3'))
