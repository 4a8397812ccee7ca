import { type Answer, htmlPage, json } from '../answer.ts'
import { exportedPlugin } from '../exported-plugin.ts'
import type { Plugin } from '../plugin-catalogue.ts'
import type { ScanDefinition } from '../tenant.ts'
import type { ScContext, ScHandler, SecurityCenter } from './context.ts'
import { pluginFacts } from './details.ts'
import { envelope, enveloped, invalidParameters, scRefusal } from './error.ts'
import { type Repository, repositoriesOf, repositoryBody } from './host.ts'

const seconds = (ms: number) => String(Math.floor(ms / 1000))

export const getSystem: ScHandler = ({ sc }) => {
  const { settings, simulation, sessions } = sc
  return envelope(
    {
      version: settings.version,
      buildID: '202406123290',
      releaseID: '202406123290',
      uuid: settings.uuid,
      banner: '',
      headerText: '',
      logo: 'assets/mariana/images/sc4icon.png',
      serverAuth: 'any',
      serverClassification: 'None',
      sessionTimeout: String(sessions.timeoutSeconds),
      licenseStatus: 'Valid',
      ACAS: 'false',
      freshInstall: 'no',
      PasswordComplexity: 'false',
      telemetryEnabled: 'false',
      loginNotifications: 'false',
      reportTypes: [{ name: 'PDF', type: 'pdf', enabled: 'true', attributeSets: [] }],
      timezones: [{ name: 'Africa/Abidjan', gmtOffset: 0 }],
    },
    simulation.clock.now(),
  )
}

/** Before a login, newer versions refuse it in a body that says that all is well. */
export function closedSystem(nowMs: number): Answer {
  const text = JSON.stringify(enveloped('', nowMs))
  return { status: 403, body: { kind: 'text', text, type: 'text/html; charset=UTF-8' } }
}

export const getCurrentUser: ScHandler = context =>
  answer(context, {
    id: '1',
    username: 'tenfold',
    firstname: 'Tenfold',
    lastname: '',
    status: '0',
    locked: 'false',
    role: { id: '2', name: 'Security Manager', description: '' },
    organization: { id: '1', name: 'Example organisation', description: '' },
  })

/** Answers the fields that are asked for, as every resource does. */
function answer({ sc, query }: ScContext, body: Record<string, unknown>): Answer {
  return envelope(fieldsOf(query, body, undefined), sc.simulation.clock.now())
}

function fieldsOf(
  query: URLSearchParams,
  body: Record<string, unknown>,
  usual: readonly string[] | undefined,
): Record<string, unknown> {
  const wanted = query.get('fields')?.split(',') ?? usual
  if (wanted === undefined) return body
  return Object.fromEntries(Object.entries(body).filter(([name]) => name === 'id' || wanted.includes(name)))
}

function visibleRepositories(sc: SecurityCenter): readonly Repository[] {
  return repositoriesOf(sc.isModern()).filter(({ id }) => !sc.settings.hidden.has(id))
}

function repositoryDetails(sc: SecurityCenter, repository: Repository): Record<string, unknown> {
  const { simulation, rows } = sc
  const filters = [{ filterName: 'repository', operator: '=', value: [{ id: String(repository.id) }] }]
  const open = rows.select({ sourceType: 'cumulative', filters, sortField: undefined, isDescending: false })
  return {
    ...repositoryBody(repository),
    type: 'Local',
    remoteID: null,
    running: 'false',
    downloadFormat: 'v2',
    lastSyncTime: '0',
    createdTime: seconds(simulation.estate.startMs - 900 * 86_400_000),
    modifiedTime: seconds(simulation.estate.startMs - 30 * 86_400_000),
    lastVulnUpdate: lastUpdate(sc),
    vulnCount: String(open.length),
    organizations: [{ id: '1', name: 'Example organisation', description: '' }],
    typeFields: {
      correlation: repository.uniqueness.filter(field => field !== 'repositoryID'),
      ipRange: '0.0.0.0/0',
      ipCount: '1024',
      trendingDays: '30',
      trendWithRaw: 'true',
      lastTrendUpdate: '0',
    },
  }
}

/** Moves with every change of the estate, also with several at one instant. */
function lastUpdate({ simulation: { events, estate } }: SecurityCenter): string {
  const count = events.count()
  const last =
    count === 0
      ? undefined
      : events
          .read(count - 1, 1)
          [Symbol.iterator]()
          .next().value
  return String(Math.floor((last === undefined ? estate.startMs : Date.parse(last.at)) / 1000) + (count % 60))
}

export const getRepositories: ScHandler = ({ sc, query }) => {
  const type = query.get('type') ?? 'All'
  if (!['Local', 'Remote', 'Offline', 'All'].includes(type)) throw invalidParameters(`Invalid type '${type}'.`)
  const bodies = visibleRepositories(sc).map(repository =>
    fieldsOf(query, repositoryDetails(sc, repository), ['id', 'name', 'description']),
  )
  return envelope(bodies, sc.simulation.clock.now())
}

export const getRepository: ScHandler = context => {
  const { sc, params } = context
  const repository = visibleRepositories(sc).find(({ id }) => String(id) === params.id)
  // What a user may not see is not there for it, and the answer is the same.
  if (!repository) throw scRefusal(143, `Unable to retrieve Repository #${params.id}.`)
  return answer(context, repositoryDetails(sc, repository))
}

/** A bare array without a total: whoever pages goes on until a short page. */
export const getHosts: ScHandler = ({ sc, query }) => {
  if (!sc.isModern()) return notThere()
  const start = Number(query.get('startOffset') ?? 0)
  const end = Number(query.get('endOffset') ?? start + Number(query.get('limit') ?? 50))
  const bodies = sc.rows
    .hosts()
    .slice(start, end)
    .map(host => ({
      id: String(host.asset.index + 1),
      uuid: host.hostUUID,
      tenableUUID: host.uuid,
      name: host.dnsName || host.ip,
      ipAddress: host.ip,
      os: host.operatingSystem,
      firstSeen: seconds(host.asset.firstScan),
      lastSeen: seconds(host.asset.lastScan),
      macAddress: host.macAddress,
      source: 'Nessus',
      repID: String(host.repository.id),
      netBios: host.netbiosName.split('\\').at(-1) ?? '',
      netBiosWorkgroup: '',
      systemType: host.asset.kind.systemType,
      createdTime: seconds(host.asset.createdAt),
      modifiedTime: seconds(host.asset.updatedAt),
      acr: { score: String(1 + (host.asset.hash % 10)) },
      aes: { score: String(100 + (host.asset.hash % 850)) },
    }))
  return envelope(bodies, sc.simulation.clock.now())
}

export function notThere(): Answer {
  return { status: 404, body: { kind: 'text', text: htmlPage('404 Not Found'), type: 'text/html' } }
}

export const getPlugins: ScHandler = ({ sc, query }) => {
  const { simulation } = sc
  const since = Number(query.get('since') ?? 0)
  const start = Number(query.get('startOffset') ?? 0)
  const end = Number(query.get('endOffset') ?? start + 50)
  if (!(start >= 0 && end > start)) throw invalidParameters('The offsets are not a window.')
  const plugins = simulation.estate.plugins
    .sorted()
    .filter(plugin => modified(plugin) >= since * 1000)
    .toSorted((a, b) => modified(a) - modified(b))
  const usual = ['id', 'name', 'description']
  const bodies = plugins.slice(start, end).map(plugin => fieldsOf(query, pluginBody(plugin, sc.isModern()), usual))
  return envelope(bodies, simulation.clock.now())
}

function modified(plugin: Plugin): number {
  return Math.max(plugin.modifiedAt, plugin.publishedAt)
}

/** As the catalogue tells it: other names and other yes and no than in findings. */
function pluginBody(plugin: Plugin, isModern: boolean): Record<string, unknown> {
  const { pluginName, family, exploitAvailable, cve, bid, xref, cpe, ...facts } = pluginFacts(plugin, isModern)
  const xrefs = [
    ...plugin.cves.map(name => `CVE:${name}`),
    ...(typeof bid === 'string' && bid !== '' ? bid.split(',').map(id => `BID:${id}`) : []),
  ]
  return {
    ...facts,
    id: String(plugin.id),
    name: pluginName,
    type: 'active',
    copyright: 'This script is Copyright (C) and is owned by its authors.',
    cpe: String(cpe).replaceAll('<br/>', '\n'),
    exploitAvailable: exploitAvailable === 'Yes' ? 'true' : 'false',
    xrefs: xrefs.join(', '),
    modifiedTime: seconds(modified(plugin)),
    hasPatch: exportedPlugin(plugin).has_patch,
    family,
  }
}

export const getScans: ScHandler = ({ sc, query }) => {
  const { scans, clock } = sc.simulation
  const usable = scans
    .definitions()
    .flatMap((scan, schedule) => (scans.isRemoved(schedule) ? [] : [{ scan, schedule }]))
    .map(({ scan, schedule }) => fieldsOf(query, scanBody(sc, scan, schedule), ['name', 'description', 'status']))
  return envelope({ usable, manageable: usable.slice(0, 2) }, clock.now())
}

function scanBody({ simulation }: SecurityCenter, scan: ScanDefinition, schedule: number): Record<string, unknown> {
  const { scans } = simulation
  const isEnabled = scans.isEnabled(schedule)
  return {
    id: String(scan.id),
    uuid: scan.scheduleUuid,
    name: scan.name,
    description: '',
    status: '0',
    ipList: '10.0.0.0/8',
    type: 'policy',
    policy: { id: String(scan.policyId), name: 'Basic Network Scan', description: '' },
    repository: { id: '1', name: 'Default', description: '' },
    zone: { id: '1', name: 'Default', description: '' },
    createdTime: seconds(scan.createdAt),
    modifiedTime: seconds(scan.createdAt),
    owner: { id: '1', username: 'tenfold', firstname: 'Tenfold', lastname: '' },
    schedule: isEnabled
      ? {
          id: String(scan.id),
          objectType: 'scan',
          type: 'ical',
          start: 'TZID=Europe/Berlin:20260105T010000',
          repeatRule: scan.periodMs > 86_400_000 ? 'FREQ=WEEKLY;INTERVAL=1' : 'FREQ=DAILY;INTERVAL=1',
          nextRun: seconds(simulation.clock.now() + scan.periodMs),
          dependentID: '-1',
        }
      : { id: '-1', objectType: '-1', type: 'never', start: '', repeatRule: '', nextRun: '0', dependentID: '-1' },
    maxScanTime: '3600',
    numDependents: '0',
  }
}

const scanStatuses: Readonly<Record<string, string>> = {
  completed: 'Completed',
  running: 'Running',
  canceled: 'Stopped',
  stopped: 'Stopped',
  aborted: 'Error',
  paused: 'Paused',
}

export const getScanResults: ScHandler = ({ sc, query }) => {
  const { scans, clock } = sc.simulation
  const to = Number(query.get('endTime') ?? Math.floor(clock.now() / 1000))
  const from = Number(query.get('startTime') ?? to - 30 * 86_400)
  if (!(from <= to)) throw invalidParameters('The start time is after the end time.')
  const usable = scans.definitions().flatMap((scan, schedule) =>
    scans
      .runs(schedule, 400)
      .filter(run => run.startedAt >= from * 1000 && run.startedAt <= to * 1000)
      .map(run => {
        const isOver = run.status === 'completed'
        const body = {
          id: String(run.id),
          name: scan.name,
          description: '',
          status: scanStatuses[run.status] ?? 'Running',
          importStatus: isOver ? 'Finished' : 'No Results',
          importStart: isOver ? seconds(run.endedAt) : '-1',
          importFinish: isOver ? seconds(run.endedAt + 60_000) : '-1',
          startTime: seconds(run.startedAt),
          finishTime: isOver ? seconds(run.endedAt) : '-1',
          createdTime: seconds(run.startedAt),
          scanDuration: isOver ? String(Math.floor((run.endedAt - run.startedAt) / 1000)) : '-1',
          completedIPs: isOver ? '40' : '12',
          scannedIPs: isOver ? '40' : '12',
          totalIPs: '40',
          resultType: scan.type === 'agent' ? 'agent' : 'active',
          running: isOver ? 'false' : 'true',
          repository: { id: '1', name: 'Default', description: '' },
          scan: { id: String(scan.id), name: scan.name, description: '' },
        }
        return fieldsOf(query, body, ['name', 'description', 'status'])
      }),
  )
  return envelope({ usable, manageable: usable }, clock.now())
}

export const getStatus: ScHandler = ({ sc }) =>
  envelope(
    { jobd: 'Running', licenseStatus: 'Valid', activeIPs: String(sc.rows.hosts().length), licensedIPs: '65536' },
    sc.simulation.clock.now(),
  )

export const postToken: ScHandler = ({ sc, body }) => {
  const { username, password, releaseSession } = (body ?? {}) as Record<string, unknown>
  const session = sc.sessions.open(String(username), String(password), releaseSession === true)
  if (session === 'refused') throw scRefusal(1, 'Invalid login credentials.')
  const now = sc.simulation.clock.now()
  if (session === undefined) return envelope({ releaseSession: true }, now)
  const response = { token: session.token, lastLogin: seconds(now), failedLogins: '0', unassociatedCert: 'false' }
  return {
    ...json(enveloped(response, now)),
    headers: { 'set-cookie': `TNS_SESSIONID=${session.cookie}; path=/; secure; HttpOnly; SameSite=Strict` },
  }
}

export const deleteToken: ScHandler = ({ sc, request }) => {
  sc.sessions.close(request)
  return envelope('', sc.simulation.clock.now())
}
