import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { messageOf } from '../../platform/errors.ts'
import { flushFolder } from '../../platform/flush-folder.ts'
import { openParquet } from '../parquet/read.ts'
import { parquetBytes } from '../parquet/write.ts'
import { type ArchivedColumn, archiveDamaged, fromParquet, lineOf, type RowTexts, toParquet } from './row-texts.ts'

export interface WrittenFile {
  readonly rows: number
  readonly bytes: number
  readonly fileSha256: string
  readonly rowsSha256: string
}

/** Writes rows to a file that is there only when it is whole, on the disk, and read back equal. */
export async function writeArchiveFile(
  path: string,
  columns: readonly ArchivedColumn[],
  batches: AsyncIterable<readonly RowTexts[]>,
  about: Readonly<Record<string, string>>,
): Promise<WrittenFile> {
  const draft = `${path}.part`
  const sum = { rows: 0, hash: createHash('sha256') }
  async function* counted() {
    for await (const batch of batches) {
      for (const row of batch) sum.hash.update(lineOf(row))
      sum.rows += batch.length
      yield batch.map(row => toParquet(columns, row))
    }
  }
  const { bytes, sha256 } = await writeSynced(draft, parquetBytes(counted(), columns, about))
  const written = { rows: sum.rows, bytes, fileSha256: sha256, rowsSha256: sum.hash.digest('hex') }
  await checkArchiveFile(draft, columns, written)
  await rename(draft, path)
  await flushFolder(dirname(path))
  return written
}

/**
 * Reads a file from the disk and compares it with what was written.
 * @throws StoreError `archive_damaged`
 */
export async function checkArchiveFile(
  path: string,
  columns: readonly ArchivedColumn[],
  written: Omit<WrittenFile, 'bytes'>,
): Promise<void> {
  const sha256 = await hashOfFile(path)
  if (sha256 !== written.fileSha256) throw archiveDamaged(path, 'its checksum is another')
  const hash = createHash('sha256')
  let rows = 0
  for await (const group of readArchiveFile(path, columns)) {
    for (const row of group) hash.update(lineOf(row))
    rows += group.length
  }
  if (rows !== written.rows || hash.digest('hex') !== written.rowsSha256)
    throw archiveDamaged(path, `it gives back ${rows} rows that are not the ${written.rows} that were written`)
}

export async function* readArchiveFile(
  path: string,
  columns: readonly ArchivedColumn[],
): AsyncGenerator<(string | null)[][], void, undefined> {
  try {
    const file = await openParquet(path)
    for await (const group of file.groups()) yield group.map(row => fromParquet(columns, row))
  } catch (thrown) {
    throw archiveDamaged(path, messageOf(thrown), thrown)
  }
}

/** Small files beside the rows, and never half of one. */
export async function writeWhole(path: string, text: string): Promise<void> {
  await writeSynced(`${path}.part`, [Buffer.from(text)])
  await rename(`${path}.part`, path)
  await flushFolder(dirname(path))
}

export async function removeArchiveFiles(folder: string, name: string): Promise<void> {
  for (const file of [name, `${name}.part`, manifestName(name), `${manifestName(name)}.part`]) {
    await rm(join(folder, file), { force: true })
  }
}

export const manifestName = (name: string) => `${name}.json`

async function writeSynced(
  path: string,
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const hash = createHash('sha256')
  let bytes = 0
  // Whoever reads it reads the history of the whole estate.
  const file = await open(path, 'w', 0o600)
  try {
    for await (const piece of pieces) {
      await writeAll(file, piece)
      hash.update(piece)
      bytes += piece.length
    }
    await file.sync()
  } finally {
    await file.close()
  }
  return { bytes, sha256: hash.digest('hex') }
}

async function writeAll(file: FileHandle, piece: Uint8Array): Promise<void> {
  let from = 0
  while (from < piece.length) from += (await file.write(piece, from)).bytesWritten
}

async function hashOfFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  try {
    for await (const piece of createReadStream(path)) hash.update(piece as Buffer)
  } catch (thrown) {
    throw archiveDamaged(path, messageOf(thrown), thrown)
  }
  return hash.digest('hex')
}
