import { expect, test } from 'vitest'
import { safeHref, visibleLine, visibleText } from './visible-text.ts'

const texts = [
  { name: 'plain text stays', from: 'srv-01.example.com', to: 'srv-01.example.com' },
  { name: 'an override that turns a name round is seen', from: 'gpj\u202Eexe', to: 'gpj⟨U+202E⟩exe' },
  { name: 'an escape sequence is seen', from: '\u001b[31mred\u0007', to: '␛[31mred␇' },
  { name: 'characters without width are seen', from: 'pay\u200bpal', to: 'pay⟨U+200B⟩pal' },
  { name: 'emoji made of several characters stay whole', from: '👩\u200d💻', to: '👩\u200d💻' },
  { name: 'lines and tabs stay', from: 'a\r\nb\tc\rd', to: 'a\nb\tc\nd' },
] as const

for (const { name, from, to } of texts) test(name, () => expect(visibleText(from)).toBe(to))

test('a name is one line', () => expect(visibleLine('a\nb\tc')).toBe('a␊b␉c'))

const links = [
  { text: 'https://example.com/a?b=c', href: 'https://example.com/a?b=c' },
  { text: ' http://example.com', href: 'http://example.com/' },
  { text: 'javascript:alert(1)', href: undefined },
  { text: 'data:text/html,x', href: undefined },
  { text: '//example.com', href: undefined },
  { text: '/local', href: undefined },
  { text: 'https://tenable.com@evil.example', href: undefined },
  { text: 'https://', href: undefined },
] as const

for (const { text, href } of links) {
  test(`${text} is ${href === undefined ? 'no link' : 'a link'}`, () => expect(safeHref(text)).toBe(href))
}
