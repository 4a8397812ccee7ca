import { randomBytes } from 'node:crypto'
import { constants, lchown, open, rename, rm } from 'node:fs/promises'
import type { ServerUser } from './server-user.ts'

/** Makes a file or folder the server user's. Never follows a link: the folder around it may be that user's already. */
export async function giveTo(user: ServerUser, path: string): Promise<void> {
  if (user.isOther) await lchown(path, user.uid, user.gid)
}

/** Writes a file that only the server's user may read, whole or not at all. */
export async function writeOwned(user: ServerUser, path: string, text: string): Promise<void> {
  const next = `${path}.${randomBytes(6).toString('hex')}`
  try {
    const file = await open(next, 'wx', 0o600)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await giveTo(user, next)
    await rename(next, path)
  } catch (thrown) {
    await rm(next, { force: true })
    throw thrown
  }
}

/** Reads a file of a folder that is the server user's; a link planted there is refused. */
export async function readOwned(path: string): Promise<string> {
  const file = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0))
  try {
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}
