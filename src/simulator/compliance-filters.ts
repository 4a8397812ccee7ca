import { badRequest } from './answer.ts'
import { describe } from './asset.ts'
import { auditOf, resultOf, stateOf } from './compliance-body.ts'
import { type Check, indexedAt, seenAt } from './compliance-book.ts'
import type { Estate } from './estate.ts'
import { integersOf, objectOf, type RequestObject, secondsOf, textOf, textsOf } from './request-body.ts'
import { readTagTests } from './tag-and-network-filters.ts'

type CheckTest = (check: Check) => boolean

export function readTests(estate: Estate, filters: RequestObject): { test: CheckTest; echo: Record<string, unknown> } {
  const tests: CheckTest[] = []
  const echo: Record<string, unknown> = {}
  const instants: Readonly<Record<string, (check: Check) => number>> = {
    last_seen: seenAt,
    first_seen: ({ asset }) => asset.createdAt,
    last_observed: seenAt,
    indexed_at: indexedAt,
    since: indexedAt,
  }
  for (const [name, instantOf] of Object.entries(instants)) {
    const seconds = secondsOf(filters, name)
    if (seconds === undefined) continue
    echo[name] = seconds
    tests.push(check => seconds === 0 || instantOf(check) >= seconds * 1000)
  }
  if (echo.first_seen !== undefined && echo.last_seen === undefined)
    throw badRequest('"first_seen" requires "last_seen"')
  const lists: Readonly<Record<string, (check: Check) => string>> = {
    compliance_results: resultOf,
    state: check => stateOf(check) ?? '',
    ipv4_addresses: ({ asset }) => describe(estate.seed, asset).ipv4,
    ipv6_addresses: ({ asset }) => describe(estate.seed, asset).ipv6 ?? '',
    network_id: ({ asset }) => estate.tenant.networks[asset.network]!.uuid,
  }
  for (const [name, textIn] of Object.entries(lists)) {
    const wanted = textsOf(filters, name)
    if (wanted === undefined) continue
    echo[name] = filters[name]
    tests.push(check => wanted.includes(textIn(check)))
  }
  const plugins = integersOf(filters, 'plugin_id')
  if (plugins !== undefined) {
    echo.plugin_id = plugins
    tests.push(({ asset }) => plugins.includes(auditOf(asset).pluginId))
  }
  for (const name of ['audit_name', 'audit_file_name']) {
    const pattern = textOf(filters, name)
    if (pattern === undefined) continue
    echo[name] = pattern
    const matcher = new RegExp(
      `^${pattern
        .split('*')
        .map(part => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
        .join('.*')}$`,
    )
    tests.push(({ asset }) => matcher.test(auditOf(asset).file))
  }
  const tags = readComplianceTags(filters.tags)
  if (tags.length > 0) {
    const { tests: tagTests } = readTagTests(
      estate,
      Object.fromEntries(tags.map(([category, values]) => [`tag.${category}`, values])),
    )
    echo.tags = filters.tags
    tests.push(({ asset }) => tagTests.every(test => test(asset)))
  }
  return { test: check => tests.every(test => test(check)), echo }
}

/** A list of {category, values} as documented, or an object as the vendor's own library sends it. */
function readComplianceTags(given: unknown): (readonly [string, readonly string[]])[] {
  if (given === undefined) return []
  if (!Array.isArray(given)) {
    const byCategory = objectOf(given, 'tags')
    return Object.keys(byCategory).map(category => [category, textsOf(byCategory, category) ?? []])
  }
  return given.map(item => {
    const entry = objectOf(item, 'tags')
    return [textOf(entry, 'category') ?? '', textsOf(entry, 'values') ?? []]
  })
}
