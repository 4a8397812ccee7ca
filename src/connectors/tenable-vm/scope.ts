import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts'
import type { SourceScope } from '../../domain/scope.ts'
import { messageOf, SourceError } from '../../platform/errors.ts'
import type { FindingTarget } from '../connector.ts'
import type { TenableClient } from './client.ts'

/**
 * What a scope adds to the filters of each export that it takes: the vendor takes one network at a time. Its tags hold as
 * ours do: values of a category are alternatives, categories must all hold. Severities are a filter of findings alone.
 */
export function limitsOf(scope: SourceScope): readonly JsonObject[] {
  const tags = Object.fromEntries(
    [...Map.groupBy(scope.tags, tag => tag.key)].map(([key, values]) => [`tag.${key}`, values.map(tag => tag.value)]),
  )
  return scope.networks.length === 0 ? [tags] : scope.networks.map(network_id => ({ network_id, ...tags }))
}

/** Filters for the findings of a target. There is no filter by asset: what an asset has is found by its address. */
export function targetsOf(target: FindingTarget | null): readonly JsonObject[] {
  if (target === null) return [{}]
  if (target.pluginIds.length > 0) return [{ plugin_id: [...target.pluginIds] }]
  return target.addresses.map(address => ({ cidr_range: `${address}/32` }))
}

/** Whether two requests are for the same part of the source, whatever they ask of it. */
export function isSameLimit(a: JsonObject, b: JsonObject): boolean {
  return limitText(a) === limitText(b)
}

function limitText({ filters }: JsonObject): string {
  const limits = Object.entries(isJsonObject(filters) ? filters : {}).filter(
    ([name]) => name === 'network_id' || name === 'cidr_range' || name === 'plugin_id' || name.startsWith('tag.'),
  )
  return JSON.stringify(limits.sort(([x], [y]) => (x < y ? -1 : 1)))
}

const pageSize = 5_000
const pagesAtMost = 20

/** The vendor takes a tag or a network that it does not have without a word, and answers with nothing. */
export async function checkScope(
  client: TenableClient,
  scope: SourceScope,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const problems: string[] = []
  if (scope.tags.length > 0) {
    const known = await namesOf(client, '/tags/values', 'values', tag => `${tag.category_name}:${tag.value}`, signal)
    const missing = (name: string) => `The scope names the tag ${name}, which the source does not have.`
    problems.push(
      ...missingOf(
        known,
        scope.tags.map(({ key, value }) => `${key}:${value}`),
        'tags',
        missing,
      ),
    )
  }
  if (scope.networks.length > 0) {
    const known = await namesOf(client, '/networks', 'networks', network => String(network.uuid), signal)
    const missing = (name: string) => `The scope names the network ${name}, which the source does not have.`
    problems.push(...missingOf(known, scope.networks, 'networks', missing))
  }
  return problems
}

function missingOf(
  known: ReadonlySet<string> | string,
  wanted: readonly string[],
  what: string,
  say: (name: string) => string,
): string[] {
  if (typeof known === 'string')
    return [`Whether the source has the ${what} of the scope could not be checked: ${known}`]
  return wanted.filter(name => !known.has(name)).map(say)
}

/** @returns why they cannot be known, as a text */
async function namesOf(
  client: TenableClient,
  path: string,
  member: string,
  nameOf: (item: JsonObject) => string,
  signal: AbortSignal,
): Promise<ReadonlySet<string> | string> {
  const names = new Set<string>()
  try {
    let offset = 0
    for (let page = 0; page < pagesAtMost; page++) {
      const call = { method: 'GET', path: `${path}?limit=${pageSize}&offset=${offset}`, maxAttempts: 1 } as const
      const { items, total } = pageOf(await client.json(call, signal), member)
      for (const item of items) names.add(nameOf(item))
      offset += items.length
      // The source may give fewer than it was asked for.
      if (items.length === 0 || offset >= (total ?? 0)) return names
    }
    return `there are more than ${offset}.`
  } catch (thrown) {
    if (!(thrown instanceof SourceError)) throw thrown
    return messageOf(thrown)
  }
}

function pageOf(answer: Json, member: string): { readonly items: JsonObject[]; readonly total: number | null } {
  const list = isJsonObject(answer) ? answer[member] : null
  const pagination = isJsonObject(answer) ? answer.pagination : null
  const total = isJsonObject(pagination) ? pagination.total : null
  return {
    items: Array.isArray(list) ? (list as readonly Json[]).filter(isJsonObject) : [],
    total: typeof total === 'number' ? total : null,
  }
}

/**
 * Asks for each asset by itself. Gone is what the source says is deleted or terminated, or says it does not know; a
 * refusal, or no answer, is neither.
 */
export async function findGone(
  client: TenableClient,
  nativeIds: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const gone = new Set<string>()
  for (const nativeId of nativeIds) {
    try {
      const asset = await client.json({ method: 'GET', path: `/assets/${encodeURIComponent(nativeId)}` }, signal)
      if (isJsonObject(asset) && (asset.deleted_at || asset.terminated_at)) gone.add(nativeId)
    } catch (thrown) {
      if (!(thrown instanceof SourceError) || thrown.code === 'bad_credentials') throw thrown
      if (thrown.code === 'not_found') gone.add(nativeId)
    }
  }
  return gone
}
