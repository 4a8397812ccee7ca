import { chmodSync, existsSync, mkdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { afterAll, beforeEach, expect, test } from 'vitest'
import type { DataFolder } from './data-folder.ts'
import { thisHost } from './host.ts'
import { findServerUser } from './server-user.ts'
import { makeSocketFolder, removeSocketFolder } from './socket-folder.ts'
import { makeRoom } from './starters.fixture.ts'

const room = makeRoom()
const home = join(room.path, 'run')
const long = join(
  room.path,
  'a-name-that-is-far-too-long-for-the-path-of-a-socket-whatever-the-system-may-be'.repeat(2),
)
const user = await findServerUser(thisHost(), undefined)
const place: DataFolder = { dataDir: '/data', cluster: '/data/postgres', user, notices: [] }
const host = { ...thisHost(), socketHomes: [home] }

afterAll(() => room.remove())
beforeEach(() => {
  rmSync(home, { recursive: true, force: true })
  mkdirSync(home)
})

test('the folder is short, the same each time, and closed to everyone but the user of the server', async () => {
  const folder = await makeSocketFolder(place, host)
  expect(dirname(folder)).toBe(home)
  const { mode, uid } = statSync(folder)
  expect({ mode: mode & 0o777, uid }).toEqual({ mode: 0o700, uid: user.uid })
  expect(await makeSocketFolder(place, host)).toBe(folder)
  expect(await makeSocketFolder({ ...place, cluster: '/other/postgres' }, host)).not.toBe(folder)
})

test('what a killed server left in it is cleared, and the folder goes with the server', async () => {
  const folder = await makeSocketFolder(place, host)
  for (const name of ['.s.PGSQL.5432', '.s.PGSQL.5432.lock']) writeFileSync(join(folder, name), '1\n')
  await makeSocketFolder(place, host)
  expect(existsSync(join(folder, '.s.PGSQL.5432.lock'))).toBe(false)
  await removeSocketFolder(folder)
  expect(existsSync(folder)).toBe(false)
})

test('a link or an open folder that somebody planted under its name is passed by', async () => {
  const folder = await makeSocketFolder(place, host)
  const plants = [
    () => symlinkSync(room.path, folder),
    () => writeFileSync(folder, ''),
    () => {
      mkdirSync(folder)
      chmodSync(folder, 0o777)
    },
  ]
  for (const plant of plants) {
    rmSync(folder, { recursive: true, force: true })
    plant()
    const another = await makeSocketFolder(place, host)
    expect(basename(another)).toMatch(new RegExp(`^${basename(folder)}-[0-9a-f]{8}$`))
    expect(statSync(another).mode & 0o777).toBe(0o700)
  }
})

test('a place with a long name, with a missing one, or where others may rename it, gives way to the next', async () => {
  const open = join(room.path, 'open')
  mkdirSync(open)
  chmodSync(open, 0o777)
  mkdirSync(long)
  const homes = [long, join(room.path, 'missing'), open, home]
  expect(dirname(await makeSocketFolder(place, { ...host, socketHomes: homes }))).toBe(home)
})

test('when there is no place at all the error says why and names the remedies', async () => {
  await expect(makeSocketFolder(place, { ...host, socketHomes: [long] })).rejects.toMatchObject({
    code: 'socket_dir_unusable',
    message: expect.stringMatching(/too long.*TMPDIR.*DATABASE_URL/s),
  })
})
