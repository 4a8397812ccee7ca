export type ExportFormat = TextFormat | 'parquet'
export type TextFormat = 'csv' | 'json' | 'ndjson'

export const contentTypes = {
  csv: 'text/csv; charset=utf-8; header=present',
  json: 'application/json; charset=utf-8',
  ndjson: 'application/x-ndjson; charset=utf-8',
  parquet: 'application/vnd.apache.parquet',
} as const satisfies Record<ExportFormat, string>

/**
 * Batches of rows as the text of a file, one piece for each batch. Give it to `Readable.from` or `pipeline`: the next
 * batch is read only when the reader has taken this one.
 * @param columns which, and in which order; what a row has beside them is left out
 */
export async function* formatRows<R extends object>(
  batches: AsyncIterable<readonly R[]>,
  columns: readonly (keyof R & string)[],
  format: TextFormat,
): AsyncGenerator<string, void, undefined> {
  const { opening, row, between, closing } = writers[format](columns)
  // Nothing is written before the first batch is there: until then it can still be said what is wrong with the question.
  let before = opening
  let isFirst = true
  for await (const batch of batches) {
    if (batch.length === 0) continue
    yield before + batch.map(one => row(one as Readonly<Record<string, unknown>>)).join(between)
    before = between
    isFirst = false
  }
  yield isFirst ? opening + closing.empty : closing.full
}

interface Writer {
  readonly opening: string
  readonly row: (row: Readonly<Record<string, unknown>>) => string
  readonly between: string
  readonly closing: { readonly full: string; readonly empty: string }
}

const writers: Record<TextFormat, (columns: readonly string[]) => Writer> = {
  csv: columns => ({
    opening: `${columns.map(csvCell).join(',')}\r\n`,
    row: row => columns.map(column => csvCell(row[column])).join(','),
    between: '\r\n',
    closing: { full: '\r\n', empty: '' },
  }),
  ndjson: columns => ({
    opening: '',
    row: row => JSON.stringify(chosen(row, columns)),
    between: '\n',
    closing: { full: '\n', empty: '' },
  }),
  json: columns => ({
    opening: '[\n',
    row: row => JSON.stringify(chosen(row, columns)),
    between: ',\n',
    closing: { full: '\n]\n', empty: ']\n' },
  }),
}

function chosen(row: Readonly<Record<string, unknown>>, columns: readonly string[]): Record<string, unknown> {
  const result: Record<string, unknown> = {}
  for (const column of columns) result[column] = row[column] ?? null
  return result
}

/** RFC 4180. A list is joined with semicolons; nothing is an empty cell. */
export function csvCell(value: unknown): string {
  const text = formulaSafe(cellText(value))
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (Array.isArray(value)) return value.map(cellText).join(';')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/**
 * A spreadsheet runs a cell that begins like a formula, and what we export was written by the machines that were scanned.
 * The apostrophe is what spreadsheets themselves put before text; a plain number stays one.
 */
function formulaSafe(text: string): string {
  if (!/^[=+\-@\t\r]/.test(text)) return text
  return /^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text) ? text : `'${text}`
}
