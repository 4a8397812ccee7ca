import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet'
import type { ParquetValue } from './columns.ts'

export interface ParquetFile {
  readonly columns: readonly string[]
  readonly rows: number
  /** What the writer said of the file. */
  readonly about: Readonly<Record<string, string>>
  /** Its rows, a row group at a time. */
  groups(): AsyncGenerator<Readonly<Record<string, ParquetValue>>[], void, undefined>
}

// A text may begin with a byte order mark, which is part of it.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const parsers = {
  // As they are in the file: a Date would round them to milliseconds.
  timestampFromMicroseconds: (micros: bigint) => micros,
  stringFromBytes: (bytes: Uint8Array) => bytes && utf8.decode(bytes),
}

/** @throws what the file system or the library throws when there is no such file, or it is none */
export async function openParquet(path: string): Promise<ParquetFile> {
  const file = await asyncBufferFromFile(path)
  const metadata = await parquetMetadataAsync(file)
  const about = Object.fromEntries((metadata.key_value_metadata ?? []).map(({ key, value }) => [key, value ?? '']))
  return {
    columns: metadata.row_groups[0]?.columns.map(column => column.meta_data?.path_in_schema[0] ?? '') ?? [],
    rows: Number(metadata.num_rows),
    about,
    async *groups() {
      let rowStart = 0
      for (const { num_rows } of metadata.row_groups) {
        const rowEnd = rowStart + Number(num_rows)
        yield (await parquetReadObjects({ file, metadata, rowStart, rowEnd, parsers })) as Record<
          string,
          ParquetValue
        >[]
        rowStart = rowEnd
      }
    },
  }
}
