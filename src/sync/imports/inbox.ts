import { createHash, randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { ConfigError } from '../../platform/errors.ts'
import { flushFolder } from '../../platform/flush-folder.ts'

/** A file that lies safely on this machine. */
export interface ReceivedFile {
  readonly path: string
  readonly sizeBytes: number
  readonly sha256: string
}

/**
 * Writes what comes to disk, a piece at a time, and makes sure that it is there.
 * @throws ConfigError `file_too_large`, `file_empty`
 */
export async function receiveFile(
  folder: string,
  bytes: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<ReceivedFile> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, randomUUID())
  const partial = `${path}.part`
  const hash = createHash('sha256')
  let sizeBytes = 0
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of bytes) {
      sizeBytes += chunk.length
      if (sizeBytes > maxBytes) throw tooLarge(maxBytes)
      hash.update(chunk)
      yield chunk
    }
  }
  try {
    await pipeline(counted(), createWriteStream(partial, { mode: 0o600, flush: true }))
    if (sizeBytes === 0) throw new ConfigError('file_empty', 'The file is empty.', { context: { field: 'file' } })
    await rename(partial, path)
    await flushFolder(folder)
  } catch (error) {
    await rm(partial, { force: true })
    throw error
  }
  return { path, sizeBytes, sha256: hash.digest('hex') }
}

function tooLarge(maxBytes: number): ConfigError {
  const size = Math.round(maxBytes / 1024 ** 2)
  return new ConfigError(
    'file_too_large',
    `The file is larger than ${size} MB. Compress it with gzip, split it, or raise TENFOLD_IMPORT_MAX_MB.`,
    { context: { field: 'file' } },
  )
}
