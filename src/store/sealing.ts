import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { ConfigError, StoreError } from '../platform/errors.ts'
import type { Secret } from '../platform/secret.ts'
import type { Database, Queryable } from './database.ts'
import { type FoundKey, keysOnDisk, nextKeyFileOf, parseKey, promoteNextKey, readOrMakeKey } from './encryption-key.ts'

export { parseKey } from './encryption-key.ts'

export interface SealingDeps {
  readonly database: Database
  /** Where a key is generated when none is given. */
  readonly dataDir: string
  /** TENABLE_ENCRYPTION_KEY, when it is set. */
  readonly encryptionKey: Secret | undefined
  /** A process that joins others: it uses the key that the database is sealed with, and never brings one of its own. */
  readonly isGuest?: boolean
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
  /**
   * What to seal with in a transaction that stores the seal: the key stays in use until the transaction ends, so that a
   * rotation at the same time overlooks nothing.
   * @throws ConfigError `wrong_encryption_key` when the key was replaced and its successor is not known here
   */
  hold(connection: Queryable): Promise<Sealing>
}

const format = 1
const checkText = 'tenfold'
const checkPurpose = 'sealing_key'

/**
 * Takes the key from the setting, else from the key file, which it makes at the first start, and compares it with the
 * check value in the database. A generated key is followed when it is rotated while we run.
 * @throws ConfigError `bad_encryption_key` the setting or file does not hold a key
 * @throws ConfigError `wrong_encryption_key` the database holds secrets sealed with another key
 */
export async function openSealing(deps: SealingDeps): Promise<Sealing> {
  const { database, dataDir, encryptionKey } = deps
  if (deps.isGuest) await demandKey(deps)
  if (encryptionKey) {
    const origin = 'TENABLE_ENCRYPTION_KEY'
    const sealing = sealingWith(parseKey(encryptionKey.reveal(), origin), origin)
    await database.transaction(connection => checkKey(connection, sealing))
    return new LiveSealing(sealing, () => [])
  }
  const found = await readOrMakeKey(dataDir)
  const sealing = await database.transaction(async connection => {
    const finished = await finishRotation(connection, dataDir, found)
    const current = finished ?? sealingWith(found.key, found.origin)
    await checkKey(connection, current)
    return current
  })
  return new LiveSealing(sealing, () => keysOnDisk(dataDir).map(({ key, origin }) => sealingWith(key, origin)))
}

/**
 * A guest must not make a key, nor put its own in the place of one that guards nothing yet: the others would be refused.
 * @throws ConfigError `wrong_encryption_key`
 */
async function demandKey({ database, dataDir, encryptionKey }: SealingDeps): Promise<void> {
  const stored = (await storedKeys(database)).map(row => row.key_id)
  if (stored.length === 0) return
  const present = encryptionKey
    ? [{ key: parseKey(encryptionKey.reveal(), 'TENABLE_ENCRYPTION_KEY'), origin: 'TENABLE_ENCRYPTION_KEY' }]
    : keysOnDisk(dataDir)
  if (present.some(({ key }) => stored.includes(keyIdOf(key)))) return
  const has = present.map(({ key, origin }) => `${origin} is key ${keyIdOf(key)}`).join(', ')
  throw new ConfigError(
    'wrong_encryption_key',
    `This database is sealed with key ${stored.join(', ')}; ${has || 'this process has none'}. Nothing was taken up. Set TENABLE_ENCRYPTION_KEY to that key, or give this process the key file of the server.`,
    { context: { expectedKeyId: stored[0] } },
  )
}

/** A rotation that died between its last transaction and the change of the files. */
async function finishRotation(connection: Queryable, dataDir: string, current: FoundKey): Promise<Sealing | undefined> {
  const next = keysOnDisk(dataDir).find(({ origin }) => origin === nextKeyFileOf(dataDir))
  if (!next) return undefined
  const known = new Set((await storedKeys(connection)).map(row => row.key_id))
  if (known.has(keyIdOf(current.key)) || !known.has(keyIdOf(next.key))) return undefined
  await promoteNextKey(dataDir)
  return sealingWith(next.key, current.origin)
}

/** Seals with AES-256-GCM. Layout: format, 12 bytes of nonce, 16 of tag, the cipher text. */
export function sealingWith(key: Buffer, origin: string): Sealing {
  const keyId = keyIdOf(key)
  const encryptionKey = Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), 'tenfold sealing', 32))
  const sealing: Sealing = {
    keyId,
    origin,
    hold: () => Promise.resolve(sealing),
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
  return sealing
}

/** Names a key without saying anything about it. */
export function keyIdOf(key: Buffer): string {
  return createHmac('sha256', key).update('tenfold key id').digest('hex').slice(0, 12)
}

/** The key of this process, and those that have come beside it since. */
class LiveSealing implements Sealing {
  #current: Sealing
  readonly #others: () => readonly Sealing[]

  constructor(current: Sealing, others: () => readonly Sealing[]) {
    this.#current = current
    this.#others = others
  }

  get keyId(): string {
    return this.#current.keyId
  }

  get origin(): string {
    return this.#current.origin
  }

  seal(plainText: string, purpose: string): Buffer {
    return this.#current.seal(plainText, purpose)
  }

  open(sealed: Buffer, keyId: string | null, purpose: string): string {
    const fitting = keyId === this.keyId ? undefined : this.#others().find(one => one.keyId === keyId)
    return (fitting ?? this.#current).open(sealed, keyId, purpose)
  }

  async hold(connection: Queryable): Promise<Sealing> {
    for (const candidate of [this.#current, ...this.#others()]) {
      const { rows } = await connection.query('select from sealing_key where key_id = $1 for key share', [
        candidate.keyId,
      ])
      if (rows.length === 0) continue
      this.#current = candidate
      return candidate
    }
    const stored = (await storedKeys(connection)).map(row => row.key_id)
    throw new ConfigError(
      'wrong_encryption_key',
      `The sealing key was replaced: this database is sealed with key ${stored.join(', ') || 'none'}, and ${this.origin} is key ${this.keyId}. Start again with the new key.`,
      { context: { expectedKeyId: stored[0], keyId: this.keyId } },
    )
  }
}

interface StoredKey {
  readonly key_id: string
  readonly check_value: Buffer
}

async function storedKeys(connection: Queryable): Promise<readonly StoredKey[]> {
  const { rows } = await connection.query<{ key_id: string; check_value: Buffer }>(
    'select key_id, check_value from sealing_key',
  )
  return rows
}

/** Adds a key to those that secrets may be sealed with; when it is there already, makes sure that it is the same. */
export async function storeKey(connection: Queryable, sealing: Sealing): Promise<void> {
  const mine = (await storedKeys(connection)).find(row => row.key_id === sealing.keyId)
  if (mine) {
    sealing.open(mine.check_value, mine.key_id, checkPurpose)
    return
  }
  await connection.query('insert into sealing_key (key_id, check_value) values ($1, $2)', [
    sealing.keyId,
    sealing.seal(checkText, checkPurpose),
  ])
}

async function checkKey(connection: Queryable, sealing: Sealing): Promise<void> {
  await connection.query('lock table sealing_key in share row exclusive mode')
  const isKnown = (await storedKeys(connection)).some(row => row.key_id === sealing.keyId)
  if (!isKnown) {
    await refuseOtherKey(connection, sealing)
    // Nothing is sealed with the key that was here before, so nothing is lost with it.
    await connection.query('delete from sealing_key')
  }
  await storeKey(connection, sealing)
}

async function refuseOtherKey(connection: Queryable, sealing: Sealing): Promise<void> {
  const sealedWith = await connection.query<{ key_id: string; names: string }>(
    `select credentials_key_id as key_id, string_agg(name, ', ' order by name) as names
     from source
     where credentials is not null
     group by credentials_key_id`,
  )
  const other = sealedWith.rows[0]
  if (!other) return
  throw new ConfigError(
    'wrong_encryption_key',
    `This database is sealed with key ${other.key_id}; ${sealing.origin} is key ${sealing.keyId}. ${remedy(sealing)} The sources it guards: ${other.names}.`,
    { context: { expectedKeyId: other.key_id, keyId: sealing.keyId } },
  )
}

function remedy(sealing: Sealing): string {
  return sealing.origin === 'TENABLE_ENCRYPTION_KEY'
    ? 'Set TENABLE_ENCRYPTION_KEY to the key used before, or unset it if the key was in the data folder.'
    : 'Set TENABLE_ENCRYPTION_KEY to the key used before, or put the former key file back in its place.'
}
