import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer } from './test-server.ts'

let server: TestServer
const call: TestServer['call'] = (operationId, input) => server.call(operationId, input)
const query = (text: string) => server.db.database.query(text)

beforeAll(async () => {
  server = await startTestServer({ metricsEnabled: true })
  await query(
    `insert into outbox (topic, source_id, subject, delivered_at) values ('finding.opened', 1, '{}', now() - interval '2 years')`,
  )
  await query(`insert into asset_tag (asset_id, tag_key, tag_value) values (9000001, 'a', 'b')`)
})
afterAll(() => server.stop())

describe('maintenance', () => {
  test('shows each class, how long it stays and what there is of it', async () => {
    const { json } = await call('getMaintenance')
    const of = (name: string) => json.classes.find((one: { class: string }) => one.class === name)
    expect(of('finding_event')).toMatchObject({ keep_days: null, oldest_at: expect.any(String), archived_rows: 0 })
    expect(of('finding_event').bytes).toBeGreaterThan(0)
    // A table that is not partitioned has a size as well.
    expect(of('finding_output').bytes).toBeGreaterThan(0)
    expect(of('source_call')).toMatchObject({ keep_days: 400 })
    expect(json.kept_for_ever.map((one: { class: string }) => one.class)).toContain('audit_event')
  })

  test('changes a rule, audited; a dry run only says what it would be', async () => {
    const body = { rules: [{ class: 'outbox', keep_days: 500 }] }
    const dry = await call('changeRetention', { body, query: { dry_run: true } })
    const rule = (json: typeof dry.json) =>
      json.items.find((one: { class: string }) => one.class === 'outbox').keep_days
    expect(rule(dry.json)).toBe(500)
    expect((await query("select keep_days from retention_rule where class = 'outbox'")).rows).toEqual([
      { keep_days: null },
    ])
    expect(rule((await call('changeRetention', { body })).json)).toBe(500)
    const audit = await query("select actor_kind, subject from audit_event where action = 'retention.changed'")
    expect(audit.rows).toEqual([{ actor_kind: 'user', subject: 'retention:outbox' }])
  })

  for (const [name, code] of [
    ['audit_event', 'retention_refused'],
    ['daily_total', 'retention_refused'],
    ['secrets', 'bad_retention'],
  ] as const) {
    test(`refuses a rule for ${name}`, async () => {
      const refused = await call('changeRetention', { body: { rules: [{ class: name, keep_days: 100 }] } })
      expect([refused.status, refused.json.code]).toEqual([422, code])
    })
  }

  test('refuses an age of three days with the field that is wrong', async () => {
    const refused = await call('changeRetention', { body: { rules: [{ class: 'outbox', keep_days: 3 }] } })
    expect([refused.status, refused.json.errors[0].field]).toEqual([400, 'body.rules.0.keep_days'])
  })

  test('archives as a job, counts first, and puts back', async () => {
    const body = { class: ['outbox'], older_than_days: 400 }
    const dry = await call('startArchive', { body, query: { dry_run: true } })
    expect([dry.status, dry.json]).toMatchObject([
      202,
      { status: 'completed', is_dry_run: true, result: [{ rows: 1 }] },
    ])
    expect((await query("select from outbox where delivered_at < now() - interval '1 year'")).rows).toHaveLength(1)
    const done = await call('startArchive', { body })
    expect(done.json).toMatchObject({ status: 'completed', error_code: null, result: [{ class: 'outbox', rows: 1 }] })
    expect((await query("select from outbox where delivered_at < now() - interval '1 year'")).rows).toHaveLength(0)
    const files = await call('listArchiveFiles')
    expect(files.json.items).toMatchObject([{ class: 'outbox', status: 'archived', row_count: 1 }])
    const file = files.json.items[0].file_name
    const back = await call('startArchiveRestore', { body: { file } })
    expect(back.json).toMatchObject({ status: 'completed', result: [{ file_name: file, returned: 1 }] })
    const job = await call('getMaintenanceJob', { params: { id: back.json.id } })
    expect(job.json).toEqual(back.json)
    const none = await call('startArchiveRestore', { body: { file: '../../etc/passwd' } })
    expect([none.status, none.json.code]).toEqual([404, 'archive_file_not_found'])
    expect((await call('startArchiveRestore')).json.code).toBe('archive_file_needed')
    expect((await call('getMaintenanceJob', { params: { id: 999_999 } })).json.code).toBe('maintenance_job_not_found')
  })

  test('cleans up, counts first', async () => {
    const rows = (json: { result: { kind: string; rows: number }[] }) =>
      json.result.find(one => one.kind === 'asset_part')?.rows
    const dry = await call('startCleanup', { query: { dry_run: true } })
    expect(rows(dry.json)).toBe(1)
    expect(rows((await call('startCleanup')).json)).toBe(1)
    expect(rows((await call('startCleanup')).json)).toBe(0)
    const used = await call('startCleanup', { body: { source_id: 1 } })
    expect([used.status, used.json.code]).toEqual([409, 'source_not_removed'])
  })

  test('a job whose process died is begun again by the next', async () => {
    await query(
      `insert into maintenance_job (kind, is_dry_run, options, status, actor_kind, actor, started_at)
       values ('cleanup', true, '{}', 'running', 'local', 'local', now() - interval '1 hour')`,
    )
    await call('startCleanup', { query: { dry_run: true } })
    expect((await query("select from maintenance_job where status in ('pending', 'running')")).rows).toEqual([])
  })
})

test('history that is in the archive is refused, by code', async () => {
  await query(
    `insert into archive_file (class, month, horizon_at, file_name, status)
     values ('finding_event', '2020-01-01', '2026-06-01', 'planted.parquet', 'archived')`,
  )
  try {
    const refused = await call('listFindings', { query: { as_of: '2026-05-01' } })
    expect([refused.status, refused.json.code]).toEqual([422, 'history_archived'])
    const changes = await call('listChanges', { query: { from: '2026-05-01', to: '2026-07-01' } })
    expect([changes.status, changes.json.code]).toEqual([422, 'history_archived'])
    const later = await call('listFindings', { query: { as_of: '2026-12-01' } })
    expect(later.json.history.archived_before).toBe('2026-06-01T00:00:00Z')
  } finally {
    await query("delete from archive_file where file_name = 'planted.parquet'")
  }
})

describe('an export as Parquet', () => {
  for (const operation of ['exportAssets', 'exportFindings'] as const) {
    test(`of ${operation} is one, by its type and name`, async () => {
      const answer = await server.fetch(
        `/api/tenable/export/${operation === 'exportAssets' ? 'assets' : 'vulnerabilities'}?format=parquet&include=all`,
      )
      expect(answer.headers.get('content-type')).toBe('application/vnd.apache.parquet')
      expect(answer.headers.get('content-disposition')).toMatch(/filename="\w+\.parquet"/)
      const bytes = Buffer.from(await answer.arrayBuffer())
      expect([bytes.subarray(0, 4).toString(), bytes.subarray(-4).toString()]).toEqual(['PAR1', 'PAR1'])
    })
  }
})

describe('metrics', () => {
  test('are numbers with ids and closed sets as labels', async () => {
    const answer = await call('getMetrics')
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/plain')])
    for (const name of [
      'tenfold_runs{status="completed"}',
      'tenfold_queue_length',
      'tenfold_database_up 1',
      'tenfold_chunk_seconds_total{stream="findings",phase="merge"}',
      'tenfold_rows_total{stream="findings",outcome="inserted"}',
      'tenfold_pool_connections{state="open"}',
      'tenfold_source_success_age_seconds{source_id="1"}',
      'nodejs_eventloop_lag_seconds',
      'process_resident_memory_bytes',
    ]) {
      expect(answer.text).toContain(name)
    }
    const names = await query('select name from source union select name from asset')
    for (const { name } of names.rows as { name: string }[]) expect(answer.text).not.toContain(name)
  })

  test('are not there unless they are switched on', async () => {
    const plain = await startTestServer()
    try {
      const answer = await plain.call('getMetrics')
      expect([answer.status, answer.json.code]).toEqual([404, 'not_found'])
    } finally {
      await plain.stop()
    }
  })
})
