import { isJsonObject, type Json } from '../../domain/json.ts'
import { type Severity, severities, severityOfId } from '../../domain/severity.ts'
import type { SourceCount, SourceCounts } from '../../domain/source-counts.ts'
import { SourceError } from '../../platform/errors.ts'
import type { TenableClient } from './client.ts'

/** Older findings are in no workbench. */
const days = 450
/** Of one answer. */
const pluginsAtMost = 5_000

/**
 * What the vendor's own workbench counts: open findings of licensed assets, by plugin. One call for each severity, since an
 * answer holds 5,000 plugins at most.
 * @see Tenable API reference, GET /workbenches/vulnerabilities
 */
export async function countFindings(client: TenableClient, signal: AbortSignal): Promise<SourceCounts> {
  const rows: SourceCount[] = []
  const partial: Severity[] = []
  for (const severity of severities) {
    const answer = await client.json({ method: 'GET', path: pathOf(severity) }, signal)
    const counted = read(answer, severity)
    rows.push(...counted.rows)
    if (counted.isPartial) partial.push(severity)
  }
  return { countedAt: new Date(client.sourceNowMs()).toISOString(), days, partial, rows }
}

function pathOf(severity: Severity): string {
  const query = new URLSearchParams({
    date_range: String(days),
    'filter.0.filter': 'severity',
    'filter.0.quality': 'eq',
    'filter.0.value': severity[0]!.toUpperCase() + severity.slice(1),
    'filter.search_type': 'and',
  })
  return `/workbenches/vulnerabilities?${query}`
}

function read(answer: Json, severity: Severity): { rows: SourceCount[]; isPartial: boolean } {
  const plugins = isJsonObject(answer) ? answer.vulnerabilities : undefined
  if (!isJsonObject(answer) || !Array.isArray(plugins)) {
    throw new SourceError(
      'not_json',
      'later',
      'The workbench of vulnerabilities answered without a list. Try again later.',
    )
  }
  const rows = (plugins as readonly Json[]).flatMap(plugin => countsOf(plugin, severity))
  return { rows, isPartial: plugins.length >= pluginsAtMost }
}

/** A plugin may have findings of several severities, where some are recast: those of the one that was asked for. */
function countsOf(plugin: Json, severity: Severity): SourceCount[] {
  if (!isJsonObject(plugin) || typeof plugin.plugin_id !== 'number') return []
  const pluginId = plugin.plugin_id
  if (Array.isArray(plugin.counts_by_severity)) {
    return (plugin.counts_by_severity as readonly Json[]).flatMap(one => {
      if (!isJsonObject(one) || typeof one.value !== 'number' || typeof one.count !== 'number') return []
      return severityOfId(one.value) === severity ? [{ pluginId, severity, findings: one.count }] : []
    })
  }
  return typeof plugin.count === 'number' ? [{ pluginId, severity, findings: plugin.count }] : []
}
