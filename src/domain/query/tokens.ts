import type { QueryProblem } from './filter.ts'

/** One value of a term, as written between commas. */
export interface Value {
  readonly text: string
  readonly isQuoted: boolean
  readonly from: number
  readonly to: number
}

/** `name:value,value`, or bare words when there is no name. */
export interface Term {
  readonly name: string | null
  readonly isNegated: boolean
  readonly values: readonly Value[]
  readonly from: number
  readonly to: number
  /** Where the name ends. */
  readonly nameTo: number
}

export interface Tokens {
  readonly terms: readonly Term[]
  readonly problems: readonly QueryProblem[]
}

const space = /\s/
const fieldName = /^(-?)([A-Za-z_][A-Za-z0-9_]*):/

/** Takes a query apart without knowing what it means. */
export function tokensOf(text: string): Tokens {
  const reader = new Reader(text)
  const terms: Term[] = []
  for (reader.skipSpace(); !reader.isAtEnd; reader.skipSpace()) terms.push(reader.term())
  return { terms, problems: reader.problems }
}

class Reader {
  readonly #text: string
  #at = 0
  readonly problems: QueryProblem[] = []

  constructor(text: string) {
    this.#text = text
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#text.length
  }

  skipSpace(): void {
    while (!this.isAtEnd && space.test(this.#text.charAt(this.#at))) this.#at++
  }

  term(): Term {
    const from = this.#at
    const [head, minus = '', name = null] = fieldName.exec(this.#text.slice(from)) ?? ['']
    this.#at += head.length
    const nameTo = name === null ? from : this.#at - 1
    const values = name === null ? [this.#value('')] : this.#values()
    return { name: name?.toLowerCase() ?? null, isNegated: minus === '-', values, from, to: this.#at, nameTo }
  }

  #values(): Value[] {
    const values = [this.#value(',')]
    while (this.#text.charAt(this.#at) === ',') {
      this.#at++
      values.push(this.#value(','))
    }
    return values
  }

  /** Up to a space, or to one of the characters that end it; in quotes, up to the closing one. */
  #value(ends: string): Value {
    return this.#text.charAt(this.#at) === '"' ? this.#quoted() : this.#bare(ends)
  }

  #bare(ends: string): Value {
    const from = this.#at
    while (!this.isAtEnd && !space.test(this.#text.charAt(this.#at)) && !this.#isOneOf(ends)) this.#at++
    return { text: this.#text.slice(from, this.#at), isQuoted: false, from, to: this.#at }
  }

  #isOneOf(ends: string): boolean {
    return ends.includes(this.#text.charAt(this.#at))
  }

  #quoted(): Value {
    const from = this.#at++
    let text = ''
    for (; !this.isAtEnd; this.#at++) {
      const one = this.#text.charAt(this.#at)
      if (one === '"') {
        this.#at++
        return { text, isQuoted: true, from, to: this.#at }
      }
      if (one === '\\' && this.#at + 1 < this.#text.length) this.#at++
      text += this.#text.charAt(this.#at)
    }
    this.problems.push({ from, to: this.#at, message: 'This quotation mark is not closed: add " at the end.' })
    return { text, isQuoted: true, from, to: this.#at }
  }
}

/** As a value is written: in quotes when it would not be read as one. */
export function quoted(text: string): string {
  const isPlain = text !== '' && !/[\s",\\]/.test(text) && !fieldName.test(text)
  return isPlain ? text : `"${text.replace(/["\\]/g, '\\$&')}"`
}
