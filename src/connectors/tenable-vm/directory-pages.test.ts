import { afterEach, describe, expect, test } from 'vitest'
import { json, startServer } from '../../../test/support/http-server.ts'
import { connectorTo, never } from '../../../test/support/tenable-vm.ts'
import type { Batch, DirectoryBatch, StreamName } from '../connector.ts'
import { redacted, withoutSecrets } from './secrets.ts'

// Lists that change while they are paged, and sources that page in their own way.

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close()
})

interface Asked {
  readonly path: string
  readonly limit: number
  readonly offset: number
  /** Which request this is, from 0. */
  readonly turn: number
}

/** Reads a stream from a source that answers with `answer`. */
async function read(
  stream: StreamName,
  answer: (asked: Asked) => object,
): Promise<{ batches: Batch[]; asked: Asked[] }> {
  const asked: Asked[] = []
  const server = await startServer((request, response) => {
    const one = {
      path: request.path,
      limit: Number(request.query.get('limit')),
      offset: Number(request.query.get('offset')),
      turn: asked.length,
    }
    asked.push(one)
    json(response, answer(one))
  })
  const connector = connectorTo(server.url, {})
  open.push(server, connector)
  const part = { stream, exportId: 'e', partId: 'whole', readAt: '2026-06-01T00:00:00Z', detail: {} }
  const batches: Batch[] = []
  for await (const batch of connector.open(part, never)) batches.push(batch)
  return { batches, asked }
}

const numbered = (count: number, from = 0) =>
  Array.from({ length: count }, (_, n) => ({
    uuid: `n-${String(n + from).padStart(4, '0')}`,
    name: `Network ${n + from}`,
  }))

/** A page of a list as the vendor cuts it. */
const page = (entries: readonly unknown[], { limit, offset }: Asked, most = limit) => ({
  networks: entries.slice(offset, offset + Math.min(limit, most)),
  pagination: { total: entries.length, limit, offset },
})

const directories = (batches: readonly Batch[]) => batches as readonly DirectoryBatch[]
const ids = (batches: readonly Batch[]) => directories(batches).flatMap(batch => batch.rows.map(row => row.nativeId))
const last = (batches: readonly Batch[]) => directories(batches).at(-1)?.reading

describe('a list that stands still', () => {
  for (const count of [0, 1, 49, 50, 51, 99, 100, 149, 500]) {
    test(`of ${count} is met whole, each entry once`, async () => {
      const { batches } = await read('networks', asked => page(numbered(count), asked))
      expect(ids(batches)).toEqual(numbered(count).map(one => one.uuid))
      expect(last(batches)).toBe('whole')
      expect(directories(batches).filter(batch => batch.reading !== 'more')).toHaveLength(1)
    })
  }

  test('in pages smaller than asked for is met whole', async () => {
    const { batches } = await read('networks', asked => page(numbered(40), asked, 7))
    expect([ids(batches).length, last(batches)]).toEqual([40, 'whole'])
  })

  test('in pages of one is met, and not believed to be whole', async () => {
    const { batches } = await read('networks', asked => page(numbered(5), asked, 1))
    expect(new Set(ids(batches)).size).toBe(5)
    expect(last(batches)).toBe('moved')
  })

  test('without a total ends with a short page; only one that fits a page is known to be whole', async () => {
    const without = (count: number) => (asked: Asked) => ({ networks: page(numbered(count), asked).networks })
    expect(last((await read('networks', without(30))).batches)).toBe('whole')
    const long = await read('networks', without(120))
    expect([new Set(ids(long.batches)).size, last(long.batches)]).toEqual([120, 'moved'])
  })
})

describe('a list that moves', () => {
  test('because an entry of an earlier page went is read again', async () => {
    const { batches, asked } = await read('networks', one => page(one.turn === 0 ? numbered(80) : numbered(79, 1), one))
    expect(last(batches)).toBe('whole')
    expect(new Set(ids(batches))).toEqual(new Set(numbered(80).map(one => one.uuid)))
    expect(asked.length).toBe(4)
  })

  test('because one went and another came, so that the total tells nothing, is read again', async () => {
    const later = [...numbered(79, 1), ...numbered(1, 900)]
    const { batches } = await read('networks', one => page(one.turn === 0 ? numbered(80) : later, one))
    expect(last(batches)).toBe('whole')
    expect(ids(batches)).toContain('n-0900')
  })

  test('each time it is read is taken as it is, and said to have moved', async () => {
    const { batches, asked } = await read('networks', one => page(numbered(80, one.turn), one))
    expect(last(batches)).toBe('moved')
    expect(asked).toHaveLength(6)
  })

  test('never is, where the source gives the same page whatever the offset', async () => {
    const { batches, asked } = await read('networks', ({ limit }) => page(numbered(80), { ...nowhere, limit }))
    expect(last(batches)).toBe('moved')
    expect(asked.length).toBeLessThan(10)
  })

  test('repeats no entry that it gives twice', async () => {
    const twice = [...numbered(30), ...numbered(30)]
    const { batches } = await read('networks', asked => page(twice, asked))
    expect(new Set(ids(batches)).size).toBe(30)
  })
})

const nowhere: Asked = { path: '', limit: 0, offset: 0, turn: 0 }

describe('entries', () => {
  test('that cannot be read are kept aside, once, and the rest arrives', async () => {
    const entries = [...numbered(49), { name: 'without an id' }, 7, ...numbered(20, 100)]
    const { batches } = await read('networks', asked => page(entries, asked))
    expect(ids(batches)).toHaveLength(69)
    const rejected = batches.flatMap(batch => batch.rejected)
    expect(rejected.map(one => one.reason).sort()).toEqual([
      'The network has no usable id: null.',
      'The record is not an object.',
    ])
  })

  test('of scanners may come in a bare list, and without the key that links them', async () => {
    const key = 'ab12'.repeat(16)
    const scanner = {
      id: 7,
      name: 'One',
      key,
      linked: 1,
      last_connect: '1780000000',
      license: { type: 'pro', apps: { was: { activation_code: 12345678, mode: 'eval' } } },
      remote_uuid: 'x',
    }
    for (const answer of [[scanner], { scanners: [scanner] }]) {
      const { batches } = await read('scanners', () => answer)
      expect(directories(batches)[0]?.rows).toMatchObject([
        { nativeId: '7', isLinked: true, lastConnectAt: '2026-05-28T20:26:40Z', extra: { remote_uuid: 'x' } },
      ])
      const text = JSON.stringify(batches)
      expect(text).not.toContain(key)
      expect(text).not.toContain('12345678')
    }
    const broken = await read('scanners', () => ({ scanners: [{ ...scanner, id: null }] }))
    expect(JSON.stringify(broken.batches)).not.toContain(key)
    expect(broken.batches[0]?.rejected).toHaveLength(1)
  })

  test('of agents are asked for where agents hang on no scanner, and else of the cloud’s own', async () => {
    const server = await startServer((request, response) => {
      if (request.path.startsWith('/scanners/null/')) response.writeHead(404).end('{}')
      else
        json(response, {
          agents: [
            {
              id: 1,
              uuid: 'u',
              name: 'a',
              groups: [
                { id: 3, name: 'B' },
                { id: 2, name: 'A' },
              ],
            },
          ],
        })
    })
    const connector = connectorTo(server.url, {})
    open.push(server, connector)
    const part = {
      stream: 'agents',
      exportId: 'e',
      partId: 'whole',
      readAt: '2026-06-01T00:00:00Z',
      detail: {},
    } as const
    const batches: Batch[] = []
    for await (const batch of connector.open(part, never)) batches.push(batch)
    expect(directories(batches)[0]?.rows).toMatchObject([{ nativeId: '1', groups: ['A', 'B'], assetNativeId: null }])
  })

  test('of a list of tags that are categories without a value are none', async () => {
    const { batches } = await read('tags', ({ path }) =>
      path === '/tags/values'
        ? {
            values: [
              { uuid: 't', value: 'Bern', category_uuid: 'c', category_name: 'Site' },
              { category_uuid: 'd', category_name: 'Empty' },
            ],
            pagination: { total: 2 },
          }
        : { categories: [{ uuid: 'c', name: 'Site' }], pagination: { total: 1 } },
    )
    expect(directories(batches).map(({ list, reading, rows }) => [list, reading, rows.length])).toEqual([
      ['tag_category', 'whole', 1],
      ['tag', 'whole', 1],
    ])
    expect(batches.flatMap(batch => batch.rejected)).toEqual([])
  })
})

describe('secrets', () => {
  test('are left out at any depth, by the names that vendors give them', () => {
    const given = {
      a: 1,
      key: 'x',
      linking_key: 'x',
      nested: [{ secretKey: 'x', token: 'x', name: 'kept' }],
      monkey: 'kept',
    }
    expect(withoutSecrets(given)).toEqual({ a: 1, nested: [{ name: 'kept' }], monkey: 'kept' })
  })

  const broken = [
    '{"id": 1, "key": "0123456789abcdef", "name": "x"',
    '{"key":"0123456789abcdef',
    '{"linkingKey" : "01234\\"56789abcdef"}',
    '{"activation_code": 123456789, "x": 1}',
    `{"kez": "${'0123456789abcdef'.repeat(4)}`,
  ]
  for (const text of broken) {
    test(`are blotted out of ${text.slice(0, 40)}`, () => {
      expect(redacted(text)).toContain('***')
      expect(redacted(text)).not.toMatch(/0123456789|123456789/)
    })
  }
})
