import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts'
import { aFinding } from '../../test/support/make.ts'
import * as ledger from './ledger.ts'
import { createMergeMemory, mergePart } from './merge/part.ts'
import {
  claimAnyPart,
  claimPart,
  failClaim,
  offerExport,
  partStates,
  reclaimParts,
  releaseClaim,
  releaseForgotten,
} from './part-claims.ts'

let db: TestDatabase
let runId: number
let fence: number
let job: number

beforeAll(async () => {
  db = await createTestDatabase()
  await db.database.query(
    `insert into source (tenant_id, name, kind, base_url) values (1, 'one', 'tenable-vm', 'https://example.org')`,
  )
})
afterAll(() => db.drop())
beforeEach(async () => {
  await db.database.query('truncate run, run_stream, export_job, export_chunk, finding, asset, asset_total cascade')
  const queued = await ledger.queueRun(db.database, {
    sourceId: 1,
    kind: 'full',
    trigger: 'cli',
    streams: ['findings'],
  })
  runId = queued.runId
  fence = (await ledger.claimRun(db.database, runId, 0, 'holder'))!
  const record = { exportId: 'e', asked: {}, echoed: null, notes: [], readAt: '2026-11-24T09:00:00Z' }
  job = await ledger.recordExport(db.database, runId, 'findings', record)
  for (const part of ['1', '2', '3']) await ledger.recordPart(db.database, job, part, { chunk: part })
})

const offer = () => offerExport(db.database, job, { priority: 1, part: { stream: 'findings' }, context: { fence } })
const any = (owner: string, runIds: readonly number[] = [], sourceIds: readonly number[] = []) =>
  claimAnyPart(db.database, owner, { runIds, sourceIds })
const stateOf = async (partId: string) => (await partStates(db.database, [{ exportJobId: job, partId }]))[0]!

function merge(partId: string, attempt: number) {
  const context = {
    ...{ runId, fence, sourceId: 1, exportJobId: job, exportId: 'e', partId, attempt },
    ...{ readAt: '2026-11-24T09:00:00Z', sourceRank: 1, isFirstLoad: true, isFull: true },
    ...{ unseenBefore: null, isBeside: false },
  }
  async function* batches() {
    yield { stream: 'findings' as const, rows: [aFinding()], rejected: [], issues: [], bytes: 10 }
  }
  return mergePart(db.database, createMergeMemory(), context, batches())
}

describe('a part', () => {
  test('of an export that is not offered yet is read by its holder alone', async () => {
    expect(await any('helper')).toBeUndefined()
    expect(await claimPart(db.database, { exportJobId: job, partId: '1', fence }, 'holder')).toBe(1)
    await offer()
    expect(await any('helper')).toMatchObject({ run_id: runId, part_id: '2', attempts: 1, detail: { chunk: '2' } })
  })

  test('of many who want it one gets it', async () => {
    await offer()
    const claims = await Promise.all(['a', 'b', 'c', 'd', 'e'].map(owner => any(owner)))
    expect(claims.flatMap(claim => claim?.part_id ?? []).sort()).toEqual(['1', '2', '3'])
    expect(await claimPart(db.database, { exportJobId: job, partId: '1', fence }, 'holder')).toBeUndefined()
  })

  test('of a run that was taken over is offered to nobody', async () => {
    await offer()
    await ledger.claimRun(db.database, runId, fence, 'another')
    expect(await any('helper')).toBeUndefined()
    expect(await claimPart(db.database, { exportJobId: job, partId: '1', fence }, 'holder')).toBeUndefined()
  })

  test('of a run that is being stopped, held here, or of a source that is closed here is left alone', async () => {
    await offer()
    expect(await any('helper', [runId])).toBeUndefined()
    expect(await any('helper', [], [1])).toBeUndefined()
    await ledger.requestCancel(db.database, runId)
    expect(await any('helper')).toBeUndefined()
  })

  test('taken away, its commit is refused', async () => {
    await offer()
    const first = await any('frozen')
    await reclaimParts(db.database, ['frozen'])
    const second = await any('helper')
    expect([second?.part_id, second?.attempts]).toEqual([first?.part_id, 2])
    await expect(merge(first!.part_id, first!.attempts)).rejects.toMatchObject({ code: 'fenced' })
    await merge(second!.part_id, second!.attempts)
    await expect(merge(first!.part_id, first!.attempts)).rejects.toMatchObject({ code: 'fenced' })
    expect(await stateOf(second!.part_id)).toMatchObject({ status: 'done', received: 1, inserted: 1, attempts: 2 })
  })

  test('that failed elsewhere tells its holder how, and waits for what it decides', async () => {
    await offer()
    const claimed = (await any('helper'))!
    const claim = { exportJobId: job, partId: claimed.part_id, owner: 'helper', attempt: claimed.attempts }
    await failClaim(db.database, claim, { code: 'server_error', message: 'broken', retry: 'later' })
    expect(await stateOf(claimed.part_id)).toMatchObject({ status: 'failed', failure: { retry: 'later' } })
    expect((await any('helper'))?.part_id).not.toBe(claimed.part_id)
    await ledger.failPart(
      db.database,
      job,
      claimed.part_id,
      'available',
      { code: 'server_error', message: 'broken' },
      60_000,
    )
    await any('helper')
    // Nobody is to read it before the wait is over.
    expect(await any('helper')).toBeUndefined()
    const { rows } = await db.database.query('select faults from export_chunk where part_id = $1', [claimed.part_id])
    expect(rows).toEqual([{ faults: ['server_error'] }])
  })

  test('given back is there for the next', async () => {
    await offer()
    const claimed = (await any('helper'))!
    const claim = { exportJobId: job, partId: claimed.part_id, owner: 'helper', attempt: claimed.attempts }
    await releaseClaim(db.database, claim)
    expect(await stateOf(claimed.part_id)).toMatchObject({ status: 'available', owner: null })
    // Late, and of no effect.
    await any('other')
    await releaseClaim(db.database, claim)
    expect(await stateOf(claimed.part_id)).toMatchObject({ status: 'reading', owner: 'other' })
  })

  test('forgotten by its reader is given back by it', async () => {
    await offer()
    const [known, forgotten] = [(await any('helper'))!, (await any('helper'))!]
    await db.database.query(`update export_chunk set started_at = now() - interval '1 minute'`)
    await releaseForgotten(db.database, 'helper', [{ exportJobId: job, partId: known.part_id }])
    expect(await stateOf(known.part_id)).toMatchObject({ status: 'reading' })
    expect(await stateOf(forgotten.part_id)).toMatchObject({ status: 'available' })
  })

  test('of an export that is given up is taken back from whoever reads it', async () => {
    await offer()
    const claimed = (await any('helper'))!
    await ledger.endExport(db.database, job, 'incomplete', 'given up')
    await expect(merge(claimed.part_id, claimed.attempts)).rejects.toMatchObject({ code: 'fenced' })
  })
})
