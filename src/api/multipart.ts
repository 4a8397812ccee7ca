import type { Readable } from 'node:stream'
import { ConfigError } from '../platform/errors.ts'

/** One part of a form, in the order it came. Its body must be read before the next one is asked for. */
export interface FormPart {
  readonly name: string
  /** Null for a plain field. */
  readonly fileName: string | null
  readonly body: AsyncIterable<Buffer>
}

const headLimit = 16 * 1024
const partsAtMost = 100

/**
 * Reads multipart/form-data as it comes: a file of any size is never held.
 * @throws ConfigError `bad_form`
 */
export async function* formParts(stream: Readable, contentType: string): AsyncGenerator<FormPart> {
  const found = /boundary=(?:"([^"]{1,200})"|([^;\s]{1,200}))/i.exec(contentType)
  const boundary = found?.[1] ?? found?.[2]
  if (!boundary) throw badForm('its content type names no boundary')
  const reader = new FormReader(stream, Buffer.from(`\r\n--${boundary}`, 'latin1'))
  await reader.begin()
  for (let count = 0; await reader.hasPart(); count++) {
    if (count >= partsAtMost) throw badForm(`it has more than ${partsAtMost} parts`)
    const { name, fileName } = await reader.head()
    const body = reader.body()
    yield { name, fileName, body }
    // What nobody wanted is passed over.
    for await (const _ of body);
  }
}

function badForm(why: string): ConfigError {
  return new ConfigError('bad_form', `The form cannot be read: ${why}.`)
}

const parameter = /;\s*([\w!#$%&'+.^`|~-]+\*?)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]*))/g

/** In quotes or, as .NET sends them, without. */
function parametersOf(disposition: string): Map<string, string> {
  const found = new Map<string, string>()
  // Only a quote is escaped in practice: Internet Explorer's paths have backslashes that are none.
  for (const [, name = '', quoted, plain = ''] of disposition.matchAll(parameter))
    found.set(name.toLowerCase(), quoted?.replaceAll('\\"', '"') ?? plain)
  return found
}

/** `UTF-8''%e2%82%ac.csv`: what older programs send beside a name, or instead of it. */
function extendedOf(value: string | undefined): string | undefined {
  const coded = /^utf-8'[^']*'(.*)$/i.exec(value ?? '')?.[1]
  if (coded === undefined) return undefined
  try {
    return decodeURIComponent(coded)
  } catch {
    return undefined
  }
}

const nameLimit = 255

/** Without folders, and without what no screen and no database shows: it is told to people and names nothing on disk. */
function plainFileName(told: string): string {
  const name = told.split(/[\\/]/).at(-1) ?? ''
  return name
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\ufffd')
    .slice(-nameLimit)
    .toWellFormed()
    .trim()
}

class FormReader {
  readonly #chunks: AsyncIterator<Buffer>
  readonly #delimiter: Buffer
  // As if a line end came before the first boundary too.
  #buffer: Buffer = Buffer.from('\r\n')

  constructor(stream: Readable, delimiter: Buffer) {
    this.#chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>
    this.#delimiter = delimiter
  }

  async begin(): Promise<void> {
    for await (const _ of this.body());
  }

  /** After a boundary: two hyphens end the form. */
  async hasPart(): Promise<boolean> {
    while (this.#buffer.length < 2) if (!(await this.#more())) throw badForm('it ends in the middle')
    if (this.#buffer.subarray(0, 2).toString('latin1') === '--') return false
    const end = this.#buffer.indexOf('\r\n')
    if (end === -1) throw badForm('a boundary is followed by something else')
    this.#buffer = this.#buffer.subarray(end)
    return true
  }

  async head(): Promise<{ name: string; fileName: string | null }> {
    let end = this.#buffer.indexOf('\r\n\r\n')
    while (end === -1) {
      if (this.#buffer.length > headLimit || !(await this.#more())) throw badForm('a part has no end to its headers')
      end = this.#buffer.indexOf('\r\n\r\n')
    }
    const head = this.#buffer.subarray(0, end).toString('utf8')
    // The line end stays: a part without a body is followed by its boundary at once.
    this.#buffer = this.#buffer.subarray(end + 2)
    await this.#passLineEnd()
    const told = parametersOf(/^content-disposition:(.*)$/im.exec(head)?.[1] ?? '')
    const name = told.get('name')
    if (name === undefined) throw badForm('a part has no name')
    const fileName = extendedOf(told.get('filename*')) ?? told.get('filename')
    return { name, fileName: fileName === undefined ? null : plainFileName(fileName) }
  }

  async #passLineEnd(): Promise<void> {
    while (this.#buffer.length < this.#delimiter.length + 2) if (!(await this.#more())) break
    // `\r\n` and then `\r\n--boundary` or the body; with no body at all the two line ends are one.
    if (!this.#buffer.subarray(0, this.#delimiter.length).equals(this.#delimiter))
      this.#buffer = this.#buffer.subarray(2)
  }

  /** Up to the next boundary, which is taken too. */
  async *body(): AsyncGenerator<Buffer> {
    for (;;) {
      const at = this.#buffer.indexOf(this.#delimiter)
      if (at !== -1) {
        const rest = this.#buffer.subarray(0, at)
        this.#buffer = this.#buffer.subarray(at + this.#delimiter.length)
        if (rest.length > 0) yield rest
        return
      }
      // A boundary may be cut in two.
      const safe = this.#buffer.length - this.#delimiter.length + 1
      if (safe > 0) {
        yield this.#buffer.subarray(0, safe)
        this.#buffer = this.#buffer.subarray(safe)
      }
      if (!(await this.#more())) throw badForm('it ends in the middle')
    }
  }

  async #more(): Promise<boolean> {
    const { done, value } = await this.#chunks.next()
    if (done) return false
    this.#buffer = this.#buffer.length === 0 ? value : Buffer.concat([this.#buffer, value])
    return true
  }
}
