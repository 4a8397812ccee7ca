import { iso, type SimulatorClock } from './clock.ts'

export interface RequestRecord {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly status: number
  readonly requestUuid: string
  /** On the tenant's clock. */
  readonly at: string
  /** On the machine's clock. */
  readonly receivedAt: string
  readonly durationMs: number
  readonly bytes: number
  /** The name of the fault that fired. */
  readonly fault: string | undefined
  /** Without keys. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}

export interface RequestLog {
  readonly total: number
  readonly running: number
  readonly maxConcurrent: number
  readonly bytes: number
  /** `GET /vulns/export/:export_uuid/status` → how often. */
  readonly counts: Readonly<Record<string, number>>
  readonly statuses: Readonly<Record<string, number>>
  /** The latest 5,000, oldest first. */
  readonly requests: readonly RequestRecord[]
}

export interface RequestLogBook {
  started(): void
  /** Exactly once for each started. */
  ended(route: string, record: Omit<RequestRecord, 'at'>): void
  read(): RequestLog
  clear(): void
}

const kept = 5000

export function createRequestLog(clock: SimulatorClock): RequestLogBook {
  let records: RequestRecord[] = []
  let counts: Record<string, number> = {}
  let statuses: Record<string, number> = {}
  let total = 0
  let bytes = 0
  let running = 0
  let maxConcurrent = 0
  return {
    started: () => {
      running++
      maxConcurrent = Math.max(maxConcurrent, running)
    },
    ended: (route, record) => {
      running--
      total++
      bytes += record.bytes
      counts[route] = (counts[route] ?? 0) + 1
      statuses[record.status] = (statuses[record.status] ?? 0) + 1
      records.push({ ...record, at: iso(clock.now()) })
      if (records.length > kept * 2) records = records.slice(-kept)
    },
    read: () => ({
      total,
      running,
      maxConcurrent,
      bytes,
      counts: { ...counts },
      statuses: { ...statuses },
      requests: records.slice(-kept),
    }),
    clear: () => {
      records = []
      counts = {}
      statuses = {}
      total = 0
      bytes = 0
      maxConcurrent = running
    },
  }
}
