import {
  closeBracket,
  colon,
  comma,
  isSpace,
  openBracket,
  openingOf,
  type Scan,
  scanValue,
  skipSpace,
} from './json-scan.ts'

/** Takes the elements of a JSON array one by one. */
export interface ArraySink {
  /**
   * @param bytes one element; valid during the call only
   * @returns false when it is not JSON; then nothing of it may have been kept
   */
  element(bytes: Buffer): boolean
  /** Bytes of the array that no reading makes JSON; at most `maxRawBytes` of them. */
  broken(bytes: Buffer, reason: string): void
}

export interface ArraySplitterOptions {
  /** The key whose value is the array; without it the document itself is the array. */
  readonly member?: string
  /** A larger element is handed to `broken` without being held. */
  readonly maxElementBytes?: number
}

/** The document ended before it was whole. */
export class TruncatedJsonError extends Error {}

/** The document is something else than the array asked for: a web page, an error object. */
export class UnexpectedJsonError extends Error {
  /** Its beginning. */
  readonly beginning: string

  constructor(message: string, beginning: string) {
    super(message)
    this.beginning = beginning
  }
}

export const maxRawBytes = 65_536
const maxEnvelopeBytes = 1024 * 1024

/**
 * Splits a JSON array that arrives in pieces into its elements without parsing them.
 *
 * Elements of one export begin alike (`{"asset":`), so the boundary `},{"asset":` is found with native search. A quote
 * inside a JSON string is always escaped, so the boundary cannot match in text; it could match in a nested array, which
 * the sink's refusal reveals, because an element has exactly one end that makes it JSON. Then, and wherever nothing was
 * learnt, a scanner that knows strings and depth finds the end. Memory is one piece and one element.
 */
export class JsonArraySplitter {
  readonly #sink: ArraySink
  readonly #member: string | undefined
  readonly #maxElementBytes: number
  #store = Buffer.allocUnsafe(64 * 1024)
  /** The unread bytes are `#store[#at … #end)`; positions below move with them. */
  #at = 0
  #end = 0
  #view = this.#store.subarray(0, 0)
  #phase: 'head' | 'other' | 'between' | 'element' | 'tail' = 'head'
  #head: Buffer | undefined
  #boundary: Boundary | undefined
  #opening: Buffer | undefined
  #gapStart = -1
  #gap: Buffer | undefined
  #searchedTo = 0
  #scan: Scan | undefined
  /** Where the boundary said that the element ends which the sink then refused. */
  #refusedEnd = -1
  #oversized: Buffer | undefined
  #elements = 0
  #fallbacks = 0

  constructor(sink: ArraySink, options: ArraySplitterOptions = {}) {
    this.#sink = sink
    this.#member = options.member
    this.#maxElementBytes = options.maxElementBytes ?? 32 * 1024 * 1024
  }

  /** How many elements the scanner had to find though a boundary was learnt. */
  get fallbacks(): number {
    return this.#fallbacks
  }

  push(piece: Buffer): void {
    this.#append(piece)
    this.#advance(false)
  }

  /**
   * @returns with `member`, the document with that array emptied; else null
   * @throws TruncatedJsonError, UnexpectedJsonError
   */
  end(): unknown {
    this.#advance(true)
    const rest = this.#view.subarray(this.#at)
    switch (this.#phase) {
      case 'head':
      case 'other':
        return this.#withoutArray(rest)
      case 'between':
      case 'element':
        throw new TruncatedJsonError(`The array ends without its closing bracket after ${this.#elements} elements.`)
      case 'tail':
        return this.#afterArray(rest)
    }
  }

  #append(piece: Buffer): void {
    if (this.#end + piece.length > this.#store.length) {
      const needed = this.#end - this.#at + piece.length
      // Shrinking again keeps one giant from costing its size for the rest of the chunk.
      const isUnfit = needed > this.#store.length || needed < this.#store.length / 16
      const target = isUnfit ? Buffer.allocUnsafe(powerOfTwo(needed * 2)) : this.#store
      this.#store.copy(target, 0, this.#at, this.#end)
      this.#store = target
      this.#moveBy(-this.#at)
    }
    piece.copy(this.#store, this.#end)
    this.#end += piece.length
    this.#view = this.#store.subarray(0, this.#end)
  }

  #moveBy(distance: number): void {
    this.#at += distance
    this.#end += distance
    this.#searchedTo += distance
    this.#gapStart += distance
    if (this.#refusedEnd >= 0) this.#refusedEnd += distance
    if (this.#scan) this.#scan.at += distance
  }

  #advance(isLast: boolean): void {
    let isMoving = true
    while (isMoving) {
      if (this.#phase === 'head') isMoving = this.#findArray()
      else if (this.#phase === 'between') isMoving = this.#toNextElement()
      else if (this.#phase === 'element') isMoving = this.#takeElement(isLast)
      else {
        // Nothing more to split; enough is kept to say what it was.
        this.#end = Math.min(this.#end, this.#at + maxEnvelopeBytes)
        this.#view = this.#store.subarray(0, this.#end)
        isMoving = false
      }
    }
  }

  #findArray(): boolean {
    const view = this.#view
    if (this.#member !== undefined) return this.#findMember(this.#member)
    while (this.#at < this.#end && (isSpace(view[this.#at]!) || isByteOrderMark(view[this.#at]!))) this.#at++
    if (this.#at >= this.#end) return false
    this.#phase = view[this.#at] === openBracket ? 'between' : 'other'
    if (this.#phase === 'between') this.#at += 1
    return true
  }

  #findMember(member: string): boolean {
    const view = this.#view.subarray(this.#at)
    const key = Buffer.from(JSON.stringify(member))
    let found = view.indexOf(key)
    while (found >= 0) {
      const afterKey = skipSpace(view, found + key.length)
      const value = view[afterKey] === colon ? skipSpace(view, afterKey + 1) : afterKey
      if (value >= view.length) return false
      if (view[afterKey] === colon && view[value] === openBracket) {
        this.#head = Buffer.from(view.subarray(0, value))
        this.#at += value + 1
        this.#phase = 'between'
        return true
      }
      found = view.indexOf(key, found + 1)
    }
    const isPage = view[skipSpace(view, 0)] === lessThan
    if (!isPage && view.length <= maxEnvelopeBytes) return false
    this.#phase = 'other'
    return true
  }

  #toNextElement(): boolean {
    const view = this.#view
    while (this.#at < this.#end && (isSpace(view[this.#at]!) || view[this.#at] === comma)) this.#at++
    if (this.#at >= this.#end) return false
    if (view[this.#at] === closeBracket) {
      this.#at += 1
      this.#phase = 'tail'
      return true
    }
    this.#gap = this.#gapStart >= 0 ? Buffer.from(view.subarray(this.#gapStart, this.#at)) : undefined
    this.#begin(this.#at)
    return true
  }

  #begin(at: number): void {
    this.#phase = 'element'
    this.#at = at
    this.#searchedTo = at
    this.#scan = undefined
    this.#refusedEnd = -1
  }

  /** @returns false when more bytes are needed */
  #takeElement(isLast: boolean): boolean {
    if (this.#boundary && !this.#scan) return this.#takeToBoundary(this.#boundary, isLast)
    this.#scan ??= { at: this.#at, depth: 0, isInString: false }
    const end = scanValue(this.#view, this.#scan)
    if (end >= 0) return this.#takeScanned(end)
    if (this.#refusedEnd >= 0 && (isLast || this.#isOversized())) return this.#giveUp(this.#refusedEnd)
    if (this.#oversized || this.#isOversized()) {
      this.#oversized ??= Buffer.from(this.#view.subarray(this.#at, this.#at + maxRawBytes))
      this.#at = this.#scan.at
    }
    return false
  }

  #takeToBoundary({ pattern, gapBytes }: Boundary, isLast: boolean): boolean {
    const found = this.#view.indexOf(pattern, this.#searchedTo)
    if (found >= 0 && this.#sink.element(this.#view.subarray(this.#at, found + 1))) {
      this.#elements += 1
      this.#begin(found + 1 + gapBytes)
      return true
    }
    if (found < 0) {
      this.#searchedTo = Math.max(this.#at, this.#end - pattern.length + 1)
      if (!isLast && !this.#isOversized()) return false
    } else {
      this.#refusedEnd = found + 1
      this.#fallbacks += 1
      // Where elements do not begin alike, looking for the boundary costs more than it saves.
      if (this.#fallbacks > maxFallbacks && this.#fallbacks * 10 > this.#elements) this.#boundary = undefined
    }
    this.#scan = { at: this.#at, depth: 0, isInString: false }
    return true
  }

  #takeScanned(end: number): boolean {
    if (this.#oversized) {
      this.#sink.broken(this.#oversized, `The record is larger than ${this.#maxElementBytes} bytes.`)
      this.#oversized = undefined
      this.#after(end)
      return true
    }
    const bytes = this.#view.subarray(this.#at, end)
    // A record with a broken string or brace misleads the scanner; then the boundary is where the next one begins.
    if (!this.#sink.element(bytes)) return this.#giveUp(this.#refusedEnd >= 0 ? this.#refusedEnd : end)
    this.#learn(bytes)
    this.#after(end)
    return true
  }

  #giveUp(end: number): boolean {
    this.#sink.broken(
      this.#view.subarray(this.#at, Math.min(end, this.#at + maxRawBytes)),
      'The record is not valid JSON.',
    )
    this.#after(end)
    return true
  }

  #after(end: number): void {
    this.#elements += 1
    this.#at = end
    this.#gapStart = end
    this.#scan = undefined
    this.#refusedEnd = -1
    this.#phase = 'between'
  }

  #isOversized(): boolean {
    return this.#end - this.#at > this.#maxElementBytes
  }

  /** Two neighbours that begin alike, and what lay between them, make the boundary. */
  #learn(bytes: Buffer): void {
    if (this.#boundary || this.#fallbacks > maxFallbacks) return
    const opening = openingOf(bytes)
    if (opening && this.#gap && this.#opening?.equals(opening)) {
      this.#boundary = {
        pattern: Buffer.concat([Buffer.from('}'), this.#gap, opening]),
        gapBytes: this.#gap.length,
      }
    }
    this.#opening = opening
  }

  #withoutArray(rest: Buffer): unknown {
    const text = rest
      .toString('utf8')
      .replace(/^\ufeff/, '')
      .trim()
    if (text === '') throw new TruncatedJsonError('The body is empty.')
    const value = parsed(text)
    if (value === undefined) {
      if (/^[[{"]|^n(u|ul)?$/.test(text)) throw new TruncatedJsonError('The body ends in the middle of its JSON.')
      throw new UnexpectedJsonError('The body is not JSON.', text.slice(0, 2000))
    }
    if (value === null || (this.#member !== undefined && isWithout(value, this.#member))) return value
    throw new UnexpectedJsonError('The body is JSON, but not the list that was asked for.', text.slice(0, 2000))
  }

  #afterArray(rest: Buffer): unknown {
    if (this.#head === undefined) {
      const at = skipSpace(rest, 0)
      if (at < rest.length) this.#sink.broken(rest.subarray(at, at + maxRawBytes), 'Bytes after the end of the array.')
      return null
    }
    const document = parsed(`${this.#head.toString('utf8').replace(/^\ufeff/, '')}[]${rest.toString('utf8')}`)
    if (document === undefined) throw new TruncatedJsonError('The document around the array ends too early.')
    return document
  }
}

const maxFallbacks = 20
const lessThan = 0x3c

function isByteOrderMark(byte: number): boolean {
  return byte === 0xef || byte === 0xbb || byte === 0xbf
}

/** What lies between the end of one element and the content of the next. */
interface Boundary {
  /** For example `},{"asset":`. */
  readonly pattern: Buffer
  readonly gapBytes: number
}

function powerOfTwo(atLeast: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(atLeast, 65_536)))
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** The object, or one directly inside it, has the member as null. */
function isWithout(value: unknown, member: string): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (member in value) return (value as Record<string, unknown>)[member] === null
  return Object.values(value).some(inner => isWithout(inner, member))
}
