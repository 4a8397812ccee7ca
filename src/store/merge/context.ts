import type { Connection, Database } from '../database.ts'

/** What the merge of one part must know of its run. */
export interface PartContext {
  readonly runId: number
  readonly fence: number
  readonly sourceId: number
  readonly exportJobId: number
  readonly exportId: string
  readonly partId: string
  /** The instant the rows speak for. ISO 8601. */
  readonly readAt: string
  /** Lower wins when two answers describe a plugin at the same modification. */
  readonly sourceRank: number
  /**
   * The source has never been read completely: what happened before is made from the dates in the rows, and nearly
   * every row is expected to be new.
   */
  readonly isFirstLoad: boolean
  /**
   * What was found before this instant and is new to us was there all along, outside the scope of the source. ISO 8601;
   * null when the scope is what it was.
   */
  readonly unseenBefore: string | null
  /** The run goes on beside another of the same source, and may hold the same rows. */
  readonly isBeside: boolean
  /** The run reads everything: what it does not meet may have ended. */
  readonly isFull: boolean
  /** The claim under which the part is read, where several processes may: the commit of an older one is refused. */
  readonly attempt?: number
}

export interface MergeDeps {
  /** For short transactions of their own: names of assets and versions of plugins, which chunks share. */
  readonly database: Database
  /** The part's transaction. */
  readonly connection: Connection
}
