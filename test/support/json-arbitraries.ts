import fc, { type Arbitrary } from 'fast-check'

/** For tests: JSON texts that JSON.stringify would not write. */

/** Indents for JSON.stringify. */
export const spaces = fc.constantFrom(undefined, 1, 2, '\t')

/** Cuts bytes at arbitrary places, including into empty pieces. */
export function cutAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.map(cut => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end))
}

const space = fc.constantFrom('', '', ' ', '\n', '\t ')

/** Any JSON text: white space, escapes written in other ways, duplicate keys, `__proto__`. */
export function jsonTextOf(depth: number): Arbitrary<string> {
  const leaf = fc.oneof(
    stringText(fc.string({ unit: 'binary', maxLength: 8 })),
    stringText(fc.constantFrom('"plugin":{', '"asset":{', '},{"asset":', '},"port":', '{', '}', '\\', '"')),
    fc.constantFrom('0', '-1', '1.5e3', '1E-2', 'true', 'false', 'null', '{}', '[]', '""'),
  )
  if (depth === 0) return leaf
  const inner = jsonTextOf(depth - 1)
  return fc.oneof(leaf, arrayText(inner), objectText(keyText, inner))
}

export const keyText = fc.oneof(
  fc.constantFrom(
    '"plugin"',
    '"asset"',
    '"port"',
    '"output"',
    '"plug\\u0069n"',
    '"__proto__"',
    '"x\\"plugin"',
    '"\\u0000"',
  ),
  stringText(fc.string({ unit: 'binary', maxLength: 4 })),
)

export function objectText(key: Arbitrary<string>, value: Arbitrary<string>, maxLength = 6): Arbitrary<string> {
  return fc
    .array(fc.tuple(space, key, space, space, value, space), { maxLength })
    .map(members => `{${members.map(([a, k, b, c, v, d]) => `${a}${k}${b}:${c}${v}${d}`).join(',')}}`)
}

function arrayText(value: Arbitrary<string>): Arbitrary<string> {
  return fc
    .array(fc.tuple(space, value, space), { maxLength: 4 })
    .map(items => `[${items.map(([a, v, b]) => `${a}${v}${b}`).join(',')}]`)
}

/** A string in JSON, with some characters escaped that need not be. */
function stringText(value: Arbitrary<string>): Arbitrary<string> {
  return fc.tuple(value, fc.boolean()).map(([text, isEscaped]) => {
    if (!isEscaped) return JSON.stringify(text)
    const units = Array.from({ length: text.length }, (_, i) => text.charCodeAt(i).toString(16).padStart(4, '0'))
    return `"${units.map(unit => `\\u${unit}`).join('')}"`
  })
}
