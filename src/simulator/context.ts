import type { IncomingMessage } from 'node:http'
import type { Answer } from './answer.ts'
import type { FaultAction } from './faults.ts'
import type { Simulation } from './simulation.ts'

/** One request as handlers see it. */
export interface Context {
  readonly simulation: Simulation
  readonly method: string
  readonly path: string
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** Parsed JSON; undefined when there was none. */
  readonly body: unknown
  readonly request: IncomingMessage
  /** A fault meant for the job or its elements. */
  readonly fault: FaultAction | undefined
}

export type Handler = (context: Context) => Answer | Promise<Answer>
