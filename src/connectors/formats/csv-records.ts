export interface CsvRecord {
  /** From 1; the header line has none. */
  readonly row: number
  readonly cells: readonly string[]
  /** As it stands in the file. */
  readonly raw: string
  /** Why it is no record; its cells mean nothing then. */
  readonly broken: string | null
  /** The text ends with it, without a line end. */
  readonly endsOpen: boolean
}

/** A cell may hold megabytes of output; a quote that is never closed must not make one of the rest of the file. */
export const recordLimit = 16 * 1024 * 1024

/**
 * Splits text into records. A quoted cell may hold line ends, delimiters and doubled quotes; a quote in the middle of an
 * unquoted cell is a character. After a quote that is never closed it goes on with the line after the one that opened it.
 */
export class CsvSplitter {
  readonly #delimiter: string
  readonly #delimiterCode: number
  readonly #limit: number
  #text = ''
  #row = 0
  /** Old Macs end lines with a carriage return alone. */
  #lineEnd: '\n' | '\r' | undefined

  /** @param delimiter one character */
  constructor(delimiter: string, limit = recordLimit) {
    this.#delimiter = delimiter
    this.#delimiterCode = delimiter.charCodeAt(0)
    this.#limit = limit
  }

  *push(text: string): Generator<CsvRecord> {
    // One that is not whole is looked at again only when there is more of it.
    this.#text = this.#text === '' ? text : this.#text + text
    this.#lineEnd ??= text.includes('\n') || !text.includes('\r') ? '\n' : '\r'
    yield* this.#split(false)
  }

  *end(): Generator<CsvRecord> {
    yield* this.#split(true)
  }

  *#split(isEnd: boolean): Generator<CsvRecord> {
    let at = 0
    while (at < this.#text.length) {
      const found = this.#readRecord(at, isEnd)
      if (found === 'more') {
        if (this.#text.length - at <= this.#limit && !isEnd) break
        const line = this.#endOfLine(at)
        const raw = this.#text.slice(at, line.from)
        yield this.#record([], raw, 'A quote is opened and never closed.', false)
        at = line.to
        continue
      }
      const raw = this.#text.slice(at, found.end)
      at = found.next
      if (raw.trim() !== '') yield this.#record(found.cells, raw, null, found.next === found.end)
    }
    this.#text = this.#text.slice(at)
  }

  #record(cells: readonly string[], raw: string, broken: string | null, endsOpen: boolean): CsvRecord {
    const row = this.#row
    this.#row += 1
    return { row, cells, raw, broken, endsOpen }
  }

  #endOfLine(at: number): { from: number; to: number } {
    const end = this.#text.indexOf(this.#lineEnd ?? '\n', at)
    if (end === -1) return { from: this.#text.length, to: this.#text.length }
    return { from: end, to: end + 1 }
  }

  #readRecord(from: number, isEnd: boolean): { cells: string[]; end: number; next: number } | 'more' {
    const text = this.#text
    const delimiter = this.#delimiter
    const cells: string[] = []
    let at = from
    // Looked for once a line, not once a cell.
    let line = this.#nextLineEnd(at)
    for (;;) {
      if (text.charCodeAt(at) === quote) {
        const cell = this.#quoted(at, isEnd)
        if (cell === 'more') return 'more'
        at = cell.next
        let value = cell.value
        if (line !== -1 && line < at) line = this.#nextLineEnd(at)
        if (at >= text.length && !isEnd) return 'more'
        // Nothing but the delimiter or the end of the line is right after it, mostly.
        if (at < text.length && at !== line && text.charCodeAt(at) !== this.#delimiterCode) {
          const stop = stopOf(text, delimiter, at, line)
          if (stop >= text.length && !isEnd) return 'more'
          value += text.slice(at, stop)
          at = stop
        }
        cells.push(value)
      } else {
        const stop = stopOf(text, delimiter, at, line)
        if (stop >= text.length && !isEnd) return 'more'
        cells.push(text.slice(at, stop))
        at = stop
      }
      if (at >= text.length) return { cells, end: at, next: at }
      if (text.charCodeAt(at) === this.#delimiterCode) {
        at += 1
        continue
      }
      const isPair = text.charCodeAt(at) === carriageReturn && text.charCodeAt(at + 1) === lineFeed
      // The other half of a line end may be in the next piece.
      if (text.charCodeAt(at) === carriageReturn && at + 1 >= text.length && !isEnd) return 'more'
      return { cells, end: at, next: at + (isPair ? 2 : 1) }
    }
  }

  #nextLineEnd(from: number): number {
    const end = this.#text.indexOf(this.#lineEnd ?? '\n', from)
    return end > from && this.#lineEnd === '\n' && this.#text.charCodeAt(end - 1) === carriageReturn ? end - 1 : end
  }

  #quoted(open: number, isEnd: boolean): { value: string; next: number } | 'more' {
    const text = this.#text
    let value = ''
    let from = open + 1
    for (;;) {
      const close = text.indexOf('"', from)
      if (close === -1) return 'more'
      if (close + 1 >= text.length && !isEnd) return 'more'
      value = value === '' ? text.slice(from, close) : value + text.slice(from, close)
      if (text.charCodeAt(close + 1) !== quote) return { value, next: close + 1 }
      value += '"'
      from = close + 2
    }
  }
}

const quote = 0x22
const carriageReturn = 0x0d
const lineFeed = 0x0a

function stopOf(text: string, delimiter: string, at: number, line: number): number {
  const next = text.indexOf(delimiter, at)
  const end = line === -1 ? text.length : line
  return next === -1 || next > end ? end : next
}

/**
 * The delimiter that splits a header into the most cells.
 * @param text begins with it; a heading in quotes may hold a line end
 */
export function delimiterOf(text: string): string {
  const counts = [',', ';', '\t', '|'].map(delimiter => {
    const splitter = new CsvSplitter(delimiter)
    const first = splitter.push(text).next().value ?? splitter.end().next().value
    return { delimiter, cells: first?.cells.length ?? 0 }
  })
  return counts.reduce((best, other) => (other.cells > best.cells ? other : best)).delimiter
}
