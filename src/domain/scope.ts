import { isJsonObject, type JsonObject } from './json.ts'
import { isSeverity, type Severity, severities } from './severity.ts'

/**
 * The part of a source that is mirrored. An empty list does not limit. Tags of one key are alternatives, different keys
 * must all hold; networks are alternatives, and so are severities.
 */
export interface SourceScope {
  readonly tags: readonly ScopeTag[]
  readonly networks: readonly string[]
  readonly severities: readonly Severity[]
}

export interface ScopeTag {
  readonly key: string
  readonly value: string
}

export const everything: SourceScope = { tags: [], networks: [], severities: [] }

/** The scope that the settings of a source hold, in the one spelling in which scopes are compared. */
export function scopeOfSettings(settings: JsonObject): SourceScope {
  return readScope(settings.scope)
}

/** As `presentScope` wrote it, or as a person did. What is not understood does not limit. */
export function readScope(value: unknown): SourceScope {
  const { tags, networks, severities: wanted } = isJsonObject(value) ? value : ({} as JsonObject)
  return {
    tags: distinct(listOf(tags).flatMap(tagOf)),
    networks: distinct(listOf(networks).filter(network => typeof network === 'string')),
    severities: normalSeverities(listOf(wanted)),
  }
}

/** `{}` is everything. */
export function presentScope(scope: SourceScope): JsonObject {
  return {
    ...(scope.tags.length > 0 ? { tags: scope.tags.map(({ key, value }) => ({ key, value })) } : {}),
    ...(scope.networks.length > 0 ? { networks: [...scope.networks] } : {}),
    ...(scope.severities.length > 0 ? { severities: [...scope.severities] } : {}),
  }
}

export function isSameScope(a: SourceScope, b: SourceScope): boolean {
  return JSON.stringify(presentScope(a)) === JSON.stringify(presentScope(b))
}

export function isEverything(scope: SourceScope): boolean {
  return isSameScope(scope, everything)
}

/** Whether it leaves out assets, and not only findings of those it has. */
export function limitsAssets(scope: SourceScope): boolean {
  return scope.tags.length + scope.networks.length > 0
}

/** For a person: `tag Environment is Production; network 1234…; severity high or critical`. */
export function describeScope(scope: SourceScope): string {
  const byKey = Map.groupBy(scope.tags, tag => tag.key)
  const parts = [
    ...[...byKey].map(([key, tags]) => `tag ${key} is ${tags.map(tag => tag.value).join(' or ')}`),
    ...(scope.networks.length > 0 ? [`network ${scope.networks.join(' or ')}`] : []),
    ...(scope.severities.length > 0 ? [`severity ${scope.severities.join(' or ')}`] : []),
  ]
  return parts.length === 0 ? 'everything' : parts.join('; ')
}

function tagOf(value: unknown): ScopeTag[] {
  if (!isJsonObject(value)) return []
  const { key, value: wanted } = value
  return typeof key === 'string' && typeof wanted === 'string' ? [{ key, value: wanted }] : []
}

/** All five are no limit. */
function normalSeverities(given: readonly unknown[]): readonly Severity[] {
  const wanted = new Set(given.filter(one => typeof one === 'string').filter(isSeverity))
  return wanted.size === severities.length ? [] : severities.filter(severity => wanted.has(severity))
}

function distinct<T>(items: readonly T[]): readonly T[] {
  const byText = new Map(items.map(item => [JSON.stringify(item), item]))
  return [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item)
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
