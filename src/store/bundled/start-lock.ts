import { chown, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import process from 'node:process'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { CancelledError, messageOf, StoreError } from '../../platform/errors.ts'

export interface LockOptions {
  readonly signal?: AbortSignal | undefined
  /** Called once when another process holds the lock. */
  readonly onWait?: () => void
  /** A start may have to replay a long log first. */
  readonly waitMs?: number
}

/**
 * Does something while no other process does the same. The lock is the kernel's, on a file that SQLite opens (Node has
 * no other way to it): it ends with the process that holds it, however that ends, so it cannot be left behind.
 * @throws StoreError `start_lock`, CancelledError
 */
export async function withStartLock<T>(file: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  const database = open(file)
  try {
    await likeItsFolder(file)
    await take(database, file, options)
    return await work()
  } finally {
    database.close()
  }
}

function open(file: string): DatabaseSync {
  try {
    return new DatabaseSync(file)
  } catch (cause) {
    throw unlockable(file, cause)
  }
}

async function take(database: DatabaseSync, file: string, options: LockOptions): Promise<void> {
  const until = performance.now() + (options.waitMs ?? 15 * 60_000)
  for (let round = 0; ; round++) {
    if (options.signal?.aborted) throw new CancelledError()
    try {
      // With the journal in memory nothing is ever written, so that it also locks on a full disk.
      database.exec('pragma journal_mode = memory; begin exclusive')
      return
    } catch (cause) {
      if (!isBusy(cause)) throw unlockable(file, cause)
      if (performance.now() > until) {
        throw new StoreError(
          'start_lock',
          `Another Tenfold has been starting or stopping PostgreSQL in ${dirname(file)} for too long. End that process ` +
            'and try again.',
          { cause },
        )
      }
    }
    if (round === 0) options.onWait?.()
    await delay(30)
  }
}

/** SQLITE_BUSY. */
const isBusy = (thrown: unknown): boolean =>
  typeof thrown === 'object' && thrown !== null && 'errcode' in thrown && thrown.errcode === 5

function unlockable(file: string, cause: unknown): StoreError {
  return new StoreError(
    'start_lock',
    `${file} cannot be locked (${messageOf(cause)}). The data folder must be on a disk that this user can write and that ` +
      'knows locks: set TENFOLD_DATA_DIR to a folder on a local disk.',
    { cause },
  )
}

// Started by root in somebody's folder, it must not leave a file there which that person cannot open.
async function likeItsFolder(file: string): Promise<void> {
  if (process.geteuid?.() !== 0) return
  const { uid, gid } = await stat(dirname(file))
  await chown(file, uid, gid)
}
