import { badRequest } from './answer.ts'
import type { Asset } from './asset.ts'
import { hasServiceNow, isAuthenticated, sourceNames } from './asset-told.ts'
import type { Estate } from './estate.ts'
import { booleanOf, type RequestObject, secondsOf, textOf, textsOf } from './request-body.ts'
import { readTagTests } from './tag-and-network-filters.ts'

export interface AssetFilter {
  readonly echo: Readonly<Record<string, unknown>>
  test(asset: Asset): boolean
}

export interface AssetScope {
  readonly version: 1 | 2
  /** Keys below Administrator are never shown deleted assets. */
  readonly seesDeleted: boolean
}

type AssetTest = (asset: Asset) => boolean

const instants: Readonly<Record<string, (asset: Asset) => number>> = {
  created_at: asset => asset.createdAt,
  updated_at: asset => asset.updatedAt,
  deleted_at: asset => asset.deletedAt,
  terminated_at: asset => asset.terminatedAt,
  first_scan_time: asset => asset.firstScan,
  last_authenticated_scan_time: asset => (isAuthenticated(asset) ? asset.lastScan : 0),
  last_assessed: asset => asset.lastScan,
}

/**
 * Reads the filters of an asset export. Instants are "later than"; 0 is unset. Deleted and terminated assets are left
 * out unless a filter asks for them; untracked ones never come.
 */
export function readAssetFilter(estate: Estate, request: RequestObject, scope: AssetScope): AssetFilter {
  const tests: AssetTest[] = []
  const echo: Record<string, unknown> = {}
  const put = (name: string, value: unknown, test: AssetTest) => {
    echo[name] = value
    tests.push(test)
  }
  let asksDeleted = false
  let asksTerminated = false
  for (const [name, instantOf] of Object.entries(instants)) {
    const seconds = secondsOf(request, name)
    if (seconds === undefined) continue
    put(name, seconds, asset => seconds === 0 || instantOf(asset) > seconds * 1000)
    if (name === 'deleted_at' && seconds > 0) asksDeleted = true
    if (name === 'terminated_at' && seconds > 0) asksTerminated = true
  }
  const isDeleted = booleanOf(request, 'is_deleted')
  if (isDeleted !== undefined) put('is_deleted', isDeleted, asset => (asset.deletedAt !== 0) === isDeleted)
  const isTerminated = booleanOf(request, 'is_terminated')
  if (isTerminated !== undefined)
    put('is_terminated', isTerminated, asset => (asset.terminatedAt !== 0) === isTerminated)
  asksDeleted ||= isDeleted === true
  asksTerminated ||= isTerminated === true
  readPlainTests(estate, request, put)
  if (scope.version === 1) {
    const tags = readTagTests(estate, request)
    tests.push(...tags.tests)
    Object.assign(echo, tags.echo)
  } else {
    const since = secondsOf(request, 'since')
    if (since !== undefined) {
      put(
        'since',
        since,
        asset => since === 0 || Math.max(asset.updatedAt, asset.deletedAt, asset.terminatedAt) > since * 1000,
      )
      if (since > 0) asksDeleted = asksTerminated = true
    }
  }
  const types = scope.version === 1 ? ['host'] : readTypes(request, echo)
  return {
    echo,
    test: asset =>
      asset.tracked &&
      asset.goneAt === 0 &&
      (asset.deletedAt === 0 || (asksDeleted && scope.seesDeleted)) &&
      (asset.terminatedAt === 0 || asksTerminated) &&
      types.some(type => (asset.kind.types as readonly string[]).includes(type)) &&
      tests.every(test => test(asset)),
  }
}

function readTypes(request: RequestObject, echo: Record<string, unknown>): readonly string[] {
  const types = textsOf(request, 'types')
  if (types === undefined) return ['host']
  const unknown = types.find(type => type !== 'host' && type !== 'webapp')
  if (unknown !== undefined)
    throw badRequest(`child "types" fails because ["${unknown}" must be one of [host, webapp]]`)
  echo.types = types
  return types
}

function readPlainTests(
  estate: Estate,
  request: RequestObject,
  put: (name: string, value: unknown, test: AssetTest) => void,
): void {
  const isLicensed = booleanOf(request, 'is_licensed')
  if (isLicensed !== undefined) put('is_licensed', isLicensed, asset => asset.licensed === isLicensed)
  const hasResults = booleanOf(request, 'has_plugin_results')
  if (hasResults !== undefined)
    put('has_plugin_results', hasResults, asset => (asset.slots > 0 && asset.lastScan !== 0) === hasResults)
  const serviceNow = booleanOf(request, 'servicenow_sysid')
  if (serviceNow !== undefined) put('servicenow_sysid', serviceNow, asset => hasServiceNow(asset) === serviceNow)
  const network = textOf(request, 'network_id')
  if (network !== undefined)
    put('network_id', network, asset => estate.tenant.networks[asset.network]!.uuid === network)
  const scan = textOf(request, 'last_scan_id')
  if (scan !== undefined)
    put(
      'last_scan_id',
      scan,
      asset => asset.lastScan !== 0 && estate.tenant.scans[asset.schedule]?.scheduleUuid === scan,
    )
  const sources = textsOf(request, 'sources')
  if (sources !== undefined) put('sources', sources, asset => sourceNames(asset).some(name => sources.includes(name)))
}
