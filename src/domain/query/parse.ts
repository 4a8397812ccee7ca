import type { QueryField } from './fields.ts'
import type { ParsedQuery, QueryFilter, QueryProblem, QueryValue } from './filter.ts'
import { readRange } from './range.ts'
import { nearest } from './spelling.ts'
import { readTime } from './time.ts'
import { type Term, tokensOf, type Value } from './tokens.ts'

/**
 * What a query such as `severity:critical kev:true age:>30d tag:"Env:Prod" openssl` asks for: each term narrows, values
 * between commas are alternatives, words without a name are searched for.
 */
export function parseQuery(text: string, fields: readonly QueryField[]): ParsedQuery {
  const { terms, problems } = tokensOf(text)
  const builder = new FilterBuilder(fields, [...problems])
  for (const term of terms) builder.add(term)
  return builder.end()
}

class FilterBuilder {
  readonly #fields: readonly QueryField[]
  readonly #problems: QueryProblem[]
  readonly #filter = new Map<string, QueryValue>()
  readonly #words: string[] = []

  constructor(fields: readonly QueryField[], problems: QueryProblem[]) {
    this.#fields = fields
    this.#problems = problems
  }

  add(term: Term): void {
    if (term.name === null) {
      this.#words.push(...term.values.map(value => value.text))
      return
    }
    const field = this.#fields.find(candidate => candidate.names.includes(term.name ?? ''))
    if (field) this.#read(field, term)
    else this.#complain(term.from, term.nameTo, unknownField(term.name, this.#fields))
  }

  end(): ParsedQuery {
    const q = this.#words.filter(word => word !== '').join(' ')
    if (q !== '') this.#filter.set('q', q)
    const problems = [...this.#problems].sort((a, b) => a.from - b.from)
    return { filter: Object.fromEntries(this.#filter) as QueryFilter, problems }
  }

  #read(field: QueryField, term: Term): void {
    const problem = unreadable(field, term)
    if (problem !== undefined) this.#complain(term.from, term.to, problem)
    else this.#readValues(field, term)
  }

  #readValues(field: QueryField, term: Term): void {
    switch (field.kind) {
      case 'set':
        this.#readSet(field, term)
        break
      case 'flag':
        this.#readFlag(field, term)
        break
      case 'numbers':
        this.#readNumbers(field, term)
        break
      case 'texts':
        this.#append(field.key, textsOf(term))
        break
      case 'text':
        this.#single(term, value => this.#put(field.key, value.text, term))
        break
      case 'range':
        this.#single(term, value => this.#bounds(term, value, readRange(value.text, field.step), field))
        break
      case 'time': {
        const keys = { min: field.from, max: field.to }
        this.#single(term, value => this.#bounds(term, value, readTime(value.text, field.isAge ?? false), keys))
        break
      }
    }
  }

  #readSet(field: QueryField & { kind: 'set' }, term: Term): void {
    const wanted = new Set<string>()
    for (const value of term.values) {
      const found = field.values.find(known => known === value.text.toLowerCase())
      if (found) wanted.add(found)
      else this.#complain(value.from, value.to, unknownValue(field, value.text))
    }
    const chosen = field.values.filter(known => wanted.has(known) !== term.isNegated)
    if (wanted.size > 0) this.#put(field.key, chosen, term)
  }

  #readFlag(field: QueryField & { kind: 'flag' }, term: Term): void {
    this.#single(term, value => {
      const said = flagValues.get(value.text.toLowerCase())
      if (said === undefined)
        this.#complain(value.from, value.to, `Write ${field.names[0]}:true or ${field.names[0]}:false.`)
      else this.#put(field.key, said !== term.isNegated, term)
    })
  }

  #readNumbers(field: QueryField & { kind: 'numbers' }, term: Term): void {
    const wrong = term.values.filter(value => !/^\d{1,15}$/.test(value.text))
    for (const value of wrong)
      this.#complain(value.from, value.to, `${field.names[0]} is a number, not "${value.text}".`)
    if (wrong.length === 0)
      this.#append(
        field.key,
        term.values.map(value => Number(value.text)),
      )
  }

  #bounds(
    term: Term,
    value: Value,
    read: { readonly from?: QueryValue; readonly to?: QueryValue } | string,
    keys: { readonly min: string; readonly max?: string | undefined },
  ): void {
    if (typeof read === 'string') {
      this.#complain(value.from, value.to, read)
      return
    }
    if (read.from !== undefined) this.#put(keys.min, read.from, term)
    if (read.to === undefined) return
    if (keys.max === undefined) this.#complain(value.from, value.to, 'Only "since" can be asked here: write >= or <7d.')
    else this.#put(keys.max, read.to, term)
  }

  #single(term: Term, use: (value: Value) => void): void {
    const [first, second] = term.values
    if (second) this.#complain(second.from, second.to, `${term.name} takes one value here.`)
    else if (first) use(first)
  }

  #put(key: string, value: QueryValue, term: Term): void {
    if (this.#filter.has(key)) {
      this.#complain(term.from, term.to, `${term.name} is said twice. Put alternatives into one term, between commas.`)
    } else this.#filter.set(key, value)
  }

  #append<T extends string | number>(key: string, values: readonly T[]): void {
    const before = (this.#filter.get(key) ?? []) as readonly T[]
    this.#filter.set(key, [...new Set([...before, ...values])] as QueryValue)
  }

  #complain(from: number, to: number, message: string): void {
    this.#problems.push({ from, to, message })
  }
}

const flagValues = new Map([
  ['true', true],
  ['yes', true],
  ['1', true],
  ['false', false],
  ['no', false],
  ['0', false],
])

function unreadable(field: QueryField, term: Term): string | undefined {
  const [name] = field.names
  if (term.values.some(value => value.text === '')) return `Write a value after ${name}:`
  const canBeExcluded = field.kind === 'set' || field.kind === 'flag'
  if (term.isNegated && !canBeExcluded) return `${name} cannot be excluded; say what to look for instead.`
  return undefined
}

function textsOf(term: Term): readonly string[] {
  return term.values.map(value => value.text)
}

function unknownField(name: string, fields: readonly QueryField[]): string {
  const guess = nearest(
    name,
    fields.flatMap(field => field.names),
  )
  const remedy = guess ? `Did you mean ${guess}?` : `There are ${fields.map(field => field.names[0]).join(', ')}.`
  return `There is no field ${name}. ${remedy}`
}

function unknownValue(field: QueryField & { kind: 'set' }, value: string): string {
  const guess = nearest(value.toLowerCase(), field.values)
  const remedy = guess ? `Did you mean ${guess}?` : `It is one of ${field.values.join(', ')}.`
  return `${field.names[0]} has no value "${value}". ${remedy}`
}
