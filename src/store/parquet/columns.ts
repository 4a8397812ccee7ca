import type { SchemaElement } from 'hyparquet'

/** What a column of a file holds; every one may be null. */
export type ParquetType = 'text' | 'texts' | 'integer' | 'bigint' | 'double' | 'boolean' | 'instant'

export interface ParquetColumn {
  readonly name: string
  readonly type: ParquetType
}

/** A value as the file's types have it. Instants are microseconds since 1970, so that none of PostgreSQL's is rounded. */
export type ParquetValue = string | readonly string[] | number | bigint | boolean | null

const optional = { repetition_type: 'OPTIONAL' } as const
const utf8 = { type: 'BYTE_ARRAY', converted_type: 'UTF8' } as const

const elements: Readonly<Record<ParquetType, (name: string) => SchemaElement[]>> = {
  text: name => [{ name, ...utf8, ...optional }],
  texts: name => [
    { name, ...optional, num_children: 1, converted_type: 'LIST' },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    { name: 'element', ...utf8, ...optional },
  ],
  integer: name => [{ name, type: 'INT32', ...optional }],
  bigint: name => [{ name, type: 'INT64', ...optional }],
  double: name => [{ name, type: 'DOUBLE', ...optional }],
  boolean: name => [{ name, type: 'BOOLEAN', ...optional }],
  instant: name => [
    {
      name,
      type: 'INT64',
      converted_type: 'TIMESTAMP_MICROS',
      logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' },
      ...optional,
    },
  ],
}

export function schemaOf(columns: readonly ParquetColumn[]): SchemaElement[] {
  return [{ name: 'root', num_children: columns.length }, ...columns.flatMap(({ name, type }) => elements[type](name))]
}

/** Microseconds since 1970 of an instant as our queries give it; null for one that is no date, such as infinity. */
export function microsecondsOf(instant: string): bigint | null {
  const parts = /^(.+\d{2}:\d{2}:\d{2})(?:\.(\d{1,6}))?Z$/.exec(instant)
  const milliseconds = parts ? Date.parse(`${parts[1]}Z`) : Number.NaN
  if (!parts || Number.isNaN(milliseconds)) return null
  return BigInt(milliseconds) * 1000n + BigInt((parts[2] ?? '').padEnd(6, '0'))
}
