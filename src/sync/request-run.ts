import { type Actor, recordAudit } from '../store/audit.ts'
import type { Queryable } from '../store/database.ts'
import { queueRun } from '../store/ledger.ts'
import { offeredStreams } from './connection.ts'
import type { RunRequest } from './engine-contract.ts'

/**
 * Queues a run, or answers the one that the source already has, in the transaction of the caller; the audit tells who
 * asked.
 * @param detail what else the audit should say
 */
export async function requestRunIn(
  connection: Queryable,
  source: string,
  request: RunRequest,
  actor: Actor,
  detail: Readonly<Record<string, string>> = {},
): Promise<{ readonly runId: number; readonly created: boolean }> {
  const queued = await queueRun(connection, { ...request, streams: request.streams ?? offeredStreams })
  if (queued.created) {
    const said = { source, kind: request.kind, trigger: request.trigger, ...detail }
    await recordAudit(connection, { actor, action: 'run.requested', subject: `run:${queued.runId}`, detail: said })
  }
  return queued
}
