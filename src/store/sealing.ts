import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { chmod, link, mkdir, readFile, stat, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ConfigError, StoreError } from '../platform/errors.ts'
import type { Secret } from '../platform/secret.ts'
import type { Database, Queryable } from './database.ts'

export interface SealingDeps {
  readonly database: Database
  /** Where a key is generated when none is given. */
  readonly dataDir: string
  /** TENABLE_ENCRYPTION_KEY, when it is set. */
  readonly encryptionKey: Secret | undefined
}

/** Seals and opens small secrets under one key. */
export interface Sealing {
  readonly keyId: string
  /** For a person: which setting or file the key came from. */
  readonly origin: string
  /** @param purpose bound to the seal: it opens only for the same purpose, for example `source:3` */
  seal(plainText: string, purpose: string): Buffer
  /** @throws StoreError `seal_broken` when it was changed, moved or sealed with another key */
  open(sealed: Buffer, keyId: string | null, purpose: string): string
}

const keyFileName = 'encryption.key'
const format = 1
const checkText = 'tenfold'
const checkPurpose = 'sealing_key'

/**
 * Takes the key from the setting, else from the key file, which it makes at the first start, and compares it with the
 * check value in the database.
 * @throws ConfigError `bad_encryption_key` the setting or file does not hold a key
 * @throws ConfigError `wrong_encryption_key` the database holds secrets sealed with another key
 */
export async function openSealing(deps: SealingDeps): Promise<Sealing> {
  const { key, origin } = deps.encryptionKey
    ? { key: parseKey(deps.encryptionKey.reveal(), 'TENABLE_ENCRYPTION_KEY'), origin: 'TENABLE_ENCRYPTION_KEY' }
    : await keyFromFile(deps.dataDir)
  const sealing = sealingWith(key, origin)
  await deps.database.transaction(connection => checkKey(connection, sealing))
  return sealing
}

/**
 * 32 characters, or 32 bytes as 64 hex digits or as base64.
 * @param setting what the error calls it
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

/** Seals with AES-256-GCM. Layout: format, 12 bytes of nonce, 16 of tag, the cipher text. */
export function sealingWith(key: Buffer, origin: string): Sealing {
  const keyId = keyIdOf(key)
  const encryptionKey = Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), 'tenfold sealing', 32))
  return {
    keyId,
    origin,
    seal: (plainText, purpose) => {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', encryptionKey, nonce)
      cipher.setAAD(Buffer.from(`${keyId} ${purpose}`))
      const body = Buffer.concat([cipher.update(plainText, 'utf8'), cipher.final()])
      return Buffer.concat([Buffer.of(format), nonce, cipher.getAuthTag(), body])
    },
    open: (sealed, sealedKeyId, purpose) => {
      if (sealedKeyId !== keyId) {
        throw new ConfigError(
          'wrong_encryption_key',
          `${purpose} is sealed with key ${sealedKeyId}; ${origin} is key ${keyId}. Give the key it was sealed with, or enter the secret again.`,
          { context: { purpose, sealedKeyId, keyId } },
        )
      }
      try {
        if (sealed[0] !== format || sealed.length < 29) throw new Error('unknown layout')
        const decipher = createDecipheriv('aes-256-gcm', encryptionKey, sealed.subarray(1, 13), { authTagLength: 16 })
        decipher.setAAD(Buffer.from(`${keyId} ${purpose}`))
        decipher.setAuthTag(sealed.subarray(13, 29))
        return Buffer.concat([decipher.update(sealed.subarray(29)), decipher.final()]).toString('utf8')
      } catch (cause) {
        throw new StoreError('seal_broken', `The sealed secret of ${purpose} was changed or moved; enter it again.`, {
          cause,
          context: { purpose, keyId },
        })
      }
    },
  }
}

/** Names a key without saying anything about it. */
function keyIdOf(key: Buffer): string {
  return createHmac('sha256', key).update('tenfold key id').digest('hex').slice(0, 12)
}

async function keyFromFile(dataDir: string): Promise<{ key: Buffer; origin: string }> {
  const path = join(dataDir, keyFileName)
  const present = await readKeyFile(path)
  if (present !== null) return { key: parseKey(present, path), origin: path }
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  // Written whole beside it and linked into place: a crash leaves no half a key, and of two starts at once one wins.
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  await writeFile(draft, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600, flag: 'wx', flush: true })
  try {
    await link(draft, path)
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error
  } finally {
    await unlink(draft)
  }
  return { key: parseKey(await readFile(path, 'utf8'), path), origin: path }
}

async function readKeyFile(path: string): Promise<string | null> {
  try {
    const { mode } = await stat(path)
    // Windows has no such bits, and answers with 0o666 for any file.
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) await chmod(path, 0o600)
    return await readFile(path, 'utf8')
  } catch (error) {
    if (isCode(error, 'ENOENT')) return null
    throw new ConfigError(
      'bad_encryption_key',
      `The key file ${path} cannot be read. Make it readable for this user.`,
      {
        cause: error,
      },
    )
  }
}

async function checkKey(connection: Queryable, sealing: Sealing): Promise<void> {
  await connection.query('lock table sealing_key in share row exclusive mode')
  const { rows } = await connection.query<{ key_id: string; check_value: Buffer }>(
    'select key_id, check_value from sealing_key',
  )
  const mine = rows.find(row => row.key_id === sealing.keyId)
  if (mine) {
    sealing.open(mine.check_value, mine.key_id, checkPurpose)
    return
  }
  const sealedWith = await connection.query<{ key_id: string; names: string }>(
    `select credentials_key_id as key_id, string_agg(name, ', ' order by name) as names
     from source
     where credentials is not null
     group by credentials_key_id`,
  )
  const other = sealedWith.rows[0]
  if (other) {
    throw new ConfigError(
      'wrong_encryption_key',
      `This database is sealed with key ${other.key_id}; ${sealing.origin} is key ${sealing.keyId}. ${remedy(sealing)} The sources it guards: ${other.names}.`,
      { context: { expectedKeyId: other.key_id, keyId: sealing.keyId } },
    )
  }
  // Nothing is sealed with the key that was here before, so nothing is lost with it.
  await connection.query('delete from sealing_key')
  await connection.query('insert into sealing_key (key_id, check_value) values ($1, $2)', [
    sealing.keyId,
    sealing.seal(checkText, checkPurpose),
  ])
}

function remedy(sealing: Sealing): string {
  return sealing.origin === 'TENABLE_ENCRYPTION_KEY'
    ? 'Set TENABLE_ENCRYPTION_KEY to the key used before, or unset it if the key was in the data folder.'
    : 'Set TENABLE_ENCRYPTION_KEY to the key used before, or put the former key file back in its place.'
}

function isCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code
}
