/** Markup that may stand as it is: everything that came into it as text was escaped. */
export class Html {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  toString(): string {
    return this.#text
  }
}

export type Markup = Html | string | number | readonly Markup[]

/** Template for markup: texts put into it are escaped, markup and lists of it are not. */
export function html(parts: TemplateStringsArray, ...values: readonly Markup[]): Html {
  return new Html(parts.map((part, index) => part + (index < values.length ? written(values[index]!) : '')).join(''))
}

/** Our own words, never a text from elsewhere. */
export function raw(text: ' open'): Html {
  return new Html(text)
}

function written(value: Markup): string {
  if (value instanceof Html) return value.toString()
  if (typeof value === 'string' || typeof value === 'number') return escaped(String(value))
  return value.map(written).join('')
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, sign => entities[sign]!)
}
