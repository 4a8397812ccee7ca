import { SourceError } from '../../platform/errors.ts'
import type { PlanStep } from '../connector.ts'
import { type ExportDeps, runningStatuses } from './export-job.ts'
import { readJobList } from './wire.ts'

/** The vendor makes so many exports at once for a container, whoever asked for them. */
export const slotsOfContainer = 10

/** The exports that this source's run has asked for and that are not ended: at most its share of the container's ten. */
export class ExportShare {
  readonly #max: number
  #taken = 0
  readonly #waiting: (() => void)[] = []

  constructor(max: number) {
    this.#max = Math.max(1, Math.min(max, slotsOfContainer))
  }

  get max(): number {
    return this.#max
  }

  /** Takes a place when one is free, or when its export is being made already. */
  tryTake(isTakenAlready: boolean): boolean {
    if (this.#taken >= this.#max && !isTakenAlready) return false
    this.#taken += 1
    return true
  }

  give(): void {
    this.#taken = Math.max(0, this.#taken - 1)
    for (const wake of this.#waiting.splice(0)) wake()
  }

  /** Resolves when a place may be free, or the signal aborts. */
  freed(signal: AbortSignal): Promise<void> {
    return new Promise(resolve => {
      if (signal.aborted) return resolve()
      const wake = () => {
        signal.removeEventListener('abort', wake)
        resolve()
      }
      signal.addEventListener('abort', wake, { once: true })
      this.#waiting.push(wake)
    })
  }
}

export interface SlotDeps extends ExportDeps {
  readonly share: ExportShare
}

/** Every list of a container's export jobs. */
const lists = ['/vulns/export/status', '/assets/export/status', '/compliance/export/status']

/**
 * Follows the plan of a stream once an export may be asked for: our share has a place, and the container makes fewer than
 * ten, whoever asked for them. A plan that goes on with an export has its place already.
 * @yields what it waits for, to be shown, and then the plan's steps
 * @throws SourceError `exports_full` when no place came free for as long as an export may go without progress
 */
export async function* withSlot(
  deps: SlotDeps,
  isResumed: boolean,
  steps: () => AsyncIterable<PlanStep>,
  signal: AbortSignal,
): AsyncGenerator<PlanStep> {
  const { share } = deps
  while (!share.tryTake(isResumed)) {
    yield waitingFor(`waiting: ${share.max} exports of ours are being made, which is our share`)
    await share.freed(signal)
    signal.throwIfAborted()
  }
  try {
    if (!isResumed) yield* waitForContainer(deps, signal)
    yield* steps()
  } finally {
    share.give()
  }
}

async function* waitForContainer(deps: SlotDeps, signal: AbortSignal): AsyncGenerator<PlanStep> {
  const { clock, pollDelay, stuckAfterMs } = deps
  const giveUpAt = clock.now().getTime() + stuckAfterMs
  let delayMs = pollDelay.firstMs
  for (;;) {
    const running = await countRunning(deps, signal)
    if (running < slotsOfContainer) return
    yield waitingFor(`waiting: the container makes ${running} exports, and ${slotsOfContainer} are the most at once`)
    if (clock.now().getTime() >= giveUpAt) throw full(running, stuckAfterMs)
    await clock.sleep(delayMs, signal)
    delayMs = Math.min(pollDelay.maxMs, Math.ceil(delayMs * 1.5))
  }
}

function waitingFor(status: string): PlanStep {
  return { kind: 'progress', status, partsTotal: null }
}

/** Everybody's jobs. A list that cannot be read counts none: the vendor's own refusal (429) is waited for too. */
async function countRunning({ client, log }: SlotDeps, signal: AbortSignal): Promise<number> {
  const counts = await Promise.all(
    lists.map(async path => {
      try {
        const jobs = readJobList(await client.json({ method: 'GET', path, maxAttempts: 1 }, signal))
        return jobs.filter(job => runningStatuses.has(job.status)).length
      } catch (thrown) {
        if (!(thrown instanceof SourceError) || thrown.code === 'bad_credentials') throw thrown
        log.debug({ path, code: thrown.code }, 'a list of exports could not be read')
        return 0
      }
    }),
  )
  return counts.reduce((sum, count) => sum + count, 0)
}

function full(running: number, stuckAfterMs: number): SourceError {
  const minutes = Math.round(stuckAfterMs / 60_000)
  return new SourceError(
    'exports_full',
    'later',
    `The container has been making ${running} exports for ${minutes} minutes, and ten are the most at once, whoever asks. ` +
      'Nothing was asked for. See in Tenable who exports so much, or wait longer with TENABLE_EXPORT_TIMEOUT_MINUTES.',
  )
}
