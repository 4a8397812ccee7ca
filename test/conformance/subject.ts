import type { StreamName } from '../../src/domain/batch.ts'
import type { FaultAction, FaultMatch } from '../../src/simulator/faults.ts'
import type { Fault } from '../../src/simulator/index.ts'
import type { SourceLimits } from '../../src/sync/connection.ts'
import type { Mirror } from '../support/mirror.ts'

/** One connector with a simulated place to read: all that the suite must know of it. */
export interface Subject {
  readonly mirror: Mirror<unknown & { stop(): Promise<void> }>
  readonly limits: Partial<SourceLimits>
  /** What the runs of the suite read: assets and findings, and what is needed to judge what is gone. */
  readonly streams: readonly StreamName[]
  /** The requests whose answers carry rows; each full run makes at least three of them. */
  readonly rows: FaultMatch
  /** An answer of those so slow that a process can be killed while it comes. */
  readonly slowly: FaultAction
  /** Other sizes of pages and chunks, as settings of the source. */
  readonly otherSizes: Readonly<Record<string, number>>
  /** Some things open in the place, and some go. */
  live(): void
  /** The same, of what a delta can be told, where that is less. */
  liveForDelta?(): void
  addFaults(...faults: readonly Fault[]): void
  clearFaults(): void
  /** How often a fault struck. */
  struck(): number
  /** The place shows nothing any more, until what is answered is called. */
  empty(): () => void
  /** 0 lost, 0 doubled. */
  expectEqual(): Promise<void>
  /** 0 falsely closed: whatever is not open here is not open there. */
  expectNothingClosedFalsely(): Promise<void>
  close(): Promise<void>
}
