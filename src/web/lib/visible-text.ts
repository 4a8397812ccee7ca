// Text from outside may hold characters that act instead of being seen: an override that turns a host name round, an
// escape sequence, a character of no width. They are shown as what they are.

const bidiControls = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g
const invisible = /[\u00ad\u200b\u2060-\u2064\ufeff]/g
const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g
const otherControls = /[\u007f-\u009f]/g

/** The same text with every acting character replaced by a visible name; new lines and tabs stay. */
export function visibleText(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(controls, character => String.fromCharCode(0x2400 + character.charCodeAt(0)))
    .replace(otherControls, codePoint)
    .replace(bidiControls, codePoint)
    .replace(invisible, codePoint)
}

/** For a name in one line: new lines too. */
export function visibleLine(text: string): string {
  return visibleText(text).replace(/\n/g, '␊').replace(/\t/g, '␉')
}

/** The address of a reference, when a browser may be sent there; anything else stays text. */
export function safeHref(text: string): string | undefined {
  if (!/^https?:\/\//i.test(text.trim())) return undefined
  try {
    const url = new URL(text.trim())
    // A name before an @ is a way to look like another host.
    return url.username === '' && url.password === '' ? url.href : undefined
  } catch {
    return undefined
  }
}

function codePoint(character: string): string {
  return `⟨U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}⟩`
}
