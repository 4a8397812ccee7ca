import { ConfigError, codeOf, messageOf } from '../platform/errors.ts'
import type { Secret } from '../platform/secret.ts'
import { type Actor, recordAudit } from './audit.ts'
import type { Database, Queryable } from './database.ts'
import { forgetNextKey, parseKey, promoteNextKey, readOrMakeNextKey } from './encryption-key.ts'
import { type Sealing, type SealingDeps, sealingWith, storeKey } from './sealing.ts'

/** Where sealed secrets are, and what each is bound to. */
const sealedColumns = [
  {
    table: 'source',
    id: 'source_id',
    name: 'name',
    secret: 'credentials',
    keyId: 'credentials_key_id',
    purpose: (id: number) => `source:${id}`,
  },
] as const
type SealedColumn = (typeof sealedColumns)[number]

/** A key that somebody gives, and what errors call it: the variable it stands in. */
export interface GivenKey {
  readonly name: string
  readonly key: Secret
}

export interface RotationOptions {
  /** Told after each secret. */
  readonly onProgress?: (done: number, total: number) => void
  readonly signal?: AbortSignal
}

export interface RotationResult {
  readonly keyId: string
  /** Secrets that were sealed anew now; an interrupted rotation has done others before. */
  readonly resealed: number
  /** Secrets that could not be opened; while there are any, the old key stays valid. */
  readonly failed: readonly { readonly name: string; readonly reason: string }[]
  /** Whether nothing is sealed with an older key any more. */
  readonly isComplete: boolean
}

/**
 * Replaces the sealing key: a generated one by another that is generated, or whichever is in use by one that is given. The
 * key file changes when nothing is sealed with the old key any more.
 * @throws ConfigError `new_key_needed`, `same_encryption_key`, `bad_encryption_key`
 */
export async function replaceKey(
  deps: SealingDeps & { readonly sealing: Sealing },
  given: GivenKey | undefined,
  actor: Actor,
  options: RotationOptions = {},
): Promise<RotationResult> {
  const to = await successor(deps, given)
  const result = await rotateKey(deps.database, deps.sealing, to, options)
  await recordAudit(deps.database, {
    actor,
    action: result.isComplete ? 'sealing_key.replaced' : 'sealing_key.replacing',
    subject: `sealing_key:${result.keyId}`,
    detail: { resealed: result.resealed, failed: result.failed.map(({ name }) => name) },
  })
  if (!result.isComplete) return result
  if (given) await forgetNextKey(deps.dataDir)
  else await promoteNextKey(deps.dataDir)
  return result
}

async function successor(deps: SealingDeps, given: GivenKey | undefined): Promise<Sealing> {
  if (given) return sealingWith(parseKey(given.key.reveal(), given.name), given.name)
  if (deps.encryptionKey) {
    throw new ConfigError(
      'new_key_needed',
      'The key in use comes from TENABLE_ENCRYPTION_KEY. Put the new one into another variable and name that: --new-key-env NAME. Make one with: openssl rand -base64 32',
    )
  }
  const { key, origin } = await readOrMakeNextKey(deps.dataDir)
  return sealingWith(key, origin)
}

/**
 * Seals every secret anew, each in a transaction of its own, while others read and write. May be interrupted anywhere and
 * begun again: what is done stays done, and until the end either key opens what it sealed.
 * @param from opens what there is
 * @throws ConfigError `same_encryption_key`
 */
export async function rotateKey(
  database: Database,
  from: Sealing,
  to: Sealing,
  options: RotationOptions = {},
): Promise<RotationResult> {
  if (from.keyId === to.keyId) {
    throw new ConfigError(
      'same_encryption_key',
      `${to.origin} is the key that is in use already (${to.keyId}). Give another one: openssl rand -base64 32`,
    )
  }
  await database.transaction(async connection => {
    await connection.query('lock table sealing_key in share row exclusive mode')
    await storeKey(connection, to)
  })
  let resealed = 0
  const failed = new Map<string, string>()
  // Again when somebody sealed something with the old key meanwhile.
  for (;;) {
    const left = (await listSealed(database, to.keyId)).filter(one => !failed.has(nameOf(one)))
    const total = resealed + left.length
    for (const one of left) {
      options.signal?.throwIfAborted()
      try {
        if (await reseal(database, one, from, to)) resealed += 1
      } catch (thrown) {
        if (!isAboutTheSecret(thrown)) throw thrown
        failed.set(nameOf(one), messageOf(thrown))
      }
      options.onProgress?.(resealed, total)
    }
    const isComplete = await retireOlderKeys(database, to.keyId)
    if (isComplete || failed.size > 0) {
      const failures = [...failed].map(([name, reason]) => ({ name, reason }))
      return { keyId: to.keyId, resealed, failed: failures, isComplete }
    }
  }
}

interface SealedSecret {
  readonly column: SealedColumn
  readonly id: number
  readonly name: string
}

const nameOf = ({ column, name }: SealedSecret): string => `${column.table} ${name}`

async function listSealed(queryable: Queryable, exceptKeyId: string): Promise<readonly SealedSecret[]> {
  const found: SealedSecret[] = []
  for (const column of sealedColumns) {
    const { rows } = await queryable.query<{ id: number; name: string }>(
      `select ${column.id} as id, ${column.name} as name
       from ${column.table}
       where ${column.secret} is not null and ${column.keyId} is distinct from $1
       order by ${column.id}`,
      [exceptKeyId],
    )
    found.push(...rows.map(row => ({ column, ...row })))
  }
  return found
}

/** False when somebody has replaced or removed the secret meanwhile. */
async function reseal(database: Database, { column, id }: SealedSecret, from: Sealing, to: Sealing): Promise<boolean> {
  return database.transaction(async connection => {
    const { rows } = await connection.query<{ secret: Buffer; key_id: string | null }>(
      `select ${column.secret} as secret, ${column.keyId} as key_id
       from ${column.table}
       where ${column.id} = $1 and ${column.secret} is not null and ${column.keyId} is distinct from $2
       for update`,
      [id, to.keyId],
    )
    const row = rows[0]
    if (!row) return false
    const purpose = column.purpose(id)
    const plainText = from.open(row.secret, row.key_id, purpose)
    await connection.query(
      `update ${column.table} set ${column.secret} = $2, ${column.keyId} = $3 where ${column.id} = $1`,
      [id, to.seal(plainText, purpose), to.keyId],
    )
    return true
  })
}

/** The older keys go when nothing is sealed with them; who is about to seal with one is waited for. */
async function retireOlderKeys(database: Database, keyId: string): Promise<boolean> {
  return database.transaction(async connection => {
    await connection.query('savepoint keys')
    await connection.query('delete from sealing_key where key_id <> $1', [keyId])
    if ((await listSealed(connection, keyId)).length === 0) return true
    await connection.query('rollback to savepoint keys')
    return false
  })
}

function isAboutTheSecret(thrown: unknown): boolean {
  return ['seal_broken', 'wrong_encryption_key'].includes(codeOf(thrown))
}
