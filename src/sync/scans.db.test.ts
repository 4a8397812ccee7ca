import { afterEach, expect, test } from 'vitest'
import { type Mirror, openMirror } from '../../test/support/mirror.ts'
import { heldRuns, heldScans } from '../../test/support/services.ts'

// Scans of a tenant over real HTTP into a real database: what we hold equals what the tenant holds, for few calls.

let mirror: Mirror
afterEach(() => mirror.close())

const small = { findings: 300, assets: 30 }
const enough = { scanCallsPerRun: 1_000 }

function truth() {
  const { total, checksum, runs } = mirror.simulator.control.truth().scans
  return { scans: { total, checksum }, runs: { total: runs.total, checksum: runs.checksum } }
}

async function held() {
  return { scans: await heldScans(mirror.database), runs: await heldRuns(mirror.database) }
}

/** Calls for the details of one run of a scan, by the run. */
function detailCalls(): string[] {
  const { requests } = mirror.simulator.control.requests()
  return requests.flatMap(({ path, query }) =>
    /^\/scans\/\d+$/.test(path) ? [new URLSearchParams(query).get('history_uuid') ?? ''] : [],
  )
}

test('scans and the runs of their histories equal the truth, archived ones are marked, and a second run writes nothing', async () => {
  mirror = await openMirror(small, enough)
  const first = await mirror.sync()
  expect(first).toMatchObject({ status: 'completed', streams: { scans: { status: 'completed', rejected: 0 } } })
  expect(await held()).toEqual(truth())
  const { archived } = mirror.simulator.control.truth().scans.runs
  const marked = await mirror.database.query<{ n: number }>('select count(*) as n from scan_run where is_archived')
  expect(archived).toBeGreaterThan(0)
  expect(marked.rows[0]?.n).toBe(archived)
  mirror.simulator.control.clearRequests()
  const again = await mirror.sync()
  expect(again.streams.scans).toMatchObject({ status: 'completed', inserted: 0, changed: 0 })
  expect(detailCalls()).toEqual([])
  expect(await held()).toEqual(truth())
})

test('one run of a scan is one row, whether findings or the history named it first', async () => {
  mirror = await openMirror(small, enough)
  await mirror.sync({ streams: ['assets', 'findings'] })
  const named = await mirror.database.query<{ scan_uuid: string }>('select scan_uuid from scan_run')
  expect(named.rows.length).toBeGreaterThan(1)
  expect(new Set(named.rows.map(row => row.scan_uuid)).size).toBe(named.rows.length)
  await mirror.sync({ streams: ['scans'] })
  await mirror.database.query('delete from finding')
  await mirror.database.query('delete from asset_total')
  await mirror.sync({ streams: ['assets', 'findings'] })
  const twice = await mirror.database.query('select scan_uuid from scan_run group by scan_uuid having count(*) > 1')
  expect(twice.rows).toEqual([])
  expect((await held()).runs).toEqual(truth().runs)
  // Each finding still leads to its run, and a run that the history lists to its scan.
  const lost = await mirror.database.query(
    `select from finding f left join scan_run r using (scan_run_id) left join scan s using (scan_id)
     where r.scan_run_id is null or s.scan_id is null`,
  )
  expect(lost.rows).toHaveLength(0)
})

test('details are asked for once ever, newest first, a number of calls at a time, and the run says what is left', async () => {
  mirror = await openMirror(small, { scanCallsPerRun: 60 })
  const asked: string[] = []
  for (let n = 0; n < 8; n++) {
    mirror.simulator.control.clearRequests()
    const run = await mirror.sync({ streams: ['scans'], kind: n === 0 ? 'full' : 'delta' })
    expect(run.status).toBe('completed')
    const paths = mirror.simulator.control.requests().requests.filter(({ path }) => /^\/scans\/\d+/.test(path))
    expect(paths.length).toBeLessThanOrEqual(60)
    const now = detailCalls()
    if (n === 0) {
      expect(run.notes.join(' ')).toMatch(/details of \d+ runs are left to the next run/)
      // Two read at once, so the newest came first as a whole.
      const { rows } = await mirror.database.query<{ oldest: string; newest: string }>(
        `select min(started_at) filter (where scan_uuid = any($1::text[])) as oldest,
                max(started_at) filter (where scan_uuid <> all($1::text[])) as newest
         from scan_run where status = 'completed' and not is_archived and scan_id is not null`,
        [now],
      )
      expect(rows[0]!.oldest >= rows[0]!.newest).toBe(true)
    }
    asked.push(...now)
    if (now.length === 0) break
  }
  expect(new Set(asked).size).toBe(asked.length)
  const { rows } = await mirror.database.query(
    `select count(*) filter (where details_at is null)::int as missing, count(*)::int as runs,
            count(*) filter (where hosts > 0 and critical is not null)::int as described
     from scan_run where status = 'completed' and not is_archived`,
  )
  expect(rows).toEqual([{ missing: 0, runs: asked.length, described: expect.any(Number) }])
  expect((rows[0] as { described: number }).described).toBeGreaterThan(0)
})

test('a scan that was launched, ends, is renamed or goes is told by the next run; one that goes is marked and kept', async () => {
  mirror = await openMirror(small, enough)
  await mirror.sync()
  const { edit } = mirror.simulator.control
  const [launched] = edit('launch-scan').changed
  const runOf = async () => {
    const { rows } = await mirror.database.query<{ status: string; completed_at: string | null; has_details: boolean }>(
      `select r.status, r.completed_at, r.details_at is not null as has_details
       from scan s join scan_run r on r.source_id = s.source_id and r.scan_uuid = s.latest_run_uuid
       where s.native_id = $1`,
      [launched?.scan_id],
    )
    return rows
  }
  await mirror.sync({ kind: 'delta', streams: ['scans'] })
  expect(await runOf()).toEqual([{ status: 'pending', completed_at: null, has_details: false }])
  edit('finish-scan', { scan_id: launched!.scan_id! })
  const [renamed] = edit('rename-scan', { name: '=cmd|\u0000\u001b[31m' }).changed
  edit('archive-run', { scan_id: launched!.scan_id! })
  await mirror.sync({ kind: 'delta', streams: ['scans'] })
  expect(await runOf()).toEqual([{ status: 'completed', completed_at: expect.any(String), has_details: true }])
  const names = await mirror.database.query('select name from scan where native_id = $1', [renamed?.scan_id])
  expect(names.rows).toEqual([{ name: '=cmd|\ufffd\u001b[31m' }])
  edit('rename-scan', { scan_id: renamed!.scan_id!, name: 'Servers' })
  const [deleted] = edit('delete-scan', { scan_id: 23 }).changed
  await mirror.sync({ kind: 'delta', streams: ['scans'] })
  expect(await heldScans(mirror.database)).toEqual(truth().scans)
  const gone = await mirror.database.query('select native_id from scan where gone_at is not null')
  expect(gone.rows).toEqual([{ native_id: deleted?.scan_id }])
})

test('a tenant that lived on is equal again, and what was archived meanwhile is marked', async () => {
  mirror = await openMirror(small, enough)
  await mirror.sync()
  for (const days of [2, 9]) {
    mirror.simulator.control.advance({ days })
    await mirror.sync({ kind: 'delta', streams: ['scans'] })
    const { scans, runs } = await held()
    expect(scans).toEqual(truth().scans)
    // The history lists 500 at the most; we keep the older ones too.
    expect(runs.total).toBeGreaterThanOrEqual(truth().runs.total)
  }
  const { rows } = await mirror.database.query(
    `select from scan_run where listed_at is not null and not is_archived and started_at < $1::timestamptz - interval '35 days'`,
    [mirror.simulator.control.now()],
  )
  expect(rows).toHaveLength(0)
})

test('a key that may not read scans has them skipped, with the role that would do, and the run is complete all the same', async () => {
  mirror = await openMirror({
    ...small,
    faults: [{ on: { path: '/scans', nth: 'every' }, do: { kind: 'forbidden' } }],
  })
  const run = await mirror.sync()
  expect(run).toMatchObject({ status: 'completed', streams: { scans: { status: 'skipped', error_code: 'forbidden' } } })
  expect(run.notes.join(' ')).toMatch(/scans: .*Scan Operator \[24\]/)
})

test('a key that may read scans and not their details says so, and reads the rest', async () => {
  mirror = await openMirror({ ...small, role: 16 }, enough)
  const run = await mirror.sync()
  expect(run.status).toBe('completed')
  expect(run.notes.join(' ')).toMatch(
    /details of runs were refused to this key: they need the Scan Operator \[24\] role/,
  )
  expect(detailCalls()).toEqual([])
  expect(await held()).toEqual(truth())
})

test('a key that sees fewer scans than the one before calls none of them gone', async () => {
  mirror = await openMirror(small, enough)
  await mirror.sync()
  mirror.simulator.control.setRole(16)
  mirror.simulator.control.edit('delete-scan', { scan_id: 23 })
  await mirror.sync({ kind: 'delta', streams: ['scans'] })
  const gone = await mirror.database.query('select from scan where gone_at is not null')
  expect(gone.rows).toHaveLength(0)
})
