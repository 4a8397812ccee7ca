import { describe, expect, test } from 'vitest'
import { quickLimits } from '../../test/support/mirror.ts'
import { systemClock } from '../platform/clock.ts'
import { createTokenBucket } from '../platform/limiter.ts'
import { silentLog } from '../platform/log.ts'
import { createConnector, type SourceConnection, type SourceLimits } from './connection.ts'
import { addressesOf, checkSourceAddresses } from './source-addresses.ts'

const closed: SourceLimits = { ...quickLimits, sourceNetworks: [], retryMaxAttempts: 1 }
const cloud = 'tenable-vm'
const own = 'tenable-sc'

describe('an address that is saved', () => {
  const cases = [
    { kind: cloud, baseUrl: 'https://cloud.tenable.com', code: null },
    { kind: cloud, baseUrl: 'https://10.0.0.5', code: 'private_address' },
    { kind: cloud, baseUrl: 'http://localhost:8010', code: 'private_address' },
    { kind: cloud, baseUrl: 'https://169.254.169.254', code: 'forbidden_address' },
    { kind: own, baseUrl: 'https://10.0.0.5', code: null },
    { kind: own, baseUrl: 'https://sc.example.com', code: null },
    { kind: own, baseUrl: 'https://127.0.0.1', code: 'private_address' },
    { kind: own, baseUrl: 'https://[fe80::1]', code: 'forbidden_address' },
    { kind: cloud, proxyUrl: 'http://10.0.0.8:3128', code: null },
    { kind: cloud, proxyUrl: 'http://127.0.0.1:3128', code: 'private_address' },
    { kind: own, proxyUrl: 'http://metadata.google.internal:80', code: 'forbidden_address' },
  ] as const
  for (const { kind, code, ...urls } of cases) {
    test(`${kind} ${Object.entries(urls).flat().join(' ')}: ${code ?? 'taken'}`, () => {
      const check = () => checkSourceAddresses(addressesOf(kind, { ...closed, isProxyOfSource: true }), urls)
      if (code === null) check()
      else {
        const field = 'baseUrl' in urls ? 'base_url' : 'settings.proxy_url'
        expect(check).toThrow(expect.objectContaining({ code, context: expect.objectContaining({ field }) }))
      }
    })
  }
})

describe('an address that is called', () => {
  const kinds = [cloud, own] as const
  const at = (kind: (typeof kinds)[number], baseUrl: string, more: Partial<SourceConnection> = {}) => {
    const source = { kind, baseUrl, accessKey: 'a', secretKey: 's', limits: closed, ...more }
    const limiter = createTokenBucket({ perMinute: 60_000, burst: 100, clock: systemClock })
    const connector = createConnector(source, { limiter, log: silentLog, clock: systemClock })
    return connector.identify(AbortSignal.timeout(5_000)).finally(() => connector.close())
  }

  for (const kind of kinds) {
    // A name that the text does not give away would be refused at the same place.
    test(`of ${kind} is looked at again when it is looked up`, async () => {
      await expect(at(kind, 'http://127.0.0.1:9')).rejects.toMatchObject({ code: 'private_address' })
      const resolved = { limits: { ...closed, sourceNetworks: ['::1'] } }
      await expect(at(kind, 'http://localhost:9', resolved)).rejects.toMatchObject({ code: 'private_address' })
    })

    test(`of ${kind} may be this machine when that is opened, or when the environment says so`, async () => {
      const open = { limits: { ...closed, sourceNetworks: ['127.0.0.0/8'] } }
      await expect(at(kind, 'http://127.0.0.1:9', open)).rejects.toMatchObject({ code: 'unreachable' })
      await expect(at(kind, 'http://127.0.0.1:9', { isOfEnvironment: true })).rejects.toMatchObject({
        code: 'unreachable',
      })
    })
  }

  test('a proxy set with the source is looked at too, and one of the environment is not', async () => {
    const through = (isProxyOfSource: boolean) => ({
      limits: { ...closed, proxyUrl: 'http://127.0.0.1:9', isProxyOfSource },
    })
    await expect(at(cloud, 'https://cloud.tenable.com', through(true))).rejects.toMatchObject({
      code: 'private_address',
    })
    await expect(at(cloud, 'https://cloud.tenable.com', through(false))).rejects.toMatchObject({ code: 'unreachable' })
  })
})
