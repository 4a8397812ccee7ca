import { messageOf } from '../../platform/errors.ts'
import type { Database } from '../../store/database.ts'
import { readMigrations, schemaVersion } from '../../store/migrate.ts'
import { type Handlers, WithStatus } from '../handler.ts'

const answerWithinMs = 3_000

export const serviceHandlers = {
  getOpenApi: async ({ openApi }) => openApi(),
  getLiveness: async ({ version }) => ({ status: 'ok' as const, version }),
  getReadiness: async ({ unscoped }) => {
    const checks = await readiness(unscoped)
    const isReady = checks.every(check => check.ok)
    return new WithStatus<'getReadiness'>(isReady ? 200 : 503, { status: isReady ? 'ready' : 'not_ready', checks })
  },
} satisfies Partial<Handlers>

async function readiness(database: Database) {
  try {
    const [known, applied] = await Promise.all([newestKnown(), withinTime(schemaVersion(database))])
    const isCurrent = known === applied
    return [
      { name: 'database', ok: true, detail: null },
      {
        name: 'schema',
        ok: isCurrent,
        detail: isCurrent ? null : `The database has schema ${applied}; this program needs ${known}.`,
      },
    ]
  } catch (error) {
    return [{ name: 'database', ok: false, detail: messageOf(error) }]
  }
}

async function newestKnown(): Promise<number> {
  return (await readMigrations()).at(-1)?.version ?? 0
}

async function withinTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`No answer within ${answerWithinMs / 1000} s.`)), answerWithinMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
