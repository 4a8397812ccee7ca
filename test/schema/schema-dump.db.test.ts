import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dumpSchema } from '../../src/store/schema-dump.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let db: TestDatabase

beforeAll(async () => {
  db = await createTestDatabase()
})
afterAll(() => db.drop())

test('src/store/schema.sql is what the migrations produce', async () => {
  const written = await readFile(new URL('../../src/store/schema.sql', import.meta.url), 'utf8')
  expect(await dumpSchema(db.database), 'run `npm run schema` and look at the difference it makes').toBe(written)
})

const changes = [
  { name: 'column', change: 'alter table asset_tag add column colour text' },
  { name: 'default', change: 'alter table run alter column fence set default 1' },
  { name: 'column that may be null', change: 'alter table run alter column streams drop not null' },
  { name: 'type', change: 'alter table asset alter column agent_days_since_active type bigint' },
  { name: 'collation', change: 'alter table asset_software alter column cpe type text collate "POSIX"' },
  { name: 'check', change: 'alter table run drop constraint run_kind_check' },
  { name: 'key', change: 'alter table export_job drop constraint export_job_run_id_stream_export_id_key' },
  { name: 'foreign key', change: 'alter table run_stream drop constraint run_stream_run_id_fkey' },
  { name: 'index', change: 'create index on run (kind)' },
  { name: 'trigger', change: 'drop trigger audit_event_append_only on audit_event' },
  {
    name: 'body of a function',
    change: `create or replace function refuse_change() returns trigger language plpgsql as 'begin return null; end'`,
  },
  { name: 'sequence', change: 'alter sequence finding_event_id_seq cache 1' },
  { name: 'storage of a column', change: 'alter table finding_output alter column output set storage external' },
  { name: 'setting of a table', change: 'alter table finding_output reset (toast_tuple_target)' },
  { name: 'partition', change: 'drop table finding_event_default' },
  { name: 'comment on a table', change: `comment on table run is 'x'` },
  { name: 'comment on a column', change: `comment on column run.fence is 'x'` },
  {
    name: 'view',
    change: 'create or replace view compat.assets as select 1::bigint as tenable_asset_id, now() as last_tenable_sync',
  },
  { name: 'comment on a view', change: `comment on view compat.tenable_scans is 'x'` },
  { name: 'schema', change: 'create schema other' },
]

describe('the dump shows another', () => {
  let other: TestDatabase

  beforeAll(async () => {
    other = await createTestDatabase()
  })
  afterAll(() => other.drop())

  for (const { name, change } of changes) {
    test(name, async () => {
      const before = await dumpSchema(other.database)
      await other.database.query(change)
      expect(await dumpSchema(other.database)).not.toBe(before)
    })
  }

  test('thing that it could not show, by refusing it', async () => {
    await other.database.query(`create type mood as enum ('good')`)
    await other.database.query('create materialized view m as select 1 as one')
    await expect(dumpSchema(other.database)).rejects.toThrow(/relation of kind m m.*type mood/)
  })
})
