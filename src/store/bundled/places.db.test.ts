import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { ConfigError, StoreError } from '../../platform/errors.ts'
import { findBinaries } from './binaries.ts'
import { thisHost } from './host.ts'
import { startBundledPostgres } from './index.ts'
import { findServerUser } from './server-user.ts'
import { ask, endServersUnder, isRoot, makeRoom, startElsewhere } from './starters.fixture.ts'

const room = makeRoom()
const inRoom = (...names: string[]): string => join(room.path, ...names)

afterAll(() => room.remove())
afterEach(async () => expect(await endServersUnder(room.path)).toEqual([]))

describe('an awkward place', { timeout: 90_000 }, () => {
  test('a path of more than 120 characters with a space holds data, and its socket is elsewhere', async () => {
    const dataDir = inRoom('a folder with spaces', 'and a name that goes on '.repeat(5).trim(), 'data')
    expect(dataDir.length).toBeGreaterThan(120)
    const starters = [
      startElsewhere({ dataDir, dataDirIsExplicit: true }),
      startElsewhere({ dataDir, dataDirIsExplicit: true }),
    ]
    const [first, second] = await Promise.all(starters)
    // On an empty folder both would make the data.
    expect([first!.answer.owned, second!.answer.owned].sort()).toEqual([false, true])
    expect(await ask(first!.answer.connectionString, 'select 1 as one')).toEqual({ one: 1 })
    expect(readdirSync(dataDir).sort()).toEqual(['postgres', 'postgres-start.log', 'postgres.lock'])
    for (const starter of [first!, second!].sort(one => (one.answer.owned ? 1 : -1))) await starter.stop()
  })

  test('a start that is called off leaves nothing behind', async () => {
    const dataDir = inRoom('called-off')
    const calling = new AbortController()
    const starting = startBundledPostgres({ dataDir, dataDirIsExplicit: true, signal: calling.signal })
    while (!existsSync(dataDir) || !readdirSync(dataDir).some(name => name.startsWith('postgres.new-'))) await delay(5)
    calling.abort()
    await expect(starting).rejects.toMatchObject({ code: 'cancelled' })
    expect(readdirSync(dataDir)).toEqual(['postgres.lock'])
  })

  test('what a start that was killed has half made is cleared away', async () => {
    const dataDir = inRoom('half-made')
    mkdirSync(join(dataDir, 'postgres.new-0123456789ab', 'cluster', 'base'), { recursive: true })
    const started = await startBundledPostgres({ dataDir, dataDirIsExplicit: true })
    await started.stop()
    expect(readdirSync(dataDir).sort()).toEqual(['postgres', 'postgres-start.log', 'postgres.lock'])
  })

  test('data of another major version is refused, naming DATABASE_URL', async () => {
    const dataDir = inRoom('newer')
    mkdirSync(join(dataDir, 'postgres'), { recursive: true })
    writeFileSync(join(dataDir, 'postgres', 'PG_VERSION'), '19\n')
    const starting = startBundledPostgres({ dataDir, dataDirIsExplicit: true })
    await expect(starting).rejects.toThrow(StoreError)
    await expect(starting).rejects.toThrow(/holds the data of PostgreSQL 19.*DATABASE_URL/)
  })

  test('a folder of other things is refused and left as it is', async () => {
    const dataDir = inRoom('other')
    mkdirSync(join(dataDir, 'postgres'), { recursive: true })
    writeFileSync(join(dataDir, 'postgres', 'letters.txt'), 'dear')
    await expect(startBundledPostgres({ dataDir, dataDirIsExplicit: true })).rejects.toThrow(/no PostgreSQL data/)
    expect(readdirSync(join(dataDir, 'postgres'))).toEqual(['letters.txt'])
  })
})

const nobody = 65534

// What only root meets: closed homes, another user's server, other people's folders, and disks it can make for the test.
describe.runIf(isRoot)('as root', { timeout: 90_000 }, () => {
  const home = inRoom('root-home')
  const checkout = join(home, 'tenfold')
  const cacheDirs = [inRoom('cache')]
  /** A checkout that only root can enter, with the binaries in it. */
  const closed = {
    ...thisHost(),
    nativeDir: join(checkout, 'package', 'native'),
    cacheDirs,
    dataHome: inRoom('var-lib'),
  }
  let reachable = ''

  beforeAll(async () => {
    mkdirSync(join(checkout, 'package'), { recursive: true })
    symlinkSync(thisHost().nativeDir!, closed.nativeDir)
    writeFileSync(join(checkout, 'package', 'package.json'), '{ "version": "1.2.3" }')
    chmodSync(home, 0o700)
    const binaries = await findBinaries(closed, await findServerUser(closed, undefined))
    reachable = dirname(dirname(binaries.postgres))
  })

  test('in a closed home: binaries are copied, the default data moves, and both are said', async () => {
    const dataDir = join(checkout, 'data')
    const started = await startBundledPostgres({ dataDir, dataDirIsExplicit: false }, closed)
    await ask(started.connectionString, 'create table kept as select 1 as one')
    await started.stop()
    expect(started.dataDir).toMatch(new RegExp(`^${inRoom('var-lib')}/[0-9a-f]{12}$`))
    expect(started.notices).toEqual([
      expect.stringContaining(`The database is in ${started.dataDir}, not in ${dataDir}`),
      expect.stringContaining(`it runs from a copy in ${inRoom('cache')}`),
    ])
    expect(existsSync(dataDir)).toBe(false)

    // The home has been opened since: the data is not forgotten.
    chmodSync(home, 0o755)
    const again = await startBundledPostgres({ dataDir, dataDirIsExplicit: false }, closed)
    expect(await ask(again.connectionString, 'select one from kept')).toEqual({ one: 1 })
    await again.stop()
    chmodSync(home, 0o700)
    expect(again.notices).toEqual([`The database is in ${started.dataDir}, not in ${dataDir}, where it was begun.`])
  })

  test('a data folder that was chosen and cannot be reached is an error with the remedy', async () => {
    const dataDir = join(home, 'chosen')
    const starting = startBundledPostgres({ dataDir, dataDirIsExplicit: true }, closed)
    await expect(starting).rejects.toThrow(ConfigError)
    await expect(starting).rejects.toThrow(`TENFOLD_DATA_DIR=${dataDir} cannot be used`)
    await expect(starting).rejects.toThrow(`cannot enter ${home}. Set TENFOLD_DATA_DIR`)
    expect(existsSync(dataDir)).toBe(false)
  })

  test('a chosen folder closed to others is opened to the server alone, and only to pass through', async () => {
    const dataDir = inRoom('closed-data')
    mkdirSync(dataDir, { mode: 0o700 })
    const started = await startBundledPostgres({ dataDir, dataDirIsExplicit: true })
    await started.stop()
    const user = await findServerUser(thisHost(), undefined)
    const { mode, uid, gid } = statSync(dataDir)
    expect({ mode: mode & 0o777, uid, gid }).toEqual({ mode: 0o710, uid: 0, gid: user.gid })
  })

  test('data that belongs to an ordinary user is served as that user, and data copied by root is given back', async () => {
    const dataDir = inRoom('of-nobody')
    mkdirSync(dataDir)
    spawnSync('chown', [`${nobody}:${nobody}`, dataDir])
    const host = { nativeDir: reachable }
    const theirs = await startElsewhere({ dataDir, dataDirIsExplicit: true }, { host, becomeUid: nobody })
    expect(theirs.answer).toMatchObject({ owned: true, dataDir })
    const joined = await startBundledPostgres({ dataDir, dataDirIsExplicit: true })
    expect(joined.owned).toBe(false)
    await joined.stop()
    await theirs.stop()
    const ours = await startBundledPostgres({ dataDir, dataDirIsExplicit: true }, { ...thisHost(), ...host })
    await ours.stop()
    const back = await startElsewhere({ dataDir, dataDirIsExplicit: true }, { host, becomeUid: nobody })
    expect(back.answer).toMatchObject({ owned: true, dataDir })
    await back.stop()
    expect(statSync(join(dataDir, 'postgres')).uid).toBe(nobody)

    spawnSync('chown', ['-R', '0:0', join(dataDir, 'postgres')])
    const given = await startBundledPostgres({ dataDir, dataDirIsExplicit: true }, { ...thisHost(), ...host })
    await given.stop()
    expect(statSync(join(dataDir, 'postgres', 'base')).uid).not.toBe(0)
  })

  test("an ordinary user is told that the data is another's", async () => {
    const dataDir = inRoom('of-root')
    mkdirSync(dataDir, { mode: 0o755 })
    const host = { nativeDir: reachable }
    const refused = await startElsewhere({ dataDir, dataDirIsExplicit: false }, { host, becomeUid: nobody })
    expect(refused.answer).toMatchObject({
      code: 'data_dir_unusable',
      message: expect.stringContaining('cannot be written'),
    })
  })

  test('an ordinary user with a checkout that cannot be written gets the data elsewhere, said aloud', async () => {
    const checkout = inRoom('read-only')
    mkdirSync(checkout, { mode: 0o755 })
    const own = inRoom('own')
    mkdirSync(own)
    spawnSync('chown', [String(nobody), own])
    const host = { nativeDir: reachable, dataHome: join(own, 'share') }
    const options = { dataDir: join(checkout, 'data'), dataDirIsExplicit: false }
    const started = await startElsewhere(options, { host, becomeUid: nobody })
    expect(started.answer.notices).toEqual([
      expect.stringMatching(/^The database is in .*\/own\/share\/[0-9a-f]{12}, not in/),
    ])
    await started.stop()
  })

  test('a user id without a name is told so', async () => {
    const refused = await startElsewhere(
      { dataDir: inRoom('nameless'), dataDirIsExplicit: true },
      { becomeUid: 54_321 },
    )
    expect(refused.answer).toMatchObject({
      code: 'server_user',
      message: expect.stringMatching(/no name.*DATABASE_URL/),
    })
  })

  const disk = inRoom('disk')
  mkdirSync(disk)
  const canMount = isRoot && spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=24m,mode=755', 'tmpfs', disk]).status === 0
  const mountAgain = (size: string): void => void spawnSync('mount', ['-o', `remount,size=${size}`, disk])
  afterAll(() => void (canMount && spawnSync('umount', ['-l', disk])))

  test.runIf(canMount)(
    'a full disk is called a full disk, at the making and at the start, and nothing half made stays',
    async () => {
      const options = { dataDir: join(disk, 'data'), dataDirIsExplicit: true }
      const full = { code: 'disk_full', message: expect.stringMatching(/full.*TENFOLD_DATA_DIR/) }
      await expect(startBundledPostgres(options)).rejects.toMatchObject(full)
      expect(readdirSync(options.dataDir).filter(name => name !== 'postgres.lock')).toEqual([])

      mountAgain('300m')
      await (await startBundledPostgres(options)).stop()
      spawnSync('dd', ['if=/dev/zero', `of=${join(disk, 'ballast')}`, 'bs=64k'], { stdio: 'ignore' })
      await expect(startBundledPostgres(options)).rejects.toMatchObject(full)

      mountAgain('400m')
      await (await startBundledPostgres(options)).stop()
    },
  )

  test.runIf(canMount)('a disk on which nothing may run is no place for the copy of the binaries', async () => {
    spawnSync('mount', ['-o', 'remount,size=400m,noexec', disk])
    const host = { ...closed, cacheDirs: [join(disk, 'cache')] }
    const finding = findBinaries(host, await findServerUser(host, undefined))
    await expect(finding).rejects.toMatchObject({
      code: 'postgres_unreachable',
      message: expect.stringMatching(/EACCES.*DATABASE_URL/s),
    })
  })
})
