import { z } from 'zod'
import { pageOf } from './page.ts'
import { AnyJson, Count, Instant, instantInput, text } from './primitives.ts'

export const AuditEventView = z
  .object({
    id: z.int(),
    recorded_at: Instant,
    actor_kind: z.enum(['cli', 'schedule', 'local', 'user', 'system']),
    actor: z.string(),
    action: z.string(),
    subject: z.string(),
    detail: AnyJson,
    hash: z.string().describe('SHA-256 over this event and the hash before it, in hex'),
  })
  .meta({ id: 'AuditEvent' })
export type AuditEventView = z.infer<typeof AuditEventView>

export const AuditPage = pageOf(AuditEventView, 'AuditPage')
export type AuditPage = z.infer<typeof AuditPage>

export const auditFilterShape = {
  action: text(100).optional().describe('exactly, or a prefix that ends with a dot: source.'),
  actor: text(200).optional(),
  subject: text(200).optional(),
  recorded_from: instantInput().optional().describe('included'),
  recorded_to: instantInput().optional().describe('not included'),
}
export const AuditFilter = z.strictObject(auditFilterShape)
export type AuditFilter = z.infer<typeof AuditFilter>

export const AuditVerdict = z
  .object({
    ok: z.boolean().describe('the chain of hashes is whole'),
    checked: Count.describe('events, from the first; those before the broken one when one is'),
    first_broken: z.object({ id: z.int(), reason: z.string() }).nullable(),
  })
  .meta({ id: 'AuditVerdict' })
export type AuditVerdict = z.infer<typeof AuditVerdict>
