import type { OperationId } from '../contract/paths.ts'
import { canonical } from '../store/audit.ts'

/** Whose answer hangs on nothing but who may see what, and the question. */
export const sharedOperations: ReadonlySet<OperationId> = new Set([
  'listAssets',
  'listFindings',
  'listFindingPlugins',
  'listPlugins',
  'listPluginOwners',
  'getPluginHistory',
  'listCompliance',
  'listNetworks',
  'listScanners',
  'listAgents',
  'listTags',
  'listGroups',
  'listDevices',
  'getEstateStatistics',
  'getScanCoverage',
  'getAssetStatistics',
  'getFindingStatistics',
  'getDailyFindingStatistics',
  'getFindingSeverities',
  'getFindingFlow',
  'getMttr',
  'getComplianceStatistics',
  'getSyncStatistics',
  'getSyncStatus',
])

/**
 * Answers that several callers wait for at once are worked out once. Whoever asks while the same is being worked out waits
 * for the next time, which begins when this one ends and serves all who came meanwhile: nobody is told of a moment before
 * they asked.
 */
export class SharedReads {
  readonly #running = new Map<string, Promise<unknown>>()
  readonly #next = new Map<string, Promise<unknown>>()

  /** @param asked everything that the answer hangs on: who may see what, and the question */
  share<T>(asked: unknown, work: () => Promise<T>): Promise<T> {
    const key = canonical(asked)
    const next = this.#next.get(key)
    if (next) return next as Promise<T>
    const running = this.#running.get(key)
    if (!running) return this.#start(key, work)
    const later = running
      .catch(() => undefined)
      .then(() => {
        this.#next.delete(key)
        return this.#start(key, work)
      })
    this.#next.set(key, later)
    return later
  }

  #start<T>(key: string, work: () => Promise<T>): Promise<T> {
    const started = work()
    this.#running.set(key, started)
    const end = () => {
      if (this.#running.get(key) === started) this.#running.delete(key)
    }
    started.then(end, end)
    return started
  }
}
