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
} as const

export type OutboxTopic = keyof typeof outboxTopics
