import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { openSetting, type Setting, startTenfold, tenfold } from '../support/command-line.ts'
import { readMirror, truthOf } from '../support/mirror.ts'

// Processes that share a database, one of them frozen. What it held passes to another within a minute, and when it wakes
// it writes nothing more.

let setting: Setting
const children: { kill(signal: NodeJS.Signals): boolean }[] = []
beforeAll(async () => {
  setting = await openSetting({
    jobPace: { queuedPolls: 0, chunksPerPoll: 1 },
    assets: 330,
    findings: 3000,
    outputBytes: 60,
  })
})
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})
afterAll(() => setting.close())

const quick = { TENABLE_VULN_CHUNK_SIZE: '50', TENABLE_ASSET_CHUNK_SIZE: '100', TENABLE_LOG_LEVEL: 'debug' }

function start() {
  const started = startTenfold(['sync', '--full', '--wait', '--json'], { ...setting.environment, ...quick })
  children.push(started.child)
  return started
}

async function owners(): Promise<{ owner: string; status: string; fence: number }[]> {
  const { rows } = await setting.test.database.query<{ owner: string; status: string; fence: number }>(
    'select owner, status, fence from run order by run_id desc limit 1',
  )
  return rows
}

test('a frozen worker that wakes is fenced out, and its run was another’s within a minute', async () => {
  const frozen = start()
  await frozen.says('rows are merged')
  frozen.child.kill('SIGSTOP')
  const [before] = await owners()
  expect(before?.status).toBe('running')
  const frozenAt = Date.now()
  const other = start()
  const ended = await other.ended
  expect({ code: ended.code, tookMs: Date.now() - frozenAt }).toMatchObject({ code: 0 })
  expect(Date.now() - frozenAt).toBeLessThan(60_000)
  const [after] = await owners()
  expect(after).toMatchObject({ status: 'completed', fence: before!.fence + 1 })
  expect(await readMirror(setting.test.database)).toEqual(truthOf(setting.tenant))
  const events = await count()

  frozen.child.kill('SIGCONT')
  // It ends as the run did, which somebody else has brought to its end, and says nothing of a fault.
  const woken = await frozen.ended
  expect({ code: woken.code, signal: woken.signal, says: woken.stderr.slice(-2000) }).toMatchObject({
    code: 0,
    signal: null,
  })
  expect(woken.json<{ runs?: { status: string }[]; status?: string }>()).toMatchObject({ status: 'completed' })
  await delay(200)
  expect(await count()).toEqual(events)
  expect(await owners()).toEqual([after])
  expect(await readMirror(setting.test.database)).toEqual(truthOf(setting.tenant))
}, 120_000)

test('two workers that are told to read one source read it once', async () => {
  setting.tenant.control.clearRequests()
  const [one, two] = [start(), start()]
  const ends = await Promise.all([one.ended, two.ended])
  expect(ends.map(end => end.code)).toEqual([0, 0])
  const asked = setting.tenant.control
    .requests()
    .requests.filter(({ method, path }) => method === 'POST' && path === '/vulns/export')
  const { rows } = await setting.test.database.query<{ n: number }>(
    "select count(*)::int as n from run where status <> 'completed'",
  )
  expect(rows[0]?.n).toBe(0)
  // Once together, or one after the other when the second began after the first had ended.
  expect(asked.length).toBeLessThanOrEqual(2)
  expect(await readMirror(setting.test.database)).toEqual(truthOf(setting.tenant))
}, 120_000)

/** What a commit of the woken one would change. */
async function count(): Promise<unknown> {
  const { rows } = await setting.test.database.query(
    `select (select count(*) from finding_event) as events, (select count(*) from asset_event) as asset_events,
            (select max(changed_at) from finding) as changed, (select count(*) from export_job) as exports,
            (select count(*) from outbox) as outbox, (select max(finished_at) from export_chunk) as read`,
  )
  return rows[0]
}

test('and the mirror is sound afterwards', async () => {
  const verified = await tenfold(['verify', '--json'], setting.environment)
  expect(verified.code).toBe(0)
}, 120_000)
