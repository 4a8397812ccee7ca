import { inspect } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts'
import { Secret } from '../platform/secret.ts'
import { verifyAudit } from './audit.ts'
import { parseKey, sealingWith } from './sealing.ts'
import {
  checkBaseUrl,
  createSource,
  findSource,
  findSourceByName,
  followEnvironment,
  getSource,
  listSources,
  loadCredentials,
  type NewSource,
  recordIdentity,
  removeSource,
  type SourceDeps,
  updateSource,
} from './sources.ts'

const actor = { kind: 'local', name: 'local' } as const
const keys = (accessKey: string, secretKey: string) => ({
  accessKey: new Secret(accessKey),
  secretKey: new Secret(secretKey),
})
const input: NewSource = {
  name: 'Cloud',
  kind: 'tenable-vm',
  baseUrl: 'https://cloud.tenable.com/',
  credentials: keys('accessaccessaccess1234', 'hush-hush'),
}

let db: TestDatabase
let deps: SourceDeps
beforeAll(async () => {
  db = await createTestDatabase()
  deps = { database: db.database, sealing: sealingWith(parseKey('0123456789abcdef0123456789abcdef', 'K'), 'K') }
})
afterAll(() => db.drop())
beforeEach(() => db.database.query('truncate run, source restart identity cascade'))

const lastAudit = async () => {
  const { rows } = await db.database.query<{ action: string; subject: string; detail: object }>(
    'select action, subject, detail from audit_event order by audit_id desc limit 1',
  )
  return rows[0]
}

describe('sources', () => {
  test('a new one is sealed, listed without its keys, and told of in the audit', async () => {
    const source = await createSource(deps, input, actor)
    expect(source).toMatchObject({
      baseUrl: 'https://cloud.tenable.com',
      accessKeyHint: '1234',
      hasCredentials: true,
      managedBy: 'people',
    })
    expect(await listSources(db.database)).toEqual([source])
    expect(await findSourceByName(db.database, 'Cloud')).toEqual(source)
    const { rows } = await db.database.query<{ text: string }>(
      `select s::text || coalesce((select string_agg(a::text, '') from audit_event a), '') as text from source s`,
    )
    expect(`${rows[0]!.text} ${inspect(source)} ${JSON.stringify(source)}`).not.toMatch(/hush|accessaccess/)
    const credentials = await loadCredentials(deps, source.id)
    expect(credentials?.accessKey.reveal()).toBe('accessaccessaccess1234')
    expect(inspect(credentials)).not.toContain('hush')
    expect(await lastAudit()).toMatchObject({ action: 'source.created', subject: `source:${source.id}` })
  })

  test('a seal moved to another source does not open', async () => {
    const one = await createSource(deps, input, actor)
    const two = await createSource(deps, { ...input, name: 'Two' }, actor)
    await db.database.query(
      'update source set credentials = (select credentials from source where source_id = $1) where source_id = $2',
      [one.id, two.id],
    )
    await expect(loadCredentials(deps, two.id)).rejects.toMatchObject({ code: 'seal_broken' })
  })

  test('a change keeps what it leaves out, and the audit has what was and what is', async () => {
    const { id } = await createSource(deps, input, actor)
    const changed = await updateSource(deps, id, { name: 'Renamed', settings: { asset_chunk_size: 500 } }, actor)
    expect(changed).toMatchObject({
      name: 'Renamed',
      baseUrl: 'https://cloud.tenable.com',
      settings: { asset_chunk_size: 500 },
    })
    expect(await lastAudit()).toMatchObject({
      action: 'source.changed',
      detail: { before: { name: 'Cloud', settings: {} }, after: { name: 'Renamed' }, keys_replaced: false },
    })
    expect((await loadCredentials(deps, id))?.secretKey.reveal()).toBe('hush-hush')
    const replaced = await updateSource(deps, id, { credentials: keys('b'.repeat(20), 'new') }, actor)
    expect(replaced.accessKeyHint).toBe('bbbb')
    expect((await loadCredentials(deps, id))?.secretKey.reveal()).toBe('new')
    expect(await lastAudit()).toMatchObject({ detail: { keys_replaced: true } })
  })

  test('a change of nothing writes nothing', async () => {
    const source = await createSource(deps, input, actor)
    const before = await lastAudit()
    expect(await updateSource(deps, source.id, { name: 'Cloud', isEnabled: true }, actor)).toEqual(source)
    expect(await lastAudit()).toEqual(before)
  })

  test('stored keys are not sent to another place: a new address needs them again', async () => {
    const { id } = await createSource(deps, input, actor)
    await expect(updateSource(deps, id, { baseUrl: 'https://elsewhere.example' }, actor)).rejects.toMatchObject({
      code: 'keys_needed_again',
    })
    await updateSource(deps, id, { baseUrl: 'https://cloud.tenable.com/path/' }, actor)
    const moved = await updateSource(
      deps,
      id,
      { baseUrl: 'https://elsewhere.example', credentials: keys('c'.repeat(16), 'x') },
      actor,
    )
    expect(moved.baseUrl).toBe('https://elsewhere.example')
  })

  test('names are unique, also for two who choose the same at once, and free again after a removal', async () => {
    const both = await Promise.allSettled([createSource(deps, input, actor), createSource(deps, input, actor)])
    expect(both.map(one => one.status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(both.find(one => one.status === 'rejected')?.reason).toMatchObject({ code: 'source_name_taken' })
    const [source] = await listSources(db.database)
    const removed = await removeSource(deps, source!.id, actor)
    expect(removed).toMatchObject({ hasCredentials: false, isEnabled: false })
    expect(await listSources(db.database)).toEqual([])
    expect(await findSource(db.database, source!.id)).toMatchObject({ removedAt: expect.any(String) })
    await expect(getSource(db.database, source!.id)).rejects.toMatchObject({ code: 'source_not_found' })
    await expect(loadCredentials(deps, source!.id)).rejects.toMatchObject({ code: 'source_not_found' })
    await createSource(deps, input, actor)
  })

  test('one that is being read is not removed', async () => {
    const { id } = await createSource(deps, input, actor)
    await db.database.query(
      `insert into run (source_id, kind, trigger, streams) values ($1, 'full', 'api', '{assets}')`,
      [id],
    )
    await expect(removeSource(deps, id, actor)).rejects.toMatchObject({ code: 'source_busy' })
  })

  test('the fingerprint is written once; name and role follow', async () => {
    const { id } = await createSource(deps, input, actor)
    await recordIdentity(db.database, id, { fingerprint: 'first', role: 'Basic' })
    await recordIdentity(db.database, id, { fingerprint: 'second', containerName: 'Box', role: null })
    expect(await getSource(db.database, id)).toMatchObject({
      fingerprint: 'first',
      containerName: 'Box',
      lastRole: 'Basic',
    })
  })

  test('the audit of all of it holds together', async () => {
    expect(await verifyAudit(db.database)).toMatchObject({ ok: true })
  })
})

describe('the environment’s source', () => {
  const environment = { baseUrl: 'https://cloud.tenable.com', credentials: keys('e'.repeat(20), 'one') }

  test('is made once, follows the environment, and is read-only for people', async () => {
    const made = await followEnvironment(deps, environment)
    expect(made).toMatchObject({ managedBy: 'environment', name: 'Tenable VM', isEnabled: true })
    const audit = await lastAudit()
    expect(await followEnvironment(deps, environment)).toEqual(made)
    expect(await lastAudit()).toEqual(audit)
    const changed = await followEnvironment(deps, {
      baseUrl: 'http://127.0.0.1:8080',
      credentials: keys('f'.repeat(20), 'two'),
    })
    expect(changed).toMatchObject({ id: made!.id, baseUrl: 'http://127.0.0.1:8080', accessKeyHint: 'ffff' })
    expect((await loadCredentials(deps, made!.id))?.secretKey.reveal()).toBe('two')
    expect(await lastAudit()).toMatchObject({ action: 'source.changed', detail: { keys_replaced: true } })
    const refused = expect.objectContaining({ code: 'source_managed_by_environment' })
    await expect(updateSource(deps, made!.id, { name: 'x' }, actor)).rejects.toEqual(refused)
    await expect(removeSource(deps, made!.id, actor)).rejects.toEqual(refused)
  })

  test('is one, also when several processes start at once', async () => {
    const made = await Promise.all([1, 2, 3, 4].map(() => followEnvironment(deps, environment)))
    expect(new Set(made.map(source => source?.id)).size).toBe(1)
    expect(await listSources(db.database)).toHaveLength(1)
  })

  test('stays without keys when the variables are gone, and comes back as the same one', async () => {
    expect(await followEnvironment(deps, null)).toBeNull()
    const made = await followEnvironment(deps, environment)
    const left = await followEnvironment(deps, null)
    expect(left).toMatchObject({ id: made!.id, isEnabled: false, hasCredentials: false })
    const audit = await lastAudit()
    await followEnvironment(deps, null)
    expect(await lastAudit()).toEqual(audit)
    expect(await followEnvironment(deps, environment)).toMatchObject({
      id: made!.id,
      isEnabled: true,
      hasCredentials: true,
    })
  })

  test('takes another name when people have its name', async () => {
    await createSource(deps, { ...input, name: 'Tenable VM' }, actor)
    expect(await followEnvironment(deps, environment)).toMatchObject({ name: 'Tenable VM (2)' })
  })
})

describe('a base URL', () => {
  const accepted: Record<string, string> = {
    'https://cloud.tenable.com': 'https://cloud.tenable.com',
    ' https://Cloud.Tenable.com:443/ ': 'https://cloud.tenable.com',
    'https://proxy.example/tenable//': 'https://proxy.example/tenable',
    'http://127.0.0.1:9000': 'http://127.0.0.1:9000',
    'http://localhost/x': 'http://localhost/x',
    'http://[::1]:1': 'http://[::1]:1',
  }
  for (const [text, url] of Object.entries(accepted)) {
    test(`${text} is ${url}`, () => expect(checkBaseUrl(text)).toBe(url))
  }
  for (const text of [
    '',
    'cloud.tenable.com',
    'http://cloud.tenable.com',
    'http://127.0.0.1.evil.example',
    'http://localhost.evil.example',
    'https://user:secret@cloud.tenable.com',
    'https://cloud.tenable.com?x=1',
    'https://cloud.tenable.com#x',
    'ftp://cloud.tenable.com',
    'file:///etc/passwd',
    'javascript:alert(1)',
  ]) {
    test(`${text || 'nothing'} is refused`, () => {
      expect(() => checkBaseUrl(text)).toThrow(expect.objectContaining({ code: 'bad_base_url' }))
      expect(() => checkBaseUrl(text)).not.toThrow('secret')
    })
  }
})
