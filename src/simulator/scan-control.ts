import { type Answer, badRequest, gatewayError, json } from './answer.ts'
import type { Context, Handler } from './context.ts'
import { booleanOf, objectOf, textOf } from './request-body.ts'
import { listed, scheduleOf, seconds } from './scan-reads.ts'
import type { ScanVerb } from './scans.ts'
import type { Simulation } from './simulation.ts'

const activeLimit = 25

/** A poll: a launched run gets further, and when it ends its results are there. */
function poll(simulation: Simulation, schedule: number): void {
  const done = simulation.scans.poll(schedule)
  if (done !== undefined) simulation.life.scanCovered(schedule, done.startedAt, simulation.clock.now())
}

export function getLatestStatus(context: Context): Answer {
  const schedule = scheduleOf(context)
  poll(context.simulation, schedule)
  return json({ status: context.simulation.scans.status(schedule) })
}

export function launchScan(context: Context): Answer {
  const { simulation } = context
  const schedule = scheduleOf(context)
  if (!simulation.scans.isEnabled(schedule)) return gatewayError(403, 'Scan is disabled')
  if (simulation.scans.activeCount() >= activeLimit) return { ...gatewayError(429), headers: { 'retry-after': '60' } }
  return json({ scan_uuid: simulation.scans.launch(schedule).uuid })
}

export function controlScan(verb: ScanVerb): Handler {
  return context =>
    context.simulation.scans.control(scheduleOf(context), verb)
      ? json({})
      : json({ error: `Scan cannot ${verb} in its current status` }, 409)
}

export function scheduleScan(context: Context): Answer {
  const schedule = scheduleOf(context)
  const isEnabled = booleanOf(objectOf(context.body, 'body'), 'enabled')
  if (isEnabled === undefined) throw badRequest('child "enabled" fails because ["enabled" is required]')
  context.simulation.scans.setEnabled(schedule, isEnabled)
  const { rrules, timezone, starttime } = listed(context.simulation, schedule)
  return json({ enabled: isEnabled, control: true, rrules, timezone, starttime })
}

export function markRead(context: Context): Answer {
  scheduleOf(context)
  return json({})
}

export function createScan({ simulation, body }: Context): Answer {
  const request = objectOf(body, 'body')
  const template = textOf(request, 'uuid')
  const settings = objectOf(request.settings, 'settings')
  const name = textOf(settings, 'name')
  if (template === undefined || name === undefined)
    throw badRequest('child "settings" fails because ["name" is required]')
  const schedule = simulation.scans.create(name, template)
  const scan = simulation.scans.definitions()[schedule]!
  const owner = simulation.estate.tenant.users[0]!
  return json({
    scan: {
      id: scan.id,
      uuid: scan.scheduleUuid,
      name,
      policy_id: scan.policyId,
      owner: owner.name,
      owner_id: owner.id,
      starttime: null,
      rrules: null,
      timezone: null,
      enabled: true,
      creation_date: seconds(scan.createdAt),
      last_modification_date: seconds(scan.createdAt),
      type: 'public',
      shared: 0,
      user_permissions: 128,
      default_permissions: 0,
    },
  })
}
