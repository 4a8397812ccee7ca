import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../../src/platform/clock.ts'
import { silentLog } from '../../src/platform/log.ts'
import { Secret } from '../../src/platform/secret.ts'
import { verifyAudit } from '../../src/store/audit.ts'
import { fileSourceFor } from '../../src/store/imports/file-source.ts'
import { closeImports, reopenImports, signCutover } from '../../src/store/reconciliation/cutovers.ts'
import { importGate } from '../../src/store/reconciliation/gate.ts'
import { declarePair, removePair } from '../../src/store/reconciliation/pairs.ts'
import { updateSource } from '../../src/store/sources.ts'
import type { Importer } from '../../src/sync/imports/importer.ts'
import { Reconciler } from '../../src/sync/reconciliation/reconciler.ts'
import { testImporter } from '../support/importer.ts'
import { importActor } from '../support/imports.ts'
import { type Mirror, openMirror, tester } from '../support/mirror.ts'
import {
  bring,
  comparisonAfter,
  csvOfRows,
  differencesOf,
  handExport,
  latestComparison,
} from '../support/reconciling.ts'

// docs/cut-over.md as somebody would do it: a month of weekly files, the API beside them, the sign-off, an outage, the undo.

let mirror: Mirror
let importer: Importer
let reconciler: Reconciler
beforeAll(async () => {
  mirror = await openMirror({ assets: 24, findings: 350 })
  importer = testImporter(mirror.database)
  reconciler = new Reconciler({
    database: mirror.database,
    clock: systemClock,
    log: silentLog,
    importer,
    countSource: (sourceId, signal) => mirror.engine.countSource(sourceId, signal),
  })
}, 60_000)
afterAll(async () => {
  await reconciler.stop()
  await importer.stop()
  await mirror.close()
})

const streams = ['assets', 'findings'] as const

test('a month of weekly files, the API takes over, every difference is explained, and the cut-over is undone', async () => {
  const { simulator, database, sourceId } = mirror
  const { control } = simulator
  const { id: filesSourceId } = await fileSourceFor(database, 'Files', undefined, importActor)
  const pairId = await declarePair(database, { filesSourceId, apiSourceId: sourceId, isAutomatic: true }, tester)

  // The month: a file each week, of which each shows the whole estate as far as the export goes.
  const severities = ['low', 'medium', 'high', 'critical'] as const
  const weekly = async (name: string) =>
    bring(database, importer, csvOfRows(handExport(simulator)), {
      ...{ name, at: control.now(), scope: { covers: 'estate', severities } },
    })
  for (const week of [1, 2, 3, 4]) {
    if (week > 1) control.advance({ days: 7 })
    expect((await weekly(`week-${week}.csv`)).status).toBe('applied')
  }
  // Nothing to compare with yet, so nothing was compared.
  expect(await latestComparison(database, pairId)).toBeUndefined()

  // The API is read beside it; the pair is compared by itself.
  control.advance({ hours: 6 })
  expect((await mirror.sync({ streams })).status).toBe('completed')
  const first = await comparisonAfter(database, pairId)
  expect(first).toMatchObject({ status: 'completed', trigger: 'sync' })
  const found = await differencesOf(database, first.id)
  const open = found.filter(one => ['missing', 'unexplained'].includes(one.cause))
  expect(open).toEqual([])
  expect(first.totals.open).toBe(0)
  expect(Object.keys(first.totals.causes)).toEqual(expect.arrayContaining(['info']))
  expect(first.totals.assets.both).toBeGreaterThan(10)

  // Another week of both: what was a matter of time is gone or has another cause.
  control.advance({ days: 7 })
  expect((await mirror.sync({ kind: 'delta', streams })).status).toBe('completed')
  const second = await comparisonAfter(database, pairId, first.id)
  await weekly('week-5.csv')
  const last = await comparisonAfter(database, pairId, second.id)
  expect(last).toMatchObject({ status: 'completed', trigger: 'import' })
  expect(last.totals.timing_before.waiting).toBe(0)
  expect(last.totals.open).toBe(0)

  // Only the latest can be signed.
  await expect(signCutover(database, first.id, null, tester)).rejects.toMatchObject({ code: 'comparison_not_latest' })
  const cutoverId = await signCutover(database, last.id, null, tester)
  await expect(signCutover(database, last.id, null, tester)).rejects.toMatchObject({ code: 'already_cut_over' })
  await expect(removePair(database, pairId, tester)).rejects.toMatchObject({ code: 'pair_cut_over' })
  await expect(weekly('week-6.csv')).rejects.toMatchObject({
    code: 'source_cut_over',
    message: expect.stringMatching(
      /^Files takes no files any more: test cut it over to tenant on \d{4}-\d\d-\d\d\./,
    ) as string,
  })

  // Opened by hand, and closed again.
  await reopenImports(database, cutoverId, 'one more for the auditors', tester)
  expect(await importGate(database, filesSourceId)).toMatchObject({ isOpen: true, because: 'reopened' })
  await closeImports(database, cutoverId, tester)
  await expect(weekly('week-6.csv')).rejects.toMatchObject({ code: 'source_cut_over' })

  // The API is out: files are taken by themselves, and no more once it is back.
  control.revokeKeys()
  expect((await mirror.sync({ kind: 'delta', streams })).status).toBe('failed')
  expect(await importGate(database, filesSourceId)).toMatchObject({ isOpen: true, because: 'outage' })
  control.advance({ days: 7 })
  expect((await weekly('week-6.csv')).status).toBe('applied')
  const { accessKey, secretKey } = control.rotateKeys()
  const credentials = { accessKey: new Secret(accessKey), secretKey: new Secret(secretKey) }
  await updateSource({ database, sealing: mirror.sealing }, sourceId, { credentials }, tester)
  await mirror.sync({ kind: 'delta', streams })
  await expect(weekly('week-7.csv')).rejects.toMatchObject({ code: 'source_cut_over' })

  // Undone, with the file of the outage: all is as it was when it was signed.
  const undone = await reconciler.undoCutover(cutoverId, { reason: 'not ready yet', withImports: true }, tester)
  expect(undone).toMatchObject({ is_restored: true, imports_kept: [] })
  expect(undone.imports_undone).toHaveLength(1)
  await expect(reconciler.undoCutover(cutoverId, { reason: 'again', withImports: true }, tester)).rejects.toMatchObject(
    { code: 'cutover_not_signed' },
  )
  expect((await weekly('week-7.csv')).status).toBe('applied')

  const { rows: audited } = await database.query<{ action: string; detail: { numbers?: object } }>(
    'select action, detail from audit_event where subject = $1 order by audit_id',
    [`cutover:${cutoverId}`],
  )
  expect(audited.map(one => one.action)).toEqual([
    ...['cutover.signed', 'cutover.reopened', 'cutover.closed', 'cutover.undone'],
  ])
  expect(audited[0]!.detail.numbers).toMatchObject({ open: 0 })
  expect((await verifyAudit(database)).ok).toBe(true)
}, 60_000)

test('what nothing explains must be accepted with a reason', async () => {
  const { simulator, database } = mirror
  const { id: filesSourceId } = await fileSourceFor(database, 'Other files', undefined, importActor)
  const rows = handExport(simulator)
  // Older than any grace for what is indexed late.
  const one = rows.find(row => Date.parse(row.first) < Date.parse(simulator.control.now()) - 20 * 86_400_000)
  const text = csvOfRows([...rows, { ...one!, plugin: 999_009 }])
  await bring(database, importer, text, { source: 'Other files', at: simulator.control.now() })
  const pairId = await declarePair(
    database,
    { filesSourceId, apiSourceId: mirror.sourceId, isAutomatic: false },
    tester,
  )
  await reconciler.settle(await reconciler.start({ pairId }, 'cli', tester), 60_000)
  const comparison = await comparisonAfter(database, pairId)
  const unexplained = (await differencesOf(database, comparison.id)).filter(
    one => one.level === 'finding' && ['missing', 'unexplained'].includes(one.cause),
  )
  expect(unexplained).toMatchObject([{ plugin_id: 999_009 }])
  expect(comparison.totals.open).toBe(1)
  await expect(signCutover(database, comparison.id, null, tester)).rejects.toMatchObject({
    code: 'differences_open',
    message: expect.stringContaining('1 difference has no explanation') as string,
  })
  const cutoverId = await signCutover(database, comparison.id, 'a test plugin of ours', tester)
  await expect(importGate(database, filesSourceId)).resolves.toMatchObject({ isOpen: false, cutoverId })
  const undone = await reconciler.undoCutover(cutoverId, { reason: 'done', withImports: false }, tester)
  expect(undone).toMatchObject({ is_restored: true, imports_undone: [], imports_kept: [] })
}, 60_000)
