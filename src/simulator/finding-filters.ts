import { badRequest } from './answer.ts'
import type { Asset } from './asset.ts'
import { dayMs } from './clock.ts'
import type { Estate } from './estate.ts'
import { severityNames, sourceOf } from './finding-body.ts'
import type { FindingRow } from './finding-row.ts'
import { pluginMask, readPluginTests } from './plugin-filters.ts'
import { type RequestObject, secondsOf, textOf, textsOf } from './request-body.ts'
import { readRange } from './score-range.ts'
import { readAssetTests } from './tag-and-network-filters.ts'
import { runUuid } from './tenant.ts'

/** A findings export's filters, ready to run, and as the job echoes them. */
export interface FindingFilter {
  readonly echo: Readonly<Record<string, unknown>>
  asset(asset: Asset): boolean
  row(row: FindingRow): boolean
}

const states = ['OPEN', 'REOPENED', 'FIXED'] as const

const modifications = ['NONE', 'RECASTED', 'ACCEPTED'] as const

const timeNames = [
  'since',
  'first_found',
  'first_seen',
  'last_found',
  'last_seen',
  'last_fixed',
  'indexed_at',
  'resurfaced_date',
] as const

const notWithSince = ['first_found', 'first_seen', 'last_found', 'last_seen', 'last_fixed'] as const

const needState = ['first_found', 'first_seen', 'last_found', 'last_seen', 'last_fixed'] as const

/**
 * Reads the filters of `POST /vulns/export`. Zero means unset; without any time the vendor takes the last 30 days, and
 * without states the open and reopened ones. Unknown names are dropped in silence, as seen in the field: the echo shows it.
 */
export function readFindingFilter(
  estate: Estate,
  request: RequestObject,
  includeUnlicensed: boolean,
  now: number,
): FindingFilter {
  const times = Object.fromEntries(timeNames.map(name => [name, secondsOf(request, name) ?? 0])) as Record<
    (typeof timeNames)[number],
    number
  >
  const givenState = textsOf(request, 'state')
  refuseBadTimes(times, givenState)
  const isTimed = timeNames.some(name => times[name] !== 0)
  if (!isTimed) times.since = Math.floor((now - 30 * dayMs) / 1000)
  const state = choose(givenState ?? ['OPEN', 'REOPENED'], states, 'state', text => text.toUpperCase())
  const severity = choose(textsOf(request, 'severity') ?? [...severityNames], severityNames, 'severity', text =>
    text.toLowerCase(),
  )
  const modification = choose(
    textsOf(request, 'severity_modification_type'),
    modifications,
    'severity_modification_type',
    text => text,
  )
  const plugins = readPluginTests(request)
  const assets = readAssetTests(estate, request)
  const scanUuid = textOf(request, 'scan_uuid')
  const sources = textsOf(request, 'source')
  const fixTime = readRange(request, 'time_taken_to_fix')
  const echo: Record<string, unknown> = {
    ...(request.severity === undefined ? {} : { severity: severity.map(name => name.toUpperCase()) }),
    state,
    ...(modification.length === 0 ? {} : { severity_modification_type: modification }),
    ...plugins.echo,
    ...assets.echo,
    ...(scanUuid === undefined ? {} : { scan_uuid: scanUuid }),
    ...(sources === undefined ? {} : { source: sources }),
    ...(fixTime === undefined ? {} : { time_taken_to_fix: fixTime.asked }),
    ...times,
    indexed_at_end_value: 0,
  }
  const mask = plugins.test === undefined ? undefined : pluginMask(estate, plugins.test)
  const stateSet = new Set<string>(state)
  const severitySet = new Set<number>(severity.map(name => severityNames.indexOf(name)))
  const ms = Object.fromEntries(timeNames.map(name => [name, times[name] * 1000])) as typeof times
  const firstFound = Math.max(ms.first_found, ms.first_seen)
  const lastFound = Math.max(ms.last_found, ms.last_seen)
  return {
    echo,
    asset: asset => (includeUnlicensed || asset.licensed) && assets.test(asset),
    row: row =>
      stateSet.has(row.state) &&
      severitySet.has(row.severity) &&
      (mask === undefined || mask[row.plugin.index] === 1) &&
      (modification.length === 0 || modification.includes(row.modification)) &&
      (ms.since === 0 || (row.state === 'FIXED' ? row.lastFixed : row.lastFound) >= ms.since) &&
      row.firstFound >= firstFound &&
      row.lastFound >= lastFound &&
      (ms.last_fixed === 0 || row.lastFixed >= ms.last_fixed) &&
      row.indexedAt >= ms.indexed_at &&
      (ms.resurfaced_date === 0 || row.resurfacedAt >= ms.resurfaced_date) &&
      (fixTime === undefined || (row.state === 'FIXED' && fixTime.test((row.lastFixed - row.firstFound) / 1000))) &&
      (scanUuid === undefined ||
        runUuid(estate.seed, Math.max(row.asset.schedule, 0), row.runStartedAt) === scanUuid) &&
      (sources === undefined || sources.includes(sourceOf(row))),
  }
}

function refuseBadTimes(times: Readonly<Record<string, number>>, state: readonly string[] | undefined): void {
  if (times.since !== 0) {
    const clash = notWithSince.find(name => times[name] !== 0)
    if (clash !== undefined) throw badRequest(`"since" conflicts with "${clash}"`)
  }
  const stateless = needState.find(name => times[name] !== 0)
  if (stateless !== undefined && state === undefined) throw badRequest(`"${stateless}" requires "state"`)
}

function choose<T extends string>(
  given: readonly string[] | undefined,
  allowed: readonly T[],
  name: string,
  fold: (text: string) => string,
): T[] {
  return (given ?? []).map(text => {
    const found = allowed.find(value => value === fold(text))
    if (found === undefined)
      throw badRequest(`child "${name}" fails because ["${text}" must be one of [${allowed.join(', ')}]]`)
    return found
  })
}
