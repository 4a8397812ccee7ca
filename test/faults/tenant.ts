import { expect } from 'vitest'
import { describeStatus } from '../../src/cli/commands/status.ts'
import type { Fault, SimulatorOptions } from '../../src/simulator/index.ts'
import { unrestricted } from '../../src/store/access.ts'
import { loadStatusReport } from '../../src/store/queries/status-report.ts'
import type { SourceLimits } from '../../src/sync/connection.ts'
import {
  type Mirror,
  type MirrorSurroundings,
  openMirror,
  readMirror,
  type SyncedRun,
  truthOf,
} from '../support/mirror.ts'
import { type Meddler, type Presented, startMeddler } from './meddler.ts'
import type { Way } from './way.ts'

/** A tenant that goes on living, a gateway before it, and a mirror that was equal to it when the fault began. */
export interface FaultedTenant {
  readonly mirror: Mirror
  readonly meddler: Meddler
  /** What leads to the tenant, where that can break too. */
  readonly way?: Way
  close(): Promise<void>
}

/** Only what a test edits changes: what ends by itself would hide what ends falsely. */
const still = {
  reached: 0,
  assetsCreated: 0,
  assetsDeleted: 0,
  assetsTerminated: 0,
  assetsUnlicensed: 0,
  assetsRenamed: 0,
  assetsTagged: 0,
  assetsAgedOut: 0,
  recast: 0,
  accepted: 0,
  pluginsModified: 0,
  pluginsRescored: 0,
} as const

const small = { assets: 110, findings: 600, outputBytes: 60, life: still } as const

export async function openFaultedTenant(
  limits: Partial<SourceLimits> = {},
  surroundings: MirrorSurroundings = {},
  options: SimulatorOptions = {},
  presented?: Presented,
): Promise<FaultedTenant> {
  let meddler: Meddler | undefined
  const mirror = await openMirror({ ...small, ...options }, limits, {
    workers: 2,
    ...surroundings,
    through: async simulator => {
      meddler = await startMeddler(simulator.url, presented)
      return meddler.url
    },
  })
  const opened = meddler!
  expect(await mirror.sync()).toMatchObject({ status: 'completed' })
  return {
    mirror,
    meddler: opened,
    async close() {
      await mirror.close()
      await opened.close()
    },
  }
}

/** Some of everything happens, so that a run that reads nothing is behind. */
export function live({ mirror }: FaultedTenant): void {
  const { control } = mirror.simulator
  control.advance({ hours: 2 })
  control.edit('add-finding', { count: 4 })
  control.edit('fix-finding', { count: 3 })
  control.edit('resurface-finding', { count: 1 })
  control.edit('recast-finding', { count: 2 })
  control.edit('rename-asset', { count: 2 })
  control.edit('create-asset', { count: 1, findings: 5 })
}

export function break_({ mirror }: FaultedTenant, faults: readonly Fault[]): void {
  mirror.simulator.control.clearRequests()
  mirror.simulator.control.replaceFaults(faults)
}

export function lift({ mirror, meddler, way }: FaultedTenant): void {
  mirror.simulator.control.clearFaults()
  meddler.rest()
  way?.mend()
}

/** Nothing was ended, aged out or called fixed that the tenant still has open: whatever went wrong. */
export async function expectNothingClosedFalsely({ mirror }: FaultedTenant): Promise<void> {
  const { database, simulator } = mirror
  const { rows } = await database.query<{ key: string; state: string; cause: string | null; status: string }>(
    `select lower(concat_ws('|', a.native_id, f.plugin_id, f.port, f.protocol)) as key, f.state, f.end_cause as cause, a.status
     from finding f join asset a using (asset_id)
     where f.state = 'fixed' or f.ended_at is not null or a.status = 'aged_out'`,
  )
  const open = new Set<string>()
  for (const { asset_uuid, plugin_id, port, protocol, state } of simulator.control.truthFindings()) {
    if (state !== 'FIXED') open.add([asset_uuid, plugin_id, port, protocol].join('|').toLowerCase())
  }
  // A row that was fixed and is open again is only behind; its history tells that the source had said so.
  const told = await database.query<{ n: number }>(
    "select count(*)::int as n from finding_event where kind = 'fixed' and cause <> 'source'",
  )
  expect(told.rows[0]?.n).toBe(0)
  const closed = rows.filter(row => open.has(row.key) && (row.cause !== null || row.status === 'aged_out'))
  expect(closed).toEqual([])
}

/** 0 lost, 0 doubled, 0 falsely closed. */
export async function expectEqualToTruth(tenant: FaultedTenant): Promise<void> {
  const { database, simulator } = tenant.mirror
  expect(await readMirror(database)).toEqual(truthOf(simulator))
  const doubled = await database.query(
    `select asset_id, plugin_id, port, protocol, count(*) from finding_event where kind = 'opened'
     group by asset_id, plugin_id, port, protocol having count(*) > 1`,
  )
  expect(doubled.rows).toEqual([])
  // Assets that only findings name are those that no export of assets tells: the untracked ones.
  const orphans = await database.query('select native_id from asset where is_provisional and is_tracked')
  expect(orphans.rows).toEqual([])
  await expectNothingClosedFalsely(tenant)
}

/** Everything that an operator is told of a run: its error, its notes, and what `tenfold status` prints. */
export async function toldOf({ mirror }: FaultedTenant, run: SyncedRun): Promise<string> {
  const report = await loadStatusReport(unrestricted(mirror.database), new Date())
  const status = describeStatus(report, [], [])
  // What the row of the run says must be what the command shows.
  if (run.error_code !== null) expect(status).toContain(`[${run.error_code}]`)
  for (const note of run.notes) expect(status).toContain(note)
  return `${run.error_message ?? ''}\n${run.notes.join('\n')}`
}
