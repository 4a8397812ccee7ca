import type { JsonObject } from '../../domain/json.ts'
import { messageOf, SourceError } from '../../platform/errors.ts'
import type { PlanStep } from '../connector.ts'
import { type ExportOutcome, followExport } from './export-follow.ts'
import type { ExportDeps, ExportFamily, ExportJob } from './export-job.ts'
import { startExport } from './export-start.ts'

/** One way to ask for an export. */
export interface Candidate {
  readonly family: ExportFamily
  readonly asked: JsonObject
  /** What a person should know of a job that was asked for in this way. */
  readonly note?: string
}

/** Tries requests from the best to the most widely understood. */
export async function startFirstAccepted(
  deps: ExportDeps,
  candidates: readonly [Candidate, ...Candidate[]],
  signal: AbortSignal,
): Promise<ExportJob & { readonly family: ExportFamily }> {
  const notes: string[] = []
  let candidate: Candidate = candidates[0]
  for (;;) {
    const { family, asked, note } = candidate
    try {
      const job = await startExport(deps, family, asked, signal)
      return { ...job, family, notes: [...notes, ...(note === undefined ? [] : [note]), ...job.notes] }
    } catch (thrown) {
      const next = nextAfter(candidates, candidate, thrown)
      if (!next) throw thrown
      notes.push(`${describe(candidate)} was given up for ${describe(next)}: ${messageOf(thrown)}`)
      deps.log.warn(
        { path: family.createPath, reason: messageOf(thrown) },
        'export not accepted, asking in another way',
      )
      candidate = next
    }
  }
}

function nextAfter(candidates: readonly Candidate[], failed: Candidate, thrown: unknown): Candidate | undefined {
  if (!(thrown instanceof SourceError)) return undefined
  const later = candidates.slice(candidates.indexOf(failed) + 1)
  // A path that is missing or closed to this key says nothing about another one.
  if (thrown.code === 'forbidden' || thrown.code === 'not_found' || thrown.status === 405) {
    return later.find(({ family }) => family.createPath !== failed.family.createPath)
  }
  return thrown.code === 'bad_request' || thrown.code === 'filter_lost' ? later[0] : undefined
}

function describe({ family, asked }: Candidate): string {
  return `POST ${family.createPath} with filters ${JSON.stringify(asked.filters ?? {})}`
}

export async function* exportAndFollow(
  deps: ExportDeps,
  family: ExportFamily,
  job: ExportJob,
  signal: AbortSignal,
): AsyncGenerator<PlanStep, ExportOutcome> {
  yield { kind: 'export', record: job.record, echoed: job.echoed, notes: job.notes }
  return yield* followExport(deps, family, job, signal)
}

/** Several exports that make one answer. */
export function together(outcomes: readonly ExportOutcome[]): ExportOutcome {
  const reasons = outcomes.map(({ reason }) => reason).filter(reason => reason !== null)
  return {
    outcome: outcomes.every(({ outcome }) => outcome === 'complete') ? 'complete' : 'incomplete',
    reason: reasons.length > 0 ? reasons.join(' ') : null,
    failed: outcomes.flatMap(({ failed }) => failed),
    cancelled: outcomes.flatMap(({ cancelled }) => cancelled),
  }
}
