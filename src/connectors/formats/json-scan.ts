/** Finding the ends of JSON values in bytes without parsing them. */

/** How far the scan of one value has come. */
export interface Scan {
  at: number
  depth: number
  isInString: boolean
}

export const quote = 0x22
export const comma = 0x2c
export const colon = 0x3a
export const openBracket = 0x5b
export const backslash = 0x5c
export const closeBracket = 0x5d
export const openBrace = 0x7b
export const closeBrace = 0x7d

export function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}

export function skipSpace(bytes: Buffer, from: number): number {
  let at = from
  while (at < bytes.length && isSpace(bytes[at]!)) at++
  return at
}

/**
 * Goes on with the scan of one value.
 * @returns the position behind it, or -1 when its end has not arrived yet
 */
export function scanValue(view: Buffer, scan: Scan): number {
  while (scan.at < view.length) {
    if (scan.isInString) {
      const end = view.indexOf(quote, scan.at)
      if (end < 0) {
        // The quote that comes next may be escaped by the last bytes here.
        scan.at = Math.max(scan.at, view.length - trailingBackslashes(view, view.length, scan.at))
        return -1
      }
      const isEscaped = trailingBackslashes(view, end, scan.at) % 2 === 1
      scan.at = end + 1
      if (isEscaped) continue
      scan.isInString = false
      if (scan.depth === 0) return scan.at
      continue
    }
    const byte = view[scan.at]!
    if (byte === quote) {
      scan.isInString = true
    } else if (byte === openBrace || byte === openBracket) {
      scan.depth += 1
    } else if (scan.depth > 0) {
      if (byte === closeBrace || byte === closeBracket) {
        scan.depth -= 1
        if (scan.depth === 0) {
          scan.at += 1
          return scan.at
        }
      }
    } else {
      return scanScalar(view, scan)
    }
    scan.at += 1
  }
  return -1
}

/** A number, a literal, or rubbish: up to what can only stand behind it, and at least one byte. */
function scanScalar(view: Buffer, scan: Scan): number {
  let at = scan.at + 1
  while (at < view.length && !isSpace(view[at]!) && view[at] !== comma && view[at] !== closeBracket) at++
  // Not remembered in `scan`: the whole scalar is looked at again when more has come.
  return at < view.length ? at : -1
}

function trailingBackslashes(view: Buffer, end: number, from: number): number {
  let count = 0
  while (end - count - 1 >= from && view[end - count - 1] === backslash) count++
  return count
}

/** From the brace to behind the colon of the first key, when the element is an object with one. */
export function openingOf(bytes: Buffer): Buffer | undefined {
  if (bytes[0] !== openBrace) return undefined
  const key = skipSpace(bytes, 1)
  if (bytes[key] !== quote) return undefined
  const keyEnd = bytes.indexOf(quote, key + 1)
  if (keyEnd < 0 || bytes[keyEnd - 1] === backslash) return undefined
  const at = skipSpace(bytes, keyEnd + 1)
  return bytes[at] === colon ? Buffer.from(bytes.subarray(0, at + 1)) : undefined
}

/** Where one member of an object stands. */
export interface MemberPlace {
  /** The opening quote of the key. */
  readonly key: number
  readonly keyEnd: number
  readonly value: number
  readonly valueEnd: number
}

/** The places of an object's own members, in order; stops where the bytes are no object. */
export function memberPlaces(bytes: Buffer): MemberPlace[] {
  const places: MemberPlace[] = []
  let at = skipSpace(bytes, 0)
  if (bytes[at] !== openBrace) return places
  for (;;) {
    const key = skipSpace(bytes, at + 1)
    if (bytes[key] !== quote) return places
    const keyEnd = scanValue(bytes, { at: key, depth: 0, isInString: false })
    const afterKey = keyEnd < 0 ? bytes.length : skipSpace(bytes, keyEnd)
    if (bytes[afterKey] !== colon) return places
    const value = skipSpace(bytes, afterKey + 1)
    const valueEnd = memberValueEnd(bytes, value)
    if (valueEnd < 0) return places
    places.push({ key, keyEnd, value, valueEnd })
    at = skipSpace(bytes, valueEnd)
    if (bytes[at] !== comma) return places
  }
}

function memberValueEnd(bytes: Buffer, value: number): number {
  const first = bytes[value]
  if (first === quote || first === openBrace || first === openBracket) {
    return scanValue(bytes, { at: value, depth: 0, isInString: false })
  }
  let at = value
  while (at < bytes.length && bytes[at] !== comma && bytes[at] !== closeBrace && !isSpace(bytes[at]!)) at++
  return at < bytes.length ? at : -1
}
