import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts'
import type { Scan, ScanReading, ScanRun } from '../../domain/scan.ts'
import type { ScanBatch } from '../connector.ts'
import { shown, UnreadableRecord } from '../formats/record.ts'
import type { SecurityCenterClient } from './client.ts'
import { Gathering } from './gathering.ts'
import { instantOf, memberOf, numberOf, objectsIn, textOf } from './wire.ts'

const scanFields = 'id,uuid,name,description,status,type,policy,owner,schedule,createdTime,repository,ipList'
const resultFields =
  'id,name,status,importStatus,importFinish,startTime,finishTime,createdTime,resultType,scannedIPs,totalIPs,repository,scan'

/** Scans and their results since an instant: both lists come whole. */
export async function readScans(
  client: SecurityCenterClient,
  { since }: JsonObject,
  signal: AbortSignal,
): Promise<ScanBatch> {
  const scans = await client.call({ method: 'GET', path: `/scan?fields=${scanFields}` }, signal)
  const to = Math.floor(client.sourceNowMs() / 1000) + 86_400
  const range = new URLSearchParams({ fields: resultFields, startTime: String(since), endTime: String(to) })
  const results = await client.call({ method: 'GET', path: `/scanResult?${range}` }, signal)
  const gathering = new Gathering<ScanReading>()
  for (const wire of merged(scans.response)) gathering.add(wire, one => ({ kind: 'scan', scan: scanOf(one) }))
  const listed = gathering.rows.flatMap(row => (row.kind === 'scan' ? [row.scan.nativeId] : []))
  const known = new Set(listed)
  for (const wire of merged(results.response)) {
    // Results that somebody imported, or whose scan is gone, belong to none.
    if (known.has(numberOf(memberOf(wire.scan, 'id')) ?? -1)) {
      gathering.add(wire, one => ({ kind: 'run', run: runOf(one) }))
    }
  }
  const whole = gathering.rejected.length === 0 ? { listed } : {}
  return { ...gathering.batch('scans', scans.bytes + results.bytes), ...whole }
}

/** What the user may use and what it may manage are two lists of the same things. */
function merged(answer: Json): readonly JsonObject[] {
  const byId = new Map<string, JsonObject>()
  for (const list of ['usable', 'manageable']) {
    for (const wire of objectsIn(memberOf(answer, list))) byId.set(textOf(wire.id) ?? '', wire)
  }
  return [...byId.values()]
}

function idOf(value: Json | undefined): number {
  const id = numberOf(value)
  if (id !== null && Number.isSafeInteger(id) && id >= 0) return id
  throw new UnreadableRecord(`The scan has no usable id: ${shown(value ?? null)}.`)
}

function scanOf(wire: JsonObject): Scan {
  const nativeId = idOf(wire.id)
  const schedule = isJsonObject(wire.schedule) ? wire.schedule : {}
  const kind = textOf(schedule.type)
  const [zone, starts] = /^TZID=([^:]+):(.+)$/.exec(textOf(schedule.start) ?? '')?.slice(1) ?? []
  return {
    nativeId,
    scheduleUuid: textOf(wire.uuid),
    latestRunUuid: null,
    name: textOf(wire.name) ?? String(nativeId),
    type: textOf(wire.type),
    status: null,
    owner: textOf(memberOf(wire.owner, 'username')),
    folderId: null,
    policyId: numberOf(memberOf(wire.policy, 'id')),
    templateUuid: null,
    totalTargets: null,
    progress: null,
    userPermissions: null,
    isEnabled: kind === null ? null : kind !== 'never' && kind !== 'template',
    isShared: null,
    timeZone: zone ?? null,
    rrules: kind === 'ical' ? textOf(schedule.repeatRule) : null,
    starts: starts ?? null,
    createdAt: instantOf(wire.createdTime) ?? null,
    lastRunAt: null,
    extra: { repository: textOf(memberOf(wire.repository, 'name')), targets: textOf(wire.ipList), schedule: kind },
  }
}

function runOf(wire: JsonObject): ScanRun {
  const nativeId = idOf(wire.id)
  return {
    // Results have a number and no other name.
    uuid: `scan-result-${nativeId}`,
    scanNativeId: idOf(memberOf(wire.scan, 'id')),
    scheduleUuid: null,
    nativeId,
    status: textOf(wire.status)?.toLowerCase() ?? null,
    startedAt: instantOf(wire.startTime) ?? null,
    completedAt: instantOf(wire.finishTime) ?? null,
    isArchived: false,
    extra: {
      import: textOf(wire.importStatus),
      imported_at: instantOf(wire.importFinish) ?? null,
      scanned: numberOf(wire.scannedIPs),
      targets: numberOf(wire.totalIPs),
    },
  }
}
