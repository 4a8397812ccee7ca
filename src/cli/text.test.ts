import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cut, duration, pairs, plain, plainJson, plainLines, size, table, widthOf } from './text.ts'

const hostile = [
  { name: 'a colour', text: '\u001b[31mred\u001b[0m', plain: 'red' },
  { name: 'a cursor move of one byte', text: 'a\u009b2Jb', plain: 'ab' },
  { name: 'a window title', text: 'a\u001b]0;owned\u0007b', plain: 'ab' },
  { name: 'a link', text: '\u001b]8;;http://evil\u001b\\click\u001b]8;;\u001b\\', plain: 'click' },
  { name: 'a title that never ends', text: 'a\u001b]0;everything after', plain: 'a' },
  { name: 'a device string', text: 'a\u001bPq#0\u001b\\b', plain: 'ab' },
  { name: 'a reset', text: 'a\u001bcb', plain: 'ab' },
  { name: 'a lone escape', text: 'a\u001b', plain: 'a' },
  { name: 'backspaces', text: 'safe\b\b\b\bevil', plain: 'safeevil' },
  { name: 'a carriage return', text: 'shown\rhidden', plain: 'shown hidden' },
  { name: 'a line break', text: 'one\r\ntwo\u2028three', plain: 'one two three' },
  { name: 'reversed text', text: 'exe\u202egnp.', plain: 'exegnp.' },
  { name: 'NUL', text: 'a\0b', plain: 'ab' },
  { name: 'letters of every script', text: 'Zürich 日本 🙂', plain: 'Zürich 日本 🙂' },
]

for (const { name, text, plain: expected } of hostile) {
  test(`${name} is harmless in a line`, () => expect(plain(text)).toBe(expected))
}

test('no text keeps a control character', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      expect(plain(text)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/)
      expect(plainLines(text)).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/)
    }),
  )
})

test('JSON is the same value and has no control character', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      const json = plainJson({ text })
      expect(JSON.parse(json)).toEqual({ text })
      expect(json).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/)
    }),
  )
})

test('a table lines its columns up, whatever a cell holds', () => {
  const rows = [
    { name: 'web\u001b[2J-1', open: 5 },
    { name: '日本', open: 1234 },
  ]
  expect(
    table<(typeof rows)[number]>(
      [
        { title: 'Name', value: row => row.name },
        { title: 'Open', align: 'right', value: row => row.open },
      ],
      rows,
    ),
  ).toBe('Name    Open\nweb-1      5\n日本   1,234')
})

test('a long cell is cut to its column', () => {
  expect(cut('abcdef', 4)).toBe('abc…')
  expect(cut('日本語', 5)).toBe('日本…')
  expect(widthOf('日本')).toBe(4)
})

test('names and values stand in two columns', () => {
  expect(
    pairs([
      ['live', 12345],
      ['deleted', 0],
    ]),
  ).toBe('  live     12,345\n  deleted  0')
})

test('sizes and durations read well', () => {
  expect([0, 999, 1500, 123_456_789].map(size)).toEqual(['0 bytes', '999 bytes', '1.5 KB', '123 MB'])
  expect([12, 1500, 90_000, 7_260_000].map(duration)).toEqual(['12 ms', '1.5 s', '1 min 30 s', '2 h 1 min'])
})
