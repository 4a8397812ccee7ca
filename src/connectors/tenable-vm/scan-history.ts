import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts'
import { SourceError } from '../../platform/errors.ts'
import { clean } from '../formats/clean-text.ts'
import type { TenableClient } from './client.ts'
import { knownBefore, startOf } from './scan-cursor.ts'
import type { ListedScan } from './scan-plan.ts'

/** Runs of a scan as its history lists them, newest first, back to those we know. */
export interface ScanHistory {
  readonly scan: ListedScan
  readonly runs: readonly JsonObject[]
  /** no: back to what we know. calls: the calls ran out, it is read again. length: older ones are left out for good. */
  readonly cut: 'no' | 'calls' | 'length'
  readonly refused: 'forbidden' | 'not_found' | null
}

/** The vendor's own default. */
const pageSize = 50
/** Of a scan that runs daily more than a year; the vendor keeps results for five weeks. */
const pagesAtMost = 10

/** @param take asks for one more call; false when there is none left */
export async function readHistory(
  client: TenableClient,
  scan: ListedScan,
  take: () => boolean,
  signal: AbortSignal,
): Promise<ScanHistory> {
  const known = knownBefore(scan.cursor, client.sourceNowMs())
  const byUuid = new Map<string, JsonObject>()
  const end = (cut: ScanHistory['cut'], refused: ScanHistory['refused'] = null): ScanHistory => ({
    scan,
    runs: [...byUuid.values()],
    cut,
    refused,
  })
  for (let page = 0; page < pagesAtMost; page++) {
    if (!take()) return end('calls')
    let answer: Json
    try {
      answer = await client.json({ method: 'GET', path: historyPath(scan.nativeId, page * pageSize) }, signal)
    } catch (thrown) {
      const refused = refusalOf(thrown)
      if (refused === undefined) throw thrown
      return end('no', refused)
    }
    const runs = runsIn(answer)
    // Pages move while a run begins: a run may come twice.
    for (const run of runs) byUuid.set(String(run.scan_uuid ?? run.id), run)
    const oldest = runs.at(-1)
    if (oldest === undefined || runs.length < pageSize || startOf(oldest) < known) return end('no')
  }
  return end('length')
}

function historyPath(scan: number, offset: number): string {
  const query = new URLSearchParams({ limit: String(pageSize), offset: String(offset), sort: 'start_date:desc' })
  return `/scans/${scan}/history?${query}`
}

function runsIn(answer: Json): JsonObject[] {
  // It goes into the ledger, and PostgreSQL takes not every text.
  const { value } = clean(answer, { nul: true, surrogate: true, utf8: false })
  const history = isJsonObject(value) ? value.history : null
  return Array.isArray(history) ? (history as readonly Json[]).filter(isJsonObject) : []
}

/** One scan that this key may not see in full says nothing about the others. */
function refusalOf(thrown: unknown): 'forbidden' | 'not_found' | undefined {
  if (!(thrown instanceof SourceError)) return undefined
  if (thrown.status === 403) return 'forbidden'
  return thrown.status === 404 ? 'not_found' : undefined
}
