/**
 * Cuts the vendor's OpenAPI documents down to the answers the simulator gives, for `test/fixtures/tenable-openapi`.
 *
 *     node scripts/trim-openapi.ts <vulnerability-management.json> <platform-settings.json>
 */
import { readFile, writeFile } from 'node:fs/promises'

const wanted = {
  'vulnerability-management': [
    'GET /assets',
    'GET /assets/{asset_uuid}',
    'GET /assets/export/status',
    'GET /assets/export/{export_uuid}/chunks/{chunk_id}',
    'GET /assets/export/{export_uuid}/status',
    'GET /compliance/export/status',
    'GET /compliance/export/{export_uuid}/chunks/{chunk_id}',
    'GET /compliance/export/{export_uuid}/status',
    'GET /editor/{type}/templates',
    'GET /plugins/families',
    'GET /plugins/families/{id}',
    'GET /plugins/plugin',
    'GET /plugins/plugin/{id}',
    'GET /policies',
    'GET /scans',
    'GET /scans/count',
    'GET /scans/timezones',
    'GET /scans/{scan_id}',
    'GET /scans/{scan_id}/export/{file_id}/status',
    'GET /scans/{scan_id}/history',
    'GET /scans/{scan_id}/history/{history_uuid}',
    'GET /scans/{scan_id}/latest-status',
    'GET /scans/{scan_id}/progress',
    'GET /vulns/export/status',
    'GET /vulns/export/{export_uuid}/chunks/{chunk_id}',
    'GET /vulns/export/{export_uuid}/status',
    'GET /workbenches/assets',
    'GET /workbenches/assets/{asset_id}/vulnerabilities',
    'GET /workbenches/vulnerabilities',
    'GET /workbenches/vulnerabilities/{plugin_id}/info',
    'GET /workbenches/vulnerabilities/{plugin_id}/outputs',
    'POST /assets/export',
    'POST /assets/export/{export_uuid}/cancel',
    'POST /assets/v2/export',
    'POST /compliance/export',
    'POST /compliance/export/{export_uuid}/cancel',
    'POST /scans',
    'POST /scans/{scan_id}/export',
    'POST /scans/{scan_id}/launch',
    'POST /vulns/export',
    'POST /vulns/export/{export_uuid}/cancel',
  ],
  'platform-settings': [
    'GET /audit-log/v1/events',
    'GET /networks',
    'GET /networks/{network_id}/counts/assets-not-seen-in/{num_days}',
    'GET /scanners',
    'GET /scanners/null/agents',
    'GET /server/properties',
    'GET /server/status',
    'GET /tags/assets/{asset_uuid}/assignments',
    'GET /tags/categories',
    'GET /tags/values',
    'GET /users',
    'GET /users/{user_id}',
    'POST /tags/assets/assignments',
  ],
} as const

/** Keys that validate nothing. */
const prose = ['description', 'example', 'examples', 'title', 'x-readme', 'externalDocs']

type Tree = { readonly [key: string]: unknown }

const files = process.argv.slice(2)
const names = ['vulnerability-management', 'platform-settings'] as const
for (const [n, name] of names.entries()) {
  const document = JSON.parse(await readFile(files[n]!, 'utf8')) as Tree
  const trimmed = trim(document, wanted[name])
  await writeFile(`test/fixtures/tenable-openapi/${name}.json`, `${JSON.stringify(trimmed, undefined, 1)}\n`)
}

/** One schema for each call, by `METHOD /path`, and the components they need. */
function trim(document: Tree, calls: readonly string[]): Tree {
  const answers: Record<string, unknown> = {}
  for (const call of calls) {
    const [method = '', path = ''] = call.split(' ')
    const responses = at(document, 'paths', path, method.toLowerCase(), 'responses') as Tree
    const content = at((responses['200'] ?? responses['202']) as Tree, 'content') as Tree | undefined
    answers[call] = withoutProse((Object.values(content ?? {})[0] as Tree | undefined)?.schema ?? {})
  }
  const schemas: Record<string, unknown> = {}
  const gather = (node: unknown): void => {
    if (Array.isArray(node)) node.forEach(gather)
    else if (typeof node === 'object' && node !== null) {
      for (const [key, value] of Object.entries(node)) {
        if (key !== '$ref' || typeof value !== 'string') gather(value)
        else {
          const name = value.split('/').at(-1)!
          if (schemas[name] !== undefined) continue
          schemas[name] = withoutProse(at(document, 'components', 'schemas', name))
          gather(schemas[name])
        }
      }
    }
  }
  gather(answers)
  return { answers, components: { schemas } }
}

/** Drops what validates nothing; a property that happens to be called `description` stays. */
function withoutProse(node: unknown, isNames = false): unknown {
  if (Array.isArray(node)) return node.map(item => withoutProse(item))
  if (typeof node !== 'object' || node === null) return node
  return Object.fromEntries(
    Object.entries(node)
      .filter(([key]) => isNames || !prose.includes(key))
      .map(([key, value]) => [key, withoutProse(value, key === 'properties' && !isNames)]),
  )
}

function at(node: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Tree | undefined)?.[key], node)
}
