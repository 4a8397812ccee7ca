import { randomUUID } from 'node:crypto'
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts'
import { severities } from '../../domain/severity.ts'
import { SourceError } from '../../platform/errors.ts'
import type { ExportRecord, PlanStep, ReadRequest, StreamName } from '../connector.ts'
import type { SecurityCenterClient } from './client.ts'
import { earliestLateImport } from './late-imports.ts'
import { askWindow, filter, listRepositories, type Query, type Repository, repositoryFilter } from './queries.ts'
import { objectsIn } from './wire.ts'

export interface PlanDeps {
  readonly client: SecurityCenterClient
  /** Rows of one request. */
  readonly pageSize: number
  /** Pages of one part: what a crash repeats. */
  readonly pagesPerPart: number
}

/** Hosts and findings: windows of a query over each repository. */
export async function* planRows(deps: PlanDeps, request: ReadRequest, signal: AbortSignal): AsyncGenerator<PlanStep> {
  const { client } = deps
  const notes: string[] = []
  const record = request.resume ?? (await newRecord(deps, request, notes, signal))
  yield { kind: 'export', record, echoed: null, notes }
  const parts = objectsIn(record.asked.readings).flatMap(reading => partsOf(deps, record, request.stream, reading))
  const further = request.stream === 'assets' && request.mode === 'full' ? await presence(client, record, signal) : []
  yield { kind: 'progress', status: 'READING', partsTotal: parts.length + further.length }
  yield* parts
  yield* further
  yield { kind: 'end', outcome: 'complete', reason: null, failed: [], cancelled: [] }
}

async function newRecord(
  deps: PlanDeps,
  request: ReadRequest,
  notes: string[],
  signal: AbortSignal,
): Promise<ExportRecord> {
  const { client } = deps
  const repositories = await readable(client, request, notes, signal)
  const readAt = new Date(client.sourceNowMs()).toISOString()
  const range = await rangeOf(client, request, notes, signal)
  const readings: JsonObject[] = []
  for (const repository of repositories) {
    for (const query of queriesOf(request, repository, range)) {
      const total = await totalOf(client, query, signal)
      readings.push({ repository: repository.id, lastUpdate: repository.lastUpdate, total, ...query })
    }
  }
  return { exportId: `${request.stream}:${randomUUID()}`, asked: { mode: request.mode, readings }, readAt }
}

/** @throws SourceError `scope_not_offered` */
async function readable(
  client: SecurityCenterClient,
  { scope }: ReadRequest,
  notes: string[],
  signal: AbortSignal,
): Promise<readonly Repository[]> {
  if (scope.tags.length > 0) {
    throw new SourceError(
      'scope_not_offered',
      'never',
      'Security Center has no tags, so nothing can be limited to some of them. Limit the source to repositories (networks) or severities instead.',
    )
  }
  const all = await listRepositories(client, signal)
  const mobile = all.filter(({ dataFormat }) => dataFormat === 'mobile')
  if (mobile.length > 0) {
    notes.push(`Repositories of mobile devices are not read: ${mobile.map(({ name }) => name).join(', ')}.`)
  }
  return all.filter(({ id, dataFormat }) => {
    return dataFormat !== 'mobile' && (scope.networks.length === 0 || scope.networks.includes(id))
  })
}

/** What a delta asks for, in Unix seconds; null for everything. The end leaves room for clocks that are ahead. */
type Range = readonly [from: number, to: number] | null

async function rangeOf(
  client: SecurityCenterClient,
  { mode, since, foundSince }: ReadRequest,
  notes: string[],
  signal: AbortSignal,
): Promise<Range> {
  if (mode === 'full' || since === null) return null
  const seen = Math.min(since, foundSince ?? since)
  // What a scan saw yesterday is there only once it was imported.
  const late = await earliestLateImport(client, since, signal)
  const from = Math.max(1, Math.min(seen, late ?? seen))
  notes.push(
    'Asked by when scans saw findings or no longer saw them. What changed without a scan, such as a recast or an accepted risk, shows in the next full run.',
  )
  return [from, Math.floor(client.sourceNowMs() / 1000) + 86_400]
}

function* queriesOf(request: ReadRequest, { id }: Repository, range: Range): Generator<Query> {
  const time = (name: string) => (range === null ? [] : [filter(name, `${range[0]}-${range[1]}`)])
  if (request.stream === 'assets') {
    yield { tool: 'sumip', sourceType: 'cumulative', filters: [repositoryFilter(id), ...time('lastSeen')] }
    return
  }
  const { scope, target } = request
  const wanted = scope.severities.map(severity => severities.indexOf(severity))
  const limits = [
    repositoryFilter(id),
    ...(wanted.length > 0 ? [filter('severity', wanted.join(','))] : []),
    ...(target && target.pluginIds.length > 0 ? [filter('pluginID', target.pluginIds.join(','))] : []),
    ...(target && target.addresses.length > 0 ? [filter('ip', target.addresses.join(','))] : []),
  ]
  // In this order: what goes away while it is read is met in one of the two.
  yield { tool: 'vulndetails', sourceType: 'cumulative', filters: [...limits, ...time('lastSeen')] }
  yield { tool: 'vulndetails', sourceType: 'patched', filters: [...limits, ...time('lastMitigated')] }
}

async function totalOf(client: SecurityCenterClient, query: Query, signal: AbortSignal): Promise<number | null> {
  return (await askWindow(client, query, 0, 1, signal)).total
}

/** Windows up to the total, the last of them open: rows may have come meanwhile, and a total may be missing. */
function partsOf(
  { pageSize, pagesPerPart }: PlanDeps,
  record: ExportRecord,
  stream: StreamName,
  reading: JsonObject,
): PlanStep[] {
  const { repository, total, tool, sourceType, filters } = reading
  const size = pageSize * pagesPerPart
  const count = Math.max(1, Math.ceil((typeof total === 'number' ? total : 0) / size))
  return Array.from({ length: count }, (_, n): PlanStep => {
    const to = n === count - 1 ? null : (n + 1) * size
    const detail = { tool, sourceType, filters, repository, from: n * size, to, pageSize } as JsonObject
    const partId = `${String(repository)}:${String(sourceType)}:${n * size}`
    const readAt = sourceType === 'patched' ? justAfter(record.readAt) : record.readAt
    return { kind: 'part', part: { stream, exportId: record.exportId, partId, readAt, detail } }
  })
}

/** Read after what is open, so that of two rows that were seen last at the same time the one that went away counts. */
function justAfter(readAt: string): string {
  return new Date(Date.parse(readAt) + 1).toISOString()
}

/**
 * Hosts that have no open finding any more are in the list of hosts, and where there is none, among those whose findings
 * went away: without it they would seem to be gone.
 */
async function presence(
  client: SecurityCenterClient,
  record: ExportRecord,
  signal: AbortSignal,
): Promise<readonly PlanStep[]> {
  const part = (partId: string, detail: JsonObject): PlanStep => ({
    kind: 'part',
    part: { stream: 'assets', exportId: record.exportId, partId, readAt: record.readAt, detail },
  })
  try {
    await client.get('/hosts?fields=id&startOffset=0&endOffset=1', signal)
    return [part('hosts', { hosts: true })]
  } catch (thrown) {
    if (!(thrown instanceof SourceError) || (thrown.code !== 'not_found' && thrown.code !== 'forbidden')) throw thrown
  }
  return objectsIn(record.asked.readings).map(({ repository }) =>
    part(`${String(repository)}:patched-hosts`, {
      tool: 'sumip',
      sourceType: 'patched',
      filters: [repositoryFilter(String(repository))],
      repository: repository ?? null,
      from: 0,
      to: null,
      pageSize: 1_000,
    }),
  )
}

/** A repository is known whole only when neither its last update nor a total moved while it was paged. */
export async function confirmRows(
  client: SecurityCenterClient,
  records: readonly ExportRecord[],
  signal: AbortSignal,
): Promise<string | undefined> {
  const readings = records.flatMap(({ asked }) => objectsIn(asked.readings))
  if (readings.length === 0) return undefined
  const now = new Map((await listRepositories(client, signal)).map(repository => [repository.id, repository]))
  const moved = new Set<string>()
  for (const reading of readings) {
    const repository = now.get(String(reading.repository))
    if (!repository) moved.add(`${String(reading.repository)} (it is no longer shown)`)
    else if (await hasMoved(client, reading, repository, signal)) moved.add(repository.name)
  }
  if (moved.size === 0) return undefined
  return `Security Center changed while it was read, so that rows may have been passed over. Repositories concerned: ${[...moved].join(', ')}. What was read stays; run it when no scan is being imported.`
}

async function hasMoved(
  client: SecurityCenterClient,
  reading: JsonObject,
  repository: Repository,
  signal: AbortSignal,
): Promise<boolean> {
  if (repository.lastUpdate !== (reading.lastUpdate ?? null)) return true
  const total = await totalOf(client, queryIn(reading), signal)
  return total !== null && typeof reading.total === 'number' && total !== reading.total
}

/** The query of a part or a reading, as it came back from the ledger. */
export function queryIn(detail: JsonObject): Query {
  const filters = Array.isArray(detail.filters) ? (detail.filters as readonly Json[]).filter(isJsonObject) : []
  return {
    tool: detail.tool === 'sumip' ? 'sumip' : 'vulndetails',
    sourceType: detail.sourceType === 'patched' ? 'patched' : 'cumulative',
    filters,
  }
}
