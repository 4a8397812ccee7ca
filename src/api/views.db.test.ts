import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addPerson, tokenOf, wholeRole } from '../../test/support/accounts.ts'
import { startTestServer, type TestServer } from './test-server.ts'

// Saved views and remembered choices, over HTTP: whose they are, who sees them, who changes them.

let server: TestServer
type Caller = Pick<TestServer, 'call'>
let ann: Caller
let bob: Caller
let other: Caller
let chief: Caller
let otherTenant: number
beforeAll(async () => {
  server = await startTestServer()
  const { database } = server.db
  const tenant = await database.query<{ id: number }>(
    "insert into tenant (name) values ('Another') returning tenant_id as id",
  )
  otherTenant = tenant.rows[0]!.id
  const first = await database.query<{ id: number }>('select min(tenant_id) as id from tenant')
  const tenantId = first.rows[0]!.id
  const as = async (name: string, grants: Parameters<typeof addPerson>[2]) =>
    server.as(await tokenOf(database, await addPerson(database, name, grants)))
  ann = await as('ann', [{ role: 'viewer', tenantId }])
  bob = await as('bob', [{ role: 'viewer', tenantId, tags: ['Env:Prod'] }])
  other = await as('other', [{ role: 'admin', tenantId: otherTenant }])
  chief = await as('chief', [{ role: 'admin', tenantId }])
})
afterAll(() => server.stop())

let made = 0
const view = (more: object = {}) => {
  made += 1
  return { page: 'assets', name: `View ${made}`, filter: 'cloud=aws', columns: ['name', 'ip'], ...more }
}
const create = async (who: Caller, more: object = {}) => (await who.call('createView', { body: view(more) })).json
const idsOf = async (who: Caller, page = 'assets') =>
  (await who.call('listViews', { query: { page } })).json.items.map((item: { id: number }) => item.id)
const { page: _page, ...change } = view()

describe('a saved view', () => {
  test('is kept as it was given, and is its owner’s alone', async () => {
    const body = view({ sort: '-open_critical', density: 'comfortable' })
    const { status, json } = await ann.call('createView', { body })
    expect(status).toBe(201)
    expect(json).toMatchObject({
      ...body,
      owner: 'ann',
      is_own: true,
      may_change: true,
      is_shared: false,
      tenant: null,
    })
    expect((await ann.call('getView', { params: { id: json.id } })).json).toEqual(json)
    for (const stranger of [bob, other, chief, server]) {
      expect(await idsOf(stranger)).not.toContain(json.id)
      expect((await stranger.call('getView', { params: { id: json.id } })).json.code).toBe('view_not_found')
      const changed = await stranger.call('updateView', { params: { id: json.id }, body: change })
      expect(changed.json.code).toBe('view_not_found')
      expect((await stranger.call('removeView', { params: { id: json.id } })).json.code).toBe('view_not_found')
    }
  })

  test('is shared with whoever has a role in the tenant, and with nobody else', async () => {
    const shared = await create(ann, { is_shared: true })
    expect(await idsOf(bob)).toContain(shared.id)
    expect(await idsOf(server)).toContain(shared.id)
    expect(await idsOf(bob, 'findings')).not.toContain(shared.id)
    expect(await idsOf(other)).not.toContain(shared.id)
    expect((await other.call('getView', { params: { id: shared.id } })).status).toBe(404)
  })

  test('that is shared is changed by its owner and an administrator of the tenant only', async () => {
    const { id } = await create(ann, { is_shared: true })
    expect((await bob.call('getView', { params: { id } })).json).toMatchObject({ is_own: false, may_change: false })
    const refused = await bob.call('updateView', { params: { id }, body: { ...change, name: 'Mine now' } })
    expect([refused.status, refused.json.code]).toEqual([403, 'view_not_yours'])
    expect((await bob.call('removeView', { params: { id } })).status).toBe(403)
    const body = { ...change, name: 'Better name', is_shared: true }
    expect((await chief.call('updateView', { params: { id }, body })).json).toMatchObject({
      name: 'Better name',
      owner: 'ann',
      is_own: false,
    })
    const taken = await chief.call('updateView', { params: { id }, body: { ...body, is_shared: false } })
    expect([taken.status, taken.json.errors[0].field]).toEqual([422, 'body.is_shared'])
    const back = await ann.call('updateView', { params: { id }, body: { ...body, is_shared: false } })
    expect(back.json).toMatchObject({ is_shared: false, tenant_id: null })
    expect(await idsOf(bob)).not.toContain(id)
  })

  test('has a name that its owner uses once for a list', async () => {
    const { name } = await create(ann)
    const again = await ann.call('createView', { body: view({ name: name.toUpperCase() }) })
    expect([again.status, again.json.errors[0].field]).toEqual([409, 'body.name'])
    expect((await ann.call('createView', { body: view({ name, page: 'findings' }) })).status).toBe(201)
    expect((await bob.call('createView', { body: view({ name }) })).status).toBe(201)
    const second = await create(ann)
    const renamed = await ann.call('updateView', { params: { id: second.id }, body: { ...change, name } })
    expect(renamed.status).toBe(409)
  })

  test('says with which tenant it is shared when there are several', async () => {
    const unsaid = await server.call('createView', { body: view({ is_shared: true }) })
    expect([unsaid.status, unsaid.json.errors[0].field]).toEqual([422, 'body.tenant_id'])
    expect(unsaid.json.detail).toContain('Another')
    expect((await server.call('listViews')).json.tenants).toHaveLength(2)
    expect((await other.call('listViews')).json.tenants).toEqual([{ id: otherTenant, name: 'Another' }])
    const said = await create(server, { is_shared: true, tenant_id: otherTenant })
    expect(said.tenant).toBe('Another')
    expect(await idsOf(other)).toContain(said.id)
    const notTheirs = await ann.call('createView', { body: view({ is_shared: true, tenant_id: otherTenant }) })
    expect(notTheirs.status).toBe(422)
  })

  test('stays with the others when its owner is removed; what was theirs alone goes', async () => {
    const { database } = server.db
    const userId = await addPerson(database, 'leaver', wholeRole('viewer'))
    const leaver = server.as(await tokenOf(database, userId))
    const shared = await create(leaver, { is_shared: true, tenant_id: otherTenant })
    await create(leaver)
    expect((await server.call('removeUser', { params: { id: userId } })).status).toBe(200)
    expect((await other.call('getView', { params: { id: shared.id } })).json.owner).toBeNull()
    expect((await other.call('removeView', { params: { id: shared.id } })).status).toBe(200)
    const { rows } = await database.query('select from saved_view where user_id is null')
    expect(rows).toEqual([])
  })

  test('and its changes are in the audit', async () => {
    const { id } = await create(ann)
    await ann.call('updateView', { params: { id }, body: { ...change, name: 'Audited' } })
    await ann.call('removeView', { params: { id } })
    const { rows } = await server.db.database.query<{ action: string }>(
      'select action from audit_event where subject = $1 order by audit_id',
      [`view:${id}`],
    )
    expect(rows.map(row => row.action)).toEqual(['view.created', 'view.changed', 'view.removed'])
  })
})

describe('what somebody last chose', () => {
  test('is remembered for them and nobody else; what is left out stays', async () => {
    const body = { page: 'assets', columns: ['name', 'owner'], filter: 'os=windows' }
    expect((await ann.call('setListPreference', { body })).json).toMatchObject({ ...body, sort: null, density: null })
    const next = await ann.call('setListPreference', { body: { page: 'assets', density: 'comfortable', sort: 'name' } })
    expect(next.json).toMatchObject({ ...body, density: 'comfortable', sort: 'name' })
    const reset = await ann.call('setListPreference', { body: { page: 'assets', columns: null } })
    expect(reset.json).toMatchObject({ columns: null, filter: 'os=windows' })
    expect((await bob.call('getListPreferences')).json.items).toEqual([])
  })

  test('has a default view, until that is gone or no longer shared', async () => {
    const { id, ...shared } = await create(ann, { is_shared: true })
    const chosen = await bob.call('setListPreference', { body: { page: 'assets', default_view_id: id } })
    expect(chosen.json.default_view_id).toBe(id)
    const elsewhere = await bob.call('setListPreference', { body: { page: 'findings', default_view_id: id } })
    expect([elsewhere.status, elsewhere.json.errors[0].field]).toEqual([404, 'body.default_view_id'])
    const hidden = await other.call('setListPreference', { body: { page: 'assets', default_view_id: id } })
    expect(hidden.status).toBe(404)
    await ann.call('updateView', { params: { id }, body: { name: shared.name, is_shared: false } })
    expect((await bob.call('getListPreferences')).json.items[0].default_view_id).toBeNull()
    await ann.call('updateView', { params: { id }, body: { name: shared.name, is_shared: true } })
    expect((await bob.call('getListPreferences')).json.items[0].default_view_id).toBe(id)
    await ann.call('removeView', { params: { id } })
    expect((await bob.call('getListPreferences')).json.items[0].default_view_id).toBeNull()
  })

  test.each([
    [{ page: 'nowhere' }, 'body.page'],
    [{ page: 'assets', columns: [] }, 'body.columns'],
    [{ page: 'assets', columns: ['ip', 'ip'] }, 'body.columns'],
    [{ page: 'assets', density: 'huge' }, 'body.density'],
    [{ page: 'assets', filter: 'q=\0' }, 'body.filter'],
    [{ page: 'assets', default_view_id: 0 }, 'body.default_view_id'],
  ])('%o is refused, naming the field', async (body, field) => {
    const { status, json } = await ann.call('setListPreference', { body })
    expect([status, json.errors[0].field]).toEqual([400, field])
  })
})
