import { SourceError } from '../../platform/errors.ts'
import type { SecurityCenterClient } from './client.ts'
import { memberOf, numberOf, objectsIn } from './wire.ts'

const monthSeconds = 30 * 86_400

/**
 * When the oldest of the scans began that were imported since: what they saw is dated earlier than it could be read.
 * @param since Unix seconds
 * @returns undefined when there is none, or the key may not list results
 */
export async function earliestLateImport(
  client: SecurityCenterClient,
  since: number,
  signal: AbortSignal,
): Promise<number | undefined> {
  const now = Math.floor(client.sourceNowMs() / 1000)
  const range = new URLSearchParams({
    fields: 'id,importFinish,startTime,createdTime',
    startTime: String(Math.min(now, since) - monthSeconds),
    endTime: String(now + 86_400),
  })
  try {
    const answer = await client.get(`/scanResult?${range}`, signal)
    const begun = ['usable', 'manageable'].flatMap(list =>
      objectsIn(memberOf(answer, list)).flatMap(result => {
        const isLate = (numberOf(result.importFinish) ?? 0) >= since
        const start = numberOf(result.startTime) ?? numberOf(result.createdTime)
        return isLate && start !== null && start > 0 ? [start] : []
      }),
    )
    return begun.length === 0 ? undefined : begun.reduce((least, start) => Math.min(least, start))
  } catch (thrown) {
    if (thrown instanceof SourceError && (thrown.code === 'forbidden' || thrown.code === 'not_found')) return undefined
    throw thrown
  }
}
