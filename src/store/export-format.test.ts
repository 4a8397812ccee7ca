import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { csvCell, formatRows, type TextFormat } from './export-format.ts'

interface Row {
  readonly name: string
  readonly count: number | null
  readonly tags?: readonly string[]
  readonly hidden?: string
}

const columns = ['name', 'count', 'tags'] as const
const rows: Row[] = [
  { name: 'a', count: 1, tags: ['x', 'y'], hidden: 'no' },
  { name: 'b,"c"\r\nd', count: null },
  { name: 'é', count: -2.5, tags: [] },
]

async function* inBatches<R>(all: readonly R[], size: number) {
  for (let from = 0; from < all.length; from += size) yield all.slice(from, from + size)
  yield []
}

const written = (format: TextFormat, all: readonly Row[], size: number) =>
  text(Readable.from(formatRows(inBatches(all, size), columns, format)))

describe('a file', () => {
  for (const size of [1, 2, 3, 9]) {
    test(`is the same whatever the batches: ${size}`, async () => {
      expect(await written('csv', rows, size)).toBe('name,count,tags\r\na,1,x;y\r\n"b,""c""\r\nd",,\r\né,-2.5,\r\n')
      expect(await written('ndjson', rows, size)).toBe(
        '{"name":"a","count":1,"tags":["x","y"]}\n{"name":"b,\\"c\\"\\r\\nd","count":null,"tags":null}\n{"name":"é","count":-2.5,"tags":[]}\n',
      )
      expect(JSON.parse(await written('json', rows, size))).toHaveLength(3)
    })
  }

  test('without rows is still one', async () => {
    expect(await written('csv', [], 1)).toBe('name,count,tags\r\n')
    expect(await written('ndjson', [], 1)).toBe('')
    expect(JSON.parse(await written('json', [], 1))).toEqual([])
  })

  test('reads the next batch only when the last one was taken', async () => {
    let read = 0
    async function* endless() {
      for (;;) {
        read += 1
        yield [{ name: 'x'.repeat(1_000), count: read } as Row]
      }
    }
    const stream = Readable.from(formatRows(endless(), columns, 'csv'), { highWaterMark: 1 })
    stream.read()
    await new Promise(resolve => setTimeout(resolve, 50))
    expect(read).toBeLessThan(5)
    stream.destroy()
  })
})

describe('a CSV cell', () => {
  const cases: [unknown, string][] = [
    ['=1+1', "'=1+1"],
    ['+cmd', "'+cmd"],
    ['-cmd', "'-cmd"],
    ['@sum', "'@sum"],
    ['\tx', "'\tx"],
    ['\rx', '"\'\rx"'],
    ['-5', '-5'],
    ['+3.2e1', '+3.2e1'],
    [-5, '-5'],
    ['-5-5', "'-5-5"],
    ['=HYPERLINK("http://x","y")', '"\'=HYPERLINK(""http://x"",""y"")"'],
    ['a=1', 'a=1'],
    [null, ''],
    [undefined, ''],
    [false, 'false'],
    [['=a', 'b'], "'=a;b"],
    [{ a: 1 }, '"{""a"":1}"'],
  ]
  for (const [value, cell] of cases) {
    test(`${JSON.stringify(value)} is ${cell}`, () => expect(csvCell(value)).toBe(cell))
  }

  test('comes back as it was, but for the apostrophe that keeps it from running', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), value => {
        const cell = csvCell(value)
        const read = cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell
        expect(read === value || read === `'${value}`).toBe(true)
        expect(/^[=@\t\r]/.test(read)).toBe(false)
      }),
    )
  })
})
