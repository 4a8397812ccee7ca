import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ConfigError, messageOf } from '../../platform/errors.ts'
import type { Database } from '../database.ts'
import { writeBackup } from './write.ts'

/** How many of them stay. */
const kept = 2

export interface UpgradeBackup {
  readonly dataDir: string
  readonly programVersion: string
  readonly from: number
  readonly to: number
}

/**
 * Writes a whole backup before the schema is changed, into `backups` of the data folder, and forgets the oldest.
 * @returns the file
 * @throws ConfigError `backup_before_migration` nothing was changed
 */
export async function backupBeforeMigration(database: Database, upgrade: UpgradeBackup): Promise<string> {
  const { dataDir, programVersion, from, to } = upgrade
  const folder = join(dataDir, 'backups')
  const stamp = new Date().toISOString().slice(0, 19).replace(/\D/g, '')
  const file = join(folder, `${prefix}${from}-to-${to}-${stamp}.tenfold`)
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await writeBackup(database, file, { kind: 'full', programVersion })
  } catch (cause) {
    throw new ConfigError(
      'backup_before_migration',
      `The backup before the migration from schema ${from} to ${to} could not be written: ${messageOf(cause)} Nothing was changed. Make room for it, or set TENFOLD_BACKUP_BEFORE_MIGRATION=false to go on without one.`,
      { cause, context: { file, from, to } },
    )
  }
  await forgetOldest(folder)
  return file
}

const prefix = 'before-schema-'

async function forgetOldest(folder: string): Promise<void> {
  const files = (await readdir(folder)).filter(name => name.startsWith(prefix) && name.endsWith('.tenfold'))
  const stampOf = (name: string) => /(\d{14})\.tenfold$/.exec(name)?.[1] ?? ''
  const oldest = files.sort((a, b) => stampOf(a).localeCompare(stampOf(b))).slice(0, -kept)
  for (const name of oldest) await rm(join(folder, name), { force: true })
}
