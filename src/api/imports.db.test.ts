import { mkdtempSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addPerson, tokenOf, wholeRole } from '../../test/support/accounts.ts'
import { csvOf } from '../../test/support/read-file.ts'
import { startTestServer, type TestServer } from './test-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ importFolder })
})
afterAll(async () => {
  await server.stop()
  await rm(importFolder, { recursive: true, force: true })
})
const importFolder = mkdtempSync(join(tmpdir(), 'tenfold-imports-'))
const filesKept = async () => (await readdir(importFolder)).sort()

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

/** The bytes that curl -F sends. */
function curl(
  fields: Readonly<Record<string, string>>,
  content: string | Buffer,
  fileField = 'csvFile',
  name = 'export.csv',
) {
  const boundary = '------------------------d74496d66958873e'
  const plain = Object.entries(fields).map(
    ([field, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${field}"\r\n\r\n${value}\r\n`,
  )
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="${fileField}"; filename="${name}"\r\nContent-Type: text/csv\r\n\r\n`
  return {
    method: 'POST',
    body: Buffer.concat([
      Buffer.from(plain.join('') + head),
      Buffer.from(content),
      Buffer.from(`\r\n--${boundary}--\r\n`),
    ]),
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
  }
}

test('a script that spoke to HexTrackr goes on: its form, its fields, its answer', async () => {
  const operator = await tokenOf(
    server.db.database,
    await addPerson(server.db.database, 'script', wholeRole('operator')),
  )
  const post = async (init: RequestInit, who = server.as(operator)) => {
    const response = await who.fetch('/api/vulnerabilities/import-staging', init)
    return { status: response.status, json: (await response.json()) as Record<string, never> }
  }
  const week = (...lines: readonly string[][]) =>
    csvOf([
      [
        'asset.name',
        'asset.display_ipv4_address',
        'definition.id',
        'definition.name',
        'definition.cve',
        'severity',
        'state',
      ],
      ...lines,
    ])
  const first = week(
    ['nrwan1', '10.0.0.1', '900', 'IOS XE', 'CVE-2024-1111, CVE-2024-2222', 'Critical', 'ACTIVE'],
    ['nrwan2', '10.0.0.2', '901', 'IOS', 'CVE-2024-3333', 'High', 'ACTIVE'],
  )
  const fields = { vendor: 'cisco', scanDate: '2026-03-05', sessionId: 'abc-1' }
  const taken = await post(curl(fields, first))
  expect(taken.status).toBe(202)
  expect(taken.json).toMatchObject({
    ...{ success: true, sessionId: 'abc-1', message: '2 rows were imported.' },
    summary: { newCves: 3, resolvedCves: 0, significantChange: true },
    import: { status: 'applied', observed_at: '2026-03-05T00:00:00Z', numbers: { open: 2 } },
  })
  const fixed = await post(
    curl(
      { ...fields, scanDate: '2026-03-12' },
      week(['nrwan2', '10.0.0.2', '901', 'IOS', 'CVE-2024-3333', 'High', 'FIXED']),
    ),
  )
  expect(fixed.json).toMatchObject({ summary: { newCves: 0, resolvedCves: 1, significantChange: true } })
  // A file with rows that cannot be read waits for a person, and says so.
  const odd = await post(curl(fields, week(['x', '', 'none', 'n', '', 'High', 'ACTIVE'])))
  expect(odd.json).toMatchObject({
    success: true,
    summary: null,
    import: { status: 'ready', numbers: { rejected: 1 } },
  })
  expect((await post(curl(fields, 'dear diary\n'))).json).toMatchObject({
    success: false,
    import: { status: 'failed' },
  })

  expect((await post({ method: 'POST', body: new FormData() })).status).toBe(422)
  expect((await post(curl(fields, first), server.as(undefined))).status).toBe(401)
  const viewer = await tokenOf(server.db.database, await addPerson(server.db.database, 'looker', wholeRole('viewer')))
  expect((await post(curl(fields, first), server.as(viewer))).status).toBe(403)
})

test('the forms of all kinds of programs, with names of all kinds', async () => {
  const rows = csvOf([
    ['Plugin ID', 'Risk', 'Host'],
    ['77', 'High', '10.0.7.7'],
  ])
  const post = async (...parts: readonly string[]) => {
    const body = parts.map(part => `--XX\r\nContent-Disposition: form-data; ${part}\r\n`).join('')
    const headers = { 'content-type': 'multipart/form-data; boundary="XX"' }
    const init = { method: 'POST', body: `${body}--XX--\r\n`, headers }
    const response = await server.fetch('/api/vulnerabilities/import-staging', init)
    const json = (await response.json()) as Record<string, unknown> & { import?: { file_name: string } }
    return { status: response.status, json }
  }
  const fileOf = (disposition: string, content = rows) => `${disposition}\r\nContent-Type: text/csv\r\n\r\n${content}`
  const source = 'name="source"\r\n\r\nForms'
  const names = [
    ['name=csvFile; filename=a.csv', 'a.csv'],
    [`name="csvFile"; filename*=UTF-8''%E2%82%AC%20x.csv`, '€ x.csv'],
    ['filename="a\\"b;name=c.csv"; name="csvFile"', 'a"b;name=c.csv'],
    ['name="csvFile"; filename="../../etc/passwd"', 'passwd'],
    ['name="csvFile"; filename="C:\\fakepath\\a.csv"', 'a.csv'],
    ['name="csvFile"; filename="a\0\u001b[31m\u202ev.csv"', 'a\ufffd\ufffd[31m\ufffdv.csv'],
    [`name="csvFile"; filename="${'n'.repeat(5000)}.csv"`, `${'n'.repeat(251)}.csv`],
    ['name="csvFile"; filename=" "', 'upload.csv'],
  ] as const
  for (const [disposition, name] of names) {
    const { json } = await post(source, fileOf(disposition))
    expect(json, disposition).toMatchObject({ success: true, import: { file_name: name, status: 'applied' } })
  }
  // One that is cut off, or has nothing in it, is for a person to look at.
  const cut = await post(source, fileOf('name="csvFile"; filename="cut.csv"', `${rows}"78`))
  expect(cut.json).toMatchObject({ summary: null, import: { status: 'ready' } })
  const none = await post(source, fileOf('name="csvFile"; filename="none.csv"', 'Plugin ID,Risk,Host\n'))
  expect(none.json).toMatchObject({
    import: { status: 'ready' },
    message: expect.stringContaining('no rows') as string,
  })

  const before = await filesKept()
  const file = fileOf('name="csvFile"; filename="a.csv"')
  const bad = await post(file, 'name="scanDate"\r\n\r\nyesterday')
  expect(bad).toMatchObject({ status: 400, json: { detail: expect.stringContaining('form.scanDate: ') as string } })
  expect((await post(file, `name="source"\r\n\r\n${'s'.repeat(300)}`)).status).toBe(400)
  expect((await post(file, 'name="source"\r\n\r\na\0b')).status).toBe(400)
  const covers = await server.fetch('/api/tenable/imports', curl({ covers: 'all' }, rows, 'file'))
  expect(covers.status).toBe(400)
  expect(await filesKept()).toEqual(before)
})

test('files are no part of what is synchronised: neither asked about nor read', async () => {
  const whichever = await server.call('startSync', { body: { kind: 'full', wait: false } })
  expect(whichever.text).not.toContain('Uploads')
  const files = await server.db.database.query<{ source_id: number }>(
    "select source_id from source where kind = 'files' limit 1",
  )
  const own = await server.call('startSync', {
    body: { kind: 'full', wait: false, source_id: files.rows[0]!.source_id },
  })
  expect(own.json).toMatchObject({ code: 'files_are_brought' })
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

test('an upload of an older script that is too large is refused with what to do', async () => {
  const form = curl({ vendor: 'cisco' }, Buffer.alloc(65 * 1024 * 1024, 'a,b\n'))
  const response = await server.fetch('/api/vulnerabilities/import-staging', form)
  expect(await response.json()).toMatchObject({ status: 413, code: 'file_too_large' })
  expect(response.headers.get('connection')).toBe('close')
  // The next call is not taken for the rest of that one.
  expect((await server.call('listImports')).status).toBe(200)
})
