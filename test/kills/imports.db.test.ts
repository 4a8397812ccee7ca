import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { getImport, type ImportRow } from '../../src/store/imports/imports.ts'
import { parseKey, sealingWith } from '../../src/store/sealing.ts'
import { verifyStore } from '../../src/store/verify/verify.ts'
import { startTenfold } from '../support/command-line.ts'
import { createImportBench, type ImportBench, importActor } from '../support/imports.ts'
import { csvOf } from '../support/read-file.ts'

// Imports that are cut off in the middle: their process is killed with -9, or their database connection. A table that
// somebody else has locked holds them at a chosen step until then. Done once more, all is as if nothing had been.

let bench: ImportBench
let dataDir: string
beforeAll(async () => {
  bench = await createImportBench()
  dataDir = await mkdtemp(join(tmpdir(), 'tenfold-killed-'))
  untouched = { applied: await playedWell('well applied', false), undone: await playedWell('well undone', true) }
})
afterAll(async () => {
  await bench.stop()
  await rm(dataDir, { recursive: true, force: true })
})

const header = ['Plugin ID', 'Risk', 'Host', 'Port', 'Protocol', 'Name', 'Plugin Output']
const file = (...lines: readonly (readonly [plugin: number, risk: string, host: string, output: string])[]) =>
  csvOf([
    header,
    ...lines.map(([plugin, risk, host, output]) => [
      String(plugin),
      risk,
      host,
      '443',
      'tcp',
      `Check ${plugin}`,
      output,
    ]),
  ])
const before = file(
  [1, 'High', 'a', 'one'],
  [2, 'Low', 'a', 'two'],
  [3, 'Critical', 'b', 'three'],
  [5, 'Info', 'b', ''],
)
/** One is told anew, one changes, one is absent, one is new, and so is a machine. */
const after = file([1, 'High', 'a', 'other'], [2, 'High', 'a', 'two'], [4, 'Medium', 'b', ''], [5, 'Info', 'c', ''])

async function staged(source: string): Promise<ImportRow> {
  const first = await bench.stage(before, { source, options: { observedAt: '2026-10-01T00:00:00Z' } })
  await bench.apply(first)
  const second = { source, scope: { covers: 'hosts' }, options: { observedAt: '2026-10-08T00:00:00Z' } } as const
  return bench.stage(after, second)
}

async function playedWell(source: string, isUndone: boolean) {
  const item = await bench.apply(await staged(source))
  if (isUndone) await bench.undo(item)
  await ended(item.import_id)
  return stateOf(source)
}

let untouched: { applied: unknown; undone: unknown }

/** All that there is of a source, but for the moments of now. */
async function stateOf(source: string) {
  const ask = async (text: string) => {
    const { rows } = await bench.db.database.query<{ line: string }>(`select concat_ws(' ', ${text}`, [source])
    return rows.map(row => row.line).sort()
  }
  const findingKey = 'a.native_id, f.plugin_id, f.port, f.protocol'
  return {
    findings: await ask(
      `${findingKey}, f.state, f.severity, f.first_found, f.last_found, f.last_fixed, f.ended_at, f.end_cause,
       (select o.output from finding_output o where o.asset_id = f.asset_id and o.plugin_id = f.plugin_id)) as line
       from finding f join asset a using (asset_id) join source s on s.source_id = f.source_id where s.name = $1`,
    ),
    events: await ask(
      `${findingKey}, f.kind, f.state, f.severity, f.cause) as line
       from finding_event f join asset a using (asset_id) join source s on s.source_id = f.source_id where s.name = $1`,
    ),
    assets: await ask(`a.native_id, a.status) as line from asset a join source s using (source_id) where s.name = $1`),
    counts: await ask(
      `a.native_id, to_jsonb(t) - 'asset_id' - 'source_id') as line
       from asset_total t join asset a using (asset_id) join source s on s.source_id = a.source_id where s.name = $1`,
    ),
    // Of other sources the days may go on.
    days: await ask(
      `d.day, to_jsonb(d) - 'source_id') as line from daily_total d join source s using (source_id)
       where s.name = $1 and d.day between '2026-10-01' and '2026-10-08'`,
    ),
    outbox: await ask(
      `o.topic, o.subject - 'asset_id') as line from outbox o join source s using (source_id)
       where s.name = $1 and o.topic like 'finding.%'`,
    ),
    open: await ask(
      `r.status) as line from run r join source s using (source_id) where s.name = $1 and r.status = 'running'`,
    ),
  }
}

interface Held {
  /** Of the session that waits. */
  readonly pid: number
  letGo(): Promise<void>
}

/** Locks a table against writing, begins something and returns when it waits for the lock. */
async function held(table: string, begin: () => unknown): Promise<Held> {
  const connection = await bench.db.database.pool.connect()
  await connection.query('begin')
  await connection.query(`lock table ${table} in exclusive mode`)
  await begin()
  const letGo = async () => {
    await connection.query('rollback')
    connection.release()
  }
  for (const until = Date.now() + 60_000; Date.now() < until; await delay(10)) {
    const { rows } = await bench.db.database.query<{ pid: number }>(
      'select pid from pg_locks where relation = $1::regclass and not granted',
      [table],
    )
    if (rows[0]) return { pid: rows[0].pid, letGo }
  }
  await letGo()
  throw new Error(`nothing waited for ${table}`)
}

/** Everything that follows the step is done too. */
async function ended(importId: number): Promise<ImportRow> {
  for (;;) {
    // As a server does every few seconds.
    await bench.importer.look()
    const item = await getImport(bench.db.database, importId)
    if (item.owner === null) return item
    await delay(10)
  }
}

const { apply, undo } = {
  apply: async (item: ImportRow) => {
    const now = await getImport(bench.db.database, item.import_id)
    await bench.importer.apply(item.import_id, now.numbers!, importActor)
  },
  undo: (item: ImportRow) => bench.importer.undo(item.import_id, importActor),
}

/** From the preview, or what came after it: what a person would do, until it is applied and perhaps undone. */
async function goneOn(item: ImportRow, wanted: 'applied' | 'undone'): Promise<void> {
  await bench.importer.look()
  for (let tries = 0; tries < 3; tries++) {
    const now = await bench.importer.settle(item.import_id, 30_000)
    if (now.status === wanted) break
    await (now.status === 'ready' ? apply(item) : undo(item))
  }
  await ended(item.import_id)
}

/** Tables that are written in the middle of a step, and the one that is locked only after its commit. */
const moments = [
  { what: 'between findings and their outputs', table: 'finding_output', steps: ['apply', 'undo'] },
  { what: 'before its end', table: 'asset_total', steps: ['apply', 'undo'] },
  { what: 'after its commit, before the totals of days', table: 'daily_span', steps: ['apply', 'undo'] },
] as const

describe('the database connection is cut', () => {
  for (const { what, table, steps } of moments) {
    for (const step of steps) {
      test(`${step} ${what}`, async () => {
        const source = `cut ${step} ${table}`
        const item = await staged(source)
        if (step === 'undo') await ended((await bench.apply(item)).import_id)
        const waiting = await held(table, () => (step === 'apply' ? apply(item) : undo(item)))
        await bench.db.database.query('select pg_terminate_backend($1)', [waiting.pid])
        await waiting.letGo()
        const wanted = step === 'apply' ? 'applied' : 'undone'
        await bench.importer.settle(item.import_id, 30_000)
        await goneOn(item, wanted)
        expect(await stateOf(source)).toEqual(untouched[wanted])
      })
    }
  }
})

test('a connection that is cut while a file is read only has it read anew', async () => {
  const source = 'cut while it is read'
  await bench.apply(await bench.stage(before, { source, options: { observedAt: '2026-10-01T00:00:00Z' } }))
  let staging: Promise<ImportRow> | undefined
  const waiting = await held('file_import_plan', () => {
    const second = { source, scope: { covers: 'hosts' }, options: { observedAt: '2026-10-08T00:00:00Z' } } as const
    staging = bench.stage(after, second)
  })
  await bench.db.database.query('select pg_terminate_backend($1)', [waiting.pid])
  await waiting.letGo()
  const item = await staging!
  expect(item).toMatchObject({ status: 'ready', error_code: null })
  await goneOn(item, 'applied')
  expect(await stateOf(source)).toEqual(untouched.applied)
})

test('while it is applied its heart beats on, so that nobody takes it for dead', async () => {
  const item = await staged('long')
  const waiting = await held('asset_total', () => apply(item))
  const beat = async () => {
    const { rows } = await bench.db.database.query<{ at: string }>(
      'select heartbeat_at as at from file_import where import_id = $1',
      [item.import_id],
    )
    return rows[0]!.at
  }
  const first = await beat()
  await expect.poll(beat, { timeout: 20_000, interval: 50 }).not.toBe(first)
  await waiting.letGo()
  await ended(item.import_id)
  expect(await stateOf('long')).toEqual(untouched.applied)
})

describe('the process is killed', () => {
  const kills = [
    { step: 'apply', table: 'finding_output' },
    { step: 'apply', table: 'daily_span' },
    { step: 'undo', table: 'asset_total' },
  ] as const
  for (const { step, table } of kills) {
    test(`${step} at ${table}`, async () => {
      const source = `killed ${step} ${table}`
      const item = await staged(source)
      if (step === 'undo') await ended((await bench.apply(item)).import_id)
      const command = ['import', step, String(item.import_id), '--json']
      const environment = { DATABASE_URL: bench.db.connectionString, TENFOLD_DATA_DIR: dataDir }
      let child: ChildProcess | undefined
      const waiting = await held(table, () => {
        child = startTenfold(command, environment).child
      })
      const exited = once(child!, 'close')
      child!.kill('SIGKILL')
      await exited
      await waiting.letGo()
      const wanted = step === 'apply' ? 'applied' : 'undone'
      await goneOn(item, wanted)
      expect(await stateOf(source)).toEqual(untouched[wanted])
    }, 120_000)
  }
})

test('nothing is left that contradicts anything else', async () => {
  const sealing = sealingWith(parseKey('0123456789abcdef0123456789abcdef', 'test'), 'test')
  const verdict = await verifyStore(
    { database: bench.db.database, sealing },
    { actor: importActor, programVersion: '0' },
  )
  expect(verdict.damages).toEqual([])
})
