import { randomBytes } from 'node:crypto'
import type { Json, JsonObject } from '../../domain/json.ts'
import { ByteCache } from './byte-cache.ts'
import { clean, noRepairs, type Repairs, repairsOf } from './clean-text.ts'
import { memberPlaces, openBrace } from './json-scan.ts'

/** A member whose value is the same object in many elements, for example the plugin of a finding. */
export interface RepeatedMember<T> {
  readonly key: string
  /** Raw bytes of remembered values, at most. */
  readonly maxBytes: number
  /**
   * Called once for equal bytes; the answer is then shared. Gets `undefined` when an element lacks the member.
   * @param repairs what was replaced in `value`
   * @param again gives `value` anew, for who would rather parse it again than keep it; absent when it is not remembered
   */
  read(value: Json | undefined, repairs: Repairs, again?: () => Json): T
}

/** One element: its own members parsed, the repeated ones as their readers made them. */
export interface DecodedElement<A, B> {
  /** The element; what stands under the two repeated keys means nothing. */
  readonly rest: JsonObject
  readonly first: A
  readonly second: B
  /** What was replaced in the element; replacements inside a remembered value are told to its reader alone. */
  readonly repairs: Repairs
}

/** JSON, but not an object. */
export interface OtherJson {
  readonly other: Json
}

/**
 * Decodes elements that carry the same objects again and again, parsing each distinct one once.
 *
 * The object's bytes are found with native search, looked up, and replaced by a text nobody can know before the rest is
 * parsed. When that text comes back as the element's own member, the bytes stood exactly there, and the result equals a
 * plain parse of the whole; in every other case the whole is parsed plainly.
 */
export class RepeatedMembersDecoder<A, B> {
  readonly #first: MemberCutter<A>
  readonly #second: MemberCutter<B>

  constructor(first: RepeatedMember<A>, second: RepeatedMember<B>) {
    this.#first = new MemberCutter(first)
    this.#second = new MemberCutter(second)
  }

  /** @returns undefined when the bytes are not JSON */
  decode(bytes: Buffer): DecodedElement<A, B> | OtherJson | undefined {
    const first = this.#first.find(bytes)
    const second = this.#second.find(bytes)
    return (first || second ? this.#decodeRest(bytes, first, second) : undefined) ?? this.#decodeWhole(bytes)
  }

  #decodeRest(bytes: Buffer, first: Cut<A> | undefined, second: Cut<B> | undefined): DecodedElement<A, B> | undefined {
    const text = withoutCuts(bytes, first, second)
    const value = text === undefined ? undefined : parsed(text)
    if (text === undefined || !isObject(value)) return undefined
    if (first && value[this.#first.key] !== first.placeholder) return undefined
    if (second && value[this.#second.key] !== second.placeholder) return undefined
    const { value: rest, repairs } = repaired(value, text, bytes)
    return {
      rest: rest as JsonObject,
      first: first ? first.value : this.#first.read((rest as JsonObject)[this.#first.key]),
      second: second ? second.value : this.#second.read((rest as JsonObject)[this.#second.key]),
      repairs,
    }
  }

  #decodeWhole(bytes: Buffer): DecodedElement<A, B> | OtherJson | undefined {
    const text = bytes.toString('utf8')
    const value = parsed(text)
    if (value === undefined) return undefined
    const { value: rest, repairs } = repaired(value, text, bytes)
    if (!isObject(rest)) return { other: rest }
    this.#first.learn(bytes)
    this.#second.learn(bytes)
    return {
      rest,
      first: this.#first.read(rest[this.#first.key]),
      second: this.#second.read(rest[this.#second.key]),
      repairs,
    }
  }
}

interface Cut<T> {
  readonly start: number
  readonly end: number
  readonly value: T
  readonly placeholder: string
}

/** Finds one repeated member in the bytes of elements. */
class MemberCutter<T> {
  readonly key: string
  readonly #quotedKey: Buffer
  readonly #placeholder = randomBytes(9).toString('base64')
  readonly #cache: ByteCache<Remembered<T>>
  readonly #read: RepeatedMember<T>['read']
  /** How the member begins, for example `"plugin":{`. */
  #opener: Buffer | undefined
  /** How it may end, for example `},"port":`; the last that fitted is tried first. */
  readonly #terminators: Terminator[] = []
  #lessons = 0

  constructor({ key, maxBytes, read }: RepeatedMember<T>) {
    this.key = key
    this.#quotedKey = Buffer.from(JSON.stringify(key))
    this.#cache = new ByteCache(maxBytes)
    this.#read = read
  }

  find(bytes: Buffer): Cut<T> | undefined {
    if (!this.#opener) return undefined
    const found = bytes.indexOf(this.#opener)
    if (found < 0) return undefined
    const start = found + this.#opener.length - 1
    for (let index = 0; index < this.#terminators.length; index++) {
      const terminator = this.#terminators[index]!
      const end = endBefore(bytes, start, terminator)
      if (end < 0) continue
      const value = this.#valueOf(bytes, start, end)
      if (value === undefined) continue
      if (index > 0) {
        this.#terminators[index] = this.#terminators[0]!
        this.#terminators[0] = terminator
      }
      return { start, end, value: value.read, placeholder: this.#placeholder }
    }
    return undefined
  }

  /** Takes the member's surroundings from an element where it could not be cut. */
  learn(bytes: Buffer): void {
    if (this.#lessons >= maxLessons) return
    this.#lessons += 1
    const places = memberPlaces(bytes)
    const index = places.findIndex(place => bytes.subarray(place.key, place.keyEnd).equals(this.#quotedKey))
    const place = places[index]
    if (!place || bytes[place.value] !== openBrace) return
    this.#opener = Buffer.from(bytes.subarray(place.key, place.value + 1))
    const next = places[index + 1]
    const isLast = next === undefined
    const ending = Buffer.from(bytes.subarray(place.valueEnd - 1, next ? next.keyEnd : bytes.length))
    if (!this.#terminators.some(known => known.isLast === isLast && known.bytes.equals(ending))) {
      this.#terminators.unshift({ bytes: ending, isLast })
    }
  }

  read(value: Json | undefined): T {
    return this.#read(value, noRepairs)
  }

  #valueOf(bytes: Buffer, start: number, end: number): Remembered<T> | undefined {
    const slice = bytes.subarray(start, end)
    const known = this.#cache.get(slice)
    if (known) return known
    const text = slice.toString('utf8')
    const value = parsed(text)
    if (!isObject(value)) return undefined
    const { value: clean, repairs } = repaired(value, text, slice)
    // A copy: the bytes belong to a buffer that is written again.
    const own = Buffer.from(slice)
    const remembered = { read: this.#read(clean, repairs, () => parseAgain(own)) }
    this.#cache.set(own, remembered)
    return remembered
  }
}

function parseAgain(bytes: Buffer): Json {
  const text = bytes.toString('utf8')
  return repaired(JSON.parse(text) as Json, text, bytes).value
}

interface Remembered<T> {
  readonly read: T
}

interface Terminator {
  /** From the closing brace to behind the next key, or to the end of the element. */
  readonly bytes: Buffer
  readonly isLast: boolean
}

/** Elements of one export differ in few ways; a stream that keeps surprising is parsed plainly. */
const maxLessons = 16

function endBefore(bytes: Buffer, start: number, terminator: Terminator): number {
  if (!terminator.isLast) return bytes.indexOf(terminator.bytes, start) + 1 || -1
  const at = bytes.length - terminator.bytes.length
  return at > start && bytes.compare(terminator.bytes, 0, terminator.bytes.length, at) === 0 ? at + 1 : -1
}

function withoutCuts(
  bytes: Buffer,
  first: Cut<unknown> | undefined,
  second: Cut<unknown> | undefined,
): string | undefined {
  if (!first || !second) {
    const only = first ?? second
    if (!only) return undefined
    return `${bytes.toString('utf8', 0, only.start)}"${only.placeholder}"${bytes.toString('utf8', only.end)}`
  }
  const [before, after] = first.start < second.start ? [first, second] : [second, first]
  if (before.end > after.start) return undefined
  const head = bytes.toString('utf8', 0, before.start)
  const middle = bytes.toString('utf8', before.end, after.start)
  const tail = bytes.toString('utf8', after.end)
  return `${head}"${before.placeholder}"${middle}"${after.placeholder}"${tail}`
}

function repaired(value: Json, text: string, bytes: Buffer): { value: Json; repairs: Repairs } {
  const suspected = repairsOf(text, bytes)
  if (suspected === noRepairs) return { value, repairs: noRepairs }
  const { value: whole, hadNul, hadSurrogate } = clean(value, suspected)
  return { value: whole, repairs: { nul: hadNul, surrogate: hadSurrogate, utf8: suspected.utf8 } }
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
