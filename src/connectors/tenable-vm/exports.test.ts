import type { ServerResponse } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import { SleeplessClock } from '../../../test/support/clocks.ts'
import { html, json, type SeenRequest, startServer, type TestServer } from '../../../test/support/http-server.ts'
import { connectorTo, full, never, planned } from '../../../test/support/tenable-vm.ts'
import { CancelledError, SourceError } from '../../platform/errors.ts'
import type { Connector, PlanStep, ReadRequest } from '../connector.ts'
import type { TenableVmOptions } from './index.ts'

const created = Date.UTC(2026, 0, 2, 3, 4, 5, 678)
const echo = {
  since: 1,
  first_found: 0,
  last_found: 0,
  last_fixed: 0,
  indexed_at: 0,
  indexed_at_end_value: 0,
  state: ['OPEN', 'REOPENED', 'FIXED'],
  severity: ['CRITICAL', 'HIGH', 'INFO', 'LOW', 'MEDIUM'],
}
const job = { uuid: 'export-1', filters: echo, num_assets_per_chunk: 250, created }

type Reply = object | ((response: ServerResponse, request: SeenRequest) => void)

/** Answers by `METHOD path`, a list in turn and its last for ever; anything else is 404. */
class Script {
  readonly #replies: Record<string, readonly Reply[]>
  readonly #used = new Map<string, number>()

  constructor(replies: Record<string, Reply | readonly Reply[]>) {
    this.#replies = Object.fromEntries(
      Object.entries(replies).map(([call, reply]) => [
        call,
        Array.isArray(reply) ? (reply as Reply[]) : [reply as Reply],
      ]),
    )
  }

  readonly handle = (request: SeenRequest, response: ServerResponse): void => {
    const call = `${request.method} ${request.path}`
    const replies = this.#replies[call]
    if (!replies) {
      json(response, { error: 'not found' }, 404)
      return
    }
    const turn = this.#used.get(call) ?? 0
    this.#used.set(call, turn + 1)
    const reply = replies[Math.min(turn, replies.length - 1)]!
    if (typeof reply === 'function') reply(response, request)
    else json(response, reply)
  }
}

const refuse =
  (status: number, body: object): Reply =>
  response =>
    json(response, body, status)

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close()
})

async function source(
  replies: Record<string, Reply | readonly Reply[]>,
  options: Partial<TenableVmOptions> = {},
): Promise<{ server: TestServer; connector: Connector }> {
  const server = await startServer(new Script(replies).handle)
  const connector = connectorTo(server.url, options)
  open.push(server, connector)
  return { server, connector }
}

const post = 'POST /vulns/export'
const status = 'GET /vulns/export/export-1/status'
const list = 'GET /vulns/export/status'
const cancel = 'POST /vulns/export/export-1/cancel'
const made = { export_uuid: 'export-1' }

async function failure(work: Promise<unknown>): Promise<SourceError> {
  try {
    await work
  } catch (thrown) {
    if (thrown instanceof SourceError) return thrown
    throw thrown
  }
  throw new Error('It did not fail.')
}

const parts = (steps: readonly PlanStep[]) => steps.flatMap(step => (step.kind === 'part' ? [step.part.partId] : []))
const end = (steps: readonly PlanStep[]) => steps.find(step => step.kind === 'end')
const begun = (steps: readonly PlanStep[]) => steps.flatMap(step => (step.kind === 'export' ? [step] : []))
const bodies = (server: TestServer, path: string) =>
  server.requests
    .filter(seen => seen.method === 'POST' && seen.path === path)
    .map(seen => JSON.parse(seen.body) as unknown)

describe('what is asked for', () => {
  test('a full read names a time, every state and every severity, and the unlicensed too', async () => {
    const { server, connector } = await source({
      [post]: made,
      [status]: { ...job, status: 'FINISHED', chunks_available: [] },
    })
    const steps = await planned(connector, full('findings'))
    expect(bodies(server, '/vulns/export')).toEqual([
      {
        num_assets: 250,
        include_unlicensed: true,
        filters: {
          since: 1,
          state: ['OPEN', 'REOPENED', 'FIXED'],
          severity: ['info', 'low', 'medium', 'high', 'critical'],
        },
      },
    ])
    expect(begun(steps)).toMatchObject([
      { record: { exportId: 'export-1', readAt: '2026-01-02T03:04:05.678Z' }, echoed: echo, notes: [] },
    ])
  })

  test('a delta asks by the time of indexing', async () => {
    const since = 1_767_000_000
    const filters = { ...echo, since: 0, indexed_at: since }
    const { server, connector } = await source({
      [post]: made,
      [status]: { ...job, filters, status: 'FINISHED', chunks_available: [1] },
    })
    await planned(connector, { ...full('findings'), mode: 'delta', since })
    expect(bodies(server, '/vulns/export')).toMatchObject([{ filters: { indexed_at: since } }])
  })

  const refusals = [
    { name: 'refused', first: refuse(400, { error: 'Bad Request' }), firstEcho: echo },
    { name: 'lost', first: made, firstEcho: { ...echo, since: 0 } },
    {
      name: 'joined by a time nobody asked for',
      first: made,
      firstEcho: { ...echo, since: 1_700_000_000, indexed_at: 1_767_000_000 },
    },
  ]
  for (const { name, first, firstEcho } of refusals) {
    test(`and by \`since\` when that filter is ${name}`, async () => {
      const since = 1_767_000_000
      const answers = typeof first === 'function' ? [] : [{ ...job, filters: firstEcho, status: 'PROCESSING' }]
      const { server, connector } = await source({
        [post]: [first, made],
        [status]: [...answers, { ...job, filters: { ...echo, since }, status: 'FINISHED', chunks_available: [1] }],
        [cancel]: { status: 'CANCELLED' },
      })
      const steps = await planned(connector, { ...full('findings'), mode: 'delta', since })
      expect(bodies(server, '/vulns/export').at(-1)).toMatchObject({ filters: { since } })
      expect(begun(steps)[0]?.notes.join()).toContain('was given up')
      expect(end(steps)).toMatchObject({ outcome: 'complete' })
    })
  }
})

describe('the vendor repeats the request', () => {
  const cases = [
    { name: 'a state is missing', filters: { ...echo, state: ['OPEN', 'REOPENED'] }, says: 'state' },
    { name: 'the states are missing', filters: { ...echo, state: undefined }, says: 'state' },
    { name: 'the time is missing', filters: { ...echo, since: 0 }, says: 'since' },
    { name: 'the time is another', filters: { ...echo, since: 1_700_000_000 }, says: 'since' },
    { name: 'a severity is missing', filters: { ...echo, severity: ['CRITICAL'] }, says: 'severity' },
    { name: 'plugins were chosen', filters: { ...echo, plugin_ids: [19506] }, says: 'plugin_ids' },
    { name: 'a tag was chosen', filters: { ...echo, tags: { 'tag.Location': ['Dallas'] } }, says: 'tag.Location' },
  ]
  for (const { name, filters, says } of cases) {
    test(`${name}: the export is cancelled and nothing read`, async () => {
      const { server, connector } = await source({
        [post]: made,
        [status]: { ...job, filters, status: 'PROCESSING', chunks_available: [1] },
        [cancel]: { status: 'CANCELLED' },
      })
      const error = await failure(planned(connector, full('findings')))
      expect(error).toMatchObject({ code: 'filter_lost', retry: 'later' })
      expect(error.message).toContain(says)
      expect(server.count('POST', '/vulns/export/export-1/cancel')).toBe(1)
    })
  }

  const fine = [
    {
      name: 'in another case and order',
      filters: {
        ...echo,
        state: ['fixed', 'open', 'reopened'],
        severity: ['low', 'info', 'high', 'critical', 'medium'],
      },
    },
    { name: 'without the severities, which then are all', filters: { ...echo, severity: [] } },
    { name: 'with tags that are none', filters: { ...echo, tags: {}, plugin_ids: [], vpr_score: { gt: 0, eq: [] } } },
    { name: 'with the time as text', filters: { ...echo, since: '1' } },
  ]
  for (const { name, filters } of fine) {
    test(`${name}: that is what was asked`, async () => {
      const { connector } = await source({
        [post]: made,
        [status]: { ...job, filters, status: 'FINISHED', chunks_available: [] },
      })
      expect(end(await planned(connector, full('findings')))).toMatchObject({ outcome: 'complete' })
    })
  }

  test('not at all: that is noted', async () => {
    const { connector } = await source({ [post]: made, [status]: { status: 'FINISHED', chunks_available: [1] } })
    const steps = await planned(connector, full('findings'))
    expect(begun(steps)[0]?.notes.join()).toContain('could not be verified')
    expect(end(steps)).toMatchObject({ outcome: 'complete' })
  })

  test('in the list of jobs only: that is enough', async () => {
    const { connector } = await source({
      [post]: made,
      [status]: { status: 'FINISHED', chunks_available: [1] },
      [list]: { exports: [{ ...job, status: 'FINISHED' }] },
    })
    expect(begun(await planned(connector, full('findings')))[0]).toMatchObject({
      notes: [],
      record: { readAt: '2026-01-02T03:04:05.678Z' },
    })
  })

  test('with a smaller chunk: that is noted', async () => {
    const { connector } = await source({
      [post]: made,
      [status]: { ...job, num_assets_per_chunk: 50, status: 'FINISHED', chunks_available: [1] },
    })
    expect(begun(await planned(connector, full('findings')))[0]?.notes).toEqual([
      'The source changed num_assets from 250 to 50.',
    ])
  })
})

describe('following a job', () => {
  test('chunks come unordered, with gaps, growing, and each is given once', async () => {
    const { connector } = await source({
      [post]: made,
      [status]: [
        { ...job, status: 'QUEUED' },
        { ...job, status: 'QUEUED', chunks_available: null },
        { ...job, status: 'PROCESSING', chunks_available: [], total_chunks: 0 },
        { ...job, status: 'PROCESSING', chunks_available: [7, 2], total_chunks: 4 },
        { ...job, status: 'PROCESSING', chunks_available: [2, 7, 4], total_chunks: 4 },
        { ...job, status: 'FINISHED', chunks_available: [9, 7, 4, 2], total_chunks: 4, chunks_available_count: 4 },
      ],
    })
    const steps = await planned(connector, full('findings'))
    expect(parts(steps)).toEqual(['7', '2', '4', '9'])
    expect(steps.at(-1)).toEqual({ kind: 'end', outcome: 'complete', reason: null, failed: [], cancelled: [] })
    expect(steps.filter(step => step.kind === 'progress').map(step => step.status)).toContain('QUEUED')
  })

  const endings = [
    {
      name: 'nothing to give',
      last: { status: 'FINISHED', chunks_available: [], total_chunks: 0 },
      ends: { outcome: 'complete' },
    },
    {
      name: 'a null list and no more',
      last: { status: 'FINISHED', chunks_available: null },
      ends: { outcome: 'complete' },
    },
    {
      name: 'failed chunks',
      last: {
        status: 'FINISHED',
        chunks_available: [1, 2],
        chunks_failed: [3],
        reason: '1 of 3 chunks failed to process.',
      },
      ends: { outcome: 'incomplete', failed: ['3'], reason: expect.stringContaining('1 of 3 chunks') },
    },
    {
      name: 'cancelled chunks',
      last: { status: 'FINISHED', chunks_available: [1, 2], chunks_cancelled: [3, 4] },
      ends: { outcome: 'incomplete', cancelled: ['3', '4'] },
    },
    {
      name: 'ERROR',
      last: {
        status: 'ERROR',
        chunks_available: [1, 2],
        chunks_cancelled: [3, 4],
        reason: 'The export request timed out. Try again.',
      },
      ends: { outcome: 'incomplete', reason: expect.stringContaining('timed out') },
    },
    { name: 'CANCELLED', last: { status: 'CANCELLED', chunks_available: [1, 2] }, ends: { outcome: 'incomplete' } },
    {
      name: 'CANCELED with one L',
      last: { status: 'CANCELED', chunks_available: [1, 2] },
      ends: { outcome: 'incomplete' },
    },
    {
      name: 'a status nobody knows',
      last: { status: 'ABANDONED', chunks_available: [1, 2] },
      ends: { outcome: 'incomplete', reason: expect.stringContaining('ABANDONED') },
    },
    {
      name: 'fewer chunks named than counted',
      last: { status: 'FINISHED', chunks_available: [1], chunks_available_count: 3 },
      ends: { outcome: 'incomplete', reason: expect.stringContaining('only 1 were named') },
    },
    {
      name: 'fewer chunks named than there are',
      last: { status: 'FINISHED', chunks_available: [1, 4], total_chunks: 4, empty_chunks_count: 1 },
      ends: { outcome: 'incomplete', reason: expect.stringContaining('4 chunks, of which 2 were named') },
    },
    { name: 'no list at all', last: { status: 'FINISHED', total_chunks: 5 }, ends: { outcome: 'incomplete' } },
  ]
  for (const { name, last, ends } of endings) {
    test(`ends with ${name}`, async () => {
      const { connector } = await source({
        [post]: made,
        [status]: [
          { ...job, status: 'PROCESSING' },
          { ...job, ...last },
        ],
      })
      const steps = await planned(connector, full('findings'))
      expect(steps.at(-1)).toMatchObject(ends)
      expect(steps.filter(step => step.kind === 'end')).toHaveLength(1)
      // What was made before the end can still be read.
      const readable = (last.chunks_available ?? []).map(String)
      expect(parts(steps)).toEqual(readable)
    })
  }

  test('chunks that are empty need not be named', async () => {
    const last = { status: 'FINISHED', chunks_available: [2], total_chunks: 3, empty_chunks_count: 2 }
    const { connector } = await source({ [post]: made, [status]: [{ ...job, ...last }] })
    expect(end(await planned(connector, full('findings')))).toMatchObject({ outcome: 'complete' })
  })

  test('a list that lags behind the end is waited for', async () => {
    const { connector } = await source({
      [post]: made,
      [status]: [
        { ...job, status: 'FINISHED', chunks_available: [1], chunks_available_count: 2 },
        { ...job, status: 'FINISHED', chunks_available: [1], chunks_available_count: 2 },
        { ...job, status: 'FINISHED', chunks_available: [1, 2], chunks_available_count: 2 },
      ],
    })
    const steps = await planned(connector, full('findings'))
    expect(parts(steps)).toEqual(['1', '2'])
    expect(end(steps)).toMatchObject({ outcome: 'complete' })
  })

  test('without progress it is given up and cancelled, and any progress starts the wait anew', async () => {
    const clock = new SleeplessClock()
    const from = clock.now().getTime()
    const { server, connector } = await source(
      {
        [post]: made,
        [status]: response => {
          const minutes = (clock.now().getTime() - from) / 60_000
          json(response, { ...job, status: 'PROCESSING', chunks_available: minutes > 8 ? [1] : [] })
        },
        [cancel]: { status: 'CANCELLED' },
      },
      { clock, stuckAfterMinutes: 10, pollDelayMs: { firstMs: 1_000, maxMs: 30_000 } },
    )
    const error = await failure(planned(connector, full('findings')))
    expect(error).toMatchObject({ code: 'export_stuck', retry: 'later' })
    const minutes = (clock.now().getTime() - from) / 60_000
    expect(minutes).toBeGreaterThan(18)
    expect(minutes).toBeLessThan(20)
    expect(server.count('POST', '/vulns/export/export-1/cancel')).toBe(1)
    expect(Math.max(...clock.slept)).toBe(30_000)
    expect(clock.slept.slice(0, 3)).toEqual([1_000, 1_500, 2_250])
  })

  test('a job forgotten while it is followed is expired', async () => {
    const { connector } = await source({
      [post]: made,
      [status]: [{ ...job, status: 'PROCESSING' }, refuse(404, { error: 'gone' })],
    })
    expect(await failure(planned(connector, full('findings')))).toMatchObject({
      code: 'export_expired',
      retry: 'later',
    })
  })

  test('a new job that is not known everywhere yet is waited for', async () => {
    const finished = { ...job, status: 'FINISHED', chunks_available: [1] }
    const { connector } = await source({ [post]: made, [status]: [refuse(404, {}), refuse(404, {}), finished] })
    expect(end(await planned(connector, full('findings')))).toMatchObject({ outcome: 'complete' })
  })

  test('a key revoked meanwhile ends it at once, with one request', async () => {
    const { server, connector } = await source({
      [post]: made,
      [status]: [{ ...job, status: 'PROCESSING' }, refuse(401, { statusCode: 401, message: 'Invalid credentials.' })],
    })
    expect(await failure(planned(connector, full('findings')))).toMatchObject({
      code: 'bad_credentials',
      retry: 'never',
    })
    expect(server.count('GET', '/vulns/export/export-1/status')).toBe(2)
  })

  test('an abort ends the waiting, promptly', async () => {
    const { connector } = await source(
      { [post]: made, [status]: { ...job, status: 'PROCESSING' } },
      { pollDelayMs: { firstMs: 60_000, maxMs: 60_000 } },
    )
    const abort = new AbortController()
    const work = planned(connector, full('findings'), abort.signal)
    setTimeout(() => abort.abort(), 50)
    await expect(work).rejects.toBeInstanceOf(CancelledError)
  })

  test('a plan that is left alone stops asking', async () => {
    const { server, connector } = await source({
      [post]: made,
      [status]: { ...job, status: 'PROCESSING', chunks_available: [1] },
    })
    for await (const step of connector.plan(full('findings'), never)) if (step.kind === 'part') break
    const asked = server.requests.length
    await new Promise(resolve => setTimeout(resolve, 50))
    expect(server.requests).toHaveLength(asked)
  })
})

describe('going on with an earlier job', () => {
  const resume = {
    exportId: 'export-1',
    asked: { num_assets: 250, filters: { since: 1 } },
    readAt: '2026-01-01T00:00:00.000Z',
  }
  const request: ReadRequest = { ...full('findings'), resume }

  test('asks for nothing new, and gives every chunk with the time of that job', async () => {
    const { server, connector } = await source({ [status]: { ...job, status: 'FINISHED', chunks_available: [1, 2] } })
    const steps = await planned(connector, request)
    expect(parts(steps)).toEqual(['1', '2'])
    expect(steps.every(step => step.kind !== 'part' || step.part.readAt === resume.readAt)).toBe(true)
    expect(server.requests.some(({ method }) => method === 'POST')).toBe(false)
  })

  test('says when the source has forgotten it', async () => {
    const { connector } = await source({})
    expect(await failure(planned(connector, request))).toMatchObject({ code: 'export_expired', retry: 'later' })
  })
})

describe('the same export is already running', () => {
  const conflict = {
    active_job_id: 'active-1',
    failure_reason: 'The request could not be completed due to a conflict with the ongoing export',
  }
  const active = { ...job, uuid: 'active-1' }
  const finished = { ...active, status: 'FINISHED', chunks_available: [1] }

  test('it is adopted when its filters are ours', async () => {
    const { server, connector } = await source({
      [post]: refuse(409, conflict),
      'GET /vulns/export/active-1/status': finished,
    })
    const steps = await planned(connector, full('findings'))
    expect(begun(steps)).toMatchObject([{ record: { exportId: 'active-1' } }])
    expect(begun(steps)[0]?.notes.join()).toContain('adopted')
    expect(server.count('POST', '/vulns/export')).toBe(1)
  })

  for (const [name, filters] of [
    ['with other filters', { ...echo, state: ['OPEN'] }],
    ['with filters nobody tells', undefined],
  ] as const) {
    test(`it is left alone ${name}`, async () => {
      const { server, connector } = await source({
        [post]: refuse(409, conflict),
        'GET /vulns/export/active-1/status': { ...active, filters, status: 'PROCESSING' },
        [list]: { exports: [] },
      })
      const error = await failure(planned(connector, full('findings')))
      expect(error).toMatchObject({ code: 'export_conflict', retry: 'later' })
      expect(error.message).toContain('active-1')
      expect(server.requests.some(({ path }) => path.endsWith('/cancel'))).toBe(false)
    })
  }

  test('it ended while we looked: asked again', async () => {
    const { server, connector } = await source({
      [post]: [refuse(409, conflict), made],
      [status]: { ...job, status: 'FINISHED', chunks_available: [1] },
    })
    expect(begun(await planned(connector, full('findings')))).toMatchObject([{ record: { exportId: 'export-1' } }])
    expect(server.count('POST', '/vulns/export')).toBe(2)
  })

  test('without its id it is found in the list', async () => {
    const { connector } = await source({
      [post]: refuse(409, { error: 'Conflict' }),
      [list]: {
        exports: [
          { ...active, uuid: 'old', status: 'FINISHED' },
          { ...active, uuid: 'other', status: 'PROCESSING', filters: { ...echo, state: ['OPEN'] } },
          { ...active, status: 'PROCESSING' },
        ],
      },
      'GET /vulns/export/active-1/status': finished,
    })
    expect(begun(await planned(connector, full('findings')))).toMatchObject([{ record: { exportId: 'active-1' } }])
  })

  test('without its id and not in the list it is a conflict, after the attempts', async () => {
    const { server, connector } = await source({ [post]: refuse(409, {}), [list]: { exports: [] } })
    expect(await failure(planned(connector, full('findings')))).toMatchObject({ code: 'export_conflict' })
    expect(server.count('POST', '/vulns/export')).toBe(4)
  })

  test('the older form of the refusal, a 429, is understood', async () => {
    const body = {
      values: ['active-1', 'container-1'],
      strings: [
        'Duplicate export (job_uuid=',
        ', container_uuid=',
        ') not allowed. Please modify request or wait until existing export is complete.',
      ],
      empty: false,
      value_count: 2,
    }
    const { connector } = await source({ [post]: refuse(429, body), 'GET /vulns/export/active-1/status': finished })
    expect(begun(await planned(connector, full('findings')))).toMatchObject([{ record: { exportId: 'active-1' } }])
  })
})

describe('an answer that was lost', () => {
  const lose: Reply = response => void response.socket?.destroy()
  const recent = () => ({ ...job, created: Date.now(), status: 'QUEUED' })
  const finished = { ...job, status: 'FINISHED', chunks_available: [1] }

  for (const [name, reply] of [
    ['by a reset', lose],
    ['behind a 502', refuse(502, { error: 'Bad Gateway' })],
    ['behind a 504', ((response: ServerResponse) => html(response, 504)) as Reply],
    ['in the middle', ((response: ServerResponse) => void response.writeHead(200).end('{"export_')) as Reply],
  ] as const) {
    test(`${name}: the job it had made is found, not made twice`, async () => {
      const { server, connector } = await source({
        [post]: [reply, made],
        [list]: response => json(response, { exports: [recent()] }),
        [status]: finished,
      })
      const steps = await planned(connector, full('findings'))
      expect(begun(steps)[0]?.notes.join()).toContain('found in the source')
      expect(server.count('POST', '/vulns/export')).toBe(1)
    })
  }

  const strangers = [
    { name: 'with other filters', job: () => ({ ...recent(), filters: { ...echo, state: ['OPEN'] } }) },
    { name: 'made before we asked', job: () => ({ ...recent(), created: Date.now() - 60_000 }) },
    { name: 'with another chunk size', job: () => ({ ...recent(), num_assets_per_chunk: 50 }) },
  ]
  for (const stranger of strangers) {
    test(`a job ${stranger.name} is not ours: asked again`, async () => {
      const { server, connector } = await source({
        [post]: [lose, made],
        [list]: response => json(response, { exports: [{ ...stranger.job(), uuid: 'stranger' }] }),
        [status]: finished,
      })
      expect(begun(await planned(connector, full('findings')))).toMatchObject([{ record: { exportId: 'export-1' } }])
      expect(server.count('POST', '/vulns/export')).toBe(2)
    })
  }

  test('500 is told, not asked again: the vendor does not say whether the job was made', async () => {
    const { server, connector } = await source({ [post]: refuse(500, { error: 'Internal Server Error' }) })
    expect(await failure(planned(connector, full('findings')))).toMatchObject({ code: 'server_error', retry: 'later' })
    expect(server.count('POST', '/vulns/export')).toBe(1)
  })

  test('a full house (429) is waited for, longer than the attempts', async () => {
    const clock = new SleeplessClock()
    const busy: Reply = response => html(response, 429, { 'retry-after': '60' })
    const { server, connector } = await source(
      { [post]: [...Array.from({ length: 20 }, () => busy), made], [status]: finished },
      { clock },
    )
    expect(end(await planned(connector, full('findings')))).toMatchObject({ outcome: 'complete' })
    expect(server.count('POST', '/vulns/export')).toBe(21)
  })

  test('but not for ever', async () => {
    const clock = new SleeplessClock()
    const { connector } = await source(
      { [post]: response => html(response, 429, { 'retry-after': '60' }) },
      { clock, stuckAfterMinutes: 10 },
    )
    expect(await failure(planned(connector, full('findings')))).toMatchObject({ code: 'rate_limited' })
    expect(clock.slept).toHaveLength(10)
  })
})

describe('assets', () => {
  const v2 = 'POST /assets/v2/export'
  const v1 = 'POST /assets/export'
  const assetStatus = (id: string) => `GET /assets/export/${id}/status`
  const finished = { status: 'FINISHED', chunks_available: [1] }
  const listed = (id: string, filters: object) => ({
    uuid: id,
    status: 'PROCESSING',
    filters: JSON.stringify(filters),
    num_assets_per_chunk: 1000,
    created,
  })

  test('v2 gives live, deleted and terminated ones in one export, checked in the list of jobs', async () => {
    const { server, connector } = await source({
      [v2]: made,
      [assetStatus('export-1')]: finished,
      'GET /assets/export/status': { exports: [listed('export-1', { since: 1, types: ['host', 'webapp'] })] },
    })
    const steps = await planned(connector, full('assets'))
    expect(bodies(server, '/assets/v2/export')).toEqual([
      { chunk_size: 1000, filters: { since: 1, types: ['host', 'webapp'] } },
    ])
    expect(begun(steps)).toMatchObject([{ record: { readAt: '2026-01-02T03:04:05.678Z' }, notes: [] }])
    expect(parts(steps)).toEqual(['1'])
    expect(server.count('POST', '/assets/export')).toBe(0)
  })

  test('a delta asks since then', async () => {
    const { server, connector } = await source({ [v2]: made, [assetStatus('export-1')]: finished })
    await planned(connector, { ...full('assets'), mode: 'delta', since: 1_767_000_000 })
    expect(bodies(server, '/assets/v2/export')).toMatchObject([{ filters: { since: 1_767_000_000 } }])
  })

  test('without `types` when it is not understood', async () => {
    const { server, connector } = await source({
      [v2]: [refuse(400, { message: '"types" is not allowed' }), made],
      [assetStatus('export-1')]: finished,
    })
    const steps = await planned(connector, full('assets'))
    expect(bodies(server, '/assets/v2/export').at(-1)).toEqual({ chunk_size: 1000, filters: { since: 1 } })
    expect(begun(steps)[0]?.notes.join()).toContain('types')
  })

  for (const code of [400, 403, 404, 405]) {
    test(`by three exports of v1 where v2 answers ${code}`, async () => {
      const { server, connector } = await source({
        [v2]: refuse(code, { error: 'no' }),
        [v1]: [{ export_uuid: 'live' }, { export_uuid: 'deleted' }, { export_uuid: 'terminated' }],
        [assetStatus('live')]: finished,
        [assetStatus('deleted')]: finished,
        [assetStatus('terminated')]: finished,
        'GET /assets/export/status': {
          exports: [
            listed('live', {}),
            listed('deleted', { deleted_at: 1 }),
            listed('terminated', { terminated_at: 1 }),
          ],
        },
      })
      const steps = await planned(connector, full('assets'))
      expect(bodies(server, '/assets/export')).toEqual([
        { chunk_size: 1000 },
        { chunk_size: 1000, filters: { deleted_at: 1 } },
        { chunk_size: 1000, filters: { terminated_at: 1 } },
      ])
      expect(begun(steps).map(({ record }) => record.exportId)).toEqual(['live', 'deleted', 'terminated'])
      expect(steps.flatMap(step => (step.kind === 'part' ? [step.part.exportId] : []))).toEqual([
        'live',
        'deleted',
        'terminated',
      ])
      expect(end(steps)).toMatchObject({ outcome: 'complete' })
      expect(steps.filter(step => step.kind === 'end')).toHaveLength(1)
    })
  }

  test('v1 without the right to deleted ones is whole, with a note', async () => {
    const { connector } = await source({
      [v2]: refuse(403, {}),
      [v1]: [{ export_uuid: 'live' }, refuse(403, { error: 'Forbidden' }), { export_uuid: 'terminated' }],
      [assetStatus('live')]: finished,
      [assetStatus('terminated')]: finished,
    })
    const steps = await planned(connector, full('assets'))
    expect(end(steps)).toMatchObject({ outcome: 'complete', notes: [expect.stringContaining('deleted_at')] })
  })

  test('v1 is incomplete when one of the three is', async () => {
    const { connector } = await source({
      [v2]: refuse(403, {}),
      [v1]: [{ export_uuid: 'live' }, { export_uuid: 'deleted' }, { export_uuid: 'terminated' }],
      [assetStatus('live')]: finished,
      [assetStatus('deleted')]: { status: 'ERROR', chunks_available: [1], reason: 'An unexpected error occurred.' },
      [assetStatus('terminated')]: finished,
    })
    expect(end(await planned(connector, full('assets')))).toMatchObject({
      outcome: 'incomplete',
      reason: expect.stringContaining('unexpected error'),
    })
  })

  test('a key without the right to either gets that told', async () => {
    const { connector } = await source({ [v2]: refuse(403, {}), [v1]: refuse(403, { error: 'Forbidden' }) })
    expect(await failure(planned(connector, full('assets')))).toMatchObject({ code: 'forbidden', retry: 'never' })
  })

  test('a 409 is compared by the list, where the filters are JSON in a text', async () => {
    const { connector } = await source({
      [v2]: refuse(409, { active_job_id: 'active-1' }),
      [assetStatus('active-1')]: finished,
      'GET /assets/export/status': { exports: [listed('active-1', { since: 1, types: ['host', 'webapp'] })] },
    })
    expect(begun(await planned(connector, full('assets')))).toMatchObject([{ record: { exportId: 'active-1' } }])
  })

  test('going on with the second of three, the third follows', async () => {
    const { server, connector } = await source({
      [v1]: { export_uuid: 'terminated' },
      [assetStatus('deleted')]: finished,
      [assetStatus('terminated')]: finished,
    })
    const resume = {
      exportId: 'deleted',
      asked: { chunk_size: 1000, filters: { deleted_at: 1 } },
      readAt: '2026-01-01T00:00:00.000Z',
    }
    const steps = await planned(connector, { ...full('assets'), resume })
    expect(begun(steps).map(({ record }) => record.exportId)).toEqual(['deleted', 'terminated'])
    expect(bodies(server, '/assets/export')).toEqual([{ chunk_size: 1000, filters: { terminated_at: 1 } }])
  })
})

describe('plugins', () => {
  const page =
    (count: number, total: number | undefined): Reply =>
    (response, { query }) =>
      json(response, {
        data: { plugin_details: Array.from({ length: count }, (_, i) => ({ id: i + 1, name: 'x', attributes: {} })) },
        size: count,
        params: { page: Number(query.get('page')), size: Number(query.get('size')) },
        ...(total === undefined ? {} : { total_count: total }),
      })
  const path = 'GET /plugins/plugin'

  test('pages by the count, and one more for what moves meanwhile', async () => {
    const { server, connector } = await source({ [path]: page(100, 250) }, { pluginPageSize: 100 })
    const steps = await planned(connector, full('plugins'))
    expect(parts(steps)).toEqual(['1', '2', '3', '4'])
    expect(server.requests).toHaveLength(1)
    expect(begun(steps)[0]?.record).toMatchObject({ asked: { size: 100 } })
  })

  test('a delta asks from the day before', async () => {
    const { server, connector } = await source({ [path]: page(1, 1) })
    await planned(connector, { ...full('plugins'), mode: 'delta', since: Date.UTC(2026, 4, 2, 12) / 1000 })
    expect(server.requests[0]?.query.get('last_updated')).toBe('2026-05-01')
  })

  test('pages smaller than asked are counted by their own size', async () => {
    const { connector } = await source({ [path]: page(50, 200) }, { pluginPageSize: 100 })
    const steps = await planned(connector, full('plugins'))
    expect(parts(steps)).toHaveLength(5)
    expect(steps.find(step => step.kind === 'part')?.part.detail).toEqual({ path: '/plugins/plugin?page=1&size=50' })
    expect(begun(steps)[0]?.notes).toEqual(['The source changed the page size from 100 to 50.'])
  })

  test('without a count, pages are walked until a short one', async () => {
    const { connector } = await source(
      { [path]: [page(10, undefined), page(10, undefined), page(3, undefined)] },
      { pluginPageSize: 10 },
    )
    expect(parts(await planned(connector, full('plugins')))).toEqual(['1', '2', '3'])
  })

  test('a refusal is told', async () => {
    const { connector } = await source({ [path]: refuse(403, { error: 'Forbidden' }) })
    expect(await failure(planned(connector, full('plugins')))).toMatchObject({ code: 'forbidden' })
  })
})

describe('cancelling', () => {
  for (const [name, reply] of [
    ['it', { status: 'CANCELLED' }],
    ['what already ended', refuse(400, { status: 400, message: 'Cannot cancel a completed job' })],
    ['what is unknown', refuse(404, { status: 404, message: 'Job with UUID: export-1 not found' })],
    ['with an empty answer', (response: ServerResponse) => void response.writeHead(200).end()],
  ] as const) {
    test(`${name} works`, async () => {
      const { server, connector } = await source({ [cancel]: reply as Reply })
      await connector.cancel('findings', 'export-1', never)
      expect(server.count('POST', '/vulns/export/export-1/cancel')).toBeGreaterThan(0)
    })
  }

  test('a list of pages asks nobody', async () => {
    const { server, connector } = await source({})
    await connector.cancel('plugins', 'plugins:1', never)
    expect(server.requests).toHaveLength(0)
  })
})
