import { type Answer, gatewayError, json } from './answer.ts'
import { isLive } from './asset.ts'
import { dayMs, iso, minuteMs } from './clock.ts'
import type { Context } from './context.ts'
import { hexOf, topic, uuidOf } from './random.ts'
import type { Simulation } from './simulation.ts'
import type { User } from './tenant.ts'

export function getSession({ simulation }: Context): Answer {
  const { recording, keys, estate } = simulation
  if (recording !== undefined) return json({ ...recording.session, permissions: keys.role })
  const user = estate.tenant.users[0]!
  return json({
    id: user.id,
    uuid: user.uuid,
    uuid_id: user.uuid,
    username: user.name,
    user_name: user.name,
    email: user.name,
    name: 'Integration',
    type: 'local',
    permissions: keys.role,
    enabled: true,
    login_fail_count: 0,
    login_fail_total: 0,
    container_id: 1215,
    container_uuid: estate.tenant.containerUuid,
    container_name: 'Simulated tenant',
    features: { access_groups: true, dynamic_tagging: true, network_support: true },
    apps: { consec: 'standard', was: 'standard' },
    group_uuids: ['00000000-0000-0000-0000-000000000000'],
    groups: [],
  })
}

export function getServerStatus(): Answer {
  return json({ code: 200, status: 'ready' })
}

export function getServerProperties({ simulation }: Context): Answer {
  const { recording, estate, clock } = simulation
  if (recording !== undefined) return json(recording.serverProperties)
  const pluginSet = `${iso(clock.now() - dayMs)
    .replace(/[-:T]/g, '')
    .slice(0, 8)}1241`
  const expiration = Math.floor((estate.startMs + 400 * dayMs) / 1000)
  return json({
    limitEnabled: false,
    region: 'US East',
    loaded_plugin_set: pluginSet,
    server_uuid: estate.tenant.serverUuid,
    update: { href: null, new_version: 0, restart: 0 },
    expiration,
    nessus_ui_version: '11.0.52',
    nessus_type: 'Nessus Cloud',
    notifications: [],
    expiration_time: Math.floor((expiration * 1000 - clock.now()) / dayMs),
    license: {
      expiration_date: expiration,
      ips: -1,
      agents: -1,
      users: -1,
      scanners: -1,
      evaluation: false,
      scanners_used: 2,
      agents_used: estate.assets.filter(asset => asset.hasAgent && isLive(asset)).length,
      apps: { was: { mode: 'standard', expiration_date: expiration } },
    },
    enterprise: true,
    analytics: { key: uuidOf(simulation.seed, topic.tenant, 3), enabled: true, site_id: 'us-2b' },
    msp: true,
    server_build: 'C20023',
    force_ui_reload: true,
    capabilities: {
      multi_user: 'full',
      multi_scanner: true,
      report_email_config: true,
      two_factor: { twilio: true, smtp: false },
    },
    plugin_set: pluginSet,
    idle_timeout: '30',
    nessus_ui_build: '161',
    scanner_boottime: Math.floor(estate.startMs / 1000) - 86_400,
    evaluation: { limitEnabled: true, targets: 25 },
    container_db_version: '10.43.0',
    login_banner: null,
    server_version: '6.9.1',
  })
}

export function getUsers({ simulation }: Context): Answer {
  return json({ users: simulation.estate.tenant.users.map(user => userOf(simulation, user)) })
}

export function getUser({ simulation, params }: Context): Answer {
  const id = params.user_id
  const user = simulation.estate.tenant.users.find(known => known.uuid === id || String(known.id) === id)
  return user === undefined ? gatewayError(404) : json(userOf(simulation, user))
}

function userOf({ estate, keys, clock }: Simulation, user: User) {
  return {
    uuid: user.uuid,
    id: user.id,
    user_name: user.name,
    username: user.name,
    email: user.name,
    name: user.name.split('@')[0],
    type: 'local',
    permissions: user.id === 3 ? keys.role : user.permissions,
    login_fail_count: 0,
    login_fail_total: 0,
    last_apikey_access: clock.now(),
    enabled: true,
    api_permitted: true,
    ui_permitted: true,
    undeletable: user.id === 3,
    group_uuids: ['00000000-0000-0000-0000-000000000000'],
    lockout: 0,
    preferences: {},
    container_uuid: estate.tenant.containerUuid,
    lastlogin: estate.startMs - dayMs,
    uuid_id: user.uuid,
  }
}

export function getAuditEvents({ simulation, query }: Context): Answer {
  const { estate, seed } = simulation
  const limit = Math.min(Number(query.get('limit') ?? 50), 10_000)
  const offset = Number(query.get('offset') ?? 0)
  const actor = { id: estate.tenant.users[0]!.uuid, name: estate.tenant.users[0]!.name }
  const events = Array.from({ length: 120 }, (_, n) => ({
    id: hexOf(seed, topic.user, n, 32, 9),
    action: n % 3 === 0 ? 'user.authenticate.apikey' : n % 3 === 1 ? 'session.create' : 'audit.log.view',
    crud: 'rcu'[n % 3],
    is_failure: n % 17 === 0,
    received: iso(estate.startMs - (120 - n) * 11 * minuteMs).replace('.000', ''),
    description: null,
    actor,
    is_anonymous: null,
    target: { ...actor, type: 'User' },
    fields: [{ key: 'X-Request-Uuid', value: hexOf(seed, topic.request, n, 32, 9) }],
  }))
  return json({
    events: events.slice(offset, offset + limit),
    pagination: { total: events.length, limit, offset, sort: [{ name: 'received', order: 'asc' }] },
  })
}
