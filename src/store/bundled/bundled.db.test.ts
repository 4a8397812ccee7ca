import { spawn } from 'node:child_process'
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { Client } from 'pg'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { thisHost } from './host.ts'
import { startBundledPostgres } from './index.ts'
import { findServerUser } from './server-user.ts'
import { ask, endServersUnder, makeRoom, serversUnder, startElsewhere, until } from './starters.fixture.ts'

const room = makeRoom()
const options = { dataDir: join(room.path, 'data'), dataDirIsExplicit: true }
const cluster = join(options.dataDir, 'postgres')
const start = () => startBundledPostgres(options)
const server = (): number => serversUnder(room.path)[0]!

afterAll(() => room.remove())

// The tests share one cluster, each starting and stopping its own server; none may leave one to the next.
afterEach(async () => expect(await endServersUnder(room.path)).toEqual([]))

describe('a server of our own', { timeout: 60_000 }, () => {
  test('starts, works, and is gone after the stop', async () => {
    const started = await start()
    expect(started).toMatchObject({ owned: true, dataDir: options.dataDir })
    expect(started.version).toMatch(/^18\./)
    expect(await ask(started.connectionString, settingsQuery)).toEqual({
      role: 'tenfold',
      is_superuser: false,
      database: 'tenfold',
      encoding: 'UTF8',
      ctype: 'C.UTF-8',
      checksums: 'on',
      addresses: '',
      wal_level: 'minimal',
      max_wal_size: '4GB',
      timezone: 'UTC',
      jit: 'off',
    })
    expect(await ask(started.connectionString, `select upper('é') || lower('Ä') as text`)).toEqual({ text: 'Éä' })
    for (const name of ['pg_trgm', 'btree_gin', 'pgcrypto']) {
      await ask(started.connectionString, `create extension ${name}`)
    }
    const socketDir = new URL(started.connectionString).searchParams.get('host')!
    await Promise.all([started.stop(), started.stop()])
    expect(existsSync(socketDir)).toBe(false)
    expect(existsSync(join(cluster, 'postmaster.pid'))).toBe(false)
  })

  test('is closed to everyone without the password, and to other users altogether', async () => {
    const started = await start()
    try {
      const { searchParams } = new URL(started.connectionString)
      const socketDir = searchParams.get('host')!
      const refused = async (user: string, password: string): Promise<string> => {
        const client = new Client({ host: socketDir, user, password, database: 'postgres', ssl: false })
        return await client.connect().then(
          () => 'let in',
          fault => String(fault.code),
        )
      }
      expect(await refused('tenfold', 'guess')).toBe('28P01')
      expect(await refused('postgres', 'guess')).toBe('28P01')
      const user = await findServerUser(thisHost(), undefined)
      for (const path of [socketDir, cluster, join(cluster, 'tenfold.password')]) {
        const { mode, uid } = statSync(path)
        expect({ path, others: mode & 0o077, uid }).toEqual({ path, others: 0, uid: user.uid })
      }
      const rules = readFileSync(join(cluster, 'pg_hba.conf'), 'utf8')
        .split('\n')
        .filter(line => /^\w/.test(line))
      expect(rules.filter(rule => !rule.endsWith('scram-sha-256'))).toEqual([])
    } finally {
      await started.stop()
    }
  })

  test('leads its own session, so that Ctrl-C in the terminal does not reach it', async () => {
    const starter = await startElsewhere(options)
    const pid = server()
    process.kill(-starter.process.pid!, 'SIGINT')
    await until(() => starter.process.exitCode !== null || starter.process.signalCode !== null)
    expect(serversUnder(room.path)).toEqual([pid])
    await (await start()).stop()
  })

  test('reads the settings a person left beside ours', async () => {
    const file = join(cluster, 'local.conf')
    writeFileSync(file, 'work_mem = 5MB\n')
    const started = await start()
    try {
      expect(await ask(started.connectionString, 'show work_mem')).toEqual({ work_mem: '5MB' })
    } finally {
      await started.stop()
      writeFileSync(file, '')
    }
  })

  test('says what is wrong when it cannot start, and leaves nothing running', async () => {
    const file = join(cluster, 'local.conf')
    writeFileSync(file, 'work_mem = lots\n')
    try {
      await expect(start()).rejects.toMatchObject({
        code: 'postgres_start_failed',
        message: expect.stringMatching(/invalid value for parameter "work_mem": "lots".*DATABASE_URL/s),
      })
    } finally {
      writeFileSync(file, '')
    }
  })

  test('gets a new password when the file with it was lost', async () => {
    rmSync(join(cluster, 'tenfold.password'))
    const started = await start()
    try {
      expect(await ask(started.connectionString, 'select current_user as name')).toEqual({ name: 'tenfold' })
    } finally {
      await started.stop()
    }
  })
})

describe('several processes on one data folder', { timeout: 60_000 }, () => {
  test('the second joins, and only the first stops the server', async () => {
    const first = await startElsewhere(options)
    const second = await start()
    expect([first.answer.owned, second.owned]).toEqual([true, false])
    expect(second.connectionString).toBe(first.answer.connectionString)
    await second.stop()
    expect(await ask(second.connectionString, 'select 1 as one')).toEqual({ one: 1 })
    await first.stop()
  })

  test('when the first leaves while another still uses the server, the last one stops it', async () => {
    const first = await startElsewhere(options)
    const second = await start()
    await first.stop()
    expect(await ask(second.connectionString, 'select 1 as one')).toEqual({ one: 1 })
    await second.stop()
    expect(serversUnder(room.path)).toEqual([])
  })

  test('started at once, one starts the server and the others join it', async () => {
    const starters = await Promise.all([startElsewhere(options), startElsewhere(options), startElsewhere(options)])
    expect(starters.map(starter => starter.answer.owned).sort()).toEqual([false, false, true])
    expect(serversUnder(room.path)).toHaveLength(1)
    for (const starter of starters.filter(one => !one.answer.owned)) await starter.stop()
    for (const starter of starters.filter(one => one.answer.owned)) await starter.stop()
  })

  test('a start during a stop waits, and starts anew', async () => {
    const first = await start()
    const pid = server()
    const stopping = first.stop()
    const second = await startElsewhere(options)
    await stopping
    expect(second.answer.owned).toBe(true)
    expect(server()).not.toBe(pid)
    await second.stop()
  })
})

describe('after kill -9', { timeout: 90_000 }, () => {
  test('of the process that started it, the server lives on and belongs to the next', async () => {
    const first = await startElsewhere(options)
    const pid = server()
    await first.kill9()
    expect(server()).toBe(pid)
    const next = await start()
    expect([next.owned, server()]).toEqual([true, pid])
    await next.stop()
  })

  test('of the server, its owner brings it back on the same address', async () => {
    const started = await start()
    const pid = server()
    process.kill(pid, 'SIGKILL')
    await until(() =>
      ask(started.connectionString, 'select 1').then(
        () => server() !== pid,
        () => false,
      ),
    )
    await started.stop()
  })

  test('of one session, the server recovers by itself and keeps its owner', async () => {
    const started = await start()
    const pid = server()
    const { backend } = await ask(started.connectionString, ownerSessionQuery)
    process.kill(Number(backend), 'SIGKILL')
    await until(() =>
      ask(started.connectionString, ownerSessionQuery).then(
        row => Number(row.backend) > 0,
        () => false,
      ),
    )
    expect(server()).toBe(pid)
    await started.stop()
  })

  test('of both, nothing that was committed is lost', async () => {
    const first = await startElsewhere(options)
    await ask(first.answer.connectionString, 'create table kept as select generate_series(1, 1000) as n')
    await first.kill9()
    process.kill(server(), 'SIGKILL')
    const next = await start()
    try {
      expect(next.owned).toBe(true)
      expect(await ask(next.connectionString, 'select count(*)::int as rows from kept')).toEqual({ rows: 1000 })
    } finally {
      await next.stop()
    }
  })

  test('of both, a session that is still computing does not hold the next start up', async () => {
    const first = await startElsewhere(options)
    const busy = ask(first.answer.connectionString, 'select count(*) from generate_series(1, 1000000000)').catch(
      () => ({}),
    )
    await until(async () => {
      const { active } = await ask(first.answer.connectionString, busyQuery)
      return active === 1
    })
    await first.kill9()
    process.kill(server(), 'SIGKILL')
    const next = await start()
    expect(next.owned).toBe(true)
    await next.stop()
    await busy
  })

  test('a number in the old pid file that is another process by now is recognised as stale', async () => {
    const started = await startElsewhere(options)
    const pidFile = readFileSync(join(cluster, 'postmaster.pid'), 'utf8')
    await started.stop()
    const user = await findServerUser(thisHost(), statSync(cluster).uid)
    const ids = user.isOther ? { uid: user.uid, gid: user.gid } : {}
    const stranger = spawn('/bin/sleep', ['60'], { ...ids, stdio: 'ignore' })
    try {
      writeFileSync(join(cluster, 'postmaster.pid'), pidFile.replace(/^\d+/, String(stranger.pid)))
      const next = await start()
      expect(next.owned).toBe(true)
      await next.stop()
      expect(stranger.exitCode).toBe(null)
    } finally {
      stranger.kill('SIGKILL')
    }
  })
})

const settingsQuery = `
  select current_user as role,
         (select rolsuper from pg_roles where rolname = current_user) as is_superuser,
         current_database() as database,
         current_setting('server_encoding') as encoding,
         (select datctype from pg_database where datname = current_database()) as ctype,
         current_setting('data_checksums') as checksums,
         current_setting('listen_addresses') as addresses,
         current_setting('wal_level') as wal_level,
         current_setting('max_wal_size') as max_wal_size,
         current_setting('timezone') as timezone,
         current_setting('jit') as jit`

const ownerSessionQuery = `
  select pid as backend from pg_stat_activity where application_name like 'tenfold owner %'`

const busyQuery = `
  select count(*)::int as active from pg_stat_activity where state = 'active' and query like '%generate_series(1, 1000000000)%'
    and pid <> pg_backend_pid()`
