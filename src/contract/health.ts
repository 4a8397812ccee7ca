import { z } from 'zod'

export const Liveness = z.object({ status: z.literal('ok'), version: z.string() }).meta({ id: 'Liveness' })
export type Liveness = z.infer<typeof Liveness>

export const Readiness = z
  .object({
    status: z.enum(['ready', 'not_ready']),
    checks: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string().nullable() })),
  })
  .meta({ id: 'Readiness' })
export type Readiness = z.infer<typeof Readiness>
