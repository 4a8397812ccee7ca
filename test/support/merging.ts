import type { Batch, QualityIssue, Rejected, StreamName } from '../../src/domain/batch.ts'
import type { Database } from '../../src/store/database.ts'
import * as ledger from '../../src/store/ledger.ts'
import type { PartContext } from '../../src/store/merge/context.ts'
import { createMergeMemory, type MergedPart, type MergeMemory, mergePart } from '../../src/store/merge/part.ts'

export interface MergeRun {
  readonly runId: number
  readonly fence: number
  readonly sourceId: number
  /** Merges rows as one part of an export; each call is another part. */
  merge(stream: StreamName, rows: readonly unknown[], options?: MergeOptions): Promise<MergedPart>
}

export interface MergeOptions {
  readonly readAt?: string
  readonly isFirstLoad?: boolean
  readonly isFull?: boolean
  readonly fence?: number
  readonly rejected?: readonly Rejected[]
  readonly issues?: readonly QualityIssue[]
  readonly rowsPerBatch?: number
  /** Which of several workers merges it: each remembers what it alone has met. */
  readonly worker?: number
}

/** A run in the ledger, ready to merge parts without any source. */
export async function startMergeRun(database: Database, name = 'test'): Promise<MergeRun> {
  const sourceId = await sourceNamed(database, name)
  await database.query("update run set status = 'failed' where source_id = $1 and status in ('pending', 'running')", [
    sourceId,
  ])
  const queued = await ledger.queueRun(database, { sourceId, kind: 'full', trigger: 'cli', streams: ['findings'] })
  const fence = (await ledger.claimRun(database, queued.runId, 0, 'test'))!
  await ledger.ensureEventPartitions(database)
  const memories = new Map<number, MergeMemory>()
  let parts = 0
  return {
    runId: queued.runId,
    fence,
    sourceId,
    async merge(stream, rows, options = {}) {
      const readAt = options.readAt ?? '2026-02-01T00:00:00Z'
      const exportId = `${stream}-${readAt}`
      const record = { exportId, asked: {}, echoed: null, notes: [], readAt }
      const exportJobId = await ledger.recordExport(database, queued.runId, stream, record)
      const partId = String(++parts)
      await ledger.recordPart(database, exportJobId, partId, {})
      const context: PartContext = {
        runId: queued.runId,
        fence: options.fence ?? fence,
        sourceId,
        exportJobId,
        exportId,
        partId,
        readAt,
        sourceRank: 1,
        isFirstLoad: options.isFirstLoad ?? false,
        isFull: options.isFull ?? true,
        isBeside: false,
        unseenBefore: null,
      }
      const worker = options.worker ?? 0
      const memory = memories.get(worker) ?? createMergeMemory()
      memories.set(worker, memory)
      return mergePart(database, memory, context, batches(stream, rows, options))
    },
  }
}

async function* batches(stream: StreamName, rows: readonly unknown[], options: MergeOptions): AsyncGenerator<Batch> {
  const size = options.rowsPerBatch ?? 1000
  for (let from = 0; from === 0 || from < rows.length; from += size) {
    yield {
      stream,
      rows: rows.slice(from, from + size),
      rejected: from === 0 ? (options.rejected ?? []) : [],
      issues: from === 0 ? (options.issues ?? []) : [],
      bytes: 100,
    } as Batch
  }
}

async function sourceNamed(database: Database, name: string): Promise<number> {
  const { rows } = await database.query<{ source_id: number }>(
    `insert into source (tenant_id, name, kind, base_url) values (1, $1, 'tenable-vm', 'https://example.org')
     on conflict (tenant_id, name) do update set name = excluded.name
     returning source_id`,
    [name],
  )
  return rows[0]!.source_id
}
