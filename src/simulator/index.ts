/**
 * A Tenable Vulnerability Management tenant on loopback, for tests, demonstrations and measurements.
 *
 * Written from the vendor's published documents and recordings alone: it shares no code with the connectors, so what
 * it says about an estate (`control.truth()`) is an independent witness of what they should have read.
 */

import type { Control } from './control.ts'
import type { Fault } from './faults.ts'
import type { LifePace } from './life.ts'
import { listen } from './server.ts'
import { createSimulation } from './simulation.ts'

export type { Control } from './control.ts'
export type { DirectoryEntry, DirectoryName } from './directory-book.ts'
export type { DirectoryEdit, DirectoryEditName, DirectoryEditResult } from './directory-edits.ts'
export type { Edit, EditName, EditResult, EditTarget } from './edits.ts'
export type { AssetEvent, FindingEvent, PluginEvent, SimulatorEvent } from './events.ts'
export type { ChunkBody, Fault, FaultAction, FaultMatch } from './faults.ts'
export type { LifePace } from './life.ts'
export type { RequestLog, RequestRecord } from './request-log.ts'
export type { Truth } from './truth.ts'
export type { TruthAsset, TruthFinding } from './truth-rows.ts'

/** The vendor's roles: Read-Only, Basic, Scan Operator, Standard, Scan Manager, Administrator. */
export type Role = 0 | 16 | 24 | 32 | 40 | 64

export interface SimulatorOptions {
  /** Everything that is drawn comes from this number: same options, same estate, same bytes. Default 1. */
  readonly seed?: number
  /** How many assets at the start, of every kind and status. Default 200, or one for every 40 findings asked for. */
  readonly assets?: number
  /** About how many findings at the start. Default 8,000. */
  readonly findings?: number
  /** Size of the plugin catalogue, at least 120. Default 600, more for many findings and for many on each asset. */
  readonly plugins?: number
  /** Mean length of a finding's `output`. Default 700; single outputs reach tens of kilobytes. */
  readonly outputBytes?: number
  /** Default any free port. */
  readonly port?: number
  /** Default 127.0.0.1. */
  readonly host?: string
  /** 64 hexadecimal digits; default derived from the seed. */
  readonly accessKey?: string
  readonly secretKey?: string
  /** Default 64, Administrator. */
  readonly role?: Role
  /** Where the clock starts, ISO 8601. Default 2026-06-01T06:00:00Z, or the present with `clock: 'real'`. */
  readonly startAt?: string
  /** `virtual` (default) moves only by `advance`; `real` runs on from `startAt` and the estate lives along with it. */
  readonly clock?: 'virtual' | 'real'
  readonly jobPace?: JobPace
  /** A folder of recorded payloads, served in place of the generated estate. */
  readonly replay?: string
  readonly faults?: readonly Fault[]
  /** Refuse lower-case `accesskey=` as the cloud may; default true. */
  readonly strictKeys?: boolean
  /** Requests a minute before 429; default none. */
  readonly rateLimit?: RateLimit
  /** Compress answers for clients that accept it; default true. Recorded findings chunks came plain all the same. */
  readonly compress?: boolean
  /** How lively the estate is; rates a day. */
  readonly life?: Partial<LifePace>
}

export interface JobPace {
  /** Status polls answered QUEUED before work starts. Default 1. */
  readonly queuedPolls?: number
  /** Chunks that become available with each poll. Default a third of the job. */
  readonly chunksPerPoll?: number
}

export interface RateLimit {
  readonly requestsPerMinute: number
  /** Seconds in the `retry-after` header; default what is left of the minute. */
  readonly retryAfter?: number
}

export interface Simulator {
  readonly url: string
  /** The pair in force now: it changes with `control.rotateKeys()`. */
  readonly accessKey: string
  readonly secretKey: string
  readonly control: Control
  stop(): Promise<void>
}

/** Starts a tenant and listens. Several may run in one process. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const simulation = await createSimulation(options)
  const server = await listen(simulation, options.host ?? '127.0.0.1', options.port ?? 0)
  return {
    url: server.url,
    get accessKey() {
      return simulation.keys.accessKey
    },
    get secretKey() {
      return simulation.keys.secretKey
    },
    control: simulation.control,
    stop: () => server.stop(),
  }
}
