import type { ArchiveClass } from '../../domain/archive-class.ts'
import { ConfigError } from '../../platform/errors.ts'
import { classSpecs } from '../archive/classes.ts'
import { type Actor, recordAudit } from '../audit.ts'
import type { Database, Queryable } from '../database.ts'

export interface RetentionRule {
  readonly class: ArchiveClass
  readonly about: string
  /** Null: for ever. */
  readonly keep_days: number | null
  readonly updated_at: string
}

/** What no rule can send away, and why. */
export const keptForEver = {
  audit_event: 'the audit trail is a chain: without its beginning nobody could check the rest',
  daily_total: 'the totals of days are what is left when the history of those days is in the archive',
  run: 'runs, their streams and exports are named by every row they brought',
} as const

export const keepDaysAtLeast = 30
export const keepDaysAtMost = 36_500

export async function listRetention(queryable: Queryable): Promise<readonly RetentionRule[]> {
  const { rows } = await queryable.query<Omit<RetentionRule, 'about'>>(
    'select class, keep_days, updated_at from retention_rule order by class',
  )
  return rows.map(row => ({ ...row, about: classSpecs[row.class].about }))
}

/**
 * Changes how long classes stay; those not named stay as they are.
 * @throws ConfigError `bad_retention`
 */
export async function changeRetention(
  database: Database,
  changes: readonly { readonly class: ArchiveClass; readonly keepDays: number | null }[],
  actor: Actor,
): Promise<readonly RetentionRule[]> {
  for (const { keepDays } of changes) refuseBadAge(keepDays)
  return database.transaction(async connection => {
    const before = new Map((await listRetention(connection)).map(rule => [rule.class, rule.keep_days]))
    for (const { class: name, keepDays } of changes) {
      if (before.get(name) === keepDays) continue
      await connection.query(
        'update retention_rule set keep_days = $2, updated_at = clock_timestamp() where class = $1',
        [name, keepDays],
      )
      await recordAudit(connection, {
        actor,
        action: 'retention.changed',
        subject: `retention:${name}`,
        detail: { keep_days: keepDays, before: before.get(name) ?? null },
      })
    }
    return listRetention(connection)
  })
}

/** @throws ConfigError `bad_retention` */
export function refuseBadAge(days: number | null): void {
  if (days === null) return
  if (Number.isInteger(days) && days >= keepDaysAtLeast && days <= keepDaysAtMost) return
  throw new ConfigError(
    'bad_retention',
    `Data is kept for a whole number of days from ${keepDaysAtLeast} to ${keepDaysAtMost}, or for ever; not ${days}.`,
    { context: { field: 'keep_days' } },
  )
}

/** @throws ConfigError `retention_refused`, `bad_retention` for a class that is none */
export function archivableClass(name: string): ArchiveClass {
  const reason = Object.entries(keptForEver).find(
    ([kept]) => kept === name || `${kept}s` === name || kept.startsWith(`${name}_`),
  )
  if (reason)
    throw new ConfigError('retention_refused', `${reason[0]} is kept for ever: ${reason[1]}.`, {
      context: { field: 'class' },
    })
  if (name in classSpecs) return name as ArchiveClass
  throw new ConfigError(
    'bad_retention',
    `There is no class ${name} that can be archived; there are ${Object.keys(classSpecs).join(', ')}.`,
    { context: { field: 'class' } },
  )
}
