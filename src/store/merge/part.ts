import type {
  AssetBatch,
  Batch,
  ComplianceBatch,
  FindingBatch,
  QualityIssue,
  Rejected,
  ScanSightings,
} from '../../domain/batch.ts'
import type { Finding } from '../../domain/finding.ts'
import type { PluginDescription } from '../../domain/plugin.ts'
import type { HostScan } from '../../domain/scan-coverage.ts'
import { StoreError } from '../../platform/errors.ts'
import type { Connection, Database } from '../database.ts'
import { regroupTouched } from '../groups/regroup.ts'
import { noteChanges } from '../rollups/changes.ts'
import { forgetPluginTotals } from '../rollups/plugin-totals.ts'
import { noteAssets, noteMissedFindings } from '../sweep/seen.ts'
import { beginInTurn, takeTurn } from '../turns.ts'
import { findNamedAssets } from './asset-aliases.ts'
import { recountCompliance } from './asset-compliance.ts'
import { type AssetDirectory, allocateAssets, createAssetDirectory, resolveObservedAssets } from './asset-directory.ts'
import { mergeAssets } from './assets.ts'
import { mergeCompliance } from './compliance.ts'
import { type CheckDirectory, createCheckDirectory, settleChecks } from './compliance-checks.ts'
import type { MergeDeps, PartContext } from './context.ts'
import { noCounts, type PartCounts } from './counts.ts'
import { DirectoryMerge } from './directories.ts'
import { refuseFenced } from './fence.ts'
import { type FindingRow, findingRow } from './finding-rows.ts'
import { mergeFindings } from './findings.ts'
import { IndexingDelays } from './indexing-delays.ts'
import { LineBuffer } from './line-buffer.ts'
import { mergePluginFamily } from './plugin-families.ts'
import { mergePlugins } from './plugins.ts'
import { resolveScans, type ScanDirectory, scanKey } from './scan-directory.ts'
import { mergeScans } from './scans.ts'
import { returnToScope } from './scope-marks.ts'
import { closeMissed, takeSightings } from './sightings.ts'
import { prepareStaging } from './staging.ts'
import { recountAssets } from './totals.ts'

/** What one worker remembers between parts of one source, so that it does not tell the database twice. */
export interface MergeMemory {
  readonly directory: AssetDirectory
  readonly scans: ScanDirectory
  /** Plugins already merged: the decoder gives the same object for the same bytes. */
  readonly plugins: WeakSet<PluginDescription>
  readonly checks: CheckDirectory
}

export function createMergeMemory(): MergeMemory {
  return { directory: createAssetDirectory(), scans: new Map(), plugins: new WeakSet(), checks: createCheckDirectory() }
}

export interface PartTimes {
  decodeMs: number
  stageMs: number
  mergeMs: number
}

export interface MergedPart {
  readonly counts: PartCounts
  readonly times: PartTimes
  /** Findings by hours from scan to index; null when no row told. */
  readonly delays: readonly number[] | null
}

// Findings wait for each other until they are worth a round of statements; about 4 MB of lines.
const findingsAtOnce = 4_000
const bytesAtOnce = 4_000_000

/**
 * Merges one part of an export: everything of it or nothing, in one transaction that also marks the part as done in the
 * ledger. Refused at the end when another holder has taken the run over meanwhile.
 * @param onMerge told how many findings go into the statements, just before they do
 * @throws StoreError `fenced` when the run is no longer ours
 */
export async function mergePart(
  database: Database,
  memory: MergeMemory,
  context: PartContext,
  batches: AsyncIterable<Batch>,
  onMerge: (rows: number) => void = () => undefined,
): Promise<MergedPart> {
  return database.transaction(async connection => {
    await commitLazily(connection)
    await refuseFenced(connection, context, '')
    const merged = await mergePartOn({ database, connection }, memory, context, batches, {
      onMerge,
      mayBeginAnew: true,
    })
    // Locked only now: whoever takes the run over waits for this commit, and heartbeats need not wait for the part.
    await refuseFenced(connection, context, 'for share')
    return merged
  })
}

/** A part lost with the server is lost whole, its ledger row too: it will be read again. */
async function commitLazily(connection: Connection): Promise<void> {
  await connection.query('set local synchronous_commit = off')
}

interface PartMergeOptions {
  readonly touched?: Iterable<number>
  readonly onMerge?: (rows: number) => void
  readonly mayBeginAnew?: boolean
}

/**
 * The same in a transaction of the caller, who looks after its fence.
 * @param touched assets that the caller has written findings of in this transaction: they are counted with the others
 */
export async function mergePartOn(
  { database, connection }: MergeDeps,
  memory: MergeMemory,
  context: PartContext,
  batches: AsyncIterable<Batch>,
  options: PartMergeOptions = {},
): Promise<MergedPart> {
  const merge = new PartMerge(database, connection, memory, context, options)
  const merged = await merge.run(batches, options.touched ?? [])
  await markDone(connection, context, merged)
  return merged
}

class PartMerge {
  readonly #database: Database
  readonly #connection: Connection
  readonly #memory: MergeMemory
  readonly #context: PartContext
  readonly #onMerge: (rows: number) => void
  readonly #mayBeginAnew: boolean
  readonly #counts = noCounts()
  readonly #times: PartTimes = { decodeMs: 0, stageMs: 0, mergeMs: 0 }
  readonly #touched = new Set<number>()
  readonly #seen = new Set<number>()
  readonly #delays = new IndexingDelays()
  /** Assets that the source shows without findings that are open now. */
  readonly #shown = new Set<number>()
  /** Assets whose findings may count differently now. */
  readonly #restanding = new Set<number>()
  /** Assets whose compliance results may count differently now. */
  readonly #audited = new Set<number>()
  readonly #directories: DirectoryMerge
  /** Of the run of a scan that is being read: how it looked at each asset. */
  readonly #scanned = new Map<number, HostScan[]>()
  /** Assets that rules may make something else of now. */
  readonly #rewritten = new Set<number>()
  #stagedKeys = 0
  #pending: FindingRow[] = []
  #lines = new LineBuffer()
  #spareLines = new LineBuffer()
  #isStagingReady = false
  #turn: Promise<void> | undefined
  #flushing: Promise<void> = Promise.resolve()

  constructor(
    database: Database,
    connection: Connection,
    memory: MergeMemory,
    context: PartContext,
    { onMerge = () => undefined, mayBeginAnew = false }: PartMergeOptions,
  ) {
    this.#onMerge = onMerge
    this.#mayBeginAnew = mayBeginAnew
    this.#database = database
    this.#connection = connection
    this.#memory = memory
    this.#context = context
    this.#directories = new DirectoryMerge(connection, context)
  }

  async run(batches: AsyncIterable<Batch>, touched: Iterable<number>): Promise<MergedPart> {
    for (const assetId of touched) this.#touched.add(assetId)
    const iterator = batches[Symbol.asyncIterator]()
    try {
      let next = this.#timed('decodeMs', iterator.next())
      for (;;) {
        const { done, value } = await next
        if (done) break
        // The next batch is decoded while the database works on this one.
        next = this.#timed('decodeMs', iterator.next())
        next.catch(() => undefined)
        await this.#take(value)
      }
    } finally {
      await iterator.return?.()
    }
    await this.#settle()
    await this.#timed('mergeMs', settleChecks(this.#database, this.#memory.checks, this.#context))
    await this.#noteSeen()
    await this.#noteScope()
    await this.#timed('mergeMs', recountAssets(this.#connection, this.#context.sourceId, this.#touched))
    await this.#timed('mergeMs', recountCompliance(this.#connection, this.#audited))
    await this.#timed('mergeMs', this.#noteChanges())
    await this.#timed('mergeMs', regroupTouched(this.#connection, [...this.#rewritten]))
    return { counts: this.#counts, times: this.#times, delays: this.#delays.byHour }
  }

  async #take(batch: Batch): Promise<void> {
    this.#counts.bytes += batch.bytes
    this.#counts.received += batch.rows.length + batch.rejected.length
    this.#counts.rejected += batch.rejected.length
    // Two parts of one run may tell of the same machines.
    if (batch.stream === 'findings' && batch.sightings) await this.#takeTurnAlone()
    await keepAside(this.#connection, this.#context, batch.stream, batch.rejected, batch.issues)
    switch (batch.stream) {
      case 'findings':
        return this.#takeFindings(batch)
      case 'assets': {
        const merged = await this.#mergeAssets(batch)
        for (const assetId of merged.standingAssetIds) this.#restanding.add(assetId)
        for (const assetId of merged.assetIds) this.#shown.add(assetId)
        for (const assetId of merged.writtenAssetIds) this.#rewritten.add(assetId)
        if (batch.present) await this.#notePresent(batch.present)
        return this.#count(merged)
      }
      case 'networks':
      case 'scanners':
      case 'agents':
      case 'tags':
        return this.#count(await this.#timed('mergeMs', this.#directories.take(batch)))
      case 'scans':
        return this.#count(await this.#timed('mergeMs', mergeScans(this.#connection, this.#context, batch)))
      case 'compliance': {
        const merged = await this.#timed('mergeMs', this.#mergeCompliance(batch))
        for (const assetId of merged.writtenAssetIds) this.#audited.add(assetId)
        return this.#count(merged)
      }
      case 'plugins': {
        if (batch.family) {
          return this.#timed('mergeMs', mergePluginFamily(this.#database, this.#context, batch.family))
        }
        const merged = await this.#timed('mergeMs', mergePlugins(this.#database, this.#context, batch.rows))
        const distinct = merged.inserted + merged.changed + merged.unchanged
        return this.#count({ ...merged, unchanged: merged.unchanged + batch.rows.length - distinct })
      }
    }
  }

  async #mergeAssets({ rows, isAhead }: AssetBatch) {
    const merge = (connection: Connection) =>
      this.#timed(
        'mergeMs',
        mergeAssets({ database: this.#database, connection }, this.#context, this.#memory.directory, rows),
      )
    if (!isAhead) {
      await this.#takeTurn()
      return merge(this.#connection)
    }
    // What the findings say of these assets is written in transactions of its own, which would wait for ours.
    return this.#database.transaction(async connection => {
      const merged = await merge(connection)
      await refuseFenced(connection, this.#context, 'for share')
      return merged
    })
  }

  /** Assets of which the source says only that it has them. A first load has nothing that could be missing. */
  async #notePresent(present: readonly (readonly string[])[]): Promise<void> {
    if (!this.#context.isFull || this.#context.isFirstLoad) return
    const assetIds = await findNamedAssets(this.#connection, this.#context.sourceId, present.flat())
    await noteAssets(this.#connection, this.#context, 'assets', assetIds)
    for (const assetId of assetIds) this.#shown.add(assetId)
  }

  #mergeCompliance(batch: ComplianceBatch) {
    const { directory, checks } = this.#memory
    const deps = { database: this.#database, connection: this.#connection, directory, checks }
    return mergeCompliance(deps, this.#context, batch.rows)
  }

  async #takeFindings(batch: FindingBatch): Promise<void> {
    await this.#timed('stageMs', this.#makeReferences(batch))
    const { sightings } = batch
    const rows = sightings ? await this.#timed('mergeMs', this.#takeSightings(sightings, batch.rows)) : batch.rows
    for (const finding of rows) {
      const assetId = this.#memory.directory.ids.get(finding.assetNativeId)
      if (assetId === undefined) throw new Error(`asset ${finding.assetNativeId} was not resolved`)
      if (batch.isPastOnly) this.#shown.add(assetId)
      else this.#seen.add(assetId)
      this.#delays.add(finding)
      const scan = scanKey(finding)
      const row = findingRow(
        finding,
        assetId,
        scan === undefined ? null : (this.#memory.scans.get(scan) ?? null),
        this.#lines,
      )
      this.#pending.push(row)
    }
    if (this.#pending.length >= findingsAtOnce || this.#lines.size >= bytesAtOnce) await this.#flush()
    if (sightings?.isLast) await this.#timed('mergeMs', this.#closeMissed(sightings))
  }

  /** What the rows of a run of a scan mean by what is held; those that say nothing new are left out, and counted. */
  async #takeSightings(sightings: ScanSightings, rows: readonly Finding[]): Promise<readonly Finding[]> {
    const { directory } = this.#memory
    // What is held is only what has been written.
    await this.#settle()
    await allocateAssets(this.#database, directory, this.#context.sourceId, sightings.hosts)
    const assetOf = (nativeId: string): number => {
      const assetId = directory.ids.get(nativeId)
      if (assetId === undefined) throw new Error(`asset ${nativeId} was not resolved`)
      return assetId
    }
    for (const host of sightings.hosts) {
      const assetId = assetOf(host.nativeId)
      this.#scanned.set(assetId, [...(this.#scanned.get(assetId) ?? []), host])
      this.#seen.add(assetId)
    }
    const seen = rows.map(finding => ({ assetId: assetOf(finding.assetNativeId), finding }))
    const { findings, late } = await takeSightings(this.#connection, this.#context, sightings, assetOf, seen)
    for (const assetId of late) this.#touched.add(assetId)
    const told = findings.filter(finding => finding !== undefined)
    this.#counts.unchanged += rows.length - told.length
    return told
  }

  async #closeMissed(sightings: ScanSightings): Promise<void> {
    await this.#settle()
    const { assetIds } = await closeMissed(this.#connection, this.#context, sightings, this.#scanned)
    for (const assetId of assetIds) this.#touched.add(assetId)
    this.#scanned.clear()
  }

  /** Until everything that was taken is written. */
  async #settle(): Promise<void> {
    await this.#flush()
    await this.#flushing
  }

  /** Assets, scans and plugins that the findings name and this worker has not written yet. */
  async #makeReferences(batch: FindingBatch): Promise<void> {
    const { directory, plugins, scans } = this.#memory
    await resolveScans(this.#database, scans, this.#context.sourceId, batch.rows)
    await resolveObservedAssets(this.#database, directory, this.#context, batch.rows)
    const news = new Set(batch.rows.map(finding => finding.plugin).filter(plugin => !plugins.has(plugin)))
    if (news.size === 0) return
    await mergePlugins(
      this.#database,
      this.#context,
      [...news].map(plugin => plugin.describe()),
    )
    for (const plugin of news) plugins.add(plugin)
  }

  /** Hands the waiting findings to the database, once it has done with those before, and does not wait for it. */
  async #flush(): Promise<void> {
    if (this.#pending.length === 0) return
    const rows = this.#pending
    const lines = this.#lines
    this.#pending = []
    await this.#flushing
    // What the database has just done with is free again.
    this.#lines = this.#spareLines
    this.#lines.clear()
    this.#spareLines = lines
    this.#flushing = this.#write(rows, lines)
    // Whoever waits for it next is told.
    this.#flushing.catch(() => undefined)
  }

  async #write(rows: readonly FindingRow[], lines: LineBuffer): Promise<void> {
    await this.#takeTurn()
    await this.#prepareStaging()
    this.#onMerge(rows.length)
    const merged = await mergeFindings(this.#connection, this.#context, rows, lines, this.#stagedKeys)
    this.#stagedKeys += merged.keys
    this.#count(merged)
    this.#times.stageMs += merged.stageMs
    this.#times.mergeMs += merged.mergeMs
    for (const assetId of merged.touchedAssetIds) this.#touched.add(assetId)
  }

  async #prepareStaging(): Promise<void> {
    if (!this.#isStagingReady) await prepareStaging(this.#connection)
    this.#isStagingReady = true
  }

  /** Before the first row is compared with what is stored; what is on its way from the source until then keeps nobody. */
  #takeTurn(): Promise<void> {
    this.#turn ??= takeTurn(this.#connection, this.#context.sourceId, this.#context.isBeside ? 'alone' : 'together')
    return this.#turn
  }

  /** Before anything of the part is written. */
  #takeTurnAlone(): Promise<void> {
    this.#turn ??= this.#mayBeginAnew
      ? beginInTurn(this.#connection, this.#context.sourceId).then(() => commitLazily(this.#connection))
      : takeTurn(this.#connection, this.#context.sourceId, 'alone')
    return this.#turn
  }

  /** For the sweep after a complete full run. A first load has nothing that could be missing. */
  async #noteSeen(): Promise<void> {
    if (!this.#context.isFull || this.#context.isFirstLoad || this.#seen.size === 0) return
    await noteAssets(this.#connection, this.#context, 'findings', this.#seen)
    // An old run of a scan may hold nothing that is news.
    await this.#prepareStaging()
    await noteMissedFindings(this.#connection, this.#context, this.#seen)
  }

  /** What the source shows is within its scope, whatever an earlier run left out. */
  async #noteScope(): Promise<void> {
    if (this.#context.isFirstLoad) return
    await returnToScope(this.#connection, this.#context, new Set([...this.#seen, ...this.#shown]))
  }

  /** A first load has its totals made whole when the run closes. */
  async #noteChanges(): Promise<void> {
    if (this.#context.isFirstLoad) return forgetPluginTotals(this.#connection, this.#context.sourceId)
    await noteChanges(this.#connection, this.#context.sourceId, [...this.#touched, ...this.#restanding])
  }

  #count(merged: { readonly inserted: number; readonly changed: number; readonly unchanged: number }): void {
    this.#counts.inserted += merged.inserted
    this.#counts.changed += merged.changed
    this.#counts.unchanged += merged.unchanged
  }

  async #timed<T>(what: keyof PartTimes, work: Promise<T>): Promise<T> {
    const from = performance.now()
    const result = await work
    this.#times[what] += performance.now() - from
    return result
  }
}

const completePart = `
update export_chunk
set status = 'done', finished_at = clock_timestamp(), error_code = null, error_message = null, failure = null,
    bytes = $3, received = $4, inserted = $5, changed = $6, unchanged = $7, rejected = $8,
    decode_ms = $9, stage_ms = $10, merge_ms = $11, indexing_delays = $12
where export_job_id = $1 and part_id = $2 and status <> 'done'
  and ($13::integer is null or attempts = $13 and status = 'reading')`

async function markDone(
  connection: Connection,
  context: PartContext,
  { counts, times, delays }: MergedPart,
): Promise<void> {
  const { rowCount } = await connection.query(completePart, [
    context.exportJobId,
    context.partId,
    counts.bytes,
    counts.received,
    counts.inserted,
    counts.changed,
    counts.unchanged,
    counts.rejected,
    Math.round(times.decodeMs),
    Math.round(times.stageMs),
    Math.round(times.mergeMs),
    delays,
    context.attempt ?? null,
  ])
  if (rowCount !== 1) {
    throw new StoreError(
      'fenced',
      `Part ${context.partId} of ${context.exportId} is done already, or another reads it.`,
    )
  }
}

async function keepAside(
  connection: Connection,
  context: PartContext,
  stream: string,
  rejected: readonly Rejected[],
  issues: readonly QualityIssue[],
): Promise<void> {
  if (rejected.length > 0) {
    await connection.query(
      `insert into rejected_record (run_id, source_id, stream, export_id, part_id, reason, raw)
       select $1, $2, $3, $4, $5, reason, raw from jsonb_to_recordset($6) as r (reason text, raw text)`,
      [context.runId, context.sourceId, stream, context.exportId, context.partId, JSON.stringify(rejected)],
    )
  }
  if (issues.length > 0) {
    await connection.query(
      `insert into quality_issue (run_id, source_id, stream, field, problem, record)
       select $1, $2, $3, field, problem, record
       from jsonb_to_recordset($4) as q (field text, problem text, record text)`,
      [context.runId, context.sourceId, stream, JSON.stringify(issues)],
    )
  }
}
