// What is known of one plugin, and how much of it is open?

import type { ScoreOrigin } from '../../domain/feed.ts'
import type { JsonObject } from '../../domain/json.ts'
import { severities } from '../../domain/severity.ts'
import { NotFoundError } from '../../platform/errors.ts'
import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { allOf, type Fragment, isCounted, isOpen, scoreOfPlugin } from './conditions.ts'
import { keepsPlugins, keptPlugins } from './kept-plugins.ts'
import { looksAtTags, visible, visiblePlugins } from './scope.ts'
import type { SeverityCounts } from './severity-counts.ts'

export interface PluginCounts {
  readonly open_findings: number
  readonly affected_assets: number
  readonly open: SeverityCounts
}

export interface PluginView {
  readonly plugin_id: number
  readonly owner_source_id: number
  readonly name: string | null
  readonly family: string | null
  readonly type: string | null
  readonly risk_factor: string | null
  readonly cves: string[]
  readonly cvss2_base_score: number | null
  readonly cvss3_base_score: number | null
  readonly cvss4_base_score: number | null
  readonly vpr_score: number | null
  /** Of the feed where one is loaded, else the vendor's, as is_kev. */
  readonly epss_score: number | null
  readonly is_kev: boolean | null
  /** The day by when CISA asks for a remedy. */
  readonly kev_due_at: string | null
  readonly exploit_available: boolean | null
  readonly has_patch: boolean | null
  readonly published_at: string | null
  readonly modified_at: string | null
  readonly updated_at: string
  readonly counts?: PluginCounts
}

/** Where EPSS and KEV of a plugin are from. */
export interface PluginScores {
  readonly epss: {
    readonly score: number | null
    readonly percentile: number | null
    /** The one of its CVEs whose score it is. */
    readonly cve: string | null
    readonly origin: ScoreOrigin | null
    /** The day of the feed. */
    readonly on: string | null
  }
  readonly kev: {
    readonly is_listed: boolean | null
    readonly cves: string[]
    readonly added_on: string | null
    readonly due_on: string | null
    readonly is_ransomware: boolean | null
    readonly origin: ScoreOrigin | null
    readonly on: string | null
  }
  readonly vendor: { readonly epss_score: number | null; readonly is_kev: boolean | null }
}

export interface PluginDetail extends PluginView {
  readonly counts: PluginCounts
  readonly family_id: number | null
  readonly version: string | null
  readonly synopsis: string | null
  readonly description: string | null
  readonly solution: string | null
  readonly patch_published_at: string | null
  readonly vuln_published_at: string | null
  readonly cpes: string[]
  readonly bids: number[]
  readonly see_also: string[]
  readonly xrefs: string[]
  readonly ms_bulletins: string[]
  readonly cvss2_temporal_score: number | null
  readonly cvss2_vector: string | null
  readonly cvss3_temporal_score: number | null
  readonly cvss3_vector: string | null
  readonly cvss4_vector: string | null
  readonly vpr_updated_at: string | null
  readonly vpr: JsonObject | null
  readonly vpr_v2_score: number | null
  readonly vpr_v2: JsonObject | null
  readonly exploitability_ease: string | null
  readonly exploited_by_malware: boolean | null
  readonly exploited_by_nessus: boolean | null
  readonly exploit_frameworks: string[]
  readonly has_workaround: boolean | null
  readonly in_the_news: boolean | null
  readonly unsupported_by_vendor: boolean | null
  readonly checks_for_default_account: boolean | null
  readonly checks_for_malware: boolean | null
  readonly stig_severity: string | null
  readonly extra: JsonObject | null
  readonly scores: PluginScores
  readonly run_id: number
  readonly read_at: string
  readonly recorded_at: string
}

/** Over `plugin p` and `plugin_score ps`. */
export const pluginColumns = sql`
p.plugin_id, p.owner_source_id, p.name, p.family, p.type, p.risk_factor, coalesce(p.cves, '{}') as cves,
p.cvss2_base_score, p.cvss3_base_score, p.cvss4_base_score, p.vpr_score, ps.epss_score, ps.is_kev,
ps.kev_due_on::text as kev_due_at, p.exploit_available, p.has_patch, p.published_at, p.modified_at, p.changed_at as updated_at`

const detailColumns = sql`
${pluginColumns}, p.family_id, p.version, p.synopsis, p.description, p.solution, p.patch_published_at,
p.vuln_published_at, coalesce(p.cpes, '{}') as cpes, coalesce(p.bids, '{}') as bids,
coalesce(p.see_also, '{}') as see_also, coalesce(p.xrefs, '{}') as xrefs, coalesce(p.ms_bulletins, '{}') as ms_bulletins,
p.cvss2_temporal_score, p.cvss2_vector, p.cvss3_temporal_score, p.cvss3_vector, p.cvss4_vector, p.vpr_updated_at, p.vpr,
p.vpr_v2_score, p.vpr_v2, p.exploitability_ease, p.exploited_by_malware, p.exploited_by_nessus,
coalesce(p.exploit_frameworks, '{}') as exploit_frameworks, p.has_workaround, p.in_the_news, p.unsupported_by_vendor,
p.checks_for_default_account, p.checks_for_malware, p.stig_severity, p.extra, p.run_id, p.read_at, p.recorded_at,
jsonb_build_object(
  'epss', jsonb_build_object(
    'score', ps.epss_score, 'percentile', ps.epss_percentile, 'cve', ps.epss_cve, 'origin', ps.epss_origin,
    'on', case ps.epss_origin when 'feed' then (select score_on from feed_state where kind = 'epss') end),
  'kev', jsonb_build_object(
    'is_listed', ps.is_kev, 'cves', coalesce(ps.kev_cves, '{}'), 'added_on', ps.kev_added_on, 'due_on', ps.kev_due_on,
    'is_ransomware', ps.is_ransomware, 'origin', ps.kev_origin,
    'on', case ps.kev_origin when 'feed' then (select score_on from feed_state where kind = 'kev') end),
  'vendor', jsonb_build_object('epss_score', p.epss_score, 'is_kev', p.is_kev)) as scores`

/**
 * @param sourceId the owner, when several sources have a custom plugin of this id
 * @throws NotFoundError `plugin_not_found`
 */
export async function getPlugin(database: ScopedDatabase, pluginId: number, sourceId?: number): Promise<PluginDetail> {
  const plugin = await findPlugin(database, pluginId, sourceId)
  if (!plugin) throw pluginNotFound(pluginId)
  const counts = await countPlugins(database, [plugin])
  return { ...plugin, counts: counts.get(plugin) ?? noPluginCounts }
}

/** The source's own plugin before the shared one; without a source the shared one before any. */
export async function findPlugin(
  database: ScopedDatabase,
  pluginId: number,
  sourceId?: number,
): Promise<Omit<PluginDetail, 'counts'> | undefined> {
  const owner =
    sourceId === undefined
      ? sql`true order by p.owner_source_id`
      : sql`p.owner_source_id in (0, ${sourceId}) order by p.owner_source_id desc`
  const { rows } = await sql<Omit<PluginDetail, 'counts'>>`
select ${detailColumns}
from plugin p
left join plugin_score ps on ${scoreOfPlugin}
where p.plugin_id = ${pluginId} and ${allOf(visiblePlugins(database.access))} and ${owner}
limit 1`.execute(database.kysely)
  return rows[0]
}

export function pluginNotFound(pluginId: number): NotFoundError {
  return new NotFoundError('plugin_not_found', `There is no plugin ${pluginId} in the mirror.`, {
    context: { pluginId },
  })
}

export const noPluginCounts: PluginCounts = {
  open_findings: 0,
  affected_assets: 0,
  open: { info: 0, low: 0, medium: 0, high: 0, critical: 0 },
}

interface OwnedPlugin {
  readonly plugin_id: number
  readonly owner_source_id: number
}

/** Open findings of the default count, for each of a few plugins; from the totals kept of them where these can tell. */
export async function countPlugins<P extends OwnedPlugin>(
  database: ScopedDatabase,
  plugins: readonly P[],
): Promise<Map<P, PluginCounts>> {
  if (plugins.length === 0) return new Map()
  const isKept = !looksAtTags(database.access) && (await keepsPlugins(database))
  const { rows } = await sql<OwnedPlugin & PluginCounts>`
select w.plugin_id, w.owner_source_id, ${isKept ? keptCounts : countedFindings}
from unnest(${plugins.map(plugin => plugin.plugin_id)}::integer[],
            ${plugins.map(plugin => plugin.owner_source_id)}::integer[]) as w (plugin_id, owner_source_id)
join ${isKept ? keptPlugins : sql`finding`} f
  on f.plugin_id = w.plugin_id and (w.owner_source_id = 0 or w.owner_source_id = f.source_id)
${isKept ? sql`` : sql`join asset a on a.asset_id = f.asset_id`}
where ${allOf([...(isKept ? [] : [isOpen, isCounted]), ...visible(database.access, 'f')])}
group by w.plugin_id, w.owner_source_id`.execute(database.kysely)
  const found = new Map(
    rows.map(({ plugin_id, owner_source_id, ...counts }) => [`${plugin_id}/${owner_source_id}`, counts]),
  )
  return new Map(
    plugins.map(plugin => [plugin, found.get(`${plugin.plugin_id}/${plugin.owner_source_id}`) ?? noPluginCounts]),
  )
}

const countedFindings: Fragment = sql.raw(
  `count(*) as open_findings, count(distinct f.asset_id) as affected_assets,
jsonb_build_object(${severities.map(one => `'${one}', count(*) filter (where f.severity = '${one}')`).join(', ')}) as open`,
)

const keptOf = (severity: string) => `sum(f.open_${severity} + f.reopened_${severity})`
const keptCounts: Fragment = sql.raw(
  `${severities.map(keptOf).join(' + ')} as open_findings, sum(f.assets) as affected_assets,
jsonb_build_object(${severities.map(one => `'${one}', ${keptOf(one)}`).join(', ')}) as open`,
)
