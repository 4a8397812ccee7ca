import type { FastifyReply } from 'fastify'
import { StoreError } from '../platform/errors.ts'

/** How many exports are read at once: each holds a connection and a snapshot of the database while its reader reads. */
export interface ExportSlots {
  /**
   * @returns gives it back
   * @throws StoreError `too_many_exports`
   */
  take(reply: FastifyReply): () => void
}

export function createExportSlots(atMost: number): ExportSlots {
  let taken = 0
  return {
    take(reply) {
      if (taken >= atMost) {
        reply.header('retry-after', '30')
        throw new StoreError(
          'too_many_exports',
          `${atMost} exports are being read already. Wait for one of them to end.`,
        )
      }
      taken += 1
      return () => {
        taken -= 1
      }
    },
  }
}
