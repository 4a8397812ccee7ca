import type { SourceCounts } from '../../domain/source-counts.ts'
import { ConfigError } from '../../platform/errors.ts'
import { type Actor, recordAudit } from '../../store/audit.ts'
import type * as imports from '../../store/imports/imports.ts'
import { getCutover, importsSince, type UndoNumbers, undoCutover } from '../../store/reconciliation/cutovers.ts'
import { getPair } from '../../store/reconciliation/pairs.ts'
import type { Importer } from '../imports/importer.ts'
import { beginComparing, type ComparingDeps, type ComparisonRequest } from './comparing.ts'

export interface ReconcilerDeps extends ComparingDeps {
  readonly importer: Pick<Importer, 'undo' | 'settle'>
  readonly countSource: (sourceId: number, signal: AbortSignal) => Promise<SourceCounts>
}

/** What somebody wants compared: the files of a pair with its API source, or a source's own counts with the mirror. */
export type Asked = { readonly pairId: number } | { readonly sourceId: number }

/** Compares when somebody asks for it, and undoes cut-overs. Its progress is in the database. */
export class Reconciler {
  readonly #deps: ReconcilerDeps
  readonly #stopping = new AbortController()
  readonly #working = new Map<number, Promise<void>>()

  constructor(deps: ReconcilerDeps) {
    this.#deps = deps
  }

  /** Lets comparisons that are under way end. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await Promise.allSettled(this.#working.values())
  }

  /**
   * Begins a comparison and returns at once; one that is under way already is answered instead.
   * @throws NotFoundError `pair_not_found`
   */
  async start(asked: Asked, trigger: 'api' | 'cli', actor: Actor): Promise<number> {
    const { database } = this.#deps
    const request = await this.#requestOf(asked, trigger, actor)
    const { comparisonId, work } = await beginComparing(this.#deps, request)
    if (!work) return comparisonId
    this.#working.set(comparisonId, work)
    void work.finally(() => this.#working.delete(comparisonId))
    await recordAudit(database, {
      actor,
      action: 'reconciliation.started',
      subject: `reconciliation:${comparisonId}`,
      detail: 'pairId' in asked ? { pair: asked.pairId } : { counts_of: asked.sourceId },
    })
    return comparisonId
  }

  async #requestOf(asked: Asked, trigger: 'api' | 'cli', actor: Actor): Promise<ComparisonRequest> {
    const by = { trigger, startedBy: actor.name }
    if ('pairId' in asked) return { kind: 'files', pair: await getPair(this.#deps.database, asked.pairId), ...by }
    const { sourceId } = asked
    return { kind: 'counts', sourceId, count: () => this.#deps.countSource(sourceId, this.#stopping.signal), ...by }
  }

  /** Resolves when the comparison has ended here, or the time is over. */
  async settle(comparisonId: number, withinMs: number): Promise<void> {
    const work = this.#working.get(comparisonId)
    if (!work) return
    const over = new AbortController()
    await Promise.race([work, this.#deps.clock.sleep(withinMs, over.signal).catch(() => undefined)])
    over.abort()
  }

  /**
   * Undoes a cut-over; with the imports that came after its restore point, which an outage or a hand let in, if asked.
   * @throws NotFoundError `cutover_not_found`
   * @throws ConfigError `cutover_not_signed`, `import_not_undone`
   */
  async undoCutover(
    cutoverId: number,
    { reason, withImports }: { readonly reason: string; readonly withImports: boolean },
    actor: Actor,
  ): Promise<UndoNumbers> {
    const { database } = this.#deps
    const cutover = await getCutover(database, cutoverId)
    const undone: number[] = []
    if (withImports && cutover.status === 'signed') {
      for (const importId of await importsSince(database, cutover)) {
        await this.#undoImport(importId, actor)
        undone.push(importId)
      }
    }
    return undoCutover(database, cutoverId, { reason, undone }, actor)
  }

  async #undoImport(importId: number, actor: Actor): Promise<void> {
    const { importer } = this.#deps
    await importer.undo(importId, actor)
    const item = await importer.settle(importId, undoWaitMs)
    if (item.status === ('undone' satisfies imports.ImportStatus)) return
    throw new ConfigError(
      'import_not_undone',
      `Import ${importId} could not be taken back${item.error_message ? `: ${item.error_message}` : ' yet'}. The cut-over stands; try again, or undo it without its imports.`,
      { context: { importId } },
    )
  }
}

/** The undoing of a large file. */
const undoWaitMs = 10 * 60_000
