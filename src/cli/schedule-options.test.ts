import { expect, test } from 'vitest'
import { blackout, describeBlackout, hours } from './schedule-options.ts'

const times = [
  ['4', 4],
  ['4h', 4],
  ['90m', 1.5],
  ['7d', 168],
  ['0.5h', 0.5],
] as const
for (const [text, value] of times) test(`${text} is ${value} hours`, () => expect(hours(text)).toBe(value))

for (const text of ['', 'h', '4 hours', '-4h', '5m', '400d', '4w', '1e3']) {
  test(`"${text}" is no time between runs`, () => expect(() => hours(text)).toThrow('It must be a time'))
}

const windows = [
  ['mon-fri 08:00-18:00', 'mon-fri 08:00-18:00'],
  ['sat,sun 00:00-24:00', 'sat,sun 00:00-24:00'],
  ['Fri-Mon 22:00-02:00', 'mon,fri,sat,sun 22:00-02:00'],
  ['22:00-02:00', 'daily 22:00-02:00'],
  ['daily 12:00-13:00', 'daily 12:00-13:00'],
] as const
for (const [text, said] of windows) {
  test(`${text} is understood`, () => expect(blackout(text, undefined).map(describeBlackout)).toEqual([said]))
}

test('windows add up, and one given after none begins anew', () => {
  expect(blackout('sun 08:00-09:00', blackout('sat 08:00-09:00', false)).map(describeBlackout)).toEqual([
    'sat 08:00-09:00',
    'sun 08:00-09:00',
  ])
})

for (const text of ['', 'mon', '08:00', '8:00-9:00', 'monday 08:00-09:00', 'mon-tue-wed 08:00-09:00', '08:00-25:00']) {
  test(`"${text}" is no window`, () => expect(() => blackout(text, undefined)).toThrow('It must be as'))
}
