import { afterAll, beforeAll, expect, test } from 'vitest'
import { addPerson, tokenOf, wholeRole } from '../../test/support/accounts.ts'
import { csvOf } from '../../test/support/read-file.ts'
import { startTestServer, type TestServer } from './test-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

const text = csvOf([
  ['Plugin ID', 'Risk', 'Host', 'Port', 'Protocol', 'Name'],
  ['77', 'High', 'uploaded.example.org', '443', 'tcp', 'Check'],
  ['x', 'High', 'uploaded.example.org', '443', 'tcp', 'Bad'],
])

async function send(body: BodyInit, query = '', headers: Record<string, string> = {}) {
  const response = await server.fetch(`/api/tenable/imports${query}`, { method: 'POST', body, headers })
  return {
    status: response.status,
    json: (await response.json()) as Record<string, never> & { id: number; token: string },
  }
}
const raw = { 'content-type': 'application/octet-stream' }

test('a file as the body: previewed with its rows, applied by its token, undone', async () => {
  const { status, json } = await send(text, '?name=week.csv&source=Uploads&observed_at=2026-10-01', raw)
  expect(status).toBe(202)
  expect(json).toMatchObject({ status: 'ready', format: 'csv:nessus', numbers: { open: 1, rejected: 1 } })
  const params = { id: json.id }
  const rows = await server.call('listImportRows', { params, query: { action: 'open' } })
  expect(rows.json.items).toMatchObject([{ row_number: 1, asset: 'uploaded.example.org', reason: 'It is new.' }])
  const rejected = await server.call('listImportRejected', { params })
  expect(rejected.json.items).toMatchObject([{ row_number: 2 }])
  const stale = await server.call('applyImport', { params, body: { token: 'old' } })
  expect([stale.status, stale.json.code]).toEqual([409, 'import_moved'])
  const applied = await server.call('applyImport', { params, body: { token: json.token } })
  expect(applied.json).toMatchObject({ status: 'applied' })
  const undone = await server.call('undoImport', { params })
  expect(undone.json).toMatchObject({ status: 'undone', undo: { reverted: 1, kept: 0 } })
  const again = await server.call('undoImport', { params })
  expect([again.status, again.json.code]).toEqual([409, 'import_not_ready'])
})

test('a form, and the form of older programs', async () => {
  const form = new FormData()
  form.set('source', 'Forms')
  form.set('file', new File([text], 'form.csv'))
  form.set('covers', 'hosts')
  const { status, json } = await send(form)
  expect(status).toBe(202)
  expect(json).toMatchObject({ file_name: 'form.csv', scope: { covers: 'hosts' } })
  const changed = await server.call('changeImport', { params: { id: json.id }, body: { scope: { covers: 'nothing' } } })
  expect(changed.json).toMatchObject({ scope: { covers: 'nothing' } })
  expect((await server.call('abandonImport', { params: { id: json.id } })).json.status).toBe('abandoned')
})

test('what is no file, or too odd, is refused with what to do', async () => {
  expect((await send('', '', raw)).json).toMatchObject({ status: 422, code: 'file_empty' })
  expect((await send(new FormData())).json).toMatchObject({ status: 422 })
  expect((await send(text, '?observed_at=2999-01-01', raw)).json).toMatchObject({ code: 'observed_in_future' })
  expect((await send('a,b\n1,2\n', '?source=Uploads', raw)).json).toMatchObject({
    status: 'failed',
    error_code: 'file_not_understood',
  })
  const viewer = await tokenOf(server.db.database, await addPerson(server.db.database, 'reader', wholeRole('viewer')))
  const refused = await server.as(viewer).fetch('/api/tenable/imports', { method: 'POST', body: text, headers: raw })
  expect(refused.status).toBe(403)
})
