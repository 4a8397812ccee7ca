import { randomUUID } from 'node:crypto'
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts'
import { SourceError } from '../../platform/errors.ts'
import type { ExportRecord, PlanStep, ReadRequest } from '../connector.ts'
import { JsonArraySplitter, TruncatedJsonError, UnexpectedJsonError } from '../formats/json-array.ts'
import { named, notJson } from './client.ts'
import { planFamilies } from './plugin-families.ts'
import type { StreamDeps } from './streams.ts'

const listPath = '/plugins/plugin'
/** Where the page's plugins stand in its document. */
export const pluginListKey = 'plugin_details'

/**
 * Pages of the catalogue as parts. The first page is asked for its `total_count` alone. The list is ordered by id and
 * changes while it is paged, so one page more than the count needs is read; what moves meanwhile comes with the next run.
 */
export async function* planPlugins(
  deps: StreamDeps,
  request: ReadRequest,
  signal: AbortSignal,
): AsyncGenerator<PlanStep> {
  const record = request.resume ?? newListing(deps, request)
  const { size, last_updated: lastUpdated } = record.asked
  const first = await readPage(deps, pagePath(1, Number(size), lastUpdated), signal)
  const notes: string[] = []
  // A server that gives smaller pages than asked counts its pages by its own size.
  const isClamped = first.total !== null && first.count > 0 && first.count < Number(size) && first.count < first.total
  const pageSize = isClamped ? first.count : Number(size)
  if (isClamped) notes.push(`The source changed the page size from ${Number(size)} to ${pageSize}.`)
  const families =
    record.asked.families === true ? await planFamilies(deps.client, record, request.families ?? [], signal) : undefined
  yield { kind: 'export', record, echoed: first.params, notes: [...notes, ...(families?.notes ?? [])] }
  if (first.total === null) yield* planUncounted(deps, record, pageSize, first.count, signal)
  else {
    const pages = Math.max(1, Math.ceil(first.total / pageSize) + 1)
    yield { kind: 'progress', status: 'PROCESSING', partsTotal: pages + (families?.parts.length ?? 0) }
    for (let page = 1; page <= pages; page++) yield partStep(record, page, pageSize)
  }
  yield* families?.parts ?? []
  yield { kind: 'end', outcome: 'complete', reason: null, failed: [], cancelled: [] }
}

function newListing(deps: StreamDeps, { mode, since, families }: ReadRequest): ExportRecord {
  // The list knows days, not seconds; the day itself is asked again.
  const day = mode === 'delta' && since !== null ? new Date((since - 86_400) * 1000).toISOString().slice(0, 10) : null
  return {
    exportId: `plugins:${randomUUID()}`,
    asked: {
      size: deps.pluginPageSize,
      ...(day === null ? {} : { last_updated: day }),
      // In the ledger it says when families were last asked for.
      ...(families ? { families: true } : {}),
    },
    readAt: new Date(deps.client.sourceNowMs()).toISOString(),
  }
}

/** Without a count, pages are walked until a short one. */
async function* planUncounted(
  deps: StreamDeps,
  record: ExportRecord,
  size: number,
  firstCount: number,
  signal: AbortSignal,
): AsyncGenerator<PlanStep> {
  let count = firstCount
  for (let page = 1; count > 0; page++) {
    yield partStep(record, page, size)
    if (count < size) return
    const next = await readPage(deps, pagePath(page + 1, size, record.asked.last_updated), signal)
    count = next.count
  }
}

function partStep({ exportId, readAt, asked }: ExportRecord, page: number, size: number): PlanStep {
  const path = pagePath(page, size, asked.last_updated)
  return { kind: 'part', part: { stream: 'plugins', exportId, partId: String(page), readAt, detail: { path } } }
}

function pagePath(page: number, size: number, lastUpdated: Json | undefined): string {
  const query = new URLSearchParams({ page: String(page), size: String(size) })
  if (typeof lastUpdated === 'string') query.set('last_updated', lastUpdated)
  return `${listPath}?${query}`
}

interface PageSummary {
  readonly count: number
  readonly total: number | null
  readonly params: JsonObject | null
}

async function readPage(deps: StreamDeps, path: string, signal: AbortSignal): Promise<PageSummary> {
  let count = 0
  const sink = {
    element: () => {
      count += 1
      return true
    },
    broken: () => {},
  }
  const call = { method: 'GET', path } as const
  const splitter = new JsonArraySplitter(sink, { member: pluginListKey })
  for await (const piece of deps.client.bytes(call, signal)) splitter.push(piece)
  const page = endOf(splitter, named(call))
  const total = isJsonObject(page) && typeof page.total_count === 'number' ? page.total_count : null
  const params = isJsonObject(page) && isJsonObject(page.params) ? page.params : null
  return { count, total, params }
}

/** What the splitter found at the end of a body, in the source's terms. */
export function endOf(splitter: JsonArraySplitter, call: string): unknown {
  try {
    return splitter.end()
  } catch (thrown) {
    if (thrown instanceof TruncatedJsonError) {
      throw new SourceError('truncated_body', 'now', `${call}: ${thrown.message}`, { cause: thrown })
    }
    if (thrown instanceof UnexpectedJsonError) throw notJson(call, thrown.beginning, {})
    throw thrown
  }
}
