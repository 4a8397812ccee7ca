import { dirname } from 'node:path'
import { run } from './run.ts'
import type { ServerUser } from './server-user.ts'

/** Trying is surer than reading modes: access lists and security modules have their say. */
export async function canEnter(folder: string, user: ServerUser): Promise<boolean> {
  return (await run('/bin/sh', ['-c', 'cd -- "$1"', 'sh', folder], { user })).ok
}

/** @returns the topmost folder on the way that this user cannot enter */
export async function findClosed(folder: string, user: ServerUser): Promise<string | undefined> {
  const above = dirname(folder) === folder ? undefined : await findClosed(dirname(folder), user)
  return above ?? ((await canEnter(folder, user)) ? undefined : folder)
}
