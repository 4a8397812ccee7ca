import type { Log } from '../platform/log.ts'
import { type Actor, recordAudit } from './audit.ts'
import type { BackupKind } from './backup/manifest.ts'
import { type BackupProgress, type BackupSummary, writeBackup } from './backup/write.ts'
import { type GivenKey, type RotationResult, replaceKey } from './key-rotation.ts'
import type { Sealing, SealingDeps } from './sealing.ts'
import { type Verdict, verifyStore } from './verify/verify.ts'

export interface UpkeepDeps extends SealingDeps {
  readonly sealing: Sealing
  readonly log: Log
  readonly programVersion: string
}

interface Told<P extends readonly unknown[]> {
  readonly onProgress?: (...progress: P) => void
  readonly signal?: AbortSignal
}

/** What keeps the store whole: backups, its key, and looking after it. All of it beside running syncs. */
export interface Upkeep {
  /** @throws ConfigError `bad_output_file` */
  backup(file: string, kind: BackupKind, actor: Actor, options?: Told<[BackupProgress]>): Promise<BackupSummary>
  verify(
    actor: Actor,
    options?: Told<[done: number, total: number, check: string]> & { readonly repair?: boolean },
  ): Promise<Verdict>
  /** @throws ConfigError `new_key_needed`, `same_encryption_key`, `bad_encryption_key` */
  rotateKey(
    given: GivenKey | undefined,
    actor: Actor,
    options?: Told<[done: number, total: number]>,
  ): Promise<RotationResult>
}

export function upkeepOf(deps: UpkeepDeps): Upkeep {
  const { database, programVersion, log } = deps
  return {
    async backup(file, kind, actor, options = {}) {
      const summary = await writeBackup(database, file, { kind, programVersion, ...options })
      const rows = summary.tables.reduce((sum, table) => sum + table.rows, 0)
      const detail = { kind, taken_at: summary.manifest.takenAt, rows }
      await recordAudit(database, { actor, action: 'backup.taken', subject: 'database', detail })
      return summary
    },
    verify: (actor, options = {}) => verifyStore(deps, { actor, programVersion, ...options }),
    rotateKey: (given, actor, options = {}) =>
      replaceKey(deps, given, actor, {
        ...options,
        onProgress: (done, total) => {
          log.debug({ done, total }, 'a secret was sealed anew')
          options.onProgress?.(done, total)
        },
      }),
  }
}
