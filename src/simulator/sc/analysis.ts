import { type Answer, arrayPieces, type Piece, pieces } from '../answer.ts'
import type { FaultAction } from '../faults.ts'
import type { FindingRow } from '../finding-row.ts'
import type { ScContext } from './context.ts'
import { hostFacts, severityBody } from './details.ts'
import { invalidParameters } from './error.ts'
import type { Host } from './host.ts'
import type { RowPlace, SourceType } from './rows.ts'

const tools = ['vulndetails', 'listvuln', 'sumip', 'sumid', 'sumseverity'] as const
type Tool = (typeof tools)[number]

interface Query {
  readonly tool: Tool
  readonly sourceType: SourceType
  readonly start: number
  readonly end: number
  readonly filters: unknown
  readonly sortField: string | undefined
  readonly isDescending: boolean
}

/** `POST /rest/analysis`: a window over what a tool makes of the rows that fit. */
export function postAnalysis({ sc, body, fault }: ScContext): Answer {
  const query = readQuery(body)
  const places = sc.rows.select(query)
  const [total, elements, count] = results(sc, query, places)
  return windowAnswer(query, total, elements, count, sc.simulation.clock.now(), fault)
}

function readQuery(body: unknown): Query {
  const root = objectOf(body)
  const query = objectOf(root.query)
  const type = root.type ?? query.type
  if (type !== 'vuln') throw invalidParameters(`Invalid analysis type '${String(type)}'.`)
  const sourceType = root.sourceType ?? query.sourceType
  if (sourceType === 'individual') throw invalidParameters("The source type 'individual' needs a scanID and a view.")
  if (sourceType !== 'cumulative' && sourceType !== 'patched') {
    throw invalidParameters(`Invalid source type '${String(sourceType)}'.`)
  }
  const tool = query.tool ?? 'vulndetails'
  if (!(tools as readonly unknown[]).includes(tool)) throw invalidParameters(`Invalid tool '${String(tool)}'.`)
  const sortField = root.sortField ?? query.sortField
  const sortDir = root.sortDir ?? query.sortDir
  if ((sortField === undefined) !== (sortDir === undefined)) {
    throw invalidParameters("The parameters 'sortField' and 'sortDir' go together.")
  }
  return {
    tool: tool as Tool,
    sourceType,
    // The query is looked at first.
    start: offsetOf(query.startOffset ?? root.startOffset, 0, 'startOffset'),
    end: offsetOf(query.endOffset ?? root.endOffset, 50, 'endOffset'),
    filters: query.filters,
    sortField: typeof sortField === 'string' ? sortField : undefined,
    isDescending: String(sortDir).toUpperCase() === 'DESC',
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  if (value === undefined || value === null) return {}
  if (typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>
  throw invalidParameters('The request is not an object.')
}

function offsetOf(value: unknown, otherwise: number, name: string): number {
  if (value === undefined) return otherwise
  if (/^\d+$/.test(String(value))) return Number(value)
  throw invalidParameters(`The parameter '${name}' must be a number from 0.`)
}

type Results = readonly [total: number, elements: Iterable<string>, elementCount: string]

function results(sc: ScContext['sc'], query: Query, places: readonly RowPlace[]): Results {
  const { estate } = sc.simulation
  const { start, end, tool } = query
  switch (tool) {
    case 'vulndetails':
    case 'listvuln': {
      const row = estate.newRow()
      const write = tool === 'vulndetails' ? sc.details.write : listed
      const elements = places.slice(start, end).map(({ host, slot }) => {
        estate.read(host.asset, slot, row)
        return write(host, row)
      })
      return [places.length, elements, '-1']
    }
    case 'sumip': {
      const sums = summed(sc, places)
      const counts = [0, 1, 2, 3, 4].map(level => sums.reduce((all, sum) => all + sum.bySeverity[level]!, 0))
      const score = sums.reduce((all, sum) => all + scoreOf(sum), 0)
      const [info, low, medium, high, critical] = counts
      const count = `${places.length}:${critical}:${high}:${medium}:${low}:${info}:${score}`
      return [sums.length, sums.slice(start, end).map(sum => JSON.stringify(sumipBody(sc, sum))), count]
    }
    case 'sumid':
    case 'sumseverity': {
      const rows = grouped(sc, places, tool)
      return [rows.length, rows.slice(start, end).map(row => JSON.stringify(row)), '-1']
    }
  }
}

interface HostSum {
  readonly host: Host
  readonly bySeverity: number[]
}

function summed({ simulation: { estate } }: ScContext['sc'], places: readonly RowPlace[]): HostSum[] {
  const row = estate.newRow()
  const sums = new Map<Host, HostSum>()
  for (const { host, slot } of places) {
    estate.read(host.asset, slot, row)
    let sum = sums.get(host)
    if (sum === undefined) {
      sum = { host, bySeverity: [0, 0, 0, 0, 0] }
      sums.set(host, sum)
    }
    sum.bySeverity[row.severity]!++
  }
  return [...sums.values()]
}

function scoreOf({ bySeverity }: HostSum): number {
  return bySeverity[1]! + 3 * bySeverity[2]! + 10 * bySeverity[3]! + 40 * bySeverity[4]!
}

function sumipBody({ isModern, simulation }: ScContext['sc'], sum: HostSum): Record<string, unknown> {
  const { host, bySeverity } = sum
  const [info, low, medium, high, critical] = bySeverity.map(String)
  const facts = hostFacts(host, isModern())
  const lastRun = String(Math.floor(host.asset.lastScan / 1000))
  const isAuthenticated = host.asset.hash % 10 < 7
  const { operatingSystem: _os, ips: _ips, vulnUniqueness: _vuln, ...kept } = facts as Record<string, unknown>
  return {
    ...kept,
    score: String(scoreOf(sum)),
    total: String(bySeverity.reduce((all, n) => all + n, 0)),
    severityInfo: info,
    severityLow: low,
    severityMedium: medium,
    severityHigh: high,
    severityCritical: critical,
    policyName: '3ae050e2-486c-5c1a-a6a5-45305557cec3-621/Full Safe Scan',
    pluginSet: `${new Date(simulation.clock.now()).toISOString().slice(0, 10).replaceAll('-', '')}0336`,
    osCPE: cpeOf(host.operatingSystem),
    biosGUID: host.biosGUID,
    tpmID: '',
    mcafeeGUID: '',
    lastAuthRun: isAuthenticated ? lastRun : '',
    lastUnauthRun: isAuthenticated ? '' : lastRun,
  }
}

function listed(host: Host, row: FindingRow): string {
  const { ip, uuid, dnsName, macAddress, netbiosName, repository } = hostFacts(host, false)
  return JSON.stringify({
    pluginID: String(row.plugin.id),
    severity: severityBody(row.severity),
    ip,
    uuid,
    port: String(row.port.port),
    protocol: row.port.protocol,
    name: row.plugin.name,
    dnsName,
    macAddress,
    netbiosName,
    repository,
  })
}

function grouped(
  { simulation: { estate } }: ScContext['sc'],
  places: readonly RowPlace[],
  tool: 'sumid' | 'sumseverity',
): readonly Record<string, unknown>[] {
  const row = estate.newRow()
  const groups = new Map<string, { total: number; hosts: Set<Host>; row: Record<string, unknown> }>()
  for (const { host, slot } of places) {
    estate.read(host.asset, slot, row)
    const key = tool === 'sumid' ? String(row.plugin.id) : String(row.severity)
    const facts =
      tool === 'sumid'
        ? { pluginID: key, name: row.plugin.name, severity: severityBody(row.severity) }
        : { severity: severityBody(row.severity) }
    const group = groups.get(key) ?? { total: 0, hosts: new Set(), row: facts }
    group.total++
    group.hosts.add(host)
    groups.set(key, group)
  }
  return [...groups.values()].map(({ total, hosts, row: facts }) =>
    tool === 'sumid'
      ? { ...facts, total: String(total), hostTotal: String(hosts.size) }
      : { ...facts, count: String(total) },
  )
}

/** The window with its counts, or with the counts that a fault makes of them. */
function windowAnswer(
  { start, end }: Query,
  total: number,
  elements: Iterable<string>,
  elementCount: string,
  nowMs: number,
  fault: FaultAction | undefined,
): Answer {
  const rows = [...elements]
  const isWrong = fault?.kind === 'wrong_counts'
  // As one was seen: 10,001 rows in a window of 10,000, and 10000.05 of them.
  if (isWrong && rows.length > 0) rows.push(rows.at(-1)!)
  const counts = {
    ...(isWrong
      ? fault.total === undefined
        ? {}
        : { totalRecords: String(fault.total) }
      : { totalRecords: String(total) }),
    returnedRecords: isWrong ? rows.length - 0.95 : rows.length,
    startOffset: String(start),
    endOffset: String(end),
    matchingDataElementCount: elementCount,
  }
  const time = Math.floor(nowMs / 1000)
  return pieces(answerPieces(JSON.stringify(counts), rows, time), 'application/json')
}

function* answerPieces(counts: string, rows: readonly string[], time: number): Generator<Piece> {
  yield `{"type":"regular","response":${counts.slice(0, -1)},"results":`
  yield* arrayPieces(rows)
  yield `},"error_code":0,"error_msg":"","warnings":[],"timestamp":${time}}`
}

/** Empty for what has no system that anybody catalogued. */
function cpeOf(system: string): string {
  if (system.startsWith('Microsoft')) return 'cpe:/o:microsoft:windows'
  if (system.startsWith('Linux')) return 'cpe:/o:linux:linux_kernel'
  return system.startsWith('Cisco') ? 'cpe:/o:cisco:ios_xe' : ''
}
