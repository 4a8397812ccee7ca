import { expect, test } from 'vitest'
import { readConfig, type Setting, settings } from './config.ts'

test('nothing set gives the defaults', () => {
  const { config, notices } = readConfig({})
  expect(config).toMatchObject({
    port: 8010,
    host: '127.0.0.1',
    baseUrl: 'https://cloud.tenable.com',
    vulnChunkSize: 250,
  })
  expect(notices).toEqual([])
})

const refused = [
  ['PORT', '70000', 'PORT must be a whole number from 0 to 65535 (port), not "70000".'],
  [
    'TENABLE_ASSET_CHUNK_SIZE',
    '50',
    'TENABLE_ASSET_CHUNK_SIZE must be a whole number from 100 to 10000 (assets), not "50".',
  ],
  [
    'TENABLE_VULN_CHUNK_SIZE',
    '5001',
    'TENABLE_VULN_CHUNK_SIZE must be a whole number from 50 to 5000 (assets), not "5001".',
  ],
  ['TENABLE_BASE_URL', 'cloud.tenable.com', 'TENABLE_BASE_URL must be an address such as https://cloud.tenable.com'],
  [
    'TENABLE_BASE_URL',
    'http://tenable.example',
    'TENABLE_BASE_URL must be an https address (http only for this machine itself)',
  ],
  ['TENABLE_LOG_LEVEL', 'loud', 'TENABLE_LOG_LEVEL must be one of trace, debug'],
  ['TENABLE_SYNC_ENABLED', 'maybe', 'TENABLE_SYNC_ENABLED must be true or false'],
  ['TENFOLD_SESSION_HOURS', '0', 'TENFOLD_SESSION_HOURS must be a whole number from 1 to 2160 (hours), not "0".'],
  ['TENFOLD_PUBLIC_URL', 'tenfold.example.com', 'TENFOLD_PUBLIC_URL must be an address without a path'],
  ['TENFOLD_PUBLIC_URL', 'https://example.com/tenfold', 'TENFOLD_PUBLIC_URL must be an address without a path'],
  ['TENFOLD_TRUSTED_PROXIES', '10.0.0.0/40', 'TENFOLD_TRUSTED_PROXIES must be addresses or networks'],
  ['TENFOLD_OIDC_ISSUER', 'http://login.example.com', 'TENFOLD_OIDC_ISSUER must be an https address'],
  ['TENFOLD_OIDC_ISSUER', 'https://login.example.com', 'TENFOLD_OIDC_CLIENT_ID is not set'],
  ['TENFOLD_OIDC_SCOPES', 'profile', 'TENFOLD_OIDC_SCOPES must be words separated by spaces, openid among them'],
  ['TENFOLD_OIDC_ROLE_MAP', 'secops', 'TENFOLD_OIDC_ROLE_MAP must be group=role or group=role@tenant'],
  ['DATABASE_URL', 'mysql://u:secret@h/d', 'DATABASE_URL must be an address that begins with postgres://.'],
] as const

for (const [name, value, message] of refused) {
  test(`${name}=${value} is refused with its rule`, () => {
    expect(() => readConfig({ [name]: value })).toThrow(message)
  })
}

test('names of groups may hold equals signs and commas; a tenant stands behind the role', () => {
  const { config } = readConfig({ TENFOLD_OIDC_ROLE_MAP: 'secops=Admin; cn=owners,ou=groups=viewer@Second floor;' })
  expect(config.oidcRoleMap).toEqual([
    { group: 'secops', role: 'admin', tenant: null },
    { group: 'cn=owners,ou=groups', role: 'viewer', tenant: 'Second floor' },
  ])
})

test('an identity provider without a map of groups would let nobody in', () => {
  const given = { TENFOLD_OIDC_ISSUER: 'https://login.example.com', TENFOLD_OIDC_CLIENT_ID: 'tenfold' }
  expect(() => readConfig(given)).toThrow('TENFOLD_OIDC_ROLE_MAP is not set')
})

test('a refused secret is not repeated', () => {
  expect(() => readConfig({ DATABASE_URL: 'mysql://u:secret@h/d' })).not.toThrow('secret')
})

test('half a key is refused and names the other half', () => {
  expect(() => readConfig({ TENABLE_ACCESS_KEY: 'a' })).toThrow('TENABLE_SECRET_KEY is not set')
})

test('all problems are told at once', () => {
  expect(() => readConfig({ PORT: 'x', TENABLE_LOG_LEVEL: 'x' })).toThrow(/PORT.*\n.*TENABLE_LOG_LEVEL/)
})

test('a setting of a feature to come is accepted and said so', () => {
  expect(readConfig({ TENABLE_WEBHOOK_URL: 'https://example.org' }).notices).toEqual([
    'TENABLE_WEBHOOK_URL is set; this version does not use it yet.',
  ])
})

test('keys print as stars', () => {
  const { config } = readConfig({ TENABLE_ACCESS_KEY: 'a'.repeat(64), TENABLE_SECRET_KEY: 'b'.repeat(64) })
  expect(JSON.stringify(config)).not.toContain('aaaa')
  expect(config.secretKey?.reveal()).toBe('b'.repeat(64))
})

for (const setting of Object.values(settings) as Setting<unknown>[]) {
  test(`${setting.name} says what it is for, and numbers say unit and range`, () => {
    expect(setting.about).not.toBe('')
    if (typeof setting.fallback === 'number') expect([setting.unit, setting.range]).not.toContain(undefined)
  })
}
