import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Engine } from '../../src/sync/engine-contract.ts'
import { quickLimits, readRun, tester } from '../support/mirror.ts'
import { faultCases } from './cases.ts'
import type { Subject } from './subject.ts'

/**
 * What every connector must stand: the same faults, kills, replays, orders and limits, over a place that lives on. After
 * each the mirror is equal to the place: 0 lost, 0 doubled, 0 falsely closed.
 * @param rounds of the whole table
 */
export function conform(name: string, open: () => Promise<Subject>, rounds = 1): void {
  describe(`${name} conforms`, () => {
    let subject: Subject
    let engine: Engine
    const sync = async (kind: 'full' | 'delta' = 'full') => {
      const { mirror, streams } = subject
      const request = { sourceId: mirror.sourceId, kind, trigger: 'cli', streams } as const
      const { runId } = await engine.requestRun(request, tester)
      await engine.waitForRun(runId)
      return readRun(mirror.database, runId)
    }
    beforeAll(async () => {
      subject = await open()
      engine = subject.mirror.engine
      expect(await sync()).toMatchObject({ status: 'completed', error_code: null })
      await subject.expectEqual()
    }, 120_000)
    afterAll(() => subject.close())

    for (let round = 1; round <= rounds; round++) {
      const of = rounds === 1 ? '' : ` (round ${round})`
      for (const { name: fault, faults, ending } of faultCases) {
        test(`${fault}${of}`, async () => {
          subject.live()
          const before = subject.struck()
          subject.addFaults(...faults(subject))
          const run = await sync()
          subject.clearFaults()
          expect(subject.struck(), 'the fault struck').toBeGreaterThan(before)
          await subject.expectNothingClosedFalsely()
          if (ending === 'survives') expect(run).toMatchObject({ status: 'completed', error_code: null })
          else {
            expect(run).toMatchObject({ status: expect.stringMatching(/^(failed|partial)$/), error_code: ending.code })
            expect(await sync()).toMatchObject({ status: 'completed', error_code: null })
          }
          await subject.expectEqual()
        })
      }

      test(`a delta after a run that failed${of}`, async () => {
        const { rows } = subject
        if (subject.liveForDelta) subject.liveForDelta()
        else subject.live()
        subject.addFaults({ on: { ...rows, nth: 1, times: 1_000 }, do: { kind: 'unauthorized' } })
        const refused = await sync('delta')
        subject.clearFaults()
        expect(refused).toMatchObject({ error_code: 'bad_credentials' })
        expect(await sync('delta')).toMatchObject({ status: 'completed', error_code: null })
        await subject.expectEqual()
      })

      test(`the same answers again write nothing${of}`, async () => {
        // What was read late may have left a row to be written once more.
        await sync()
        const again = await sync()
        expect(again).toMatchObject({ status: 'completed' })
        const written = Object.entries(again.streams).filter(([, { inserted, changed }]) => inserted + changed > 0)
        expect(written.map(([stream]) => stream)).toEqual([])
        await subject.expectEqual()
      })

      test(`pages and chunks of another size write nothing${of}`, async () => {
        const { database, sourceId } = subject.mirror
        await database.query('update source set settings = settings || $2 where source_id = $1', [
          sourceId,
          JSON.stringify(subject.otherSizes),
        ])
        const again = await sync()
        await database.query('update source set settings = settings - $2::text[] where source_id = $1', [
          sourceId,
          Object.keys(subject.otherSizes),
        ])
        expect(again).toMatchObject({ status: 'completed' })
        expect(again.streams.findings).toMatchObject({ inserted: 0, changed: 0 })
        await subject.expectEqual()
      })

      test(`nothing at all where there was something is an alarm, not an end${of}`, async () => {
        const show = subject.empty()
        const run = await sync()
        show()
        expect(['failed', 'partial']).toContain(run.status)
        expect(run.error_code).toBe('empty_answer')
        await subject.expectNothingClosedFalsely()
        expect(await sync()).toMatchObject({ status: 'completed' })
        await subject.expectEqual()
      })

      test(`a process that is killed with -9 while it reads${of}`, async () => {
        const { mirror } = subject
        subject.live()
        subject.addFaults({ on: { ...subject.rows, nth: 2, times: 1_000 }, do: subject.slowly })
        // Nobody else takes the run up before it is killed.
        await engine.stop()
        const child = startChild(subject)
        try {
          await until(() => isHalfRead(subject, child))
        } finally {
          child.kill('SIGKILL')
          subject.clearFaults()
          engine = await mirror.anotherEngine()
        }
        const { rows } = await mirror.database.query<{ run_id: number }>('select max(run_id) as run_id from run')
        const runId = rows[0]!.run_id
        await engine.waitForRun(runId)
        expect(await readRun(mirror.database, runId)).toMatchObject({ status: 'completed', error_code: null })
        await subject.expectEqual()
      })
    }
  })
}

function startChild({ mirror, limits, streams }: Subject): ChildProcess {
  const told = {
    connectionString: mirror.connectionString,
    dataDir: mirror.dataDir,
    sourceId: mirror.sourceId,
    streams,
    limits: { ...quickLimits, ...limits },
  }
  const entry = join(import.meta.dirname, 'reader.fixture.ts')
  return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', entry, JSON.stringify(told)], {
    stdio: 'ignore',
  })
}

/** Something of the run that the other process holds is merged, and not all. */
async function isHalfRead({ mirror }: Subject, { pid, exitCode }: ChildProcess): Promise<boolean> {
  if (exitCode !== null) throw new Error(`the other process ended with ${exitCode} before it could be killed`)
  const { rows } = await mirror.database.query<{ status: string; done: number; open: number }>(
    `select r.status, count(*) filter (where c.status = 'done')::int as done,
            count(*) filter (where c.status <> 'done')::int as open
     from run r join export_job j using (run_id) join export_chunk c using (export_job_id)
     where r.run_id = (select max(run_id) from run) and r.owner like $1
     group by r.status`,
    [`%/${pid}/%`],
  )
  const [run] = rows
  return run !== undefined && run.status === 'running' && run.done > 0 && run.open > 0
}

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 40_000
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error('it did not come true within 40 s')
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}
