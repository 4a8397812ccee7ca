import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts'

export interface EchoComparison {
  /** Filters we asked for that are not there, or say something else. */
  readonly lost: readonly string[]
  /** Filters nobody asked for that narrow the export. */
  readonly added: readonly string[]
}

/**
 * Compares the filters we asked for with those the vendor echoes: it changes case, renames some, and writes 0 for a time
 * that is not set. A filter it did not understand is dropped with a 200, and the export is then quietly another one.
 */
export function compareEcho(asked: JsonObject, echoed: JsonObject): EchoComparison {
  const expected = normalised(asked)
  const actual = normalised(echoed)
  const lost: string[] = []
  for (const [name, value] of expected) {
    const said = actual.get(name)
    if (said === undefined && (isEverything(name, value) || unechoed.has(name))) continue
    if (said !== value) lost.push(name)
  }
  const added = [...actual.keys()].filter(name => !expected.has(name) && isNarrowing(name, actual.get(name)!))
  return { lost, added }
}

function normalised(filters: JsonObject): Map<string, string> {
  const result = new Map<string, string>()
  for (const [key, value] of Object.entries(filters)) {
    if (key === 'tags' && isJsonObject(value)) {
      for (const [tag, values] of Object.entries(value)) add(result, tag, values)
    } else add(result, aliases.get(key) ?? key, value)
  }
  return result
}

const aliases = new Map([
  ['plugin_id', 'plugin_ids'],
  ['first_seen', 'first_found'],
  ['last_seen', 'last_found'],
])

function add(result: Map<string, string>, name: string, value: Json | undefined): void {
  const text = canonical(value)
  if (text !== '') result.set(name, text)
}

/** Empty for everything that means unset. */
function canonical(value: Json | undefined): string {
  if (value === null || value === undefined || value === false || value === 0 || value === '0') return ''
  if (Array.isArray(value)) {
    return [...new Set((value as readonly Json[]).map(canonical))]
      .filter(item => item !== '')
      .sort()
      .join(',')
  }
  if (isJsonObject(value)) {
    const parts = Object.entries(value).map(([key, inner]) => [key, canonical(inner)] as const)
    return parts
      .filter(([, text]) => text !== '')
      .map(([key, text]) => `${key}:${text}`)
      .sort()
      .join(';')
  }
  return String(value).toUpperCase().replaceAll('_', ' ')
}

/** All five severities are what an export without the filter gives; for states that is not so. */
function isEverything(name: string, value: string): boolean {
  return name === 'severity' && value === canonical(['info', 'low', 'medium', 'high', 'critical'])
}

/** Whether these are echoed is not known; nothing is read wrongly without them, only less. */
const unechoed = new Set(['types'])

/** Filters that would leave rows out; of names we do not know we cannot say. */
const narrowing = new Set([
  'since',
  'first_found',
  'last_found',
  'last_fixed',
  'indexed_at',
  'resurfaced_date',
  'plugin_ids',
  'plugin_family',
  'plugin_type',
  'cidr_range',
  'cve_id',
  'cve_category',
  'exploit_maturity',
  'vpr_score',
  'vpr_v2_score',
  'cvss4_base_score',
  'epss_score',
  'scan_uuid',
  'source',
  'sources',
  'initiative_id',
  'created_at',
  'updated_at',
  'deleted_at',
  'terminated_at',
  'is_deleted',
  'is_terminated',
  'is_licensed',
  'first_scan_time',
  'last_authenticated_scan_time',
  'last_assessed',
  'has_plugin_results',
  'network_id',
])

function isNarrowing(name: string, value: string): boolean {
  if (name === 'severity') return !isEverything(name, value)
  return name.startsWith('tag.') || narrowing.has(name)
}
