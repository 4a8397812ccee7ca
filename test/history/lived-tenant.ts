import type { EditName } from '../../src/simulator/edits.ts'
import { type Mirror, openMirror } from '../support/mirror.ts'
import { HistoryOracle } from './oracle.ts'

/** A tenant that lived for a while, its mirror, and the oracle that knows what the mirror can know. */
export interface LivedTenant {
  readonly mirror: Mirror
  readonly oracle: HistoryOracle
  /** After reading n, on our clock: `knownAt[n - 1]`. */
  readonly knownAt: readonly string[]
  readonly firstDay: string
  readonly lastDay: string
  close(): Promise<void>
}

export interface LifePlan {
  readonly seed: number
  readonly assets: number
  readonly findings: number
  readonly days: number
  /** Days between two full readings. */
  readonly every: number
  /** Days after a full reading on which a delta is read, too. */
  readonly deltaAfter?: number
}

/** What random life does not do, in turn, before every second reading. */
const edits: readonly EditName[] = [
  'remove-finding',
  'delete-asset',
  'restore-finding',
  'age-out-asset',
  'restore-asset',
]

export async function liveThrough(plan: LifePlan): Promise<LivedTenant> {
  const { seed, assets, findings } = plan
  const options = { seed, assets, findings, outputBytes: 60, life: { recast: 0.002, accepted: 0.002 } }
  const mirror = await openMirror(options, {}, { workers: 2 })
  const { control } = mirror.simulator
  const oracle = new HistoryOracle(control.truthFindings(), control.truthAssets())
  const knownAt: string[] = []
  const firstDay = dayOf(control.now())
  let told = control.eventCount()

  const read = async (kind: 'full' | 'delta') => {
    for (const { asset_uuid, tracked, licensed } of control.truthAssets()) {
      if (!oracle.isKnown(asset_uuid)) oracle.describe(asset_uuid, { isTracked: tracked, isLicensed: licensed })
    }
    oracle.happen(control.events(told))
    told = control.eventCount()
    const run = await mirror.sync({ kind })
    if (run.status !== 'completed' || run.notes.join().includes('held')) {
      throw new Error(`run ${run.runId} ${run.status}: ${run.error_message ?? run.notes.join()}`)
    }
    oracle.read(control.now(), kind === 'full')
    const { rows } = await mirror.database.query<{ at: string }>('select clock_timestamp() as at')
    knownAt.push(rows[0]!.at)
  }

  const gone: string[] = []
  const edit = (name: EditName) => {
    // Of assets that were gone at the start nobody has told what they had.
    const target = name === 'restore-asset' ? { asset_uuid: gone.shift()! } : {}
    const { changed } = control.edit(name, target)
    if (name === 'delete-asset' || name === 'age-out-asset') gone.push(changed[0]!.asset_uuid!)
  }

  try {
    await read('full')
    for (let day = 0, round = 0; day < plan.days; day += plan.every, round++) {
      if (plan.deltaAfter !== undefined) {
        control.advance({ days: plan.deltaAfter })
        await read('delta')
      }
      control.advance({ days: plan.every - (plan.deltaAfter ?? 0) })
      if (round % 2 === 1) edit(edits[((round - 1) / 2) % edits.length]!)
      await read('full')
    }
  } catch (error) {
    await mirror.close()
    throw error
  }
  return { mirror, oracle, knownAt, firstDay, lastDay: dayOf(control.now()), close: () => mirror.close() }
}

export function dayOf(instant: string): string {
  return instant.slice(0, 10)
}

export function addDays(day: string, days: number): string {
  return dayOf(new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString())
}

export function* daysBetween(from: string, to: string, step = 1): Generator<string> {
  for (let day = from; day <= to; day = addDays(day, step)) yield day
}

/** The last instant of a day that both the tenant and JavaScript can tell. */
export function endOf(day: string): number {
  return Date.parse(`${addDays(day, 1)}T00:00:00Z`) - 1
}
