import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instantOf, isInstant } from './instant.ts'

describe('times as the vendor writes them', () => {
  const cases = [
    { name: 'whole seconds', wire: '2018-03-14T20:43:32Z', is: '2018-03-14T20:43:32Z' },
    { name: 'milliseconds', wire: '2018-03-14T20:43:32.159Z', is: '2018-03-14T20:43:32.159Z' },
    { name: 'microseconds', wire: '2022-11-20T10:30:00.123456Z', is: '2022-11-20T10:30:00.123456Z' },
    { name: 'a leap day', wire: '2024-02-29T00:00:00Z', is: '2024-02-29T00:00:00Z' },
    { name: 'a date alone', wire: '2014-05-12', is: '2014-05-12T00:00:00Z' },
    { name: 'a date with slashes', wire: '2005/08/26', is: '2005-08-26T00:00:00Z' },
    { name: 'an offset', wire: '2020-01-01T01:30:00+02:00', is: '2019-12-31T23:30:00Z' },
    {
      name: 'an offset without colon, and a fraction',
      wire: '2020-01-01T01:30:00.123456-0100',
      is: '2020-01-01T02:30:00.123456Z',
    },
    { name: 'no zone', wire: '2020-01-01 01:30:00', is: '2020-01-01T01:30:00Z' },
    { name: 'lower case', wire: '2020-01-01t01:30:00z', is: '2020-01-01T01:30:00Z' },
    { name: 'Unix seconds', wire: 1_590_006_395, is: '2020-05-20T20:26:35Z' },
    { name: 'Unix seconds as text', wire: '1590006395', is: '2020-05-20T20:26:35Z' },
    { name: 'Unix milliseconds', wire: 1_590_006_395_123, is: '2020-05-20T20:26:35.123Z' },
  ]
  for (const { name, wire, is } of cases) test(name, () => expect(instantOf(wire)).toBe(is))

  const impossible = [
    '2018-02-31T22:27:52.869Z',
    '2023-02-29T00:00:00Z',
    '2020-13-01T00:00:00Z',
    '2020-00-01T00:00:00Z',
    '2020-01-01T24:00:00Z',
    '2020-01-01T00:60:00Z',
    '2020-01-01T00:00:60Z',
    '0000-01-01T00:00:00Z',
    '2020-01-01T00:00:00.Z',
    '2020-01-01T00:00:00.12x4Z',
    '2020-1-1',
    'yesterday',
    '',
    -5,
    true,
    null,
    Number.POSITIVE_INFINITY,
    1e300,
  ]
  for (const wire of impossible) test(`${String(wire)} is none`, () => expect(instantOf(wire)).toBeUndefined())
})

test('every date a calendar has is one, in each of the usual forms', () => {
  fc.assert(
    fc.property(fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }), date => {
      const iso = date.toISOString()
      expect(isInstant(iso)).toBe(true)
      expect(isInstant(`${iso.slice(0, 19)}Z`)).toBe(true)
    }),
  )
})

test('no other text is let through', () => {
  const nearly = fc.tuple(fc.nat(25), fc.string({ minLength: 1, maxLength: 1 })).map(([at, put]) => {
    const text = '2020-01-01T00:00:00.000Z'
    return text.slice(0, at) + put + text.slice(at + 1)
  })
  fc.assert(
    fc.property(fc.oneof(nearly, fc.string()), text => {
      if (isInstant(text)) expect(Number.isNaN(Date.parse(text))).toBe(false)
    }),
    { numRuns: 2000 },
  )
})
