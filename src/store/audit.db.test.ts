import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts'
import { type Actor, type AuditEntry, canonical, recordAudit, verifyAudit } from './audit.ts'

const actor: Actor = { kind: 'cli', name: 'somebody' }
const entry = (action: string, detail: AuditEntry['detail'] = {}): AuditEntry => ({
  actor,
  action,
  subject: 'source:1',
  detail,
})

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase()
})
afterAll(() => db.drop())

/** As somebody with all rights on the database could. */
async function tamper(statement: string): Promise<void> {
  await db.database.transaction(async connection => {
    await connection.query('alter table audit_event disable trigger all')
    await connection.query(statement)
    await connection.query('alter table audit_event enable trigger all')
  })
}

describe('the audit chain', () => {
  beforeEach(() => tamper('truncate audit_event'))

  test('is empty and whole at the start', async () => {
    expect(await verifyAudit(db.database)).toEqual({ ok: true, checked: 0, firstBroken: null })
  })

  test('holds across writers at once, batches, and whatever text a detail has', async () => {
    const details = [
      { b: 1, a: [null, true, -0, 1e21, 0.1], nested: { z: 'é', y: '\u0000nul', x: '\ud800 lone' } },
      { long: 'x'.repeat(10_000), quoted: '\\u0000 spelt out, "and" \\\\ more' },
    ]
    await Promise.all(
      Array.from({ length: 24 }, (_, index) =>
        recordAudit(db.database, entry(`thing.${index}`, details[index % 3] ?? {})),
      ),
    )
    expect(await verifyAudit(db.database, 7)).toEqual({ ok: true, checked: 24, firstBroken: null })
  })

  test('commits and rolls back with the change it tells of', async () => {
    await recordAudit(db.database, entry('kept.first'))
    const failing = db.database.transaction(async connection => {
      await recordAudit(connection, entry('lost'))
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
    await db.database.transaction(connection => recordAudit(connection, entry('kept.second')))
    const { rows } = await db.database.query<{ action: string }>('select action from audit_event order by audit_id')
    expect(rows.map(row => row.action)).toEqual(['kept.first', 'kept.second'])
    expect((await verifyAudit(db.database)).ok).toBe(true)
  })

  test('cannot be changed by a statement', async () => {
    await recordAudit(db.database, entry('made'))
    for (const statement of ["update audit_event set actor = 'x'", 'delete from audit_event', 'truncate audit_event']) {
      await expect(db.database.query(statement)).rejects.toThrow('append-only')
    }
  })

  const forgeries = [
    { name: 'a changed field', sql: `update audit_event set actor = 'nobody' where action = 'thing.2'` },
    { name: 'a changed detail', sql: `update audit_event set detail = '{"n": 3}' where action = 'thing.2'` },
    {
      name: 'a changed time',
      sql: `update audit_event set recorded_at = recorded_at + interval '1 microsecond' where action = 'thing.2'`,
    },
    { name: 'a removed event', sql: `delete from audit_event where action = 'thing.2'` },
    {
      name: 'an inserted event',
      sql: `insert into audit_event (audit_id, recorded_at, actor_kind, actor, action, subject, detail, previous_hash, hash)
            overriding system value
            select audit_id + 1000, recorded_at, actor_kind, actor, action, subject, detail, previous_hash, hash
            from audit_event where action = 'thing.2'`,
    },
    { name: 'a rehashed event', sql: `update audit_event set hash = sha256('forged') where action = 'thing.2'` },
  ]
  for (const { name, sql } of forgeries) {
    test(`shows ${name}`, async () => {
      for (let index = 0; index < 5; index += 1) await recordAudit(db.database, entry(`thing.${index}`, { n: index }))
      await tamper(sql)
      const verdict = await verifyAudit(db.database)
      expect(verdict.ok).toBe(false)
      expect(verdict.firstBroken?.reason).toMatch(/changed|removed/)
    })
  }
})

test('canonical JSON has its keys in order and nothing that is not there', () => {
  expect(canonical({ b: [2, { d: undefined, c: null }], a: 'x' })).toBe('{"a":"x","b":[2,{"c":null}]}')
  expect(canonical({ a: 1, b: 2 })).toBe(canonical({ b: 2, a: 1 }))
})
