import type { Element } from './answer.ts'
import type { FaultAction, MalformedShape } from './faults.ts'

/** Lets the elements of a chunk pass, spoiling the one a fault names. */
export function answerElements(
  fault: FaultAction | undefined,
  elements: Iterable<Element>,
  others: Iterable<Element>,
): Iterable<Element> {
  if (fault?.kind === 'duplicate_element' && fault.fromAnotherChunk === true)
    return chain(Iterator.from(others).take(1), elements)
  if (fault?.kind === 'duplicate_element') return mapAt(elements, fault.index ?? 0, element => [element, element])
  if (fault?.kind === 'malformed_element')
    return mapAt(elements, fault.index ?? 0, element => [spoil[fault.shape](element)])
  return elements
}

function* chain(...parts: readonly Iterable<Element>[]): Generator<Element> {
  for (const part of parts) yield* part
}

function* mapAt(
  elements: Iterable<Element>,
  index: number,
  change: (element: string) => readonly string[],
): Generator<Element> {
  let n = 0
  for (const element of elements) {
    if (n++ === index) yield* change(textOf(element))
    else yield element
  }
}

function textOf(element: Element): string {
  return typeof element === 'string'
    ? element
    : element.map(piece => (typeof piece === 'string' ? piece : Buffer.from(piece).toString('utf8'))).join('')
}

const spoil: Readonly<Record<MalformedShape, (element: string) => string>> = {
  number: () => '42',
  string: () => '"not an object"',
  null: () => 'null',
  array: element => `[${element}]`,
  'empty-object': () => '{}',
  nul: element => withOutput(element, 'before \\u0000 after'),
  'lone-surrogate': element => withOutput(element, 'before \\ud83d after'),
  megabyte: element => withOutput(element, 'All work and no play.\\n'.repeat(47_600)),
  'invalid-json': element => `${element.slice(0, Math.floor(element.length / 2))}\u0001,}`,
}

/** The element with another `output`, given as the inside of a JSON string. */
function withOutput(element: string, escaped: string): string {
  const { output: _, ...rest } = JSON.parse(element) as Record<string, unknown>
  return `${JSON.stringify(rest).slice(0, -1)},"output":"${escaped}"}`
}
