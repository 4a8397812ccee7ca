import { badRequest } from './answer.ts'
import { dayMs, hourMs, iso } from './clock.ts'
import { directories } from './directories.ts'
import type { DirectoryEntry, DirectoryName } from './directory-book.ts'
import {
  type DirectoryEdit,
  type DirectoryEditName,
  type DirectoryEditResult,
  editDirectory,
} from './directory-edits.ts'
import { createEdits, type Edit, type EditName, type EditResult } from './edits.ts'
import type { SimulatorEvent } from './events.ts'
import type { Fault } from './faults.ts'
import type { Role } from './index.ts'
import type { LifePace } from './life.ts'
import type { RequestLog } from './request-log.ts'
import { countScans } from './scan-truth.ts'
import { deriveKey, type Simulation } from './simulation.ts'
import { type Truth, truthOf } from './truth.ts'
import { type TruthAsset, type TruthFinding, truthAssets, truthFindings } from './truth-rows.ts'

export interface Advance {
  readonly hours?: number
  readonly days?: number
  /** An ISO 8601 instant. */
  readonly until?: string
  /** Other rates for this stretch of time. */
  readonly pace?: Partial<LifePace>
}

export interface Advanced {
  readonly now: string
  /** Events this added. */
  readonly events: number
}

/** Every control call, in process; the same are served under `/__simulator/`. */
export interface Control {
  now(): string
  truth(): Truth
  truthFindings(): Iterable<TruthFinding>
  truthAssets(): Iterable<TruthAsset>
  /** Moves the clock and lets the estate live through the time. */
  advance(by: Advance): Advanced
  addFaults(...faults: readonly Fault[]): void
  replaceFaults(faults: readonly Fault[]): void
  clearFaults(): void
  faults(): readonly Fault[]
  requests(): RequestLog
  clearRequests(): void
  /** A new pair; the old one dies at once. */
  rotateKeys(): { readonly accessKey: string; readonly secretKey: string }
  revokeKeys(): void
  setRole(role: Role, canView?: number): void
  /** Jobs of other users that never end; 0 removes them. */
  setForeignJobs(count: number): void
  edit(name: EditName, edit?: Edit): EditResult
  /** A change of a network, a sensor or a tag. */
  editDirectory(name: DirectoryEditName, edit?: DirectoryEdit): DirectoryEditResult
  /** All of a list, as it goes over the wire. */
  truthDirectory(list: DirectoryName): readonly DirectoryEntry[]
  /** From the one after `after`, at most `limit`. */
  events(after?: number, limit?: number): readonly SimulatorEvent[]
  eventCount(): number
}

export function createControl(simulation: Omit<Simulation, 'control'>): Control {
  const { clock, life, faults, requests, keys, jobs, events, seed } = simulation
  const edit = createEdits(life, clock, seed, simulation)
  let generation = 2
  let counted: { key: string; truth: Truth } | undefined
  // Every change of the estate is an event; what the key may see is the rest.
  const truth = (): Truth => {
    const key = `${events.count()} ${simulation.compliance.version()} ${keys.role} ${keys.canView}`
    if (counted?.key !== key) counted = { key, truth: truthOf(simulation) }
    // Scans run by the clock.
    return { ...counted.truth, scans: countScans(simulation), at: iso(clock.now()) }
  }
  return {
    now: () => iso(clock.now()),
    truth,
    truthFindings: () => truthFindings(simulation),
    truthAssets: () => truthAssets(simulation),
    advance: by => {
      const before = events.count()
      clock.advance(durationOf(by, clock.now()))
      life.liveOn(by.pace)
      return { now: iso(clock.now()), events: events.count() - before }
    },
    addFaults: (...added) => faults.add(added),
    replaceFaults: all => faults.replace(all),
    clearFaults: () => faults.clear(),
    faults: () => faults.list(),
    requests: () => requests.read(),
    clearRequests: () => requests.clear(),
    rotateKeys: () => {
      keys.accessKey = deriveKey(seed, ++generation)
      keys.secretKey = deriveKey(seed, ++generation)
      keys.isRevoked = false
      return { accessKey: keys.accessKey, secretKey: keys.secretKey }
    },
    revokeKeys: () => {
      keys.isRevoked = true
    },
    setRole: (role, canView) => {
      keys.role = role
      keys.canView = canView ?? 1
    },
    setForeignJobs: count => jobs.setForeign(count),
    edit,
    editDirectory: (name, change) => editDirectory(simulation, name, change),
    truthDirectory: list => directories[list](simulation),
    events: (after, limit) => [...events.read(after, limit)],
    eventCount: () => events.count(),
  }
}

function durationOf({ hours = 0, days = 0, until }: Advance, now: number): number {
  const ms = until === undefined ? hours * hourMs + days * dayMs : Date.parse(until) - now
  if (Number.isNaN(ms) || ms < 0) throw badRequest('time moves forward only: give hours, days or a later instant')
  return Math.round(ms)
}
