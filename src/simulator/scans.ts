import type { SimulatorClock } from './clock.ts'
import { dayMs, minuteMs } from './clock.ts'
import { topic } from './random.ts'
import { longUuid, runAtOrBefore, runUuid, type ScanDefinition, type Tenant } from './tenant.ts'

export type ScanStatus =
  | 'empty'
  | 'initializing'
  | 'pending'
  | 'running'
  | 'pausing'
  | 'paused'
  | 'resuming'
  | 'stopping'
  | 'stopped'
  | 'publishing'
  | 'processing'
  | 'completed'
  | 'canceled'
  | 'aborted'
  | 'imported'

export interface ScanRun {
  readonly id: number
  readonly uuid: string
  readonly startedAt: number
  readonly endedAt: number
  readonly status: ScanStatus
}

interface Launched {
  readonly schedule: number
  readonly uuid: string
  readonly id: number
  readonly startedAt: number
  endedAt: number
  status: ScanStatus
}

export type ScanVerb = 'pause' | 'resume' | 'stop' | 'force-stop'

/** Scan definitions and their runs: scheduled ones follow from the calendar, launched ones are kept. */
export interface ScanBook {
  definitions(): readonly ScanDefinition[]
  find(idOrUuid: string): number | undefined
  isEnabled(schedule: number): boolean
  setEnabled(schedule: number, isEnabled: boolean): void
  create(name: string, templateUuid: string): number
  /** Newest first, at most `limit`. */
  runs(schedule: number, limit: number): readonly ScanRun[]
  status(schedule: number): ScanStatus
  launch(schedule: number): ScanRun
  /** False when the scan is in no state for it. */
  control(schedule: number, verb: ScanVerb): boolean
  /** A poll: a launched run gets a step further. Gives the run when this step completed it. */
  poll(schedule: number): ScanRun | undefined
  activeCount(): number
  /** Ends the latest run that goes on; false when there is none. */
  finish(schedule: number): boolean
  /** The tenant keeps results for five weeks, unless somebody archived them earlier. */
  isArchived(run: ScanRun): boolean
  archive(uuid: string): void
  rename(schedule: number, name: string): void
  remove(schedule: number): void
  isRemoved(schedule: number): boolean
}

const archivedAfterMs = 35 * dayMs

const steps: Partial<Record<ScanStatus, ScanStatus>> = {
  initializing: 'pending',
  pending: 'running',
  running: 'publishing',
  publishing: 'completed',
  pausing: 'paused',
  resuming: 'running',
  stopping: 'stopped',
}

const verbs: Readonly<Record<ScanVerb, { readonly from: readonly ScanStatus[]; readonly to: ScanStatus }>> = {
  pause: { from: ['running'], to: 'pausing' },
  resume: { from: ['paused'], to: 'resuming' },
  stop: { from: ['pending', 'running', 'resuming'], to: 'stopping' },
  'force-stop': { from: ['stopping', 'publishing'], to: 'aborted' },
}

const over: readonly ScanStatus[] = ['completed', 'canceled', 'aborted', 'imported', 'stopped', 'empty']

export function createScanBook(seed: number, tenant: Tenant, clock: SimulatorClock): ScanBook {
  const created: ScanDefinition[] = []
  const launched: Launched[] = []
  const enabled = new Map<number, boolean>()
  const names = new Map<number, string>()
  const removed = new Set<number>()
  const archived = new Set<string>()
  const finished = new Map<string, number>()
  const definitions = () =>
    [...tenant.scans, ...created].map((scan, schedule) => ({ ...scan, name: names.get(schedule) ?? scan.name }))
  const definition = (schedule: number) => tenant.scans[schedule] ?? created[schedule - tenant.scans.length]!
  const latestLaunched = (schedule: number) => launched.findLast(run => run.schedule === schedule)
  const isEnabled = (schedule: number) => enabled.get(schedule) ?? definition(schedule).enabled

  const scheduled = function* (schedule: number): Generator<ScanRun> {
    const scan = definition(schedule)
    if (schedule >= tenant.scans.length || !isEnabled(schedule)) return
    for (let start = runAtOrBefore(scan, clock.now()); start > scan.createdAt; start -= scan.periodMs) {
      const uuid = runUuid(seed, schedule, start)
      const endedAt = finished.get(uuid) ?? start + 95 * minuteMs
      const id = 10_000_000 + schedule * 100_000 + Math.floor((start - scan.createdAt) / scan.periodMs)
      const isOver = endedAt <= clock.now()
      yield {
        id,
        uuid,
        startedAt: start,
        endedAt: isOver ? endedAt : 0,
        status: isOver ? 'completed' : 'running',
      }
    }
  }
  const runs = (schedule: number, limit: number): ScanRun[] => {
    const own = launched.filter(run => run.schedule === schedule)
    return [...scheduled(schedule).take(limit), ...own]
      .sort((a, b) => b.startedAt - a.startedAt || b.id - a.id)
      .slice(0, limit)
  }
  const status = (schedule: number): ScanStatus =>
    latestLaunched(schedule)?.status ?? runs(schedule, 1)[0]?.status ?? 'empty'
  return {
    definitions,
    find: idOrUuid => {
      const at = definitions().findIndex(scan => String(scan.id) === idOrUuid || scan.scheduleUuid === idOrUuid)
      return at < 0 || removed.has(at) ? undefined : at
    },
    isEnabled,
    setEnabled: (schedule, value) => {
      enabled.set(schedule, value)
    },
    create: (name, templateUuid) => {
      const n = created.length
      created.push({
        id: 500 + n,
        scheduleUuid: `template-${longUuid(seed, topic.scan, 900 + n)}`,
        name,
        type: 'remote',
        templateUuid,
        policyId: 500 + n,
        periodMs: 0,
        phaseMs: 0,
        enabled: true,
        createdAt: clock.now(),
      })
      return tenant.scans.length + n
    },
    runs,
    status,
    launch: schedule => {
      const run: Launched = {
        schedule,
        uuid: longUuid(seed, topic.run, schedule, 1_000_000 + launched.length),
        id: 20_000_000 + launched.length,
        startedAt: clock.now(),
        endedAt: 0,
        status: 'pending',
      }
      launched.push(run)
      return run
    },
    control: (schedule, verb) => {
      const run = latestLaunched(schedule)
      if (run === undefined || !verbs[verb].from.includes(run.status)) return false
      run.status = verbs[verb].to
      if (over.includes(run.status)) run.endedAt = clock.now()
      return true
    },
    poll: schedule => {
      const run = latestLaunched(schedule)
      const next = run === undefined ? undefined : steps[run.status]
      if (run === undefined || next === undefined) return undefined
      run.status = next
      if (over.includes(next)) run.endedAt = clock.now()
      return next === 'completed' ? run : undefined
    },
    activeCount: () => launched.filter(run => !over.includes(run.status)).length,
    finish: schedule => {
      const run = latestLaunched(schedule)
      if (run !== undefined && !over.includes(run.status)) {
        run.status = 'completed'
        run.endedAt = clock.now()
        return true
      }
      const latest = runs(schedule, 1)[0]
      if (latest?.status !== 'running') return false
      finished.set(latest.uuid, clock.now())
      return true
    },
    isArchived: run => archived.has(run.uuid) || clock.now() - run.startedAt > archivedAfterMs,
    archive: uuid => {
      archived.add(uuid)
    },
    rename: (schedule, name) => {
      names.set(schedule, name)
    },
    remove: schedule => {
      removed.add(schedule)
    },
    isRemoved: schedule => removed.has(schedule),
  }
}
