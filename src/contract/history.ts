import { z } from 'zod'
import { Instant, momentInput } from './primitives.ts'

/** Asks about the past, on two clocks. */
export const momentQuery = {
  as_of: momentInput()
    .optional()
    .describe('the vendor’s clock: what we know today about then; a date is the end of that day in UTC'),
  known_at: momentInput().optional().describe('our clock: only what we had been told by then'),
}

export const archived_before = Instant.nullable().describe(
  'events of before that later ones superseded are in the archive; null when none are',
)

/** What an answer about the past says of itself. */
export const HistoryNote = z
  .object({
    as_of: Instant.nullable(),
    known_at: Instant.nullable(),
    unknown_before: Instant.nullable().describe(
      'the earliest event of the sources asked about; what came before is not known. Null when nothing is',
    ),
    reconstructed_before: Instant.nullable().describe(
      'the first complete reading; what came before is made of the dates that it found. Null before it',
    ),
    archived_before,
    is_unknown: z.boolean().describe('the answer is empty because nothing is known of then'),
  })
  .meta({ id: 'HistoryNote' })
export type HistoryNote = z.infer<typeof HistoryNote>
