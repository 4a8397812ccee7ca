import type { DecodedArray } from 'hyparquet'
import { ByteWriter, ParquetWriter } from 'hyparquet-writer'
import { type ParquetColumn, type ParquetValue, schemaOf } from './columns.ts'

export type ParquetRow = readonly ParquetValue[]

// A group is held whole while it is encoded. 10,000 rows are enough for a reader to skip by; the characters bound it when
// rows carry outputs of scans.
const rowsInGroup = 10_000
const charactersInGroup = 8_000_000

/**
 * Rows as the bytes of a Parquet file, a row group at a time: memory is bounded by one group, whatever the number of
 * rows. Give it to `Readable.from` or write each piece where it belongs.
 * @param batches rows whose values stand in the order of the columns
 * @param about names and texts that go into the file's own description
 */
export async function* parquetBytes(
  batches: AsyncIterable<readonly ParquetRow[]>,
  columns: readonly ParquetColumn[],
  about: Readonly<Record<string, string>> = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const bytes = new ByteWriter(64 * 1024)
  const file = new ParquetWriter({
    writer: bytes,
    schema: schemaOf(columns),
    createdBy: 'tenfold',
    kvMetadata: Object.entries(about).map(([key, value]) => ({ key, value })),
  })
  for await (const group of groupsOf(batches)) {
    await file.write({
      columnData: columns.map(({ name }, index) => ({ name, data: columnOf(group, index) })),
      rowGroupSize: group.length,
    })
    yield taken(bytes)
  }
  await file.finish()
  yield taken(bytes)
}

async function* groupsOf(batches: AsyncIterable<readonly ParquetRow[]>): AsyncGenerator<ParquetRow[]> {
  let group: ParquetRow[] = []
  let characters = 0
  for await (const batch of batches) {
    for (const row of batch) {
      group.push(row)
      for (const value of row) if (typeof value === 'string') characters += value.length
      if (group.length < rowsInGroup && characters < charactersInGroup) continue
      yield group
      group = []
      characters = 0
    }
  }
  if (group.length > 0) yield group
}

function columnOf(group: readonly ParquetRow[], index: number): DecodedArray {
  return group.map(row => row[index] ?? null)
}

/** What was written since the last time; the writer goes on counting its place in the file. */
function taken(bytes: ByteWriter): Uint8Array {
  const piece = bytes.getBytes().slice()
  bytes.index = 0
  return piece
}
