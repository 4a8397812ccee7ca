import type { Json, JsonObject } from '../../domain/json.ts'
import type { ScanRun, ScanRunDetails } from '../../domain/scan.ts'
import { idOf, instantOf, memberOf, numberOf, objectsIn, textOf } from './wire.ts'

/** A run of a scan whose results are to be read. Plain data, for a part to carry. */
export interface ReadableRun {
  /** null: it is the only one, and has no entry in a history. */
  readonly historyId: number | null
  readonly uuid: string | null
  /** It ended by itself: what it did not see was not there. */
  readonly isWhole: boolean
  readonly startedAt: string | null
  readonly endedAt: string | null
}

const whole: ReadonlySet<string> = new Set(['completed', 'imported'])
const cutOff: ReadonlySet<string> = new Set(['canceled', 'stopped', 'aborted'])

/** More at once is a backlog that nobody looks at any more. */
export const runsAtMost = 20

/**
 * The runs of a scan that are to be read, oldest first: those that changed since, or, with null, the last that ended by
 * itself and what came after it, and whatever else nobody has read before.
 */
export function readableRuns(details: Json, since: number | null, readBefore: number | null): readonly ReadableRun[] {
  const runs = runsIn(details)
  if (since !== null) {
    return runs.filter(({ modified }) => modified === null || modified >= since).map(({ run }) => run)
  }
  const last = runs.findLastIndex(({ run }) => run.isWhole)
  const unread =
    readBefore === null ? -1 : runs.findIndex(({ modified }) => modified === null || modified >= readBefore)
  const from = last === -1 ? runs.length - 1 : last
  return runs.slice(Math.max(0, unread === -1 ? from : Math.min(unread, from))).map(({ run }) => run)
}

function runsIn(details: Json): readonly { readonly run: ReadableRun; readonly modified: number | null }[] {
  const history = objectsIn(memberOf(details, 'history'))
  if (history.length > 0) {
    return history
      .toSorted(
        (a, b) =>
          (numberOf(a.creation_date) ?? 0) - (numberOf(b.creation_date) ?? 0) ||
          (idOf(a.history_id) ?? 0) - (idOf(b.history_id) ?? 0),
      )
      .flatMap(entry => {
        const status = textOf(entry.status)?.toLowerCase() ?? ''
        const historyId = idOf(entry.history_id)
        if (historyId === null || !(whole.has(status) || cutOff.has(status))) return []
        const modified = numberOf(entry.last_modification_date)
        const run = {
          historyId,
          uuid: textOf(entry.uuid),
          isWhole: whole.has(status),
          startedAt: instantOf(entry.creation_date),
          endedAt: instantOf(entry.last_modification_date),
        }
        return [{ run, modified }]
      })
  }
  const info = memberOf(details, 'info')
  const status = textOf(memberOf(info, 'status'))?.toLowerCase() ?? ''
  if (!whole.has(status) && !cutOff.has(status)) return []
  const run = {
    historyId: null,
    uuid: textOf(memberOf(info, 'uuid')),
    isWhole: whole.has(status),
    startedAt: instantOf(memberOf(info, 'scan_start')),
    endedAt: instantOf(memberOf(info, 'scan_end')) ?? instantOf(memberOf(info, 'timestamp')),
  }
  return [{ run, modified: numberOf(memberOf(info, 'timestamp')) }]
}

const historyAtMost = 200

/** What the history of a scan lists, as rows. */
export function listedRuns(scanId: number, details: Json): readonly ScanRun[] {
  return objectsIn(memberOf(details, 'history'))
    .slice(-historyAtMost)
    .flatMap(entry => {
      const uuid = textOf(entry.uuid)
      if (uuid === null) return []
      const status = textOf(entry.status)?.toLowerCase() ?? null
      const run: ScanRun = {
        uuid,
        scanNativeId: scanId,
        scheduleUuid: null,
        nativeId: idOf(entry.history_id),
        status,
        startedAt: instantOf(entry.creation_date),
        completedAt: instantOf(entry.last_modification_date),
        isArchived: false,
        extra: null,
      }
      return [run]
    })
}

const levels = ['info', 'low', 'medium', 'high', 'critical'] as const

/** What the details say of the run that they are of; undefined while there is none. */
export function detailsOf(scanId: number, details: Json): ScanRunDetails | undefined {
  const info = memberOf(details, 'info')
  const uuid = textOf(memberOf(info, 'uuid'))
  const status = textOf(memberOf(info, 'status'))?.toLowerCase() ?? ''
  if (uuid === null || !(whole.has(status) || cutOff.has(status))) return undefined
  const hosts = objectsIn(memberOf(details, 'hosts'))
  const sum = (level: (typeof levels)[number]) =>
    hosts.reduce((total, host: JsonObject) => total + (numberOf(host[level]) ?? 0), 0)
  return {
    uuid,
    scanNativeId: scanId,
    scheduleUuid: null,
    problem: null,
    isArchived: false,
    startedAt: instantOf(memberOf(info, 'scan_start')),
    hosts: numberOf(memberOf(info, 'hostcount')) ?? hosts.length,
    severities: {
      info: sum('info'),
      low: sum('low'),
      medium: sum('medium'),
      high: sum('high'),
      critical: sum('critical'),
    },
    policy: textOf(memberOf(info, 'policy')),
    scanner: textOf(memberOf(info, 'scanner_name')),
    targets: textOf(memberOf(info, 'targets')),
    folderId: idOf(memberOf(info, 'folder_id')),
  }
}
