import type { IncomingMessage } from 'node:http'
import type { Answer } from '../answer.ts'
import type { FaultAction } from '../faults.ts'
import type { Simulation } from '../simulation.ts'
import type { DetailsWriter } from './details.ts'
import type { Rows } from './rows.ts'
import type { Sessions } from './sessions.ts'

/** One Security Center over a simulated estate. */
export interface SecurityCenter {
  readonly simulation: Simulation
  readonly rows: Rows
  readonly details: DetailsWriter
  readonly sessions: Sessions
  readonly settings: ScSettings
  /** From version 6: universal repositories and the list of hosts. */
  isModern(): boolean
}

export interface ScSettings {
  version: string
  /** Repositories the user may see; others are not there for it. */
  readonly hidden: Set<number>
  /** Who answers: another uuid is another place. */
  uuid: string
}

export interface ScContext {
  readonly sc: SecurityCenter
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly body: unknown
  readonly request: IncomingMessage
  readonly fault: FaultAction | undefined
}

export type ScHandler = (context: ScContext) => Answer
