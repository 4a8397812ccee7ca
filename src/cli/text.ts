// Every text from outside is hostile: a host name or a plugin's output may carry sequences that move the cursor, rename
// the window, or make a line read differently from what it is.

const sequences =
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|(?:\u001b[\]PX^_]|[\u0090\u0098\u009d-\u009f])[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?|\u001b[ -/]*[0-~]?/g
const lineBreaks = /[\t\n\v\f\r\u0085\u2028\u2029]+/g
const controls = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g
/** They reorder the text around them. */
const directions = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/** Text that is safe on a terminal, in lines. */
export function plainLines(text: string): string {
  return text
    .replace(sequences, '')
    .replace(/\r\n?|[\u0085\u2028\u2029]/g, '\n')
    .replaceAll('\t', ' ')
    .replace(controls, '')
    .replace(directions, '')
}

/** The same in one line. */
export function plain(text: string): string {
  return plainLines(text.replace(sequences, '').replace(lineBreaks, ' '))
}

/** JSON of one line that is the same value and safe on a terminal too. */
export function plainJson(value: unknown, indent?: number): string {
  return (JSON.stringify(value, undefined, indent) ?? 'null').replace(
    /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

const wide =
  /^(?:\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|\p{Emoji_Presentation}|[\uff01-\uff60])/u
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** Columns that a line takes on a terminal. */
export function widthOf(line: string): number {
  if (/^[ -~]*$/.test(line)) return line.length
  let width = 0
  for (const { segment } of graphemes.segment(line)) width += wide.test(segment) ? 2 : 1
  return width
}

/** The line cut to a width, with an ellipsis where something is missing. */
export function cut(line: string, width: number): string {
  if (widthOf(line) <= width) return line
  let kept = ''
  let used = 0
  for (const { segment } of graphemes.segment(line)) {
    used += wide.test(segment) ? 2 : 1
    if (used > width - 1) break
    kept += segment
  }
  return `${kept}…`
}

export type Align = 'left' | 'right'

export interface Column<T> {
  readonly title: string
  readonly align?: Align
  /** Longer cells are cut. */
  readonly maxWidth?: number
  readonly value: (row: T) => string | number | null | undefined
}

/** Rows under their titles, in columns as wide as they need. */
export function table<T>(columns: readonly Column<T>[], rows: readonly T[]): string {
  const cells = rows.map(row =>
    columns.map(({ value, maxWidth }) => cut(plain(show(value(row))), maxWidth ?? Number.POSITIVE_INFINITY)),
  )
  const widths = columns.map((column, n) => Math.max(widthOf(column.title), ...cells.map(row => widthOf(row[n] ?? ''))))
  const line = (texts: readonly string[]) =>
    texts
      .map((text, n) => pad(text, widths[n] ?? 0, columns[n]?.align ?? 'left'))
      .join('  ')
      .trimEnd()
  return [line(columns.map(column => column.title)), ...cells.map(line)].join('\n')
}

/** Names and values, the values in one column. */
export function pairs(rows: readonly (readonly [name: string, value: string | number])[]): string {
  const width = Math.max(0, ...rows.map(([name]) => widthOf(name)))
  return rows.map(([name, value]) => `  ${pad(name, width, 'left')}  ${plain(show(value))}`.trimEnd()).join('\n')
}

export function count(value: number): string {
  return value.toLocaleString('en-US')
}

/** `1 finding`, `2,000 findings`. */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`
}

const sizes = ['bytes', 'KB', 'MB', 'GB', 'TB'] as const

export function size(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 1000 && unit < sizes.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${sizes[unit]}`
}

export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  const seconds = ms / 1000
  if (seconds < 60) return `${seconds.toFixed(1)} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** An instant to the second, in UTC. */
export function instant(iso: string | null | undefined): string {
  if (!iso) return 'never'
  const date = new Date(iso)
  return Number.isNaN(date.getTime()) ? iso : `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

function show(value: string | number | null | undefined): string {
  return value === null || value === undefined ? '' : typeof value === 'number' ? count(value) : value
}

function pad(text: string, width: number, align: Align): string {
  const space = ' '.repeat(Math.max(0, width - widthOf(text)))
  return align === 'left' ? text + space : space + text
}
