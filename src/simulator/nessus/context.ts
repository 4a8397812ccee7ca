import type { IncomingMessage } from 'node:http'
import type { Answer } from '../answer.ts'
import type { SimulatorClock } from '../clock.ts'
import type { FaultAction, FaultBook } from '../faults.ts'
import type { RequestLogBook } from '../request-log.ts'
import type { Exports } from './exports.ts'
import type { NessusLicence, NessusSettings } from './index.ts'
import type { NessusSessions } from './sessions.ts'
import type { World } from './world.ts'

/** One scanner. */
export interface Scanner {
  readonly world: World
  readonly clock: SimulatorClock
  readonly faults: FaultBook
  readonly requests: RequestLogBook
  readonly sessions: NessusSessions
  readonly exports: Exports
  readonly settings: NessusSettings
  readonly licence: () => NessusLicence
}

export interface ScannerContext {
  readonly scanner: Scanner
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly body: unknown
  readonly request: IncomingMessage
  readonly fault: FaultAction | undefined
}

export type ScannerHandler = (context: ScannerContext) => Answer
