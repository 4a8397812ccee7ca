import { afterEach, expect, test, vi } from 'vitest'
import { SourceError, StoreError } from '../platform/errors.ts'
import { isConnectionLost, readThroughLoss } from './lost-connection.ts'

afterEach(() => {
  vi.useRealTimers()
})

const coded = (code: string) => Object.assign(new Error('x'), { code })
const cases: { name: string; thrown: unknown; lost: boolean }[] = [
  { name: 'the server was shut down', thrown: coded('57P01'), lost: true },
  { name: 'the server is starting', thrown: coded('57P03'), lost: true },
  { name: 'the socket broke', thrown: coded('ECONNRESET'), lost: true },
  { name: 'the socket is not there', thrown: coded('ENOENT'), lost: true },
  { name: 'a connection ended under a statement', thrown: new Error('Connection terminated unexpectedly'), lost: true },
  {
    name: 'a statement after the connection broke',
    thrown: new Error('Client has encountered a connection error and is not queryable'),
    lost: true,
  },
  {
    name: 'the same, told by a thread',
    thrown: new StoreError('unexpected', 'Client was closed and is not queryable'),
    lost: true,
  },
  { name: 'a statement was cancelled', thrown: coded('57014'), lost: false },
  { name: 'the disk is full', thrown: coded('53100'), lost: false },
  {
    name: 'a source broke the connection',
    thrown: new SourceError('connection_lost', 'now', 'ECONNRESET'),
    lost: false,
  },
]
for (const { name, thrown, lost } of cases) {
  test(`${name}: the database ${lost ? 'went away' : 'is there'}`, () => expect(isConnectionLost(thrown)).toBe(lost))
}

test('who only reads reads again when the database is back, and hears of everything else at once', async () => {
  let asked = 0
  const read = () => (++asked < 2 ? Promise.reject(coded('57P01')) : Promise.resolve('here'))
  expect(await readThroughLoss(read)).toBe('here')
  await expect(readThroughLoss(() => Promise.reject(coded('42P01')))).rejects.toMatchObject({ code: '42P01' })
})

test('who was frozen in the middle of a read, and woke to a session that is gone, still reads again', async () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  let asked = 0
  const read = () => {
    if (++asked > 1) return Promise.resolve('here')
    vi.advanceTimersByTime(60_000)
    return Promise.reject(coded('57P01'))
  }
  expect(await readThroughLoss(read)).toBe('here')
})
