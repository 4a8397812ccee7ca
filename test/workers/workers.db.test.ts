import { afterAll, beforeAll, expect, test } from 'vitest'
import { endSessionsOf } from '../../src/store/workers.ts'
import { startTenfold } from '../support/command-line.ts'
import {
  compare,
  endOf,
  holderOf,
  openWorkshop,
  partsDone,
  readersOf,
  until,
  type WorkerProcess,
  type Workshop,
} from './estate.ts'

// Processes of their own, one database, one run: whatever happens to one of them, the others go on within a minute.

let workshop: Workshop
let workers: readonly WorkerProcess[]
beforeAll(async () => {
  workshop = await openWorkshop()
  workers = await workshop.startWorkers(3)
}, 120_000)
afterAll(() => workshop.close())

const good = { status: 'completed', equal: true, doubled: 0 }
const pidsOf = (processes: readonly WorkerProcess[]) => processes.map(({ pid }) => pid).sort()

/** A run that is under way: some parts are done, and both the holder and another process read one. */
async function underWay() {
  const { tenant, runId } = await workshop.queueRun()
  const { database } = workshop
  const [holder, helper] = await until(40, async () => {
    const [held, readers] = [await holderOf(database, runId), await readersOf(database, runId)]
    const other = readers.find(pid => pid !== held)
    return held !== undefined && other !== undefined && (await partsDone(database, runId)).size > 0 && [held, other]
  })
  return { tenant, runId, holder: holder!, helper: helper! }
}

async function lifeOf(pid: number): Promise<string> {
  const { rows } = await workshop.database.query<{ owner: string }>('select owner from worker where owner like $1', [
    `%/${pid}/%`,
  ])
  return rows[0]!.owner.split('/')[2]!
}

test('three workers share the parts of one run; none is merged twice, and the mirror is equal', async () => {
  const { tenant, runId } = await workshop.queueRun()
  expect(await endOf(workshop.database, tenant, runId, 60)).toEqual(good)
  const parts = await partsDone(workshop.database, runId)
  expect([...parts.keys()].sort()).toEqual(pidsOf(workers))
  const { rows } = await workshop.database.query<{ attempts: number; parts: number }>(
    'select attempts, count(*)::integer as parts from export_chunk group by attempts',
  )
  expect(rows).toEqual([{ attempts: 1, parts: expect.any(Number) }])
})

const harms = ['holder', 'helper'] as const

for (const whom of harms) {
  test(`a ${whom} that is cut off from the database loses what it reads to the others`, async () => {
    const run = await underWay()
    expect(await endSessionsOf(workshop.database, await lifeOf(run[whom]))).toBeGreaterThan(0)
    expect(await endOf(workshop.database, run.tenant, run.runId, 60)).toEqual(good)
  }, 120_000)

  test(`a ${whom} that freezes is replaced, and doubles nothing when it wakes`, async () => {
    const run = await underWay()
    process.kill(run[whom], 'SIGSTOP')
    try {
      expect(await endOf(workshop.database, run.tenant, run.runId, 60)).toEqual(good)
    } finally {
      process.kill(run[whom], 'SIGCONT')
    }
    // It finds its sessions gone, and then its place.
    await until(20, async () => {
      const { rows } = await workshop.database.query(
        `select from worker where owner like $1 and heartbeat_at > clock_timestamp() - interval '2 seconds'`,
        [`%/${run[whom]}/%`],
      )
      return rows.length > 0
    })
    expect(await compare(workshop.database, run.tenant)).toEqual({ equal: true, doubled: 0 })
  }, 120_000)
}

test('a worker with another sealing key says so by name, and takes nothing', async () => {
  const { ended } = startTenfold(['worker'], {
    DATABASE_URL: workshop.db.connectionString,
    TENABLE_ENCRYPTION_KEY: 'fedcba9876543210fedcba9876543210',
  })
  const { code, stderr } = await ended
  expect(code).toBe(2)
  expect(stderr).toMatch(/sealed with key [0-9a-f]{12}; TENABLE_ENCRYPTION_KEY is key [0-9a-f]{12}/)
})

test('killed with -9, the holder and a helper lose their work to the one that is left', async () => {
  const run = await underWay()
  process.kill(run.holder, 'SIGKILL')
  process.kill(run.helper, 'SIGKILL')
  expect(await endOf(workshop.database, run.tenant, run.runId, 60)).toEqual(good)
}, 120_000)
