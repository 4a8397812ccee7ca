import { afterEach, expect, test } from 'vitest'
import { type Mirror, openMirror } from '../../test/support/mirror.ts'
import type { DirectoryName } from '../simulator/index.ts'

// Networks, scanners, agents and tags over real HTTP: what we hold equals what the tenant lists, and what left is told.

let mirror: Mirror
afterEach(() => mirror.close())

const small = { assets: 60, findings: 300 }
const lists = ['network', 'scanner', 'agent', 'tag_category', 'tag'] as const
const streams = ['networks', 'scanners', 'agents', 'tags'] as const

/** A few facts of each entry, in our words. */
const facts: Record<DirectoryName, (wire: Readonly<Record<string, unknown>>) => Record<string, unknown>> = {
  network: wire => ({
    native_id: wire.uuid,
    name: wire.name,
    description: wire.description ?? null,
    assets_ttl_days: wire.assets_ttl_days ?? null,
    created_at: instant(wire.created),
  }),
  scanner: wire => ({
    native_id: String(wire.id),
    name: wire.name,
    is_linked: wire.linked === 1,
    status: wire.status,
    network_name: wire.network_name,
    ip_addresses: wire.ip_addresses ?? [],
    last_connect_at: instant(wire.last_connect),
  }),
  agent: wire => ({
    native_id: String(wire.id),
    name: wire.name,
    asset_native_id: wire.asset_uuid,
    groups: (wire.groups as { name: string }[]).map(group => group.name).sort(),
    network_id: wire.network_uuid,
    last_connect_at: instant(wire.last_connect),
    linked_at: instant(wire.linked_on),
  }),
  tag_category: wire => ({ native_id: wire.uuid, name: wire.name, description: wire.description }),
  tag: wire => ({
    native_id: wire.uuid,
    category: wire.category_name,
    value: wire.value,
    type: wire.type,
    updated_at: instant(wire.updated_at),
  }),
}

/** Seconds, milliseconds or ISO 8601, as the vendor has them, in milliseconds. */
function instant(value: unknown): number | null {
  if (value === null || value === undefined) return null
  if (typeof value === 'string') return Date.parse(value)
  return Number(value) < 1e11 ? Number(value) * 1000 : Number(value)
}

const byId = (a: { native_id?: unknown }, b: { native_id?: unknown }) =>
  String(a.native_id) < String(b.native_id) ? -1 : 1

function truth(list: DirectoryName) {
  return mirror.simulator.control.truthDirectory(list).map(facts[list]).sort(byId)
}

async function held(list: DirectoryName) {
  const columns = Object.keys(facts[list]({ groups: [] }))
  const { rows } = await mirror.database.query<Record<string, unknown>>(
    `select ${columns.join(', ')} from ${list} where gone_at is null`,
  )
  return rows
    .map(row => Object.fromEntries(columns.map(name => [name, /_at$/.test(name) ? instant(row[name]) : row[name]])))
    .sort(byId)
}

async function expectTruth(): Promise<void> {
  for (const list of lists) expect(await held(list), list).toEqual(truth(list))
}

async function events(list: DirectoryName, after = 0) {
  const { rows } = await mirror.database.query<{
    event_id: number
    native_id: string
    kind: string
    name: string
    is_reconstructed: boolean
    before: Record<string, unknown> | null
    after: Record<string, unknown> | null
  }>(
    `select event_id, native_id, kind, name, is_reconstructed, before, after
     from directory_event where list = $1 and event_id > $2 order by event_id`,
    [list, after],
  )
  return rows
}

const lastEvent = async () =>
  (await mirror.database.query<{ last: number }>('select coalesce(max(event_id), 0) as last from directory_event'))
    .rows[0]?.last ?? 0

test('the lists equal the truth, and a second reading writes nothing', async () => {
  mirror = await openMirror(small)
  const { control } = mirror.simulator
  const first = await mirror.sync()
  expect(first).toMatchObject({ status: 'completed', error_code: null })
  await expectTruth()
  const sizes = {
    networks: truth('network').length,
    scanners: truth('scanner').length,
    agents: truth('agent').length,
    tags: truth('tag').length + truth('tag_category').length,
  }
  expect(sizes.agents).toBeGreaterThan(5)
  for (const stream of streams) {
    expect(first.streams[stream]).toMatchObject({
      status: 'completed',
      received: sizes[stream],
      inserted: sizes[stream],
    })
  }
  for (const list of lists) {
    const told = await events(list)
    expect(told.map(event => [event.native_id, event.kind, event.is_reconstructed]).sort()).toEqual(
      truth(list).map(entry => [entry.native_id, 'appeared', true]),
    )
  }
  const lastBefore = await lastEvent()
  for (const kind of ['full', 'delta'] as const) {
    const again = await mirror.sync({ kind })
    for (const stream of streams) {
      expect(again.streams[stream]).toMatchObject({ inserted: 0, changed: 0, unchanged: sizes[stream] })
    }
  }
  expect(await lastEvent()).toBe(lastBefore)
  expect(control.truthDirectory('agent').length).toBe(sizes.agents)
})

test('what people change is told with before and after; that a sensor reports is not', async () => {
  mirror = await openMirror(small)
  const { control } = mirror.simulator
  await mirror.sync()
  const last = await lastEvent()
  const [{ entry: network } = { entry: '' }] = control.editDirectory('rename-network', { name: 'Hall 7' }).changed
  const [{ entry: agent } = { entry: '' }] = control.editDirectory('regroup-agent', { groups: ['B', 'A'] }).changed
  const [{ entry: scanner } = { entry: '' }] = control.editDirectory('unlink-scanner').changed
  const [{ entry: tag } = { entry: '' }] = control.editDirectory('retag', { name: 'Basel' }).changed
  control.advance({ hours: 1 })
  const run = await mirror.sync({ kind: 'delta' })
  expect(run.status).toBe('completed')
  await expectTruth()
  // Every running sensor has reported: the rows say so, the history does not.
  expect(run.streams.agents?.changed).toBeGreaterThan(1)
  expect(await events('network', last)).toMatchObject([
    { native_id: network, kind: 'changed', name: 'Hall 7', before: { name: 'Plant' }, after: { name: 'Hall 7' } },
  ])
  expect(await events('agent', last)).toMatchObject([
    { native_id: agent, kind: 'changed', before: { groups: ['All agents'] }, after: { groups: ['A', 'B'] } },
  ])
  expect(await events('scanner', last)).toMatchObject([
    {
      native_id: scanner,
      kind: 'changed',
      before: { is_linked: true, network_name: 'Plant' },
      after: { is_linked: false, network_name: 'Hall 7' },
    },
  ])
  expect(await events('tag', last)).toMatchObject([{ native_id: tag, kind: 'changed', after: { value: 'Basel' } }])
})

test('an entry that left is marked as gone, kept, and comes back as itself', async () => {
  mirror = await openMirror(small)
  const { control } = mirror.simulator
  await mirror.sync()
  const last = await lastEvent()
  const [{ entry } = { entry: '' }] = control.editDirectory('unlink-agent').changed
  control.editDirectory('remove-tag')
  await mirror.sync({ kind: 'delta' })
  await expectTruth()
  const kept = await mirror.database.query<{ gone: boolean }>(
    'select gone_at is not null as gone from agent where native_id = $1',
    [entry],
  )
  expect(kept.rows).toEqual([{ gone: true }])
  const quiet = await mirror.sync({ kind: 'delta' })
  expect(quiet.streams.agents).toMatchObject({ inserted: 0, changed: 0 })
  control.editDirectory('link-agent', { entry })
  const back = await mirror.sync({ kind: 'delta' })
  expect(back.streams.agents).toMatchObject({ inserted: 0, changed: 1 })
  await expectTruth()
  expect((await events('agent', last)).map(event => [event.native_id, event.kind])).toEqual([
    [entry, 'gone'],
    [entry, 'returned'],
  ])
  expect((await events('tag', last)).map(event => event.kind)).toEqual(['gone'])
})

test('a list of several pages arrives whole', async () => {
  mirror = await openMirror(small)
  mirror.simulator.control.editDirectory('add-network', { count: 137 })
  const run = await mirror.sync()
  expect(run.streams.networks).toMatchObject({ received: 140, inserted: 140 })
  await expectTruth()
  // The last entry of a page begins the next, so that a list which moves is noticed.
  const asked = mirror.simulator.control.requests().requests.filter(request => request.path === '/networks')
  expect(asked).toHaveLength(3)
})

const refused = [
  { stream: 'networks', path: '/networks', role: /Scan Manager \[40\]/ },
  { stream: 'scanners', path: '/scanners', role: /Scan Manager \[40\]/ },
  { stream: 'agents', path: '/scanners/*/agents', role: /Scan Manager \[40\]/ },
  { stream: 'tags', path: '/tags/*', role: /Basic \[16\]/ },
] as const

test('a list that is refused or not there is skipped with the role it needs, and the run is complete', async () => {
  mirror = await openMirror(small)
  const { control } = mirror.simulator
  for (const { stream, path, role } of refused) {
    for (const kind of ['forbidden', 'not_found'] as const) {
      control.replaceFaults([{ on: { path, nth: 'every' }, do: { kind } }])
      const run = await mirror.sync({ streams: [stream, 'assets'] })
      expect(run).toMatchObject({ status: 'completed', error_code: null })
      expect(run.streams[stream]).toMatchObject({ status: 'skipped', error_code: 'list_refused', received: 0 })
      expect(run.streams.assets?.status).toBe('completed')
      const { rows } = await mirror.database.query<{ error_message: string }>(
        'select error_message from run_stream where stream = $1 and run_id = $2',
        [stream, run.runId],
      )
      expect(rows[0]?.error_message).toMatch(role)
    }
  }
})

test('a key that loses its rights keeps what was read before, and nothing of it is gone', async () => {
  mirror = await openMirror(small)
  await mirror.sync()
  mirror.simulator.control.setRole(16)
  const run = await mirror.sync({ kind: 'delta' })
  expect(run.status).toBe('completed')
  for (const stream of ['networks', 'scanners', 'agents']) expect(run.streams[stream]?.status).toBe('skipped')
  mirror.simulator.control.setRole(64)
  await expectTruth()
})

const faults = [
  { name: 'a reset connection', do: { kind: 'reset', when: 'before' } },
  { name: 'a connection reset inside the page', do: { kind: 'reset', when: 'mid', afterBytes: 300 } },
  { name: 'a truncated page', do: { kind: 'truncate', afterBytes: 300 } },
  { name: 'an internal error', do: { kind: 'status', status: 500 } },
  { name: 'an empty body', do: { kind: 'body', body: 'empty' } },
  { name: 'a web page', do: { kind: 'body', body: 'html' } },
  { name: 'null', do: { kind: 'body', body: 'null' } },
] as const

test('with pages that fail and pass the lists are equal all the same', async () => {
  mirror = await openMirror(small)
  const { control } = mirror.simulator
  control.editDirectory('add-network', { count: 60 })
  for (const fault of faults) {
    await mirror.database.query('truncate network, scanner, agent, tag, tag_category')
    const struck = ['/networks', '/scanners', '/scanners/null/agents', '/tags/values']
    control.replaceFaults(struck.map(path => ({ on: { path, times: 2 }, do: fault.do })))
    const run = await mirror.sync({ streams: [...streams] })
    expect(run.status, fault.name).toBe('completed')
    expect(control.faults(), fault.name).toMatchObject(struck.map(() => ({ fired: 2 })))
    await expectTruth()
  }
})

test('pages that fail for good leave the stream incomplete, and nothing in it gone', async () => {
  mirror = await openMirror(small)
  await mirror.sync()
  mirror.simulator.control.editDirectory('unlink-agent')
  const struck = { path: '/scanners/null/agents', nth: 'every' } as const
  mirror.simulator.control.addFaults({ on: struck, do: { kind: 'status', status: 500 } })
  const run = await mirror.sync({ kind: 'delta', streams: ['agents'] })
  expect(run.streams.agents).toMatchObject({ status: 'incomplete', error_code: 'server_error' })
  expect(await events('agent').then(all => all.filter(event => event.kind === 'gone'))).toEqual([])
}, 60_000)

test('a list that comes empty where there was much is an alarm; nothing of it is gone', async () => {
  mirror = await openMirror({ assets: 200, findings: 600 })
  await mirror.sync()
  const { control } = mirror.simulator
  const agents = control.truthDirectory('agent').length
  expect(agents).toBeGreaterThan(20)
  control.editDirectory('unlink-agent', { count: agents })
  const run = await mirror.sync({ kind: 'delta' })
  expect(run).toMatchObject({ status: 'partial', error_code: 'empty_answer' })
  expect(await held('agent')).toHaveLength(agents)
  expect(run.notes.join(' ')).toContain('the source answered with none at all')
})

test('keys that link scanners are stored nowhere, also not with a record that cannot be read', async () => {
  mirror = await openMirror(small)
  const { control } = mirror.simulator
  const keys = control.truthDirectory('scanner').map(scanner => String(scanner.key))
  expect(keys[0]).toMatch(/^[0-9a-f]{64}$/)
  await mirror.sync()
  const fault = { kind: 'malformed_element', shape: 'nul' } as const
  control.addFaults({ on: { path: '/scanners' }, do: fault })
  await mirror.sync()
  const tables = await mirror.database.query<{ name: string }>(
    `select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace`,
  )
  for (const { name } of tables.rows) {
    const { rows } = await mirror.database.query<{ found: number }>(
      `select count(*) as found from "${name}" t where t::text like any($1::text[])`,
      [keys.map(key => `%${key}%`)],
    )
    expect(rows[0]?.found, name).toBe(0)
  }
})

test('names that mean something to a terminal, a page or a database are kept as they are', async () => {
  mirror = await openMirror(small)
  const { control } = mirror.simulator
  const hostile = `'; drop table agent; --<script>alert(1)</script>\u001b[31m${'x'.repeat(9_000)}\u202e"\\%_`
  control.editDirectory('rename-network', { name: hostile })
  control.editDirectory('rename-scanner', { name: hostile })
  control.editDirectory('regroup-agent', { groups: [hostile, '', '{a,b}'] })
  control.editDirectory('retag', { name: hostile })
  const run = await mirror.sync()
  expect(run.status).toBe('completed')
  for (const list of ['network', 'scanner', 'tag'] as const) expect(await held(list)).toEqual(truth(list))
  const { rows } = await mirror.database.query<{ groups: string[] }>(
    "select groups from agent where '{a,b}' = any(groups)",
  )
  expect(rows[0]?.groups).toContain(hostile)
  expect((await mirror.sync()).streams.agents).toMatchObject({ inserted: 0, changed: 0 })
})

test('families name the plugins that only the catalogue knows, once a day at most and not in the first load', async () => {
  mirror = await openMirror(small)
  const { control } = mirror.simulator
  const families = () => control.requests().counts['GET /plugins/families'] ?? 0
  const members = () => control.requests().counts['GET /plugins/families/:id'] ?? 0
  const nameless = async () =>
    (await mirror.database.query<{ n: number }>('select count(*) as n from plugin where family is null')).rows[0]?.n
  await mirror.sync()
  expect([families(), members()]).toEqual([0, 0])
  expect(await nameless()).toBeGreaterThan(50)
  await mirror.sync({ kind: 'delta' })
  expect(families()).toBe(0)
  const named = await mirror.sync({ kind: 'delta', streams: ['plugins'] })
  expect(named.status).toBe('completed')
  expect(families()).toBe(1)
  expect(members()).toBeGreaterThan(5)
  expect(await nameless()).toBe(0)
  const asked = members()
  await mirror.sync({ kind: 'delta', streams: ['plugins'] })
  expect([families(), members()]).toEqual([1, asked])
  // A day later the list is read again; no family has other plugins, so none is asked for.
  await mirror.database.query("update export_job set finished_at = finished_at - interval '25 hours'")
  await mirror.sync({ kind: 'delta', streams: ['plugins'] })
  expect([families(), members()]).toEqual([2, asked])
  const changes = await mirror.database.query("select 1 from plugin_change where changed ->> 'family' is not null")
  expect(changes.rows).toEqual([])
})
