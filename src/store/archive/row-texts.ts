import type { ArchiveClass } from '../../domain/archive-class.ts'
import { StoreError } from '../../platform/errors.ts'
import type { Queryable } from '../database.ts'
import type { ParquetColumn, ParquetType, ParquetValue } from '../parquet/columns.ts'
import type { ParquetRow } from '../parquet/write.ts'
import { classSpecs } from './classes.ts'

// A row on its way to a file and back is a list of texts, one for each column: what goes in can be compared with what
// comes out, character by character, whatever types lie between.

export type RowTexts = readonly (string | null)[]

export interface ArchivedColumn extends ParquetColumn {
  /** PostgreSQL's type. */
  readonly sqlType: string
  /** Not of the table: it says something about the row that is needed to put it back. */
  readonly isBeside: boolean
}

const types: Readonly<Record<string, ParquetType>> = {
  bigint: 'bigint',
  integer: 'integer',
  boolean: 'boolean',
  'timestamp with time zone': 'instant',
  text: 'text',
  jsonb: 'text',
  // As PostgreSQL writes it: {1,2,3}.
  'integer[]': 'text',
  'text[]': 'text',
}

/** What the table has now, and what the class keeps beside it. */
export async function archivedColumns(queryable: Queryable, name: ArchiveClass): Promise<readonly ArchivedColumn[]> {
  const { rows } = await queryable.query<{ name: string; type: string }>(
    `select attname::text as name, format_type(atttypid, null) as type
     from pg_attribute
     where attrelid = $1::regclass and attnum > 0 and not attisdropped
     order by attnum`,
    [name],
  )
  const own = rows.map(column => {
    const type = types[column.type]
    if (!type) throw new Error(`${name}.${column.name} is ${column.type}, which no archive holds yet`)
    return { name: column.name, type, sqlType: column.type, isBeside: false }
  })
  const beside = (classSpecs[name].more ?? []).map(column => ({
    name: column.name,
    type: column.type,
    sqlType: column.type === 'instant' ? 'timestamp with time zone' : column.type,
    isBeside: true,
  }))
  return [...own, ...beside]
}

/** A value of PostgreSQL as text; of an instant its microseconds since 1970. */
export function asText(column: ArchivedColumn, expression: string): string {
  return column.type === 'instant'
    ? `(extract(epoch from ${expression}) * 1000000)::bigint::text`
    : `(${expression})::text`
}

/** The value of a text. */
export function fromText(column: ArchivedColumn, text: string): string {
  return column.type === 'instant'
    ? `timestamptz 'epoch' + ${text}::bigint * interval '1 microsecond'`
    : `${text}::${column.sqlType}`
}

export function toParquet(columns: readonly ArchivedColumn[], row: RowTexts): ParquetRow {
  return columns.map(({ type }, index) => {
    const text = row[index] ?? null
    if (text === null) return null
    if (type === 'bigint' || type === 'instant') return BigInt(text)
    if (type === 'integer') return Number(text)
    return type === 'boolean' ? text === 'true' : text
  })
}

export function fromParquet(
  columns: readonly ArchivedColumn[],
  row: Readonly<Record<string, ParquetValue>>,
): (string | null)[] {
  return columns.map(({ name }) => {
    const value = row[name] ?? null
    return value === null ? null : String(value)
  })
}

/** What a hash of rows is fed with. */
export function lineOf(row: RowTexts): string {
  return `${JSON.stringify(row)}\n`
}

export function archiveDamaged(file: string, what: string, cause?: unknown): StoreError {
  return new StoreError(
    'archive_damaged',
    `${file} is not the file that was archived: ${what}. Put the file back from a backup of the archive folder.`,
    { context: { file }, ...(cause === undefined ? {} : { cause }) },
  )
}
