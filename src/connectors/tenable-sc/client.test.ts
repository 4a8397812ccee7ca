import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../platform/clock.ts'
import { silentLog } from '../../platform/log.ts'
import { Secret } from '../../platform/secret.ts'
import { type ScSimulator, type ScSimulatorOptions, startScSimulator } from '../../simulator/sc/index.ts'
import type { Connector } from '../connector.ts'
import { createTenableScConnector, type TenableScOptions } from './index.ts'

const never = new AbortController().signal
const pem = (name: string) => readFileSync(new URL(`../../../test/fixtures/tls/${name}`, import.meta.url), 'utf8')

let simulator: ScSimulator | undefined
let connector: Connector | undefined
afterEach(async () => {
  await connector?.close()
  await simulator?.stop()
})

async function open(
  simulated: ScSimulatorOptions = {},
  options: Partial<TenableScOptions> = {},
  login: 'keys' | 'password' = 'keys',
): Promise<Connector> {
  simulator = await startScSimulator({ assets: 20, findings: 200, ...simulated })
  const { accessKey, secretKey, username, password } = simulator
  connector = createTenableScConnector({
    baseUrl: simulator.url,
    login:
      login === 'keys'
        ? { kind: 'keys', accessKey: new Secret(accessKey), secretKey: new Secret(secretKey) }
        : { kind: 'password', username, password: new Secret(password) },
    limiter: { acquire: () => Promise.resolve(), pause: () => {} },
    userAgent: 'Integration/1.0 (Tenfold; Tenfold; Build/test)',
    retry: { maxAttempts: 3, delayMs: 1 },
    log: silentLog,
    clock: systemClock,
    ...options,
  })
  return connector
}

describe('a check', () => {
  test('says who it is, and tries every right', async () => {
    const result = await (await open()).check(never)
    expect(result).toMatchObject({
      ok: true,
      serverVersion: '6.4.0',
      user: { name: 'tenfold', role: 'Security Manager' },
    })
    expect(result.rights.map(({ right, outcome }) => `${right} ${outcome}`)).toEqual([
      'repositories granted',
      'open findings granted',
      'mitigated findings granted',
      'hosts granted',
      'plugins granted',
      'scans granted',
      'scan results granted',
    ])
  })

  test('of an older one says what it does not have', async () => {
    const result = await (await open({ version: '5.20.0' })).check(never)
    expect(result.ok).toBe(true)
    expect(result.rights.find(({ right }) => right === 'hosts')?.outcome).toBe('not_offered')
  })

  test('with keys says that one older than 5.13 takes none', async () => {
    const result = await (await open({ version: '5.8.0' })).check(never)
    expect(result).toMatchObject({ ok: false, problemCode: 'version_too_old' })
  })

  test('with a wrong key says so, and shows none', async () => {
    const wrong = { kind: 'keys', accessKey: new Secret('wrong-a'), secretKey: new Secret('wrong-s') } as const
    const result = await (await open({}, { login: wrong })).check(never)
    expect(result).toMatchObject({ ok: false, problemCode: 'bad_credentials' })
    expect(JSON.stringify(result)).not.toContain('wrong-')
  })
})

describe('a session', () => {
  test('is one for many calls, ends with the connector, and makes room when there are too many', async () => {
    const first = await open({ version: '5.8.0', mostSessions: 1 }, {}, 'password')
    await Promise.all([first.identify(never), first.identify(never), first.identify(never)])
    expect(simulator?.logins()).toBe(1)
    simulator?.expireSessions()
    await Promise.all([first.identify(never), first.identify(never), first.identify(never)])
    expect(simulator?.logins()).toBe(2)
  })

  test('is renewed before it ends', async () => {
    let now = Date.now()
    const clock = { ...systemClock, now: () => new Date(now) }
    const it = await open({ sessionSeconds: 3600 }, { clock }, 'password')
    await it.identify(never)
    now += 2_000_000
    await it.identify(never)
    expect(simulator?.logins()).toBe(1)
    now += 3_000_000
    await it.identify(never)
    expect(simulator?.logins()).toBe(2)
  })

  test('with a wrong password is refused by name', async () => {
    const login = { kind: 'password', username: 'tenfold', password: new Secret('no') } as const
    await expect((await open({}, { login })).identify(never)).rejects.toMatchObject({ retry: 'never' })
  })
})

describe('a certificate', () => {
  const tls = { key: pem('localhost.key'), cert: pem('localhost.crt') }
  const pin = new X509Certificate(tls.cert).fingerprint256.replaceAll(':', '').toLowerCase()
  const identified = async (options: Partial<TenableScOptions>) =>
    (await open({ tls, host: '127.0.0.1' }, options)).identify(never)

  test('that nobody known signed is refused', async () => {
    await expect(identified({})).rejects.toMatchObject({ code: 'tls_error' })
  })

  test('is accepted by its pin, and no other is', async () => {
    await expect(identified({ tls: { pinSha256: pin } })).resolves.toMatchObject({
      role: 'Security Manager',
      warnings: [],
    })
    await connector?.close()
    await simulator?.stop()
    await expect(identified({ tls: { pinSha256: 'ab'.repeat(32) } })).rejects.toMatchObject({
      code: 'tls_error',
      message: expect.stringContaining('pinned'),
    })
  })

  test('is not looked at when somebody said so, and every run tells', async () => {
    const { warnings } = await identified({ tls: { isVerified: false } })
    expect(warnings?.join()).toContain('not verified')
  })
})
