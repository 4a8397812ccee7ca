import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestServer, type TestServer } from '../api/test-server.ts'
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
