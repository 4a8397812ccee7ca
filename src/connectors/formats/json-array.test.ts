import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cutAt, jsonTextOf, spaces } from '../../../test/support/json-arbitraries.ts'
import { JsonArraySplitter, TruncatedJsonError, UnexpectedJsonError } from './json-array.ts'

interface Split {
  readonly values: unknown[]
  readonly broken: { readonly text: string; readonly reason: string }[]
  readonly document: unknown
  readonly fallbacks: number
}

function split(pieces: readonly Buffer[], options: { member?: string; maxElementBytes?: number } = {}): Split {
  const values: unknown[] = []
  const broken: { text: string; reason: string }[] = []
  const splitter = new JsonArraySplitter(
    {
      element(bytes) {
        try {
          values.push(JSON.parse(bytes.toString('utf8')))
          return true
        } catch {
          return false
        }
      },
      broken: (bytes, reason) => broken.push({ text: bytes.toString('utf8'), reason }),
    },
    options,
  )
  for (const piece of pieces) splitter.push(piece)
  const document = splitter.end()
  return { values, broken, document, fallbacks: splitter.fallbacks }
}

const splitText = (text: string, options = {}) => split([Buffer.from(text)], options)

describe('any array, cut anywhere, gives what JSON.parse gives', () => {
  test('arrays of any values', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), spaces, fc.array(fc.nat()), (values, indent, cuts) => {
        const text = JSON.stringify(values, null, indent)
        const { values: got, broken } = split(cutAt(Buffer.from(text), cuts))
        expect(broken).toEqual([])
        expect(got).toEqual(JSON.parse(text))
      }),
      { numRuns: 200 },
    )
  })

  test('arrays of objects that begin alike, with text and nested arrays that look like the boundary', () => {
    const tricky = fc.oneof(
      fc.constantFrom('},{"asset":', '{"asset":', '}', ']', '"', '\\', '\\"', '},', '"asset":{', '\u0000'),
      fc.string({ unit: 'binary' }),
    )
    const record = fc.record(
      {
        asset: fc.oneof(tricky, fc.array(fc.record({ asset: tricky })), fc.record({ asset: fc.jsonValue() })),
        output: tricky,
        nested: fc.array(fc.record({ asset: tricky }), { maxLength: 3 }),
      },
      { requiredKeys: ['asset'] },
    )
    fc.assert(
      fc.property(fc.array(record, { maxLength: 8 }), spaces, fc.array(fc.nat()), (values, indent, cuts) => {
        const text = JSON.stringify(values, null, indent)
        const { values: got, broken } = split(cutAt(Buffer.from(text), cuts))
        expect(broken).toEqual([])
        expect(got).toEqual(JSON.parse(text))
      }),
      { numRuns: 300 },
    )
  })

  test('arrays with any white space, key order and escapes', () => {
    fc.assert(
      fc.property(
        fc.array(jsonTextOf(2)),
        fc.constantFrom(',', ' , ', ',\n  '),
        fc.array(fc.nat()),
        (texts, comma, cuts) => {
          const text = `[${texts.join(comma)}]`
          const { values: got, broken } = split(cutAt(Buffer.from(text), cuts))
          expect(broken).toEqual([])
          expect(got).toEqual(JSON.parse(text))
        },
      ),
      { numRuns: 200 },
    )
  })

  test('a member of a document, wherever it stands', () => {
    fc.assert(
      fc.property(
        fc.array(fc.jsonValue()),
        fc.dictionary(
          fc.string().filter(key => key !== 'items'),
          fc.jsonValue(),
        ),
        spaces,
        fc.array(fc.nat()),
        (items, around, indent, cuts) => {
          // A nested `items` array before ours would be found first, as in any search by name.
          fc.pre(!JSON.stringify(around).includes('"items"'))
          const text = JSON.stringify({ ...around, data: { items, n: 1 }, total: 5 }, null, indent)
          const { values, document, broken } = split(cutAt(Buffer.from(text), cuts), { member: 'items' })
          expect(broken).toEqual([])
          expect(values).toEqual(JSON.parse(JSON.stringify(items)))
          expect(document).toEqual(JSON.parse(JSON.stringify({ ...around, data: { items: [], n: 1 }, total: 5 })))
        },
      ),
      { numRuns: 300 },
    )
  })

  test('any array cut short is told from a whole one', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { minLength: 1 }), spaces, fc.nat(), (values, indent, at) => {
        const whole = Buffer.from(JSON.stringify(values, null, indent))
        const part = whole.subarray(0, at % whole.length)
        expect(() => split([part])).toThrow(TruncatedJsonError)
      }),
      { numRuns: 200 },
    )
  })
})

describe('bodies that are no array', () => {
  const cases = [
    { name: 'null is an empty array', body: ' null\n', values: [] },
    { name: 'an empty array', body: '[]', values: [] },
    { name: 'a byte order mark is passed over', body: '\ufeff [1]', values: [1] },
    { name: 'space around the array', body: '\r\n\t [ 1 , 2 ] \n', values: [1, 2] },
    { name: 'a comma too many', body: '[1,,2,]', values: [1, 2] },
  ]
  for (const { name, body, values } of cases) test(name, () => expect(splitText(body).values).toEqual(values))

  const failures = [
    { name: 'nothing at all', body: '', error: TruncatedJsonError },
    { name: 'only white space', body: ' \n', error: TruncatedJsonError },
    { name: 'the beginning of null', body: 'nul', error: TruncatedJsonError },
    { name: 'an opening bracket', body: '[', error: TruncatedJsonError },
    { name: 'an object cut short', body: '{"error":', error: TruncatedJsonError },
    { name: 'a web page', body: '<html><title>Sign in</title>', error: UnexpectedJsonError },
    { name: 'an error object', body: '{"error":"Chunk does not exist"}', error: UnexpectedJsonError },
    { name: 'a text', body: '"hello"', error: UnexpectedJsonError },
    { name: 'rubbish', body: 'upstream connect error', error: UnexpectedJsonError },
  ]
  for (const { name, body, error } of failures)
    test(`${name} throws`, () => expect(() => splitText(body)).toThrow(error))

  test('a member that is null is an empty list', () => {
    const { values, document } = splitText('{"data":{"items":null},"total":0}', { member: 'items' })
    expect(values).toEqual([])
    expect(document).toEqual({ data: { items: null }, total: 0 })
  })

  test('a document without the member throws', () => {
    expect(() => splitText('{"error":"no"}', { member: 'items' })).toThrow(UnexpectedJsonError)
  })

  test('a document cut short behind the array throws', () => {
    expect(() => splitText('{"items":[1,2],"total":', { member: 'items' })).toThrow(TruncatedJsonError)
  })
})

describe('a broken record costs itself alone', () => {
  const good = (n: number) => `{"asset":{"id":${n}},"output":"text ${n}"}`
  const broken = [
    { name: 'an unquoted value', text: '{"asset":{"id":oops},"output":"x"}' },
    { name: 'a quote missing', text: '{"asset":{"id":3},"output":"x}' },
    { name: 'a brace missing', text: '{"asset":{"id":3,"output":"x"}' },
    { name: 'a raw line break in a text', text: '{"asset":{"id":3},"output":"a\nb"}' },
    { name: 'a bad escape', text: '{"asset":{"id":3},"output":"\\x"}' },
    { name: 'a raw NUL', text: '{"asset":{"id":3},"output":"\u0000"}' },
  ]
  for (const { name, text } of broken) {
    test(name, () => {
      const body = Buffer.from(`[${good(1)},${good(2)},${text},${good(4)},${good(5)}]`)
      for (const size of [3, 17, 10_000]) {
        const pieces = Array.from({ length: Math.ceil(body.length / size) }, (_, i) =>
          body.subarray(i * size, (i + 1) * size),
        )
        const result = split(pieces)
        expect(result.values).toEqual([1, 2, 4, 5].map(n => JSON.parse(good(n))))
        expect(result.broken.map(({ text: kept }) => kept)).toEqual([text])
      }
    })
  }

  test('whatever is put in or cut out of a record, its neighbours stay whole', () => {
    const put = fc.constantFrom('"', '{', '}', '[', ']', ',', '\\', '', 'x', ':')
    fc.assert(
      fc.property(fc.nat(), fc.nat(10), put, fc.array(fc.nat()), (at, length, piece, cuts) => {
        const record = good(3)
        const from = 1 + (at % (record.length - 2))
        const damaged = record.slice(0, from) + piece + record.slice(Math.min(record.length - 1, from + length))
        const text = `[${good(1)},${good(2)},${damaged},${good(4)},${good(5)}]`
        const { values } = split(cutAt(Buffer.from(text), cuts))
        for (const n of [1, 2, 4, 5]) expect(values, damaged).toContainEqual(JSON.parse(good(n)))
      }),
      { numRuns: 500 },
    )
  })

  test('a brace too many makes pieces of a record, and leaves its neighbours whole', () => {
    const { values, broken: pieces } = splitText(`[${good(1)},${good(2)},{"asset":{"id":3}},"output":"x"},${good(4)}]`)
    expect(values).toEqual([good(1), good(2), '{"asset":{"id":3}}', '"output"', good(4)].map(text => JSON.parse(text)))
    expect(pieces.map(({ text }) => text)).toEqual([':"x"}'])
  })

  test('records that are no objects are handed on as what they are', () => {
    expect(splitText(`[${good(1)},5,${good(2)},"x",null,${good(3)},[1],true]`).values).toEqual([
      JSON.parse(good(1)),
      5,
      JSON.parse(good(2)),
      'x',
      null,
      JSON.parse(good(3)),
      [1],
      true,
    ])
  })

  test('bytes behind the array are kept', () => {
    expect(splitText('[1] trailing').broken).toEqual([
      { text: 'trailing', reason: 'Bytes after the end of the array.' },
    ])
  })

  test('a record larger than the limit is kept in part and not held', () => {
    const giant = `{"asset":{"id":9},"output":"${'x'.repeat(300_000)}"}`
    const body = Buffer.from(`[${good(1)},${giant},${good(2)},${good(3)}]`)
    const pieces = Array.from({ length: Math.ceil(body.length / 1000) }, (_, i) =>
      body.subarray(i * 1000, (i + 1) * 1000),
    )
    const result = split(pieces, { maxElementBytes: 100_000 })
    expect(result.values).toEqual([1, 2, 3].map(n => JSON.parse(good(n))))
    expect(result.broken).toHaveLength(1)
    expect(result.broken[0]?.text).toHaveLength(65_536)
    expect(result.broken[0]?.reason).toContain('larger than')
  })
})

test('elements that do not begin alike are still all found, and the boundary is given up', () => {
  const values = Array.from({ length: 400 }, (_, i) => (i % 2 ? { a: i } : { b: i, c: [{ a: 1 }] }))
  const learnt = [{ a: 0 }, { a: 0 }, ...values]
  const result = splitText(JSON.stringify(learnt))
  expect(result.values).toEqual(learnt)
  expect(result.fallbacks).toBeLessThan(60)
})
