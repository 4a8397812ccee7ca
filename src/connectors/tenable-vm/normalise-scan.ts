import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts'
import type { Scan, ScanFolder, ScanRun, ScanRunDetails, ScanSeverities } from '../../domain/scan.ts'
import { RecordNotes, shown, UnreadableRecord } from '../formats/record.ts'

/** A scan of the list. @throws UnreadableRecord when it has no id */
export function normaliseScan(wire: JsonObject): { readonly scan: Scan; readonly notes: RecordNotes } {
  const nativeId = scanId(wire.id)
  const notes = new RecordNotes(`scan ${nativeId}`)
  for (const [field, value] of Object.entries(wire)) if (!scanFields.has(field)) notes.keep(null, field, value)
  const text = (field: string) => notes.text(null, field, wire[field])
  const integer = (field: string) => notes.integer(null, field, wire[field])
  const scan: Scan = {
    nativeId,
    scheduleUuid: text('schedule_uuid'),
    latestRunUuid: text('uuid'),
    name: text('name') ?? `Scan ${nativeId}`,
    type: text('type'),
    status: text('status')?.toLowerCase() ?? null,
    owner: text('owner'),
    folderId: integer('folder_id'),
    policyId: integer('policy_id'),
    templateUuid: text('template_uuid'),
    totalTargets: integer('total_targets'),
    progress: integer('progress'),
    userPermissions: integer('user_permissions'),
    isEnabled: notes.boolean(null, 'enabled', wire.enabled),
    isShared: notes.boolean(null, 'shared', wire.shared),
    timeZone: text('timezone'),
    rrules: text('rrules'),
    starts: text('starttime'),
    createdAt: notes.instant(null, 'creation_date', wire.creation_date),
    lastRunAt: notes.instant(null, 'last_modification_date', wire.last_modification_date),
    extra: null,
  }
  return { scan: { ...scan, extra: notes.extra }, notes }
}

/** Fields with a column of their own. `read` and `legacy` are about the vendor's screens. */
const scanFields = new Set([
  ...['id', 'schedule_uuid', 'uuid', 'name', 'type', 'status', 'owner', 'folder_id', 'policy_id', 'template_uuid'],
  ...['total_targets', 'progress', 'user_permissions', 'enabled', 'shared', 'timezone', 'rrules', 'starttime'],
  ...['creation_date', 'last_modification_date', 'read', 'legacy'],
])

export function readFolders(value: Json | undefined): ScanFolder[] {
  if (!Array.isArray(value)) return []
  return (value as readonly Json[]).flatMap(folder => {
    if (!isJsonObject(folder) || typeof folder.id !== 'number' || typeof folder.name !== 'string') return []
    return [{ nativeId: folder.id, name: folder.name, type: typeof folder.type === 'string' ? folder.type : null }]
  })
}

/** Which scan a run belongs to. */
export interface RunOwner {
  readonly scanNativeId: number
  readonly scheduleUuid: string | null
}

/** A run as the history of its scan lists it. @throws UnreadableRecord when it has no uuid */
export function normaliseScanRun(
  owner: RunOwner,
  wire: JsonObject,
): { readonly run: ScanRun; readonly notes: RecordNotes } {
  const uuid = wire.scan_uuid ?? wire.uuid
  if (typeof uuid !== 'string' || uuid === '')
    throw new UnreadableRecord(`A run has no usable uuid: ${shown(uuid ?? null)}.`)
  const notes = new RecordNotes(`run ${uuid} of scan ${owner.scanNativeId}`)
  for (const [field, value] of Object.entries(wire)) if (!runFields.has(field)) notes.keep(null, field, value)
  const status = notes.text(null, 'status', wire.status)?.toLowerCase() ?? null
  const run: ScanRun = {
    uuid,
    ...owner,
    nativeId: notes.integer(null, 'id', wire.id, 53),
    status,
    startedAt: notes.instant(null, 'time_start', wire.time_start),
    completedAt: notes.instant(null, 'time_end', wire.time_end),
    isArchived: notes.boolean(null, 'is_archived', wire.is_archived) ?? false,
    extra: null,
  }
  return { run: { ...run, extra: notes.extra }, notes }
}

const runFields = new Set(['id', 'scan_uuid', 'uuid', 'status', 'time_start', 'time_end', 'is_archived'])

/** What the details of one run say; its hosts and results are counted here and go no further. */
export function normaliseScanDetails(owner: RunOwner, uuid: string, wire: JsonObject): ScanRunDetails {
  const notes = new RecordNotes(`details of run ${uuid}`)
  const info = notes.object(null, 'info', wire.info) ?? {}
  const text = (field: string) => notes.text('info', field, info[field])
  return {
    uuid,
    ...owner,
    problem: null,
    isArchived: notes.boolean('info', 'is_archived', info.is_archived) ?? false,
    startedAt: notes.instant('info', 'scan_start', info.scan_start),
    hosts: notes.integer('info', 'hostcount', info.hostcount),
    severities: Array.isArray(wire.hosts) ? severitiesOf(wire.hosts as readonly Json[]) : null,
    policy: text('policy'),
    scanner: text('scanner_name'),
    targets: text('targets'),
    folderId: notes.integer('info', 'folder_id', info.folder_id),
  }
}

function severitiesOf(hosts: readonly Json[]): ScanSeverities {
  const sum = { info: 0, low: 0, medium: 0, high: 0, critical: 0 }
  for (const host of hosts) {
    if (!isJsonObject(host)) continue
    for (const severity of Object.keys(sum) as (keyof ScanSeverities)[]) {
      const count = host[severity]
      if (typeof count === 'number' && Number.isInteger(count) && count > 0) sum[severity] += count
    }
  }
  return sum
}

function scanId(value: Json | undefined): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw new UnreadableRecord(`A scan has no usable id: ${shown(value ?? null)}.`)
}
