import { limitsAssets, type SourceScope } from '../domain/scope.ts'
import type { Log } from '../platform/log.ts'
import type { Database } from '../store/database.ts'
import * as ledger from '../store/ledger.ts'
import { forgetSeenCompliance, sweepCompliance } from '../store/sweep/compliance.ts'
import type { HeldRun } from './run.ts'
import { narrowedView } from './sweep.ts'

/**
 * Ends, after a complete full read of the compliance results, those that the source no longer has: of assets that are
 * gone at once, others when two such reads in a row did not meet them, or four when it would be many. After any other
 * run, or with a key that sees less than before, nothing is ended.
 */
export async function sweepComplianceAfter(
  { database, log }: { readonly database: Database; readonly log: Log },
  { row, source, fence, scope }: HeldRun & { readonly scope: SourceScope },
  isFirstLoad: boolean,
): Promise<void> {
  const runId = row.run_id
  if (row.kind !== 'full' || isFirstLoad) return
  const streams = await ledger.openStreams(database, runId, [])
  const stream = streams.find(({ stream: name }) => name === 'compliance')
  if (stream === undefined) return
  const why =
    stream.status === 'completed' ? await whyNot(database, runId, source.id, scope) : 'it was not read to its end.'
  if (why === undefined) {
    const counts = await sweepCompliance(database, { runId, sourceId: source.id, fence })
    log.debug({ run_id: runId, ...counts }, 'compliance results were swept')
    if (counts.held > 0) {
      await ledger.addNote(
        database,
        runId,
        `compliance: ${counts.held} results were not met, more than a tenth. They are unconfirmed, and end when four complete full runs in a row do not meet them.`,
      )
    }
  } else if (stream.status === 'completed') {
    await ledger.addNote(database, runId, `compliance: nothing was ended: ${why}`)
  }
  await forgetSeenCompliance(database, source.id)
}

async function whyNot(
  database: Database,
  runId: number,
  sourceId: number,
  scope: SourceScope,
): Promise<string | undefined> {
  // What is not met may be outside as well as gone; of a result nobody can ask the source which.
  if (limitsAssets(scope)) return 'the source is limited to a scope.'
  const rejected = await ledger.countRejected(database, runId, ['compliance'])
  if (rejected > 0) return `${rejected} records could not be read; one of them may be what seems to be missing.`
  return narrowedView(database, runId, sourceId)
}
