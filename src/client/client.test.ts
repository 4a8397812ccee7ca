import { expect, expectTypeOf, test } from 'vitest'
import type { AssetDetail, AssetPage, OperationInput, RunView } from '../contract/index.ts'
import { createClient, ProblemError } from './index.ts'

interface Sent {
  readonly url: string
  readonly init: RequestInit | undefined
}

function clientAnswering(answer: () => Response) {
  const sent: Sent[] = []
  const client = createClient({
    baseUrl: 'http://127.0.0.1:3000/',
    fetch: async (url, init) => {
      sent.push({ url: String(url), init })
      return answer()
    },
  })
  return { client, sent }
}

test('parameters are escaped and lists become repeated keys', () => {
  const { client } = clientAnswering(() => Response.json({}))
  expect(client.url('getAsset', { params: { id: 'uuid:a/b' } })).toBe(
    'http://127.0.0.1:3000/api/tenable/assets/uuid%3Aa%2Fb',
  )
  expect(client.url('listFindings', { query: { severity: ['high', 'low'], is_kev: true } })).toBe(
    'http://127.0.0.1:3000/api/tenable/vulnerabilities?severity=high&severity=low&is_kev=true',
  )
  expect(() => client.url('getAsset', { params: { id: '' } })).toThrow('params.id')
})

test('a body is sent as JSON, and the answer is parsed', async () => {
  const { client, sent } = clientAnswering(() => Response.json({ success: true, stopped: 2 }))
  await expect(client.call('stopSync')).resolves.toEqual({ success: true, stopped: 2 })
  await client.call('startSync', { body: { kind: 'full' } })
  expect(sent[0]?.init?.body).toBeUndefined()
  expect(sent[1]?.init).toMatchObject({ method: 'POST', body: '{"kind":"full"}' })
})

test('a problem is thrown with its code, and an answer that is not ours too', async () => {
  const problem = { type: 't', title: 'T', status: 404, detail: 'No asset 7.', code: 'asset_not_found', help: 'h' }
  const ours = clientAnswering(() => Response.json(problem, { status: 404 }))
  await expect(ours.client.call('getAsset', { params: { id: '7' } })).rejects.toMatchObject({
    code: 'asset_not_found',
    status: 404,
    message: 'No asset 7.',
  })
  const foreign = clientAnswering(() => new Response('<h1>Bad gateway</h1>', { status: 502 }))
  const error = await foreign.client.call('listAssets').catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(ProblemError)
  expect(error).toMatchObject({ code: 'unexpected_answer', status: 502 })
})

test('types follow the contract', () => {
  const { client } = clientAnswering(() => Response.json({}))
  const calls = () => [
    client.call('getAsset', { params: { id: '1' } }) satisfies Promise<AssetDetail>,
    client.call('listAssets', { query: { sort: '-name', limit: 5, status: ['live'] } }) satisfies Promise<AssetPage>,
    client.call('createJob') satisfies Promise<RunView>,
    client.call('updateSource', { params: { id: 1 }, body: { name: 'x' } }),
  ]
  expect(calls).toBeTypeOf('function')
  type AssetQuery = NonNullable<OperationInput<'listAssets'>['query']>
  expectTypeOf<{ sort: 'colour' }>().not.toExtend<AssetQuery>()
  expectTypeOf<{ params: { id: string } }>().toExtend<OperationInput<'getAsset'>>()
  expectTypeOf<Record<never, never>>().not.toExtend<OperationInput<'getAsset'>>()
  expectTypeOf<'exportAssets'>().not.toExtend<Parameters<typeof client.call>[0]>()
})
