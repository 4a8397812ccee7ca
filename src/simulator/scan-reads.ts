import { type Answer, json, Refusal } from './answer.ts'
import { dayMs } from './clock.ts'
import type { Context } from './context.ts'
import { topic } from './random.ts'
import type { Simulation } from './simulation.ts'
import { longUuid } from './tenant.ts'

/** `last_modification_date` is about runs: scans that ran since, or run now. */
export function listScans({ simulation, query }: Context): Answer {
  const { recording, scans, clock } = simulation
  if (recording !== undefined) return json(recording.scans)
  const ranSince = Number(query.get('last_modification_date') ?? 0)
  const folders = [
    { unread_count: null, custom: 0, default_tag: 0, type: 'trash', name: 'Trash', id: 10 },
    { unread_count: 0, custom: 0, default_tag: 1, type: 'main', name: 'My Scans', id: 11 },
  ]
  return json({
    scans: scans
      .definitions()
      .flatMap((_, schedule) => (scans.isRemoved(schedule) ? [] : [listed(simulation, schedule)]))
      .filter(scan => scan.last_modification_date >= ranSince),
    folders,
    timestamp: Math.floor(clock.now() / 1000),
  })
}

export function listed({ scans, estate }: Pick<Simulation, 'scans' | 'estate'>, schedule: number) {
  const scan = scans.definitions()[schedule]!
  const runs = scans.runs(schedule, 1)
  const isEnabled = scans.isEnabled(schedule)
  return {
    control: true,
    creation_date: Math.floor(scan.createdAt / 1000),
    enabled: isEnabled,
    id: scan.id,
    last_modification_date: Math.floor((runs[0]?.startedAt ?? scan.createdAt) / 1000),
    legacy: false,
    name: scan.name,
    owner: estate.tenant.users[0]!.name,
    permissions: 128,
    policy_id: scan.policyId,
    progress: scans.status(schedule) === 'completed' ? 100 : 0,
    read: false,
    ...(isEnabled && scan.periodMs > 0
      ? {
          rrules: scan.periodMs === dayMs ? 'FREQ=DAILY;INTERVAL=1' : 'FREQ=WEEKLY;INTERVAL=1;BYDAY=MO',
          starttime: '20250106T010000',
          timezone: 'Etc/UTC',
        }
      : { rrules: null, starttime: null, timezone: null }),
    schedule_uuid: scan.scheduleUuid,
    shared: false,
    status: scans.status(schedule),
    status_times: { initializing: 2623, pending: 50_799, running: 988_000, publishing: 2141, processing: 0 },
    template_uuid: scan.templateUuid,
    total_targets: 254,
    has_triggers: false,
    type: scan.type,
    user_permissions: 128,
    uuid: runs[0]?.uuid ?? scan.scheduleUuid,
    wizard_uuid: scan.templateUuid,
  }
}

export function scheduleOf({ simulation, params }: Context): number {
  const schedule = simulation.scans.find(params.scan_id!)
  if (schedule === undefined) throw new Refusal(json({ error: 'Scan not found' }, 404))
  return schedule
}

export function getProgress(context: Context): Answer {
  return json({ progress: context.simulation.scans.status(scheduleOf(context)) === 'completed' ? 100 : 50 })
}

export function countScans({ simulation, query }: Context): Answer {
  return json({
    count: query.get('active') === 'true' ? simulation.scans.activeCount() : simulation.scans.definitions().length,
  })
}

export function listTimezones(): Answer {
  const names = ['Etc/UTC', 'Europe/Dublin', 'Europe/Zurich', 'America/New_York', 'Asia/Singapore']
  return json({ timezones: names.map(name => ({ name, value: name })) })
}

export function getHistory(context: Context): Answer {
  const { simulation, query } = context
  const schedule = scheduleOf(context)
  const limit = Number(query.get('limit') ?? 50)
  const offset = Number(query.get('offset') ?? 0)
  const runs = simulation.scans.runs(schedule, 500)
  return json({
    pagination: { offset, total: runs.length, sort: [{ order: 'DESC', name: 'start_date' }], limit },
    history: runs.slice(offset, offset + limit).map(run => ({
      time_end: seconds(run.endedAt || run.startedAt),
      scan_uuid: run.uuid,
      id: run.id,
      is_archived: simulation.scans.isArchived(run),
      time_start: seconds(run.startedAt),
      visibility: 'public',
      targets: { custom: false, default: null },
      status: run.status,
    })),
  })
}

export function getHistoryDetail(context: Context): Answer {
  const { simulation, params } = context
  const schedule = scheduleOf(context)
  const scan = simulation.scans.definitions()[schedule]!
  const run = simulation.scans.runs(schedule, 500).find(known => known.uuid === params.history_uuid)
  if (run === undefined) throw new Refusal(json({ error: 'Scan not found' }, 404))
  const owner = simulation.estate.tenant.users[0]!
  return json({
    owner_id: owner.id,
    schedule_uuid: scan.scheduleUuid,
    status: run.status,
    is_archived: simulation.scans.isArchived(run),
    scan_start: seconds(run.startedAt),
    owner_uuid: owner.uuid,
    owner: owner.name,
    targets: '10.0.0.0/8',
    object_id: run.id,
    uuid: run.uuid,
    scan_end: run.endedAt === 0 ? null : seconds(run.endedAt),
    scan_type: scan.type,
    name: scan.name,
  })
}

export function listTemplates({ simulation }: Context): Answer {
  const names = ['advanced', 'basic', 'agent_basic']
  return json({
    templates: names.map((name, n) => ({
      uuid: longUuid(simulation.seed, topic.scan, 100 + n),
      name,
      title:
        name === 'basic' ? 'Basic Network Scan' : name === 'advanced' ? 'Advanced Network Scan' : 'Basic Agent Scan',
      desc: 'A scan template.',
      is_agent: name.startsWith('agent') ? true : null,
      is_was: null,
      cloud_only: false,
      subscription_only: false,
      manager_only: false,
      unsupported: false,
      order: n,
    })),
  })
}

export function listPolicies({ simulation }: Context): Answer {
  const owner = simulation.estate.tenant.users[0]!
  return json({
    policies: simulation.scans.definitions().map(scan => ({
      id: scan.policyId,
      template_uuid: scan.templateUuid,
      name: `Policy of ${scan.name}`,
      description: null,
      owner: owner.name,
      owner_id: owner.id,
      visibility: 'private',
      shared: 0,
      user_permissions: 128,
      creation_date: seconds(scan.createdAt),
      last_modification_date: seconds(scan.createdAt),
      no_target: 'false',
    })),
  })
}

export function seconds(ms: number): number {
  return Math.floor(ms / 1000)
}
