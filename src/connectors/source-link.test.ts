import { expect, test } from 'vitest'
import { json, startServer } from '../../test/support/http-server.ts'
import { connectorTo, never } from '../../test/support/tenable-vm.ts'
import { systemClock } from '../platform/clock.ts'
import { silentLog } from '../platform/log.ts'
import { Secret } from '../platform/secret.ts'
import { createNessusConnector } from './nessus/index.ts'
import { createTenableScConnector } from './tenable-sc/index.ts'

const addresses = { allows: 'internet', open: [], setting: 'TENFOLD_SOURCE_NETWORKS' } as const
const ownServer = {
  login: { kind: 'keys', accessKey: new Secret('a'), secretKey: new Secret('s') },
  limiter: { acquire: () => Promise.resolve(), pause: () => {} },
  userAgent: 'Integration/1.0 (Tenfold; Tenfold; Build/test)',
  retry: { maxAttempts: 1, delayMs: 1 },
  log: silentLog,
  clock: systemClock,
} as const

const kinds = {
  'tenable-vm': (baseUrl: string) => connectorTo(baseUrl, { addresses }),
  'tenable-sc': (baseUrl: string) => createTenableScConnector({ ...ownServer, baseUrl, addresses }),
  nessus: (baseUrl: string) =>
    createNessusConnector({
      ...ownServer,
      baseUrl,
      addresses,
      stuckAfterMinutes: 1,
      pollDelayMs: { firstMs: 1, maxMs: 1 },
      readyWithinMs: 0,
    }),
}

test.each(Object.keys(kinds) as (keyof typeof kinds)[])(
  '%s: an address where sources may not be is never connected to, by number or by name',
  async kind => {
    const server = await startServer((_request, response) => json(response, {}))
    try {
      for (const url of [server.url, server.url.replace('127.0.0.1', 'localhost')]) {
        const connector = kinds[kind](url)
        await expect(connector.identify(never)).rejects.toMatchObject({ code: expect.stringMatching(/_address$/) })
        await connector.close()
      }
      expect(server.requests).toEqual([])
    } finally {
      await server.close()
    }
  },
)
