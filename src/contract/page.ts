import { z } from 'zod'
import { HistoryNote } from './history.ts'
import { Count, flag, Instant, numeric, text } from './primitives.ts'

export const defaultPageSize = 50
export const maxPageSize = 500

/** What every list takes beside its filter. */
export const pageQuery = {
  limit: numeric(z.int().min(1).max(maxPageSize)).default(defaultPageSize),
  cursor: text(2_000).optional().describe('next_cursor of the page before; only with the same filter and sort'),
  total: flag().optional().describe('false: do not count; by default the first page is counted'),
}

export const Level = z.enum(['source', 'estate']).describe('source: what each source says; estate: distinct per device')
export type Level = z.infer<typeof Level>

/** One page of a list in a stable order. */
export function pageOf<T extends z.ZodType>(item: T, id: string) {
  return z
    .object({
      items: z.array(item),
      next_cursor: z.string().nullable().describe('null on the last page'),
      as_of: Instant.nullable().describe(
        'up to when every source listed is known complete; null before the first complete run',
      ),
      level: Level,
      total: Count.optional().describe('on the first page, unless total=false'),
      total_is_exact: z.boolean().optional().describe('false: there are at least total rows'),
      history: HistoryNote.optional().describe('when the past was asked about'),
    })
    .meta({ id })
}

export interface Page<T> {
  readonly items: readonly T[]
  readonly next_cursor: string | null
  readonly as_of: string | null
  readonly level: Level
  readonly total?: number | undefined
  readonly total_is_exact?: boolean | undefined
}
