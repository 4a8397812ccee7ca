import { afterEach, describe, expect, test } from 'vitest'
import { json, type SeenRequest, startServer } from '../../../test/support/http-server.ts'
import { connectorTo, full, never, planned } from '../../../test/support/tenable-vm.ts'
import { readScope } from '../../domain/scope.ts'
import type { ReadRequest } from '../connector.ts'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close()
})

/** Finishes every export at once, and gives of each what it was asked for. */
async function vendor(answers: Readonly<Record<string, object>> = {}, statuses: Readonly<Record<string, number>> = {}) {
  const jobs: { path: string; filters: Record<string, unknown> }[] = []
  const server = await startServer((request: SeenRequest, response) => {
    const path = request.path.split('?')[0]!
    if (request.method === 'POST') {
      const { filters } = JSON.parse(request.body) as { filters?: Record<string, unknown> }
      jobs.push({ path, filters: filters ?? {} })
      json(response, { export_uuid: `job-${jobs.length}` })
      return
    }
    const named = /job-(\d+)/.exec(path)
    if (named)
      json(response, {
        status: 'FINISHED',
        chunks_available: [],
        filters: jobs[Number(named[1]) - 1]?.filters,
        created: 1,
      })
    else json(response, answers[path] ?? { error: 'not found' }, answers[path] ? 200 : (statuses[path] ?? 404))
  })
  const connector = connectorTo(server.url)
  open.push(server, connector)
  return { server, connector, jobs }
}

const [oslo, bergen] = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222'] as const

const tagged = readScope({
  tags: [
    { key: 'Env', value: 'Prod' },
    { key: 'Env', value: 'Test' },
    { key: 'Site', value: 'Oslo' },
  ],
})
const tags = { 'tag.Env': ['Prod', 'Test'], 'tag.Site': ['Oslo'] }

describe('what a scope asks of the vendor', () => {
  const every = ['OPEN', 'REOPENED', 'FIXED']
  const all = ['info', 'low', 'medium', 'high', 'critical']
  const cases: { name: string; request: ReadRequest; asked: { path: string; filters: Record<string, unknown> }[] }[] = [
    {
      name: 'tags are a filter of findings',
      request: { ...full('findings'), scope: tagged },
      asked: [{ path: '/vulns/export', filters: { since: 1, ...tags, state: every, severity: all } }],
    },
    {
      name: 'tags are asked of the older asset export, three times: it tells deleted and terminated ones apart',
      request: { ...full('assets'), scope: tagged },
      asked: [
        { path: '/assets/export', filters: { ...tags } },
        { path: '/assets/export', filters: { deleted_at: 1, ...tags } },
        { path: '/assets/export', filters: { terminated_at: 1, ...tags } },
      ],
    },
    {
      name: 'networks are asked for one after the other',
      request: { ...full('assets'), scope: readScope({ networks: [bergen, oslo] }) },
      asked: [oslo, bergen].map(network_id => ({
        path: '/assets/v2/export',
        filters: { since: 1, types: ['host', 'webapp'], network_id },
      })),
    },
    {
      name: 'severities are a filter of findings alone',
      request: { ...full('findings'), scope: readScope({ severities: ['critical', 'low'] }) },
      asked: [{ path: '/vulns/export', filters: { since: 1, state: every, severity: ['low', 'critical'] } }],
    },
    {
      name: 'a plugin is asked for in every state and severity',
      request: { ...full('findings'), target: { pluginIds: [19506], addresses: [] } },
      asked: [{ path: '/vulns/export', filters: { since: 1, plugin_id: [19506], state: every, severity: all } }],
    },
    {
      name: 'an asset is asked for by its address, within the scope',
      request: { ...full('findings'), scope: tagged, target: { pluginIds: [], addresses: ['10.0.0.1', '10.0.0.2'] } },
      asked: ['10.0.0.1/32', '10.0.0.2/32'].map(cidr_range => ({
        path: '/vulns/export',
        filters: { since: 1, cidr_range, ...tags, state: every, severity: all },
      })),
    },
  ]
  for (const { name, request, asked } of cases) {
    test(name, async () => {
      const { connector, jobs } = await vendor()
      const steps = await planned(connector, request)
      expect(jobs).toEqual(asked)
      expect(steps.at(-1)).toMatchObject({ kind: 'end', outcome: 'complete' })
    })
  }

  test('what is resumed is followed by the networks after it', async () => {
    const scope = readScope({ networks: [oslo, bergen] })
    const { connector, jobs } = await vendor()
    const [first] = await planned(connector, { ...full('findings'), scope })
    if (first?.kind !== 'export') throw new Error('it began with no export')
    jobs.length = 1
    const steps = await planned(connector, { ...full('findings'), scope, resume: first.record })
    expect(jobs.map(({ filters }) => filters.network_id)).toEqual([oslo, bergen])
    expect(steps.flatMap(step => (step.kind === 'export' ? [step.record.exportId] : []))).toEqual(['job-1', 'job-2'])
  })
})

test('tags and networks that the source does not have are named; what it will not show is not held against it', async () => {
  const { connector } = await vendor(
    {
      '/tags/values': {
        values: [
          { category_name: 'Env', value: 'Prod' },
          { category_name: 'Site', value: 'Oslo' },
        ],
        pagination: { total: 2 },
      },
    },
    { '/networks': 403 },
  )
  const problems = await connector.checkScope({ ...tagged, networks: [oslo] }, never)
  expect(problems).toEqual([
    'The scope names the tag Env:Test, which the source does not have.',
    expect.stringContaining('Whether the source has the networks of the scope could not be checked'),
  ])
  expect(await connector.checkScope(readScope({}), never)).toEqual([])
})

test('gone is what the source says is gone; a refusal is not', async () => {
  const { connector } = await vendor(
    {
      '/assets/lives': { id: 'lives', deleted_at: null },
      '/assets/deleted': { id: 'deleted', deleted_at: '2026-01-01T00:00:00Z' },
      '/assets/terminated': { id: 'terminated', terminated_at: '2026-01-01T00:00:00Z' },
    },
    { '/assets/hidden': 403 },
  )
  const gone = await connector.findGone(['lives', 'deleted', 'terminated', 'hidden', 'unknown'], never)
  expect([...gone].sort()).toEqual(['deleted', 'terminated', 'unknown'])
})
