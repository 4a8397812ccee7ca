import { type Answer, arrayPieces, badRequest, gatewayError, json, type Piece, pieces } from './answer.ts'
import type { Advance, Control } from './control.ts'
import { type DirectoryName, directoryNames } from './directory-book.ts'
import { type DirectoryEdit, type DirectoryEditName, directoryEditNames } from './directory-edits.ts'
import { type Edit, type EditName, editNames } from './edits.ts'
import type { Fault } from './faults.ts'
import type { Role } from './index.ts'
import { objectOf } from './request-body.ts'

export const controlPrefix = '/__simulator/'

type ControlHandler = (control: Control, body: unknown, query: URLSearchParams) => Answer

/** The control calls, by method and what follows the prefix. They need no keys: the simulator listens on loopback. */
const controlRoutes: Readonly<Record<string, ControlHandler>> = {
  'GET now': control => json({ now: control.now() }),
  'GET truth': control => json(control.truth()),
  'GET truth/findings': control => pieces(lines(control.truthFindings()), 'application/x-ndjson'),
  'GET truth/assets': control => pieces(lines(control.truthAssets()), 'application/x-ndjson'),
  'POST advance': (control, body) => json(control.advance(objectOf(body, 'body') as Advance)),
  'GET faults': control => json({ faults: control.faults() }),
  'POST faults': (control, body) => {
    const { faults, replace } = readFaults(body)
    if (replace) control.replaceFaults(faults)
    else control.addFaults(...faults)
    return json({ faults: control.faults() })
  },
  'DELETE faults': control => {
    control.clearFaults()
    return json({ faults: [] })
  },
  'GET requests': control => json(control.requests()),
  'DELETE requests': control => {
    control.clearRequests()
    return json(control.requests())
  },
  'POST keys/rotate': control => json(control.rotateKeys()),
  'POST keys/revoke': control => {
    control.revokeKeys()
    return json({ revoked: true })
  },
  'POST role': (control, body) => {
    const { role, canView } = objectOf(body, 'body')
    if (!isRole(role)) throw badRequest('role is one of 0, 16, 24, 32, 40, 64')
    if (canView !== undefined && (typeof canView !== 'number' || canView < 0 || canView > 1))
      throw badRequest('canView is a share between 0 and 1')
    control.setRole(role, canView)
    return json({ role, canView: canView ?? 1 })
  },
  'POST foreign-jobs': (control, body) => {
    const { count } = objectOf(body, 'body')
    if (typeof count !== 'number' || count < 0) throw badRequest('count is a number from 0')
    control.setForeignJobs(count)
    return json({ count })
  },
  'GET events': (control, _, query) => {
    const after = Number(query.get('after') ?? 0)
    const limit = query.has('limit') ? Number(query.get('limit')) : undefined
    return pieces(eventPieces(control, after, limit), 'application/json; charset=utf-8')
  },
}

export function answerControl(control: Control, method: string, url: URL, body: unknown): Answer {
  const path = url.pathname.slice(controlPrefix.length)
  const handler = controlRoutes[`${method} ${path}`]
  if (handler !== undefined) return handler(control, body, url.searchParams)
  const directory = /^directory\/([a-z_-]+)$/.exec(path)?.[1]
  if (method === 'GET' && directory !== undefined && isDirectory(directory))
    return json(control.truthDirectory(directory))
  if (method === 'POST' && directory !== undefined && isDirectoryEdit(directory))
    return json(control.editDirectory(directory, objectOf(body, 'body') as DirectoryEdit))
  const edit = /^estate\/([a-z-]+)$/.exec(path)?.[1]
  if (method === 'POST' && edit !== undefined && isEdit(edit))
    return json(control.edit(edit, objectOf(body, 'body') as Edit))
  return gatewayError(404, `no control call ${method} ${path}`)
}

function* lines(rows: Iterable<unknown>): Generator<string> {
  for (const row of rows) yield `${JSON.stringify(row)}\n`
}

function* eventPieces(control: Control, after: number, limit: number | undefined): Generator<Piece> {
  const events = control.events(after, limit)
  yield `{"total":${control.eventCount()},"events":`
  yield* arrayPieces(Iterator.from(events).map(event => JSON.stringify(event)))
  yield '}'
}

/** One fault, a list of them, or `{faults, replace}`. */
function readFaults(body: unknown): { faults: readonly Fault[]; replace: boolean } {
  if (Array.isArray(body)) return { faults: body as Fault[], replace: false }
  const given = objectOf(body, 'body')
  if (Array.isArray(given.faults)) return { faults: given.faults as Fault[], replace: given.replace === true }
  if (given.on === undefined || given.do === undefined)
    throw badRequest('a fault is {"on": {"path": …}, "do": {"kind": …}}')
  return { faults: [given as unknown as Fault], replace: false }
}

function isRole(value: unknown): value is Role {
  return [0, 16, 24, 32, 40, 64].includes(value as number)
}

function isDirectory(name: string): name is DirectoryName {
  return (directoryNames as readonly string[]).includes(name)
}

function isDirectoryEdit(name: string): name is DirectoryEditName {
  return (directoryEditNames as readonly string[]).includes(name)
}

function isEdit(name: string): name is EditName {
  return (editNames as readonly string[]).includes(name)
}
