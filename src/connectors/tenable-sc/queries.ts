import type { Json, JsonObject } from '../../domain/json.ts'
import { SourceError } from '../../platform/errors.ts'
import type { Reply, SecurityCenterClient } from './client.ts'
import type { SourceType } from './normalise.ts'
import { named } from './refusal.ts'
import { memberOf, objectsIn, type Page, pageOf, textOf } from './wire.ts'

/** What `POST /analysis` is asked for; plain data, so that a part can carry it. */
export interface Query {
  readonly tool: 'vulndetails' | 'sumip'
  readonly sourceType: SourceType
  readonly filters: readonly JsonObject[]
}

/** A page as it came. */
type Window = Page & Pick<Reply, 'bytes' | 'issues'>

export const analysisCall = { method: 'POST', path: '/analysis' } as const

/** One window of a query; its end is the first row that is not asked for. */
export async function askWindow(
  client: SecurityCenterClient,
  { tool, sourceType, filters }: Query,
  from: number,
  to: number,
  signal: AbortSignal,
  maxAttempts?: number,
): Promise<Window> {
  const body: Json = {
    type: 'vuln',
    sourceType,
    // Rows of one host stand together, and a sighting moves none of them.
    sortField: 'ip',
    sortDir: 'ASC',
    query: { tool, type: 'vuln', startOffset: from, endOffset: to, filters: [...filters] },
  }
  const limit = maxAttempts === undefined ? {} : { maxAttempts }
  const { response, bytes, issues } = await client.call({ ...analysisCall, body, ...limit }, signal)
  const page = pageOf(response)
  if (page) return { ...page, bytes, issues }
  const text = `${named(analysisCall)} answered with something that is no page of ${tool}.`
  throw new SourceError('truncated_body', 'now', text)
}

/**
 * The pages of a query from one row to another, or to the end. Only what was asked for moves the window, never what an
 * answer says of itself: the number of returned rows has been seen wrong, and the total is missing now and then.
 */
export async function* windowsOf(
  client: SecurityCenterClient,
  query: Query,
  { from, to, pageSize }: { readonly from: number; readonly to: number | null; readonly pageSize: number },
  signal: AbortSignal,
): AsyncGenerator<Window> {
  for (let start = from; to === null || start < to; start += pageSize) {
    const page = await askWindow(
      client,
      query,
      start,
      Math.min(start + pageSize, to ?? Number.MAX_SAFE_INTEGER),
      signal,
    )
    if (page.rows.length === 0) return
    yield page
    // A total that is too small must not pass rows over: after a page that was full there may be another.
    if (page.total !== null && start + pageSize >= page.total && page.rows.length < pageSize) return
  }
}

/** A repository, with what says whether it changed. */
export interface Repository {
  readonly id: string
  readonly name: string
  readonly dataFormat: string
  readonly lastUpdate: string | null
  readonly wire: JsonObject
}

const repositoryFields = 'id,name,description,type,dataFormat,lastVulnUpdate,vulnCount,createdTime,modifiedTime'

export async function listRepositories(
  client: SecurityCenterClient,
  signal: AbortSignal,
  maxAttempts?: number,
): Promise<readonly Repository[]> {
  const answer = await client.get(`/repository?type=All&fields=${repositoryFields}`, signal, maxAttempts)
  return objectsIn(answer).flatMap(wire => {
    const id = textOf(wire.id)
    if (id === null) return []
    return [
      {
        id,
        name: textOf(wire.name) ?? id,
        dataFormat: textOf(memberOf(wire, 'dataFormat')) ?? '',
        lastUpdate: textOf(wire.lastVulnUpdate),
        wire,
      },
    ]
  })
}

export function repositoryFilter(id: string): JsonObject {
  return { filterName: 'repository', operator: '=', value: [{ id }] }
}

export function filter(filterName: string, value: string): JsonObject {
  return { filterName, operator: '=', value }
}
