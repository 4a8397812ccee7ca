import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestServer, type TestServer } from '../api/test-server.ts'
import { type OperationId, pathOf, paths } from '../contract/paths.ts'
import { type Client, createClient, ProblemError } from './index.ts'

let server: TestServer
let client: Client
beforeAll(async () => {
  server = await startTestServer()
  client = createClient({ baseUrl: server.url, headers: server.headers })
})
afterAll(() => server.stop())

test('reads pages one after another from a real server', async () => {
  const query = { sort: '-name', limit: 7, include: ['all'] } as const
  const names: string[] = []
  let cursor: string | undefined
  do {
    const page = await client.call('listAssets', { query: { ...query, cursor } })
    names.push(...page.items.map(asset => asset.name))
    cursor = page.next_cursor ?? undefined
  } while (cursor !== undefined)
  expect(names).toHaveLength(40)
})

test('goes through all rows of a list, and no further than it is asked to', async () => {
  const names: string[] = []
  for await (const asset of client.rows('listAssets', { query: { sort: 'name', limit: 7, include: ['all'] } }))
    names.push(asset.name)
  expect(names).toHaveLength(40)
  const sizes: number[] = []
  for await (const page of client.pages('listAssets', { query: { limit: 15, include: ['all'] } })) {
    sizes.push(page.items.length)
    if (sizes.length === 2) break
  }
  expect(sizes).toEqual([15, 15])
})

test('makes a thing once however often it is asked, and changes only what it has read', async () => {
  const body = { name: 'Client', conditions: { os: ['Linux'] }, owner: 'payments', valid_from: '2026-11-01' }
  const idempotencyKey = randomUUID()
  const made = await client.call('createGroupRule', { body }, { idempotencyKey })
  expect(await client.call('createGroupRule', { body }, { idempotencyKey })).toEqual(made)
  const params = { id: made.rule!.id }
  const read = await client.tagged('getGroupRule', { params })
  const ifMatch = read.etag
  await client.call('updateGroupRule', { params, body: { ...body, owner: 'shop' } }, { ifMatch })
  const stale = client.call('removeGroupRule', { params }, { ifMatch })
  await expect(stale).rejects.toMatchObject({ code: 'changed_meanwhile', status: 412 })
})

test('says which field is wrong', async () => {
  const refused = await client.call('listAssets', { query: { limit: 0 } }).catch((thrown: unknown) => thrown)
  expect(refused).toBeInstanceOf(ProblemError)
  expect((refused as ProblemError).mistakeIn('query.limit')).toMatch(/>=? ?1/)
})

test('knows every operation of the document that the server serves, where it is and what it takes', async () => {
  const document = (await client.call('getOpenApi')) as unknown as Served
  const served = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, ...operation })),
  )
  expect(served.map(one => one.operationId).sort()).toEqual(Object.keys(paths).sort())
  for (const { operationId, path, method, parameters = [] } of served) {
    const given = (where: string) =>
      Object.fromEntries(parameters.filter(one => one.in === where).map(one => [one.name, one.example]))
    expect(paths[operationId].method).toBe(method.toUpperCase())
    const address = new URL(server.url + pathOf(operationId, { params: given('path'), query: given('query') }))
    const pattern = path.replace(/[.]/g, '\\.').replace(/\{[a-z_]+\}/g, '[^/]+')
    expect(address.pathname).toMatch(new RegExp(`^${pattern}$`))
    expect([...new Set(address.searchParams.keys())].sort()).toEqual(Object.keys(given('query')).sort())
  }
})

interface Served {
  readonly paths: Record<string, Record<string, ServedOperation>>
}
interface ServedOperation {
  readonly operationId: OperationId
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly example: unknown }[]
}

test('changes something, and hears why not', async () => {
  const keys = { access_key: 'a'.repeat(20), secret_key: 'b' }
  const source = await client.call('createSource', { body: { name: 'By client', ...keys } })
  const again = client.call('createSource', { body: { name: 'By client', ...keys } })
  await expect(again).rejects.toSatisfy(
    error => error instanceof ProblemError && error.code === 'source_name_taken' && error.status === 409,
  )
  expect((await client.call('removeSource', { params: { id: source.id } })).has_credentials).toBe(false)
})

test('gets files as they come, and an address for links', async () => {
  const wanted = { query: { format: 'ndjson', include: ['all'] } } as const
  const response = await client.stream('exportAssets', wanted)
  const text = await response.text()
  expect(text.trimEnd().split('\n')).toHaveLength(40)
  expect(await (await fetch(client.url('exportAssets', wanted), { headers: server.headers })).text()).toBe(text)
})

test('is told when it goes away', async () => {
  const abort = new AbortController()
  abort.abort()
  await expect(client.call('listAssets', {}, { signal: abort.signal })).rejects.toThrow('aborted')
})
