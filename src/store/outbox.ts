import type { JsonObject } from '../domain/json.ts'
import type { Queryable } from './database.ts'

/**
 * What somebody may want to hear of. A row is written in the transaction that makes it true. Those of findings are written
 * by the statements that merge and end them, many at once. docs/outbox.md says what their subjects hold.
 */
export const outboxTopics = {
  'finding.opened':
    'a finding of high or critical severity was met for the first time, or is open again without a word of a fix',
  'finding.resurfaced': 'a finding that was fixed is there again',
  'finding.returned': 'a finding that had ended is shown by its source again',
  'finding.worsened': 'the severity of a finding was raised to critical',
  'finding.fixed': 'a finding of critical severity was fixed',
  'finding.ended': 'a finding of high or critical severity ended without a fix',
  'plugin.kev_listed': 'a plugin with open findings came into the catalogue of known exploited vulnerabilities',
  'plugin.kev_due_changed': 'the day by which that catalogue wants a plugin with open findings fixed is another one',
  'compliance.failed': 'a check that had not failed on an asset failed',
  'run.failed': 'a run ended without reading what it was asked for',
  'run.partial': 'a run ended with something missing',
  'sweep.held': 'a full run would end so much that a person must decide',
  'source.circuit_opened': 'a source failed so often that nothing of it starts by itself for a while',
  'source.circuit_closed': 'a source that had failed so often answers again',
  'source.needs_key': 'a source refuses its key: nothing of it starts by itself until a new one is saved',
} as const

export type OutboxTopic = keyof typeof outboxTopics

export interface OutboxMessage {
  readonly sourceId: number
  readonly runId: number | null
  readonly subject: JsonObject
}

/** @param connection of the transaction that makes it true */
export async function writeOutbox(
  connection: Queryable,
  topic: OutboxTopic,
  { sourceId, runId, subject }: OutboxMessage,
): Promise<void> {
  await connection.query('insert into outbox (topic, source_id, run_id, subject) values ($1, $2, $3, $4)', [
    topic,
    sourceId,
    runId,
    JSON.stringify(subject),
  ])
}
