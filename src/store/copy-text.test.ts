import fc from 'fast-check'
import { expect, test } from 'vitest'
import { copyText, copyValue, textHash } from './copy-text.ts'

const cases = [
  { name: 'plain text is itself', text: 'Ünïcode 🐘', line: 'Ünïcode 🐘' },
  { name: 'nothing is not null', text: '', line: '' },
  { name: 'null is \\N', text: null, line: '\\N' },
  { name: 'a text that looks like null is none', text: '\\N', line: '\\\\N' },
  { name: 'what ends a column or a line is escaped', text: 'a\tb\nc\rd', line: 'a\\tb\\nc\\rd' },
  { name: 'an end of data is none', text: '\\.', line: '\\\\.' },
]

for (const { name, text, line } of cases) test(name, () => expect(copyText(text)).toBe(line))

test('numbers and truths are their text', () => {
  expect([copyValue(-1.5), copyValue(true), copyValue('a\tb'), copyValue(null)]).toEqual([
    '-1.5',
    'true',
    'a\\tb',
    '\\N',
  ])
})

/** PostgreSQL's reading of the text format, as its manual gives it. */
function read(line: string): string | null {
  if (line === '\\N') return null
  const plain: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r' }
  return line.replace(/\\(.)/gs, (_, character: string) => plain[character] ?? character)
}

test('every text comes back as it was, on one line and in one column', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom('\\', '\t', '\n', 'N', '.') })),
      text => {
        const line = copyText(text)
        expect(line).not.toMatch(/[\t\n\r]/)
        expect(read(line)).toBe(text)
      },
    ),
  )
})

test('a fingerprint fits a bigint, is the same for the same text and another for another', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (a, b) => {
      const hash = BigInt(textHash(a))
      expect(BigInt.asIntN(64, hash)).toBe(hash)
      expect(textHash(a) === textHash(b)).toBe(a === b)
    }),
  )
  // Stored rows are compared with it for ever: it must not change.
  expect(textHash('tenfold')).toBe('-3317544668575962271')
})
