import { afterEach, describe, expect, test } from 'vitest'
import { epssText } from '../../../test/support/feeds.ts'
import { startServer, type TestServer } from '../../../test/support/http-server.ts'
import { never } from '../../../test/support/tenable-vm.ts'
import { isPrivateAddress } from '../../platform/private-address.ts'
import { type FetchedFeed, type FetchOptions, fetchFeed, type Validators } from './fetch.ts'

const text = epssText('2025-03-14', [{ cve: 'CVE-2024-0001', epss: 0.1, percentile: 0.2 }])
const options: FetchOptions = { proxyUrl: undefined, caPem: undefined, userAgent: 'test', allowPrivate: true }

let server: TestServer | undefined
afterEach(async () => {
  await server?.close()
  server = undefined
})

async function fetched(url: string, before?: Validators, given = options) {
  return fetchFeed(
    url,
    before,
    given,
    async (answer: FetchedFeed) => {
      if (answer.kind === 'unchanged') return { unchanged: true } as const
      const pieces: Uint8Array[] = []
      for await (const piece of answer.bytes) pieces.push(piece)
      return { ...answer, text: Buffer.concat(pieces).toString() }
    },
    never,
  )
}

describe('an address', () => {
  test('is followed to where it sends, and its marks are kept', async () => {
    server = await startServer((request, response) => {
      if (request.path === '/current.csv') response.writeHead(302, { location: '/epss-2025-03-14.csv' }).end()
      else response.writeHead(200, { etag: '"one"', 'last-modified': 'Fri, 14 Mar 2025 10:00:00 GMT' }).end(text)
    })
    expect(await fetched(`${server.url}/current.csv`)).toMatchObject({
      ...{ kind: 'content', url: `${server.url}/epss-2025-03-14.csv`, text, etag: '"one"' },
      lastModified: 'Fri, 14 Mar 2025 10:00:00 GMT',
    })
    expect(server.requests[0]?.headers['user-agent']).toBe('test')
  })

  test('that has nothing new sends nothing', async () => {
    server = await startServer((request, response) => {
      response.writeHead(request.headers['if-none-match'] === '"one"' ? 304 : 200).end(undefined)
    })
    expect(await fetched(server.url, { etag: '"one"', lastModified: null })).toEqual({ unchanged: true })
    expect(await fetched(server.url, { etag: '"two"', lastModified: null })).toMatchObject({ text: '' })
  })

  test('that sends round in a circle is given up', async () => {
    server = await startServer(
      (_request, response) => response.writeHead(302, { location: '/again' }).end() && undefined,
    )
    await expect(fetched(server.url)).rejects.toMatchObject({ code: 'feed_refused' })
    expect(server.requests).toHaveLength(6)
  })

  test('that answers an error is told with its status', async () => {
    server = await startServer((_request, response) => response.writeHead(503).end('busy') && undefined)
    await expect(fetched(server.url)).rejects.toThrow(/answered 503/)
  })

  test('that breaks off is an error, not half a feed', async () => {
    server = await startServer((_request, response) => {
      response.writeHead(200, { 'content-length': '5000' })
      response.write(text)
      setTimeout(() => response.destroy(), 20)
    })
    await expect(fetched(server.url)).rejects.toMatchObject({
      code: expect.stringMatching(/connection_lost|unreachable/),
    })
  })
})

describe('addresses of this machine and of private networks', () => {
  const closed = { ...options, allowPrivate: false }
  const refused = [
    { url: 'https://127.0.0.1/x', code: 'private_address' },
    { url: 'https://[::1]/x', code: 'private_address' },
    { url: 'https://[::ffff:10.0.0.1]/x', code: 'private_address' },
    { url: 'https://localhost/x', code: 'private_address' },
    { url: 'https://169.254.169.254/latest/meta-data', code: 'forbidden_address' },
    { url: 'https://2130706433/x', code: 'private_address' },
    { url: 'https://0x7f.1/x', code: 'private_address' },
    { url: 'http://127.0.0.1/x', code: 'bad_feed_url' },
    { url: 'http://example.org/x', code: 'bad_feed_url' },
    { url: 'https://user:word@example.org/x', code: 'bad_feed_url' },
    { url: 'file:///etc/passwd', code: 'bad_feed_url' },
    { url: 'nothing', code: 'bad_feed_url' },
  ]
  for (const { url, code } of refused) {
    test(`${url} is refused`, async () => {
      await expect(fetched(url, undefined, closed)).rejects.toMatchObject({ code })
    })
  }

  test('are known', () => {
    const all = [
      '10.1.2.3',
      '172.31.0.1',
      '192.168.1.1',
      '100.64.0.1',
      '0.0.0.0',
      '224.0.0.1',
      'fd00::1',
      'fe80::1',
      '::',
    ]
    expect(all.filter(address => !isPrivateAddress(address))).toEqual([])
    const open = ['1.1.1.1', '172.32.0.1', '192.169.0.1', '2606:4700::1111']
    expect(open.filter(isPrivateAddress)).toEqual([])
  })
})
