import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { silentLog } from '../../src/platform/log.ts'
import { fileSourceFor } from '../../src/store/imports/file-source.ts'
import { declarePair } from '../../src/store/reconciliation/pairs.ts'
import type { Importer } from '../../src/sync/imports/importer.ts'
import { Reconciler } from '../../src/sync/reconciliation/reconciler.ts'
import { startTenfold } from '../support/command-line.ts'
import { testImporter } from '../support/importer.ts'
import { importActor } from '../support/imports.ts'
import { type Mirror, openMirror, tester } from '../support/mirror.ts'
import { bring, csvOfRows, handExport } from '../support/reconciling.ts'

// Comparisons whose process dies in the middle, or falls silent somewhere else: the next one gives them up and is whole.

let mirror: Mirror
let importer: Importer
let reconciler: Reconciler
let pairId: number
beforeAll(async () => {
  mirror = await openMirror({ assets: 8, findings: 60 })
  const { database, sourceId, simulator } = mirror
  importer = testImporter(database)
  // A heartbeat in place of every two seconds.
  const clock = { now: () => new Date(), sleep: (_ms: number, signal?: AbortSignal) => delay(5, undefined, { signal }) }
  reconciler = new Reconciler({
    ...{ database, clock, log: silentLog, importer },
    countSource: (id, signal) => mirror.engine.countSource(id, signal),
  })
  const { id: filesSourceId } = await fileSourceFor(database, 'Files', undefined, importActor)
  await bring(database, importer, csvOfRows(handExport(simulator)), { at: simulator.control.now() })
  await mirror.sync({ streams: ['assets', 'findings'] })
  pairId = await declarePair(database, { filesSourceId, apiSourceId: sourceId, isAutomatic: false }, tester)
}, 60_000)
afterAll(async () => {
  await reconciler.stop()
  await importer.stop()
  await mirror.close()
})

interface Comparison {
  readonly id: number
  readonly status: string
  readonly error_code: string | null
  readonly owner: string | null
  readonly heartbeat_at: string
  readonly differences: number
}

async function comparison(id: number): Promise<Comparison> {
  const { rows } = await mirror.database.query<Comparison & Record<string, unknown>>(
    `select reconciliation_id as id, status, error_code, owner, heartbeat_at,
            (select count(*)::int from reconciliation_difference d where d.reconciliation_id = r.reconciliation_id) as differences
     from reconciliation r where reconciliation_id = $1`,
    [id],
  )
  return rows[0]!
}

async function running(): Promise<number> {
  for (;;) {
    const { rows } = await mirror.database.query<{ id: number }>(
      "select reconciliation_id as id from reconciliation where status = 'running'",
    )
    if (rows[0]) return rows[0].id
    await delay(10)
  }
}

/** Where differences are written it waits until the test lets it go. */
async function holdingDifferences<T>(work: () => Promise<T>): Promise<T> {
  const connection = await mirror.database.pool.connect()
  try {
    await connection.query('begin; lock table reconciliation_difference in exclusive mode')
    return await work()
  } finally {
    await connection.query('rollback')
    connection.release()
  }
}

async function waitsForDifferences(): Promise<void> {
  for (;;) {
    const { rows } = await mirror.database.query(
      "select from pg_locks where relation = 'reconciliation_difference'::regclass and not granted",
    )
    if (rows.length > 0) return
    await delay(10)
  }
}

async function compared(): Promise<Comparison> {
  return ended(await reconciler.start({ pairId }, 'cli', tester))
}

async function ended(id: number): Promise<Comparison> {
  for (;;) {
    const now = await comparison(id)
    if (now.status !== 'running') return now
    await delay(5)
  }
}

test('a process that is killed while it compares leaves nothing: the next comparison gives it up, and is whole', async () => {
  const whole = await compared()
  expect(whole).toMatchObject({ status: 'completed', owner: null })
  expect(whole.differences).toBeGreaterThan(0)
  const lost = await holdingDifferences(async () => {
    const { child } = startTenfold(['reconcile', '--files', 'Files', '--api', 'tenant', '--json'], {
      DATABASE_URL: mirror.connectionString,
      TENFOLD_DATA_DIR: mirror.dataDir,
    })
    const id = await running()
    await waitsForDifferences()
    const exited = once(child, 'close')
    child.kill('SIGKILL')
    await exited
    return id
  })
  expect(await comparison(lost)).toMatchObject({ status: 'running' })
  const next = await compared()
  expect(next).toMatchObject({ status: 'completed', differences: whole.differences })
  expect(next.id).not.toBe(lost)
  expect(await comparison(lost)).toMatchObject({ status: 'failed', error_code: 'worker_lost', differences: 0 })
}, 60_000)

test('one that lives elsewhere beats, and is not begun beside; silent for long it is given up', async () => {
  const id = await holdingDifferences(async () => {
    const begun = await reconciler.start({ pairId }, 'cli', tester)
    await waitsForDifferences()
    const first = await comparison(begun)
    // It goes on beating while it works.
    for (let last = first; last.heartbeat_at === first.heartbeat_at; last = await comparison(begun)) await delay(5)
    expect(await reconciler.start({ pairId }, 'api', tester)).toBe(begun)
    return begun
  })
  expect(await ended(id)).toMatchObject({ status: 'completed' })

  const elsewhere = async (silentSeconds: number) => {
    const { rows } = await mirror.database.query<{ id: number }>(
      `insert into reconciliation (kind, pair_id, files_source_id, api_source_id, trigger, owner, heartbeat_at, started_by)
       select kind, pair_id, files_source_id, api_source_id, trigger, 'elsewhere/1/0', now() - make_interval(secs => $2), started_by
       from reconciliation where reconciliation_id = $1
       returning reconciliation_id as id`,
      [id, silentSeconds],
    )
    return rows[0]!.id
  }
  const other = await elsewhere(5)
  expect(await reconciler.start({ pairId }, 'cli', tester)).toBe(other)
  await mirror.database.query(
    "update reconciliation set heartbeat_at = now() - interval '20 seconds' where reconciliation_id = $1",
    [other],
  )
  const taken = await compared()
  expect(taken).toMatchObject({ status: 'completed' })
  expect(taken.id).not.toBe(other)
  expect(await comparison(other)).toMatchObject({ status: 'failed', error_code: 'worker_lost' })
}, 60_000)
