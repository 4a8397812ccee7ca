import type { FindingRow } from '../finding-row.ts'
import { invalidParameters } from './error.ts'
import type { Host } from './host.ts'

/** Which rows a query wants. */
export type RowTest = (host: Host, row: FindingRow) => boolean

/** As an error message of version 6 lists them. */
const filterNames =
  'acceptedRisk, acceptRiskStatus, aesSeverity, asset, assetCriticality, assetCriticalityRating, assetExposureScore, assetID, auditFile, auditFileID, baseCVSSScore, benchmarkName, cceID, cpe, cveID, cvssV3BaseScore, cvssV3Vector, cvssV4BaseScore, cvssV4Vector, cvssVector, dataFormat, daysMitigated, daysToMitigated, dnsName, epssScore, exploitAvailable, exploitFrameworks, family, familyID, firstSeen, hostUUID, iavmID, ip, lastMitigated, lastSeen, mitigatedStatus, msbulletinID, netbiosName, operatingSystem, outputAssets, patchPublished, pluginID, pluginModified, pluginName, pluginPublished, pluginText, pluginType, policy, policyID, port, protocol, recastRisk, recastRiskStatus, repository, repositoryIDs, responsibleUser, responsibleUserIDs, seolDate, severity, solutionID, stigSeverity, tcpport, udpport, uuid, vprScore, vulnPublished, vulnRoutedUserIDs, vulnRoutingRuleID, vulnUUID, wasHttpMethod, wasInputName, wasInputType, wasMitigated, wasURL, wasVuln, xref'
const knownFilters: ReadonlySet<string> = new Set(filterNames.split(', '))

/** Reads the filters of a query as strictly as the vendor: each once, each known, ranges the right way round. */
export function readFilters(value: unknown, nowMs: number): RowTest {
  if (value === undefined || value === null) return () => true
  if (!Array.isArray(value)) throw invalidParameters('The filters must be an array.')
  const seen = new Set<string>()
  const tests = value.map((item: unknown) => {
    const { filterName, operator, value: wanted } = (item ?? {}) as Record<string, unknown>
    if (typeof filterName !== 'string' || !knownFilters.has(filterName)) {
      throw invalidParameters(`Invalid filter '${String(filterName)}'. Valid filters are: ${filterNames}.`)
    }
    if (seen.has(filterName)) throw invalidParameters(`Filter '${filterName}' is given twice.`)
    seen.add(filterName)
    if (typeof operator !== 'string') throw invalidParameters(`Filter '${filterName}' has no operator.`)
    return testOf(filterName, operator, wanted, nowMs)
  })
  return (host, row) => tests.every(test => test(host, row))
}

function testOf(name: string, operator: string, value: unknown, nowMs: number): RowTest {
  const equal = ['=', '>=', '<='].includes(operator)
  if (!equal) throw invalidParameters(`Operator '${operator}' is not valid for filter '${name}'.`)
  switch (name) {
    case 'repository':
    case 'repositoryIDs': {
      const ids = new Set(idsOf(name, value))
      return ({ repository }) => ids.has(String(repository.id))
    }
    case 'severity':
      return among(name, value, (_, row) => String(row.severity))
    case 'pluginID':
      return among(name, value, (_, row) => String(row.plugin.id))
    case 'ip':
      return among(name, value, host => host.ip)
    case 'dnsName':
      return among(name, value, host => host.dnsName)
    case 'uuid':
      return among(name, value, host => host.uuid)
    case 'firstSeen':
      return within(name, value, nowMs, row => row.firstFound)
    case 'lastSeen':
      return within(name, value, nowMs, row => row.lastFound)
    case 'lastMitigated':
      return within(name, value, nowMs, row => row.lastFixed)
    default:
      // A defect of the simulator, and no answer of the vendor's.
      throw new Error(`the filter ${name} is not simulated`)
  }
}

function idsOf(name: string, value: unknown): readonly string[] {
  const items = Array.isArray(value) ? (value as unknown[]) : String(value).split(',')
  return items.map(item => {
    const id = typeof item === 'object' && item !== null ? (item as { id?: unknown }).id : item
    if (!/^\d+$/.test(String(id))) throw invalidParameters(`Filter '${name}' must be a list of IDs.`)
    return String(id)
  })
}

function among(name: string, value: unknown, read: (host: Host, row: FindingRow) => string): RowTest {
  if (typeof value !== 'string' || value === '') throw invalidParameters(`Filter '${name}' must be a string.`)
  const wanted = new Set(value.split(','))
  return (host, row) => wanted.has(read(host, row))
}

const daySeconds = 86_400

/** `0:7` is days ago, the newest first; `1700000000-1700086400` is seconds, the oldest first. */
function within(name: string, value: unknown, nowMs: number, read: (row: FindingRow) => number): RowTest {
  const [from, to] = rangeOf(name, String(value), Math.floor(nowMs / 1000))
  return (_, row) => {
    const seconds = Math.floor(read(row) / 1000)
    return seconds >= from && seconds <= to
  }
}

function rangeOf(name: string, text: string, now: number): [number, number] {
  const days = /^(\d+):(\d+|all)$/.exec(text)
  if (days) {
    const [, newest = '', oldest = ''] = days
    const furthest = oldest === 'all' ? Number.POSITIVE_INFINITY : Number(oldest)
    if (furthest < Number(newest)) {
      throw invalidParameters(
        `End day must be later (i.e. less than) than start day. Filter '${name}' must be in the following format: <end day>:<start day>`,
      )
    }
    return [furthest === Number.POSITIVE_INFINITY ? 0 : now - furthest * daySeconds, now - Number(newest) * daySeconds]
  }
  const seconds = /^(\d+)-(\d+)$/.exec(text)
  if (!seconds || Number(seconds[1]) > Number(seconds[2])) {
    throw invalidParameters(`Filter '${name}' is not a range of time: ${text}`)
  }
  return [Number(seconds[1]), Number(seconds[2])]
}
