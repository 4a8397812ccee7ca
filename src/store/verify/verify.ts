import { codeOf, messageOf } from '../../platform/errors.ts'
import { type Actor, recordAudit, verifyAudit } from '../audit.ts'
import type { Database } from '../database.ts'
import type { Sealing } from '../sealing.ts'
import { loadCredentials } from '../sources.ts'
import { type Check, type Damage, damageOf, runCheck, samplesAtMost } from './check.ts'
import { checkDailyTotals, checkEstateTotals } from './daily-check.ts'
import { checkAssetGroups, complianceTotalCheck, feedChecks, pluginTotalCheck } from './derived-checks.ts'
import { directoryChecks } from './directory-checks.ts'
import { historyChecks } from './history-checks.ts'
import { ledgerChecks } from './ledger-checks.ts'
import { type Repaired, repairDamages } from './repair.ts'
import { rowChecks } from './row-checks.ts'
import { checkSchema, checkSequences, partitionCheck } from './schema-checks.ts'

export interface VerifyDeps {
  readonly database: Database
  readonly sealing: Sealing
}

export interface VerifyOptions {
  readonly actor: Actor
  readonly programVersion: string
  /** Puts right what can be, and looks again. */
  readonly repair?: boolean
  /** Told before each check. */
  readonly onProgress?: (done: number, total: number, check: string) => void
  readonly signal?: AbortSignal
}

export interface Verdict {
  readonly verificationId: number
  readonly isSound: boolean
  readonly checks: number
  /** What is wrong now, after the repair if there was one. */
  readonly damages: readonly Damage[]
  readonly repaired: readonly Repaired[]
}

type Test = (deps: VerifyDeps) => Promise<readonly (Damage | undefined)[]>

const bySql = (check: Check): readonly [string, Test] => [
  check.name,
  async ({ database }) => [await runCheck(database, check)],
]

const tests: readonly (readonly [string, Test])[] = [
  ['schema', async ({ database }) => checkSchema(database)],
  ['sequences', async ({ database }) => [await checkSequences(database)]],
  ...[
    partitionCheck,
    ...rowChecks,
    ...historyChecks,
    ...directoryChecks,
    ...ledgerChecks,
    ...feedChecks,
    pluginTotalCheck,
    complianceTotalCheck,
  ].map(bySql),
  ['daily totals', async ({ database }) => [await checkDailyTotals(database)]],
  ['estate totals', async ({ database }) => [await checkEstateTotals(database)]],
  ['asset groups', async ({ database }) => [await checkAssetGroups(database)]],
  ['audit', async ({ database }) => [await checkAudit(database)]],
  ['seals', async deps => [await checkSeals(deps)]],
]

/** Looks at everything that must be true of a sound store, while others read and write it; the verdict is stored. */
export async function verifyStore(deps: VerifyDeps, options: VerifyOptions): Promise<Verdict> {
  const { database } = deps
  const startedAt = new Date().toISOString()
  const found = await findDamages(deps, options)
  const repaired = options.repair && found.length > 0 ? await repairDamages(database, found) : []
  const damages = repaired.length > 0 ? await findDamages(deps, options) : found
  const verificationId = await database.transaction(async connection => {
    const { rows } = await connection.query<{ verification_id: number }>(
      `insert into verification (started_at, finished_at, program_version, verdict, checks, damages, repaired)
       values ($1, clock_timestamp(), $2, $3, $4, $5, $6)
       returning verification_id`,
      [
        startedAt,
        options.programVersion,
        damages.length === 0 ? 'sound' : 'damaged',
        tests.length,
        JSON.stringify(damages),
        JSON.stringify(repaired),
      ],
    )
    const id = rows[0]?.verification_id ?? 0
    if (repaired.length > 0) {
      const detail = Object.fromEntries(repaired.map(({ repair, count }) => [repair, count]))
      await recordAudit(connection, {
        actor: options.actor,
        action: 'store.repaired',
        subject: `verification:${id}`,
        detail,
      })
    }
    return id
  })
  return { verificationId, isSound: damages.length === 0, checks: tests.length, damages, repaired }
}

async function findDamages(deps: VerifyDeps, options: VerifyOptions): Promise<readonly Damage[]> {
  const damages: Damage[] = []
  for (const [done, [name, test]] of tests.entries()) {
    options.signal?.throwIfAborted()
    options.onProgress?.(done, tests.length, name)
    for (const damage of await test(deps)) if (damage) damages.push(damage)
  }
  return damages
}

async function checkAudit(database: Database): Promise<Damage | undefined> {
  const { firstBroken } = await verifyAudit(database)
  return damageOf(
    { name: 'audit_broken', about: 'events of the audit trail that were changed, inserted or removed' },
    firstBroken ? 1 : 0,
    firstBroken ? [`event ${firstBroken.auditId}: ${firstBroken.reason}`] : [],
  )
}

/** Keys of sources that do not open, though they are sealed with a key of ours. */
async function checkSeals({ database, sealing }: VerifyDeps): Promise<Damage | undefined> {
  const { rows } = await database.query<{ source_id: number }>(
    `select s.source_id
     from source s join sealing_key k on k.key_id = s.credentials_key_id
     where s.credentials is not null and s.removed_at is null
     order by s.source_id`,
  )
  const broken: string[] = []
  for (const { source_id } of rows) {
    try {
      await loadCredentials({ database, sealing }, source_id)
    } catch (thrown) {
      if (!['seal_broken', 'wrong_encryption_key'].includes(codeOf(thrown))) throw thrown
      broken.push(`source ${source_id}: ${messageOf(thrown)}`)
    }
  }
  const about = 'sources whose sealed keys do not open'
  return damageOf({ name: 'seal_broken', about }, broken.length, broken.slice(0, samplesAtMost))
}
