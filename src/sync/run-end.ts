import type { Clock } from '../platform/clock.ts'
import { codeOf, messageOf } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import { recordAudit } from '../store/audit.ts'
import { chunkExperience, saveChunkSize } from '../store/chunk-sizes.ts'
import type { Database, Queryable } from '../store/database.ts'
import * as ledger from '../store/ledger.ts'
import { writeOutbox } from '../store/outbox.ts'
import { noteRunEnd, type RunVerdict } from '../store/source-health.ts'
import type { Source } from '../store/sources.ts'
import { nextChunkSize } from './chunk-size.ts'
import type { SourceLimits } from './connection.ts'
import { diskFull } from './failure.ts'
import { chunkSizeOf, limitsFor } from './limits.ts'
import type { RunEnd } from './run.ts'

export interface RunEndDeps {
  readonly database: Database
  readonly clock: Clock
  readonly log: Log
  readonly limits: SourceLimits
}

/**
 * Ends a run that this process holds: its row, the audit, what follows for its source, and what somebody may want to hear
 * of, in one transaction. On a full disk only its row is certain to have room, and whoever waits for the run must not
 * wait for ever: the rest is then left out, and the log says so.
 */
export async function closeRun(deps: Omit<RunEndDeps, 'limits'>, run: ClosedRun, end: RunEnd): Promise<void> {
  const { database, log } = deps
  const { runId, fence } = run
  let isOurs: boolean
  try {
    isOurs = await database.transaction(connection => writeEnd(deps, connection, run, end))
  } catch (thrown) {
    if (codeOf(thrown) !== diskFull) throw thrown
    isOurs = await ledger.finishRun(database, runId, fence, end.status, end.error)
    log.error(
      { run_id: runId, error: messageOf(thrown) },
      'the disk is full: of the end of a run only its row was written',
    )
  }
  if (isOurs) log.info({ run_id: runId, status: end.status, code: end.error?.code }, 'a run ended')
}

interface ClosedRun {
  readonly runId: number
  readonly fence: number
  readonly sourceId: number
}

/** The same in a transaction of the caller. Answers whether the run was still held. */
export async function writeEnd(
  deps: Omit<RunEndDeps, 'limits'>,
  connection: Queryable,
  run: ClosedRun,
  end: RunEnd,
): Promise<boolean> {
  const { runId, fence, sourceId } = run
  if (!(await ledger.finishRun(connection, runId, fence, end.status, end.error))) return false
  await recordAudit(connection, {
    actor: { kind: 'system', name: 'engine' },
    action: 'run.ended',
    subject: `run:${runId}`,
    detail: { status: end.status, code: end.error?.code ?? null },
  })
  if (end.status === 'failed' || end.status === 'partial') {
    const subject = { code: end.error?.code ?? null, message: end.error?.message ?? null }
    await writeOutbox(connection, `run.${end.status}`, { sourceId, runId, subject })
  }
  await noteRunEnd(connection, { runId, sourceId, verdict: verdictOf(end), error: end.error }, deps.clock.now())
  return true
}

/** The source refused, or could not be reached. What it answered wrongly says that it is there. */
const unreachable = new Set([
  ...['unreachable', 'timeout', 'connection_lost', 'tls_error', 'truncated_body'],
  ...['server_error', 'rate_limited', 'not_json', 'redirected', 'forbidden', 'exports_full'],
])

function verdictOf({ status, error }: RunEnd): RunVerdict {
  if (status === 'completed' || status === 'partial') return 'answered'
  if (error?.code === 'bad_credentials') return 'key_refused'
  return error && unreachable.has(error.code) ? 'unreachable' : 'no_verdict'
}

/** Decides how large the chunks of the next exports are, by how those of this run were, and says so in its notes. */
export async function learnChunkSizes({ database, limits }: RunEndDeps, source: Source, runId: number): Promise<void> {
  const own = limitsFor(source.kind, limits, source.settings)
  for (const experience of await chunkExperience(database, runId)) {
    const range = chunkSizeOf(own, experience.stream)
    const next = range && nextChunkSize(experience, range)
    if (!range || !next) continue
    await database.transaction(async connection => {
      await saveChunkSize(connection, source.id, experience.stream, next.size, next.reason)
      await note(
        connection,
        runId,
        experience.stream,
        next.size ?? range.configured,
        experience.asked_size,
        next.reason,
      )
    })
  }
}

function note(
  connection: Queryable,
  runId: number,
  stream: string,
  size: number,
  before: number | null,
  reason: string,
): Promise<void> {
  const text = `${stream}: the next export asks for chunks of ${size} assets (${before} in this one): ${reason}.`
  return ledger.addNote(connection, runId, text)
}
