import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { jsonTextOf, keyText, objectText } from '../../../test/support/json-arbitraries.ts'
import type { Json, JsonObject } from '../../domain/json.ts'
import { clean, repairsOf } from './clean-text.ts'
import { RepeatedMembersDecoder } from './repeated-members.ts'

/** What a reader made: an object, so that sharing shows. */
interface Read {
  readonly value: Json | undefined
}

function newDecoder(): RepeatedMembersDecoder<Read, Read> {
  const read = (value: Json | undefined): Read => ({ value })
  return new RepeatedMembersDecoder({ key: 'asset', maxBytes: 10_000, read }, { key: 'plugin', maxBytes: 10_000, read })
}

/** What the decoder says, put together again. */
function whole(decoder: RepeatedMembersDecoder<Read, Read>, text: string): Json | undefined {
  const decoded = decoder.decode(Buffer.from(text))
  if (decoded === undefined) return undefined
  if ('other' in decoded) return decoded.other
  const members = Object.entries(decoded.rest).map(([key, value]): [string, Json | undefined] => {
    if (key === 'asset') return [key, decoded.first.value]
    return [key, key === 'plugin' ? decoded.second.value : value]
  })
  return Object.fromEntries(members) as JsonObject
}

function plain(text: string): Json | undefined {
  let value: Json
  try {
    value = JSON.parse(text) as Json
  } catch {
    return undefined
  }
  return clean(value, repairsOf(text, Buffer.from(text))).value
}

/** Equal in what a writer of JSON would see, order of keys included. */
function expectEqual(got: Json | undefined, wanted: Json | undefined): void {
  expect(JSON.stringify(got)).toBe(JSON.stringify(wanted))
  expect(got).toEqual(wanted)
}

describe('decoding equals JSON.parse', () => {
  test('for records as exports send them, in any key order and spacing', () => {
    const inner = fc.dictionary(fc.string({ maxLength: 6 }), fc.jsonValue(), { maxKeys: 5 })
    const record = fc.record(
      { asset: inner, plugin: inner, port: inner, output: fc.string({ unit: 'binary' }), state: fc.constant('OPEN') },
      { requiredKeys: [] },
    )
    const shuffled = record.chain(value =>
      fc
        .shuffledSubarray(Object.keys(value), { minLength: Object.keys(value).length })
        .map(keys => Object.fromEntries(keys.map(key => [key, value[key as keyof typeof value]]))),
    )
    fc.assert(
      fc.property(
        fc.array(shuffled, { minLength: 1, maxLength: 6 }),
        fc.constantFrom(undefined, 2),
        (records, indent) => {
          const decoder = newDecoder()
          // Twice: the second time everything is known.
          for (const value of [...records, ...records]) {
            const text = JSON.stringify(value, null, indent)
            expectEqual(whole(decoder, text), plain(text))
          }
        },
      ),
      { numRuns: 150 },
    )
  })

  test('for any JSON: duplicate keys, nested ones, other spellings, texts that look like the patterns', () => {
    const element = fc.oneof(objectText(keyText, jsonTextOf(2), 8), jsonTextOf(3))
    fc.assert(
      fc.property(fc.array(element, { minLength: 1, maxLength: 8 }), texts => {
        const decoder = newDecoder()
        for (const known of regular) decoder.decode(Buffer.from(known))
        for (const text of [...texts, ...texts]) expectEqual(whole(decoder, text), plain(text))
      }),
      { numRuns: 500 },
    )
  })

  test('for records with pieces of other records put in or cut out', () => {
    const piece = fc.constantFrom(
      ...regular,
      '{"plugin":{"id":1},"port":{}}',
      '"plugin":{',
      '},"port":',
      ',',
      '}',
      '{',
      '"',
    )
    fc.assert(
      fc.property(fc.constantFrom(...regular), fc.nat(), fc.nat(), piece, (text, at, length, put) => {
        const from = at % text.length
        const damaged = text.slice(0, from) + put + text.slice(from + (length % 40))
        const decoder = newDecoder()
        for (const known of regular) decoder.decode(Buffer.from(known))
        expectEqual(whole(decoder, damaged), plain(damaged))
      }),
      { numRuns: 500 },
    )
  })
})

const regular = [
  '{"asset":{"uuid":"a","nested":{"plugin":{"id":7}}},"output":"x","plugin":{"id":1,"xrefs":[{"a":1}]},"port":{"port":1}}',
  '{"asset":{"uuid":"a"},"plugin":{"id":2,"vpr":{"score":1}},"port":{"port":0}}',
  '{"plugin":{"id":3},"asset":{"uuid":"b"}}',
  '{"asset":{"uuid":"b"},"output":"\\"plugin\\":{\\"id\\":9},\\"port\\":","plugin":{"id":1},"port":{}}',
]

describe('what repeats is read once', () => {
  test('equal bytes give the same object', () => {
    const decoder = newDecoder()
    const decode = (text: string) => {
      const decoded = decoder.decode(Buffer.from(text))
      if (decoded === undefined || 'other' in decoded) throw new Error('not an object')
      return decoded
    }
    const text = (output: string) => `{"asset":{"uuid":"a"},"output":"${output}","plugin":{"id":1},"port":{"port":1}}`
    decode(text('learning'))
    const first = decode(text('one'))
    const second = decode(text('two'))
    expect(second.second).toBe(first.second)
    expect(second.first).toBe(first.first)
    expect(first.rest.output).toBe('one')
    expect(second.rest.output).toBe('two')
  })

  test('a member whose neighbours change is still recognised', () => {
    const decoder = newDecoder()
    const plugin = '"plugin":{"id":1,"inner":{"a":1}}'
    const texts = [`{"a":1,${plugin},"port":{}}`, `{"a":1,${plugin},"output":"x"}`, `{"a":1,${plugin}}`]
    for (const text of texts) decoder.decode(Buffer.from(text))
    const reads = texts.map(text => {
      const decoded = decoder.decode(Buffer.from(text))
      return decoded && 'second' in decoded ? decoded.second : undefined
    })
    expect(reads[0]).toBeDefined()
    expect(new Set(reads).size).toBe(1)
  })

  test('forgotten when the budget is spent, and then read again', () => {
    const reads: number[] = []
    const decoder = new RepeatedMembersDecoder<number, null>(
      { key: 'plugin', maxBytes: 2_000, read: value => reads.push((value as { id: number }).id) },
      { key: 'none', maxBytes: 0, read: () => null },
    )
    const decode = (id: number) =>
      decoder.decode(Buffer.from(`{"plugin":{"id":${id},"text":"${'x'.repeat(100)}"},"port":1}`))
    decode(0)
    for (let id = 1; id <= 100; id++) decode(id)
    decode(100)
    expect(reads.filter(id => id === 100)).toHaveLength(1)
    decode(1)
    expect(reads.filter(id => id === 1)).toHaveLength(2)
  })
})

describe('what PostgreSQL cannot hold is replaced and told', () => {
  const cases = [
    {
      name: 'a NUL',
      text: '{"output":"a\\u0000b"}',
      output: 'a\ufffdb',
      told: { nul: true, surrogate: false, utf8: false },
    },
    {
      name: 'half of a surrogate pair',
      text: '{"output":"a\\ud83db"}',
      output: 'a\ufffdb',
      told: { nul: false, surrogate: true, utf8: false },
    },
    {
      name: 'a whole pair',
      text: '{"output":"\\ud83d\\ude00"}',
      output: '😀',
      told: { nul: false, surrogate: false, utf8: false },
    },
    {
      name: 'an escaped backslash',
      text: '{"output":"\\\\u0000"}',
      output: '\\u0000',
      told: { nul: false, surrogate: false, utf8: false },
    },
    {
      name: 'U+FFFD itself',
      text: '{"output":"\ufffd"}',
      output: '\ufffd',
      told: { nul: false, surrogate: false, utf8: false },
    },
  ]
  for (const { name, text, output, told } of cases) {
    test(name, () => {
      const decoded = newDecoder().decode(Buffer.from(text))
      expect(decoded).toMatchObject({ rest: { output }, repairs: told })
    })
  }

  test('bytes that are not UTF-8', () => {
    const bytes = Buffer.concat([Buffer.from('{"output":"a'), Buffer.from([0xff]), Buffer.from('b"}')])
    expect(newDecoder().decode(bytes)).toMatchObject({ rest: { output: 'a\ufffdb' }, repairs: { utf8: true } })
  })

  test('a replacement inside a repeated member is told to its reader', () => {
    const told: unknown[] = []
    const read = (value: Json | undefined, repairs: unknown): null => {
      if (JSON.stringify(value)?.includes('\ufffd')) told.push(repairs)
      return null
    }
    const decoder = new RepeatedMembersDecoder<null, null>(
      { key: 'asset', maxBytes: 1000, read },
      { key: 'plugin', maxBytes: 1000, read },
    )
    decoder.decode(Buffer.from('{"plugin":{"id":1},"port":1}'))
    const decoded = decoder.decode(Buffer.from('{"plugin":{"id":2,"name":"\\u0000"},"port":1}'))
    expect(told).toEqual([{ nul: true, surrogate: false, utf8: false }])
    expect(decoded).toMatchObject({ repairs: { nul: false } })
  })
})
