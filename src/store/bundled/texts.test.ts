import { describe, expect, test } from 'vitest'
import { StoreError } from '../../platform/errors.ts'
import { postgresFailure } from './failures.ts'
import { parsePostmaster } from './postmaster.ts'
import { serverSettings } from './settings.ts'

const gigabyte = 1024 ** 3

describe('what PostgreSQL says', () => {
  const place = { dataDir: '/data', logFolder: '/data/postgres/log' }
  const cases = [
    {
      said: 'initdb: error: could not write file "/data/postgres.new-1/cluster/base/1/2610": No space left on device',
      code: 'disk_full',
      text: /disk that holds \/data is full.*TENFOLD_DATA_DIR/,
    },
    {
      said: 'FATAL:  could not write lock file "postmaster.pid": No space left on device',
      code: 'disk_full',
      text: /Free some space/,
    },
    {
      said: 'FATAL:  database files are incompatible with server\nDETAIL:  The data directory was initialized by PostgreSQL version 17',
      code: 'data_version',
      text: /another version.*DATABASE_URL/,
    },
    {
      said: 'FATAL:  could not map anonymous shared memory: Cannot allocate memory\nHINT:  reduce the request size',
      code: 'out_of_memory',
      text: /free memory.*local\.conf/,
    },
    {
      said: 'FATAL:  data directory "/data/postgres" has invalid permissions\nDETAIL:  Permissions should be u=rwx (0700)',
      code: 'data_permissions',
      text: /mode 0700.*TENFOLD_DATA_DIR/,
    },
    {
      said: 'FATAL:  pre-existing shared memory block (key 1, ID 2) is still in use',
      code: 'data_in_use',
      text: /still work on \/data/,
    },
    {
      said:
        '2026-01-01 00:00:00.000 UTC [1] LOG:  starting PostgreSQL 18.4\n' +
        '2026-01-01 00:00:00.000 UTC [1] LOG:  invalid value for parameter "work_mem": "lots"\n' +
        '2026-01-01 00:00:00.000 UTC [1] FATAL:  configuration file "local.conf" contains errors\n',
      code: 'postgres_start_failed',
      text: /: invalid value for parameter "work_mem": "lots"\. configuration file "local.conf" contains errors\. Its log is in/,
    },
    {
      said: 'it cannot find a library',
      code: 'postgres_start_failed',
      text: /start in \/data: it cannot find a library\./,
    },
    { said: '', code: 'postgres_start_failed', text: /without a word.*DATABASE_URL/ },
  ]
  test.each(cases)('$code: $said', ({ said, code, text }) => {
    const failure = postgresFailure('start', said, place)
    expect(failure).toBeInstanceOf(StoreError)
    expect(failure).toMatchObject({ code, message: expect.stringMatching(text), context: { data_dir: '/data' } })
  })
})

describe('the file of a running server', () => {
  test('names its process, its socket and its state', () => {
    const text = '4711\n/data/postgres\n1750000000\n5432\n/run/tenfold-1\n\n  1234    5\nready   \n'
    expect(parsePostmaster(text)).toEqual({ pid: 4711, port: 5432, socketDir: '/run/tenfold-1', status: 'ready' })
  })

  test.each(['', 'rubbish\n', '4711', '4711\n/data\n'])('may be cut off: %j', text => {
    expect(parsePostmaster(text)).toMatchObject({ status: 'unknown', socketDir: '' })
  })
})

describe('the settings', () => {
  const settings = (memoryBytes: number, hasLz4 = false) => {
    const lines = serverSettings({ memoryBytes, sharedMemory: 'posix', hasLz4 }).split('\n')
    return Object.fromEntries(
      lines.flatMap(line => [...line.matchAll(/^(\w+) = '([^']*)'/g)].map(found => [found[1], found[2]])),
    )
  }

  test.each([
    { memory: 0.5, buffers: '128MB', maintenance: '64MB' },
    { memory: 2, buffers: '256MB', maintenance: '256MB' },
    { memory: 6, buffers: '384MB', maintenance: '256MB' },
    { memory: 64, buffers: '512MB', maintenance: '256MB' },
  ])('fit $memory GB of memory', ({ memory, buffers, maintenance }) => {
    expect(settings(memory * gigabyte)).toMatchObject({ shared_buffers: buffers, maintenance_work_mem: maintenance })
  })

  test('compress with LZ4 where the server can, and else only what PostgreSQL compresses by itself', () => {
    expect(settings(gigabyte, true)).toMatchObject({ wal_compression: 'lz4', default_toast_compression: 'lz4' })
    expect(settings(gigabyte, false)).toMatchObject({ wal_compression: 'off', default_toast_compression: 'pglz' })
  })
})
