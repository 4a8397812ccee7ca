// What did the last look at the whole store say? It is of nobody’s assets.

import type { Queryable } from '../database.ts'
import type { Damage } from './check.ts'

export interface LastVerification {
  readonly id: number
  readonly started_at: string
  readonly finished_at: string
  readonly is_sound: boolean
  readonly checks: number
  readonly damages: readonly Damage[]
}

export async function findLastVerification(queryable: Queryable): Promise<LastVerification | null> {
  const { rows } = await queryable.query<LastVerification & Record<string, unknown>>(
    `select verification_id as id, started_at, finished_at, verdict = 'sound' as is_sound, checks, damages
     from verification
     order by verification_id desc
     limit 1`,
  )
  return rows[0] ?? null
}
