import { z } from 'zod'

/** RFC 9457: what went wrong, which, and the remedy. */
export const Problem = z
  .object({
    type: z.string().describe('where the code is explained; the same as help'),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string().describe('stable; what a program should look at'),
    help: z.string(),
    instance: z.string().optional().describe('the id of the request, as in the log'),
    errors: z
      .array(
        z.object({
          field: z.string().describe('as the request spelt it, for example query.limit'),
          message: z.string(),
        }),
      )
      .optional(),
  })
  .meta({ id: 'Problem' })
export type Problem = z.infer<typeof Problem>
