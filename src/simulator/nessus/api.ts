import { type Answer, json, pieces } from '../answer.ts'
import type { ScannerContext, ScannerHandler } from './context.ts'
import { invalidCredentials, nessusError, noApi, notFound, refused } from './error.ts'
import type { ScannerExport } from './exports.ts'
import { reportPieces } from './report.ts'
import * as scans from './scans.ts'
import { hasApiKeys } from './sessions.ts'

export interface ScannerRoute {
  readonly method: string
  readonly path: RegExp
  readonly handler: ScannerHandler
  /** Answered to anybody. */
  readonly isOpen?: boolean
}

export const scannerRoutes: readonly ScannerRoute[] = [
  { method: 'GET', path: /^\/server\/status$/, handler: getStatus, isOpen: true },
  { method: 'GET', path: /^\/server\/properties$/, handler: getProperties, isOpen: true },
  { method: 'POST', path: /^\/session$/, handler: postSession, isOpen: true },
  { method: 'GET', path: /^\/session$/, handler: getSession },
  { method: 'DELETE', path: /^\/session$/, handler: deleteSession },
  { method: 'GET', path: /^\/folders$/, handler: scans.getFolders },
  { method: 'GET', path: /^\/scans$/, handler: scans.getScans },
  { method: 'POST', path: /^\/scans$/, handler: control },
  { method: 'GET', path: /^\/scans\/(?<scan>\d+)$/, handler: scans.getScan },
  { method: 'GET', path: /^\/scans\/(?<scan>\d+)\/hosts\/(?<host>\d+)$/, handler: scans.getHost },
  {
    method: 'GET',
    path: /^\/scans\/(?<scan>\d+)\/hosts\/(?<host>\d+)\/plugins\/(?<plugin>\d+)$/,
    handler: scans.getPluginOutput,
  },
  { method: 'POST', path: /^\/scans\/(?<scan>\d+)\/(launch|pause|resume|stop|kill)$/, handler: control },
  { method: 'GET', path: /^\/scans\/(?<scan>\d+)\/export\/formats$/, handler: getFormats },
  { method: 'POST', path: /^\/scans\/(?<scan>\d+)\/export$/, handler: postExport },
  { method: 'GET', path: /^\/scans\/(?<scan>\d+)\/export\/(?<file>\d+)\/status$/, handler: exportStatus },
  { method: 'GET', path: /^\/scans\/(?<scan>\d+)\/export\/(?<file>\d+)\/download$/, handler: download },
  { method: 'GET', path: /^\/tokens\/(?<token>[0-9a-f-]+)\/status$/, handler: exportStatus },
  { method: 'GET', path: /^\/tokens\/(?<token>[0-9a-f-]+)\/download$/, handler: download },
]

export function isKnown({ scanner, request }: Pick<ScannerContext, 'scanner' | 'request'>): boolean {
  const { keys } = scanner.settings
  return (!keys.isRevoked && hasApiKeys(keys, request)) || scanner.sessions.knows(request)
}

function getStatus({ scanner }: ScannerContext): Answer {
  const { settings } = scanner
  if (settings.loadingPolls > 0) {
    settings.loadingPolls--
    return json({ code: 503, progress: 40, status: 'loading' }, 503)
  }
  return json({ code: 200, progress: null, status: 'ready' })
}

const types = {
  manager: 'Nessus Manager',
  professional: 'Nessus',
  essentials: 'Nessus Essentials',
  trial: 'Nessus',
} as const
const names = { manager: 'manager', professional: 'professional', essentials: 'home', trial: 'eval' } as const

/** Fewer of them to whoever is not logged in; an older version says nothing of what its licence allows. */
function getProperties(context: ScannerContext): Answer {
  const { scanner } = context
  const { settings } = scanner
  const licence = scanner.licence()
  const isManager = licence === 'manager'
  const open = {
    nessus_type: types[licence],
    server_version: settings.version,
    server_uuid: settings.uuid,
    nessus_ui_version: settings.version,
    loaded_plugin_set: '202605311200',
    feed: licence === 'essentials' ? 'HomeFeed' : 'ProFeed',
    idle_timeout: 30,
    enterprise: isManager,
    capabilities: { multi_scanner: isManager, multi_user: isManager ? 'full' : 'single', report_email_config: false },
  }
  if (!isKnown(context)) return json(open)
  const features = {
    api: true,
    scan_api: isManager,
    policies: true,
    report: licence !== 'trial',
    users: isManager,
    vpr: licence !== 'essentials',
  }
  return json({
    ...open,
    platform: 'LINUX',
    plugin_set: '202605311200',
    server_build: '20034',
    scanner_boottime: Math.floor(scanner.clock.now() / 1000) - 86_400,
    expiration: Math.floor(scanner.clock.now() / 1000) + 30 * 86_400,
    license: {
      type: names[licence],
      ips: licence === 'essentials' ? 16 : 32_768,
      expiration_date: Math.floor(scanner.clock.now() / 1000) + 30 * 86_400,
      ...(settings.tellsFeatures ? { name: types[licence], restricted: licence !== 'manager', features } : {}),
    },
  })
}

function textIn(body: unknown, name: string): string | undefined {
  const value = typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[name] : undefined
  return typeof value === 'string' ? value : undefined
}

function postSession({ scanner, body }: ScannerContext): Answer {
  const username = textIn(body, 'username')
  const password = textIn(body, 'password')
  if (username === undefined || password === undefined) throw refused(400, 'Invalid request')
  const token = scanner.sessions.open(username, password)
  if (token === undefined) throw invalidCredentials()
  return json({ md5sum_wizard_templates: '0', md5sum_tenable_links: '0', token })
}

function getSession({ scanner }: ScannerContext): Answer {
  const { settings } = scanner
  return json({
    id: 2,
    username: settings.username,
    name: settings.username,
    email: null,
    type: 'local',
    permissions: settings.permissions,
    enabled: true,
    lockout: 0,
  })
}

function deleteSession({ scanner, request }: ScannerContext): Answer {
  scanner.sessions.close(request)
  return { status: 200, body: { kind: 'nothing' } }
}

/** What makes or starts anything: not with every licence. */
function control({ scanner }: ScannerContext): Answer {
  if (scanner.licence() === 'manager') throw refused(409, 'The scan cannot be controlled by the simulator.')
  return nessusError(412, noApi)
}

function getFormats(context: ScannerContext): Answer {
  scans.scanOf(context)
  return json({
    formats: [
      { value: 'nessus', name: 'Nessus' },
      { value: 'csv', name: 'CSV' },
    ],
  })
}

const formats = ['nessus', 'csv', 'html', 'pdf', 'db']

function postExport(context: ScannerContext): Answer {
  const { scanner, body, query } = context
  const scan = scans.scanOf(context)
  const { settings } = scanner
  if (scanner.licence() === 'trial') {
    return nessusError(settings.exportRefusal, 'Export is not allowed in trial mode. Please upgrade.')
  }
  const format = textIn(body, 'format')
  if (format === undefined || !formats.includes(format)) throw refused(400, 'The requested format is invalid')
  if (format !== 'nessus') throw refused(400, `simulator: the format ${format} is not made here`)
  const run = scans.runOf(scan, query)
  if (!run) throw notFound()
  if (run.status === 'running') throw refused(409, 'The scan is still running')
  const { file, token } = scanner.exports.begin(scan, run, settings.exportPolls)
  return json(settings.usesFileIds ? { file } : { token, file })
}

function exportIn({ scanner, params }: ScannerContext): ScannerExport {
  const { token, file, scan } = params
  // Older versions know no tokens, and none was told.
  const made =
    token === undefined
      ? scanner.exports.byFile(Number(file))
      : scanner.settings.usesFileIds
        ? undefined
        : scanner.exports.byToken(token)
  if (!made || (scan !== undefined && made.scan.id !== Number(scan))) throw notFound()
  return made
}

function exportStatus(context: ScannerContext): Answer {
  if (context.fault?.kind === 'job_error') return json({ status: 'error' })
  if (context.fault?.kind === 'job_stuck') return json({ status: 'loading' })
  const made = exportIn(context)
  if (made.polls > 0) {
    made.polls--
    return json({ status: 'loading' })
  }
  return json({ status: 'ready' })
}

function download(context: ScannerContext): Answer {
  const { catalogue } = context.scanner.world
  const made = exportIn(context)
  if (made.polls > 0) throw refused(409, 'The file is not ready')
  return pieces(reportPieces(catalogue, made.scan, made.run), 'application/octet-stream', {
    'content-disposition': `attachment; filename="scan_${made.file}.nessus"`,
  })
}
