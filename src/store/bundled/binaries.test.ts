import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ConfigError } from '../../platform/errors.ts'
import { findBinaries } from './binaries.ts'
import { thisHost } from './host.ts'
import { findServerUser } from './server-user.ts'
import { isRoot, makeRoom, startElsewhere } from './starters.fixture.ts'

const room = makeRoom()
const native = join(room.path, 'package', 'native')
const cache = join(room.path, 'cache')
const host = { ...thisHost(), nativeDir: native, cacheDirs: [cache] }
const links = (): readonly string[] =>
  (JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as { target: string }[]).map(link =>
    join(dirname(native), link.target),
  )

beforeAll(() => {
  cpSync(thisHost().nativeDir!, native, { recursive: true, verbatimSymlinks: true })
  writeFileSync(join(dirname(native), 'package.json'), '{ "version": "1.2.3" }')
}, 60_000)
afterAll(() => room.remove())

const find = async () => await findBinaries(host, await findServerUser(host, undefined))
const removeLinks = (): void => {
  for (const link of links()) rmSync(link, { force: true })
}

test('library links that npm was told not to make are made at the first start', { timeout: 30_000 }, async () => {
  removeLinks()
  const found = await find()
  expect(found).toMatchObject({ major: 18, initdb: join(native, 'bin', 'initdb'), notices: [] })
  expect(links().filter(link => !existsSync(link))).toEqual([])
})

test('in a checkout that cannot be written the links are made in a copy', { timeout: 60_000 }, async () => {
  removeLinks()
  const own = join(room.path, 'own')
  mkdirSync(own)
  chmodSync(own, 0o777)
  const home = { nativeDir: native, cacheDirs: [join(own, 'cache')] }
  if (isRoot) {
    // Root can write everywhere: somebody else has to try.
    const options = { dataDir: join(own, 'data'), dataDirIsExplicit: true }
    const started = await startElsewhere(options, { host: home, becomeUid: 65_534 })
    await started.stop()
    expect(started.answer).toMatchObject({ owned: true, notices: [expect.stringContaining('it runs from a copy in')] })
  } else {
    chmodSync(join(native, 'lib'), 0o555)
    const found = await findBinaries({ ...host, ...home }, await findServerUser(host, undefined))
    chmodSync(join(native, 'lib'), 0o755)
    expect(found.postgres).toContain(join(own, 'cache'))
  }
  expect(existsSync(links()[0]!)).toBe(false)
})

test('a cache that others may write to is not trusted', async () => {
  mkdirSync(cache)
  chmodSync(cache, 0o777)
  // Nothing that runs in place.
  const broken = join(room.path, 'broken', 'native')
  mkdirSync(join(broken, 'bin'), { recursive: true })
  writeFileSync(join(dirname(broken), 'package.json'), '{ "version": "1.2.3" }')
  const finding = findBinaries({ ...host, nativeDir: broken }, await findServerUser(host, undefined))
  await expect(finding).rejects.toMatchObject({
    code: 'postgres_unreachable',
    message: expect.stringMatching(/others may write to it.*DATABASE_URL/s),
  })
})

test.each([
  ['win32', 'arm64'],
  ['linux', 's390x'],
  ['freebsd', 'x64'],
] as const)('%s-%s, for which there are no binaries, is told about DATABASE_URL', async (platform, arch) => {
  const unsupported = { ...host, platform, arch, nativeDir: undefined }
  const finding = findBinaries(unsupported, await findServerUser(host, undefined))
  await expect(finding).rejects.toThrow(ConfigError)
  await expect(finding).rejects.toThrow(new RegExp(`no PostgreSQL for ${platform}-${arch}.*DATABASE_URL`))
})
