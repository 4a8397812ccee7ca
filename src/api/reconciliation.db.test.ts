import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addPerson, tokenOf, wholeRole } from '../../test/support/accounts.ts'
import { csvOf } from '../../test/support/read-file.ts'
import type { OperationId } from '../contract/paths.ts'
import { routes } from '../contract/routes.ts'
import { systemClock } from '../platform/clock.ts'
import { type Called, type CallInput, startTestServer, type TestServer } from './test-server.ts'

// A file beside the sample estate: paired, compared, looked at, signed, and undone.

let server: TestServer
const called = new Set<OperationId>()
const call = (operationId: OperationId, input: CallInput = {}): Promise<Called> => {
  called.add(operationId)
  return server.call(operationId, input)
}
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

const file = csvOf([
  ['Plugin ID', 'Risk', 'Host', 'Port', 'Protocol', 'Name'],
  ['999777', 'High', '=HYPERLINK("x").example.org', '443', 'tcp', '<b>Only here</b>'],
])

async function bring(name: string) {
  const response = await server.fetch(`/api/tenable/imports?name=${name}&source=Weekly&observed_at=2026-11-19`, {
    method: 'POST',
    body: file,
    headers: { 'content-type': 'application/octet-stream' },
  })
  return { status: response.status, json: (await response.json()) as { id: number; token: string; code?: string } }
}

/** Asks again until it is so: reading a file may take a while on a busy machine. */
async function until(
  operationId: OperationId,
  input: CallInput,
  isSo: (json: Called['json']) => boolean,
): Promise<Called> {
  for (let tries = 0; ; tries++) {
    const answer = await call(operationId, input)
    if (isSo(answer.json)) return answer
    if (tries > 300) throw new Error(`${operationId} never came to it: ${answer.text}`)
    await systemClock.sleep(100)
  }
}

let filesSourceId: number
let pairId: number
let comparisonId: number

describe('from files to the API', () => {
  test('a pair is declared of two that fit, and of no others', async () => {
    const params = { id: (await bring('week.csv')).json.id }
    const { json: ready } = await until('getImport', { params }, json => json.status === 'ready')
    await server.call('applyImport', { params, body: { token: ready.token } })
    await until('getImport', { params }, json => json.status === 'applied')
    const before = await call('getReconciliation')
    expect(before.json).toMatchObject({ items: [], can_pair: { files: [{ name: 'Weekly' }], api: [{}, {}] } })
    filesSourceId = before.json.can_pair.files[0].id
    const misfit = await call('declarePair', { body: { files_source_id: 1, api_source_id: filesSourceId } })
    expect([misfit.status, misfit.json.code]).toEqual([422, 'bad_pair'])
    const made = await call('declarePair', { body: { files_source_id: filesSourceId, api_source_id: 1 } })
    expect([made.status, made.json]).toMatchObject([
      201,
      { files_source: 'Weekly', api_source: 'Cloud', comparison: null },
    ])
    pairId = made.json.id
    const again = await call('declarePair', {
      body: { files_source_id: filesSourceId, api_source_id: 1, is_automatic: false },
    })
    expect(again.json).toMatchObject({ id: pairId, is_automatic: false })
    const taken = await call('declarePair', { body: { files_source_id: filesSourceId, api_source_id: 2 } })
    expect([taken.status, taken.json.code]).toEqual([409, 'pair_taken'])
  })

  test('it is compared, its differences are listed by cause, and exported', async () => {
    const bare = await call('startComparison', { body: {} })
    expect(bare.status).toBe(400)
    const { id } = (await call('startComparison', { body: { pair_id: pairId } })).json
    const started = await until('getComparison', { params: { id } }, json => json.status !== 'running')
    expect([started.json.status, started.json.error_message]).toEqual(['completed', null])
    comparisonId = started.json.id
    expect((await call('getComparison', { params: { id: comparisonId } })).json).toEqual(started.json)
    expect(started.json.findings.files).toBe(1)
    expect(started.json.open).toBeGreaterThan(0)
    const listed = await call('listDifferences', {
      params: { id: comparisonId },
      query: { kind: 'only_files', level: 'finding' },
    })
    expect(listed.json.items).toMatchObject([
      {
        plugin_id: 999777,
        plugin: '<b>Only here</b>',
        cause: 'missing',
        reason: expect.stringContaining('The API has neither'),
      },
    ])
    const first = await call('listDifferences', { params: { id: comparisonId }, query: { limit: 2 } })
    const next = await call('listDifferences', {
      params: { id: comparisonId },
      query: { limit: 2, cursor: first.json.next_cursor },
    })
    expect(next.json.items[0].no).toBe(first.json.items[1].no + 1)
    const rows = await call('exportDifferences', {
      params: { id: comparisonId },
      query: { format: 'json', cause: 'missing', level: 'finding' },
    })
    expect(rows.json.length).toBe(
      started.json.causes.find((one: { cause: string }) => one.cause === 'missing').findings,
    )
    const csv = await call('exportDifferences', { params: { id: comparisonId }, query: { kind: 'only_files' } })
    // Safe in a spreadsheet.
    expect(csv.text).not.toMatch(/(^|,)"?=/m)
    expect(csv.text).toContain('999777')
    const overview = await call('getReconciliation')
    expect((await call('getReconciliationAlias')).json).toEqual(overview.json)
    expect(overview.json.items[0].comparison.id).toBe(comparisonId)
    const list = await call('listComparisons', { query: { pair_id: pairId } })
    expect(list.json.items.map((one: { id: number }) => one.id)).toEqual([comparisonId])
    for (const operation of ['getComparison', 'listDifferences', 'exportDifferences'] as const) {
      expect((await call(operation, { params: { id: 4711 } })).json.code).toBe('comparison_not_found')
    }
  })

  test('what the source counts of itself cannot be had from one without keys', async () => {
    const started = await call('startComparison', { body: { source_id: 1 } })
    expect(started.json).toMatchObject({ status: 'failed', kind: 'counts', error_code: 'keys_needed' })
  })

  test('the quality of the data is told by field and day', async () => {
    const query = { source_id: filesSourceId }
    const { json } = await until('getDataQuality', { query }, of => of.items.length > 0)
    const field = json.items.find((item: { field: string }) => item.field === 'port')
    expect(field).toMatchObject({ source: 'Weekly', subject: 'finding', days: [{ rows: 1, filled: 1 }] })
  })

  test('it is signed with a reason, refuses files, opens, closes and is undone', async () => {
    const body = { comparison_id: comparisonId }
    const refused = await call('signCutover', { body })
    expect([refused.status, refused.json.code]).toEqual([409, 'differences_open'])
    const operator = await addPerson(server.db.database, 'operator', wholeRole('operator'))
    const other = server.as(await tokenOf(server.db.database, operator))
    expect((await other.call('signCutover', { body: { ...body, accepted_reason: 'x' } })).status).toBe(403)
    const signed = await call('signCutover', { body: { ...body, accepted_reason: 'a sample' } })
    expect([signed.status, signed.json]).toMatchObject([
      201,
      { status: 'signed', accepted_reason: 'a sample', imports_open: false, restore_point: { open_findings: 1 } },
    ])
    const params = { id: signed.json.id }
    const late = await bring('late.csv')
    expect([late.status, late.json.code]).toEqual([409, 'source_cut_over'])
    expect((await call('removePair', { params: { id: pairId } })).json.code).toBe('pair_cut_over')
    const opened = await other.call('reopenImports', { params, body: { reason: 'auditors' } })
    called.add('reopenImports')
    expect(opened.json).toMatchObject({ imports_open: true, imports_open_because: 'reopened', reopened_by: 'operator' })
    expect((await call('closeImports', { params })).json).toMatchObject({ imports_open: false })
    expect((await call('getCutover', { params })).json.id).toBe(signed.json.id)
    const undone = await call('undoCutover', { params, body: { reason: 'too early', undo_imports: true } })
    expect(undone.json).toMatchObject({ status: 'undone', undo: { is_restored: true, imports_undone: [] } })
    expect((await call('undoCutover', { params, body: { reason: 'again' } })).json.code).toBe('cutover_not_signed')
    expect((await call('listCutovers')).json.items).toHaveLength(1)
    expect((await bring('late.csv')).status).toBe(202)
    expect((await call('removePair', { params: { id: pairId } })).json.id).toBe(pairId)
    expect((await call('getReconciliation')).json.items).toEqual([])
    expect((await call('getCutover', { params: { id: 99 } })).json.code).toBe('cutover_not_found')
  })

  test('every operation of it was called', () => {
    const all = routes.filter(route => route.tags.includes('reconciliation')).map(route => route.operationId)
    expect(all.filter(operation => !called.has(operation))).toEqual([])
  })
})
