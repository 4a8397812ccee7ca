import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { chmod, link, mkdir, readFile, rename, rm, stat, unlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ConfigError, codeOf } from '../platform/errors.ts'
import { flushFolder } from '../platform/flush-folder.ts'

// The key that seals secrets: how it is written, and the files of a generated one. While a key is being replaced its
// successor lies beside it; a process may find secrets sealed with either.

export interface FoundKey {
  readonly key: Buffer
  /** For a person: the setting or the file. */
  readonly origin: string
}

/**
 * 32 characters, or 32 bytes as 64 hex digits or as base64.
 * @param setting what the error calls it
 * @throws ConfigError `bad_encryption_key`
 */
export function parseKey(text: string, setting: string): Buffer {
  const value = text.trim()
  if (/^[0-9a-f]{64}$/i.test(value)) return Buffer.from(value, 'hex')
  if (/^[A-Za-z0-9+/_-]{43}=?$/.test(value)) return Buffer.from(value, 'base64')
  const bytes = Buffer.from(value, 'utf8')
  if (value.length === 32 && bytes.length === 32) return bytes
  throw new ConfigError(
    'bad_encryption_key',
    `${setting} has ${[...value].length} characters; it must be exactly 32 ASCII characters, or 32 bytes as 64 hex digits or as base64. Make one with: openssl rand -base64 32`,
    { context: { setting } },
  )
}

export const keyFileOf = (dataDir: string): string => join(dataDir, 'encryption.key')
export const nextKeyFileOf = (dataDir: string): string => join(dataDir, 'encryption.key.next')

/** The key in use; made at the first start. */
export function readOrMakeKey(dataDir: string): Promise<FoundKey> {
  return readOrMake(keyFileOf(dataDir))
}

/** The key that will replace it: the one of a rotation that was interrupted, or a new one. On disk for good when it returns. */
export function readOrMakeNextKey(dataDir: string): Promise<FoundKey> {
  return readOrMake(nextKeyFileOf(dataDir))
}

/** The successor takes the place of the key, in one step. */
export async function promoteNextKey(dataDir: string): Promise<void> {
  await rename(nextKeyFileOf(dataDir), keyFileOf(dataDir))
  // Secrets sealed with a key that a power cut takes away are lost.
  await flushFolder(dataDir)
}

export async function forgetNextKey(dataDir: string): Promise<void> {
  await rm(nextKeyFileOf(dataDir), { force: true })
}

/** Both files as they are now, the successor first; what is missing or unreadable is left out. */
export function keysOnDisk(dataDir: string): readonly FoundKey[] {
  return [nextKeyFileOf(dataDir), keyFileOf(dataDir)].flatMap(path => {
    try {
      return [{ key: parseKey(readFileSync(path, 'utf8'), path), origin: path }]
    } catch {
      return []
    }
  })
}

async function readOrMake(path: string): Promise<FoundKey> {
  const present = await readKeyFile(path)
  if (present !== null) return { key: parseKey(present, path), origin: path }
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  // Written whole beside it and linked into place: a crash leaves no half a key, and of two starts at once one wins.
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  await writeFile(draft, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600, flag: 'wx', flush: true })
  try {
    await link(draft, path)
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
  } finally {
    await unlink(draft)
  }
  await flushFolder(dirname(path))
  return { key: parseKey(await readFile(path, 'utf8'), path), origin: path }
}

async function readKeyFile(path: string): Promise<string | null> {
  try {
    const { mode } = await stat(path)
    // Windows has no such bits, and answers with 0o666 for any file.
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) await chmod(path, 0o600)
    return await readFile(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw new ConfigError(
      'bad_encryption_key',
      `The key file ${path} cannot be read. Make it readable for this user.`,
      { cause: error },
    )
  }
}
