import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { csvOf } from '../../../test/support/read-file.ts'
import { type CsvRecord, CsvSplitter, delimiterOf } from './csv-records.ts'

const cell = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.constantFrom('"', '""', 'a,b', 'x;y', 'line\nbreak', 'line\r\nbreak', '\t', 'no', ' padded '),
)
const table = fc.array(fc.array(cell, { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 8 })

test('gives back what a careful program wrote, wherever the pieces are cut', () => {
  const delimiters = fc.constantFrom(',', ';', '\t')
  const ends = fc.constantFrom('\n', '\r\n')
  fc.assert(
    fc.property(table, delimiters, ends, fc.integer({ min: 1, max: 7 }), (rows, delimiter, end, size) => {
      // A line without anything in it is no record; the last column keeps each from being one.
      const written = rows.map(row => [...row.slice(0, 2), `${row[2]?.replaceAll('\r', '')}.`])
      const text = csvOf([['a', 'b', 'c'], ...written], delimiter, end)
      const splitter = new CsvSplitter(delimiter)
      // The first piece has a line end in it, as pieces of a file do.
      const first = text.indexOf(end) + end.length
      const read = [...splitter.push(text.slice(0, first))]
      for (let at = first; at < text.length; at += size) read.push(...splitter.push(text.slice(at, at + size)))
      read.push(...splitter.end())
      expect(read.map(record => record.cells)).toEqual([['a', 'b', 'c'], ...written])
      expect(read.every(record => record.broken === null)).toBe(true)
    }),
  )
})

test('a quote that is never closed costs one line, not the rest of the file', () => {
  const splitter = new CsvSplitter(',', 40)
  const text = `a,b\n1,"open\n${'2,fine\n'.repeat(20)}`
  const records = [...splitter.push(text), ...splitter.end()]
  expect(records.filter(record => record.broken).map(record => record.raw)).toEqual(['1,"open'])
  expect(records.filter(record => !record.broken)).toHaveLength(21)
})

test('a quote inside an unquoted cell is a character', () => {
  const splitter = new CsvSplitter(',')
  const records = [...splitter.push('a,b\n5" disk,"x" y\n'), ...splitter.end()]
  expect(records[1]?.cells).toEqual(['5" disk', 'x y'])
})

/** As a stream of pieces would bring it. */
function split(text: string, delimiter: string, pieceSize: number): CsvRecord[] {
  const splitter = new CsvSplitter(delimiter)
  const records: CsvRecord[] = []
  // The first piece has a line end in it, as pieces of a file do.
  let at = Math.max(text.indexOf('\n') + 1, pieceSize)
  records.push(...splitter.push(text.slice(0, at)))
  for (; at < text.length; at += pieceSize) records.push(...splitter.push(text.slice(at, at + pieceSize)))
  return [...records, ...splitter.end()]
}

test('agrees with csv-parse on every well-formed text, whichever cells are in quotes', () => {
  const value = fc.oneof(
    fc.string({ unit: fc.constantFrom('a', '"', ',', ';', '\t', '\n', ' ', 'ü', '🐜', "'"), maxLength: 8 }),
    fc.constantFrom('', '""', 'line\r\nbreak', '=1+1', ' padded '),
  )
  const cell = fc.record({ value, isQuoted: fc.boolean() })
  const table = fc.array(fc.array(cell, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 8 })
  const shape = fc.record({
    delimiter: fc.constantFrom(',', ';', '\t'),
    end: fc.constantFrom('\n', '\r\n'),
    isEnded: fc.boolean(),
    pieceSize: fc.integer({ min: 1, max: 9 }),
  })
  fc.assert(
    fc.property(table, shape, (rows, { delimiter, end, isEnded, pieceSize }) => {
      const lines = rows.map(cells =>
        // A line without anything in it is no record; the first cell keeps each from being one.
        [{ value: 'x', isQuoted: false }, ...cells]
          .map(({ value: text, isQuoted }) =>
            isQuoted || /["\r\n]/.test(text) || text.includes(delimiter) ? `"${text.replaceAll('"', '""')}"` : text,
          )
          .join(delimiter),
      )
      const text = lines.join(end) + (isEnded ? end : '')
      const records = split(text, delimiter, pieceSize)
      const oracle = parse(text, { delimiter, record_delimiter: end, relax_column_count: true })
      expect(records.map(record => record.cells)).toEqual(oracle)
      expect(records.every(record => record.broken === null)).toBe(true)
    }),
  )
})

test('a quote that is never closed: csv-parse takes nothing of the file, the splitter all but one line', () => {
  const lines = Array.from({ length: 50 }, (_, row) => `${row},fine`)
  const text = [...lines.slice(0, 20), '20,"open', ...lines.slice(21)].join('\n')
  expect(() => parse(text) as unknown).toThrow(/Quote Not Closed/)
  const records = split(text, ',', 64)
  expect(records.filter(record => record.broken !== null).map(record => record.raw)).toEqual(['20,"open'])
  expect(records.filter(record => record.broken === null).map(record => record.cells)).toEqual(
    lines.filter((_, row) => row !== 20).map(line => line.split(',')),
  )
})

test('whatever the text, nothing of it is lost: the records, their ends apart, are the text', () => {
  const text = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' ', 'ü'), maxLength: 40 })
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 9 }), (whole, pieceSize) => {
      const raw = split(`head\n${whole}`, ',', pieceSize).map(record => record.raw)
      const strip = (value: string) => value.replace(/\s/g, '')
      expect(strip(raw.join(''))).toBe(strip(`head\n${whole}`))
    }),
  )
})

test('the delimiter is the one that splits the header into the most cells', () => {
  expect(delimiterOf('a;b;c')).toBe(';')
  expect(delimiterOf('"a;b",c')).toBe(',')
  expect(delimiterOf('a\tb|c\td')).toBe('\t')
})
