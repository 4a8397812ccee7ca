import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTenfold } from '../support/command-line.ts'
import {
  cut,
  endOf,
  freeze,
  openWorkshop,
  partsDone,
  playHarm,
  underWay,
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

test('a helper that is cut off from the database loses what it reads to the others', async () => {
  expect(await playHarm(workshop, 'helper', cut)).toEqual(good)
}, 120_000)

test('a holder that freezes is replaced, and doubles nothing when it wakes', async () => {
  expect(await playHarm(workshop, 'holder', freeze)).toEqual(good)
}, 120_000)

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
  const run = await underWay(workshop)
  process.kill(run.holder, 'SIGKILL')
  process.kill(run.helper, 'SIGKILL')
  expect(await endOf(workshop.database, run.tenant, run.runId, 60)).toEqual(good)
}, 120_000)
