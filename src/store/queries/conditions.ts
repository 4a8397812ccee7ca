import type { RawBuilder } from 'kysely'
import { cloudFields } from '../../domain/asset.ts'
import { severities } from '../../domain/severity.ts'
import type { Access } from '../access.ts'
import { sql } from '../database.ts'
import { addressOf, standsIn } from './address.ts'
import type {
  AssetFilter,
  AssetInclude,
  ComplianceFilter,
  FindingFilter,
  Ownership,
  PluginFacts,
  PluginFilter,
} from './filters.ts'
import { visible, visiblePlugins } from './scope.ts'
import { isTagged } from './tagged.ts'

// Filters as SQL. Aliases are the same in every query: f finding, a asset, t asset_total, p plugin. Values are always bound.

const cloudColumns = (prefix: string) =>
  cloudFields.filter(field => field.startsWith(prefix)).map(field => `a.${field}`)

/** A part of a statement with its values. */
export type Fragment = RawBuilder<unknown>

/** `cloudProviderOf` as SQL. */
export const cloudProvider = sql<string>`
  case when num_nonnulls(${sql.raw(cloudColumns('aws_').join(', '))}) > 0 then 'aws'
       when num_nonnulls(${sql.raw(cloudColumns('azure_').join(', '))}) > 0 then 'azure'
       when num_nonnulls(${sql.raw(cloudColumns('gcp_').join(', '))}) > 0 then 'gcp'
       else 'on_premise' end`

/** `criticalityOf` as SQL. */
export const criticality = sql<string>`
  case when a.acr_score is null or a.acr_score < 1 then 'unknown'
       when a.acr_score < 4 then 'low'
       when a.acr_score < 7 then 'medium'
       when a.acr_score < 9 then 'high'
       else 'critical' end`

/** The default count of assets. */
export const isCounted = sql<boolean>`(a.status = 'live' and a.is_tracked is not false and a.is_licensed is not false)`

/** For lists of assets; findings of an asset outside the scope of its source have ended, so theirs need not ask. */
export const isCountedAsset = sql<boolean>`(${isCounted} and a.out_of_scope_at is null)`

/** Open in the sense of the default count, whatever the asset. As finding_open_idx has it. */
export const isOpen = sql<boolean>`(f.state <> 'fixed' and f.ended_at is null)`

/** From when the SLA runs: what came back after a fix has its time anew. */
export const openSince = sql<string | null>`coalesce(f.resurfaced_date, f.first_found)`

/** Open for longer than its severity may be. Each limit is looked up once, not once a row. */
export const isOverdue = sql<boolean>`(${isOpen} and coalesce(case f.severity ${sql.join(
  severities.map(
    severity =>
      sql`when ${sql.lit(severity)} then ${openSince} < (select now() - make_interval(days => l.days) from sla l where l.severity = ${sql.lit(severity)})`,
  ),
  sql` `,
)} end, false))`

/** The plugin of a finding: a source's own before the shared one. */
export const pluginOfFinding = sql`p.plugin_id = f.plugin_id and p.owner_source_id in (0, f.source_id)`

export function assetConditions(access: Access, filter: AssetFilter): Fragment[] {
  return present([
    ...visible(access, 'a'),
    ...countingRule(filter.include, filter.status, filter.is_licensed, filter.is_tracked),
    leavesOutOutside(filter) && sql`a.out_of_scope_at is null`,
    filter.is_out_of_scope !== undefined &&
      (filter.is_out_of_scope ? sql`a.out_of_scope_at is not null` : sql`a.out_of_scope_at is null`),
    filter.q !== undefined && assetMatches(filter.q),
    filter.asset_id && sql`a.asset_id = any(${filter.asset_id}::bigint[])`,
    ...named(filter),
    filter.source_id && sql`a.source_id = any(${filter.source_id}::integer[])`,
    filter.is_provisional !== undefined && sql`a.is_provisional = ${filter.is_provisional}`,
    filter.has_agent !== undefined && sql`coalesce(a.has_agent, false) = ${filter.has_agent}`,
    filter.cloud && sql`${cloudProvider} = any(${filter.cloud}::text[])`,
    filter.criticality && sql`${criticality} = any(${filter.criticality}::text[])`,
    filter.type && sql`a.types && ${filter.type}::text[]`,
    filter.os !== undefined &&
      sql`exists (select from unnest(a.operating_systems) as os (name) where os.name ilike ${pattern(filter.os)})`,
    filter.operating_system && sql`a.operating_systems && ${filter.operating_system}::text[]`,
    filter.has_os !== undefined && sql`(cardinality(a.operating_systems) > 0) = ${filter.has_os}`,
    filter.network_id && sql`a.network_id = any(${filter.network_id}::text[])`,
    filter.has_network !== undefined && sql`(a.network_id is not null) = ${filter.has_network}`,
    filter.subnet && standsIn(filter.subnet),
    ...tagged(filter.tag),
    ...owned(filter),
    filter.open_severity && hasOpen(filter.open_severity),
    filter.acr_min !== undefined && sql`a.acr_score >= ${filter.acr_min}`,
    filter.acr_max !== undefined && sql`a.acr_score <= ${filter.acr_max}`,
    filter.exposure_min !== undefined && sql`a.exposure_score >= ${filter.exposure_min}`,
    filter.exposure_max !== undefined && sql`a.exposure_score <= ${filter.exposure_max}`,
    filter.first_seen_from !== undefined && sql`a.first_seen >= ${filter.first_seen_from}::timestamptz`,
    filter.first_seen_to !== undefined && sql`a.first_seen < ${filter.first_seen_to}::timestamptz`,
    filter.last_seen_from !== undefined && sql`a.last_seen >= ${filter.last_seen_from}::timestamptz`,
    ...scannedConditions(filter),
    filter.last_seen_to !== undefined && sql`a.last_seen < ${filter.last_seen_to}::timestamptz`,
    filter.updated_since !== undefined && sql`a.changed_at >= ${filter.updated_since}::timestamptz`,
  ])
}

/** By a whole name, an address, or an id of the source: what is exact where `q` looks for a part. */
function named({ name, ip, uuid }: AssetFilter): (Fragment | false | undefined)[] {
  return [
    name &&
      sql`exists (select from unnest(a.name || a.hostnames || a.fqdns || a.netbios_names) as n (name)
                  where n.name ilike any(${name.map(globPattern)}::text[]))`,
    ip &&
      sql`exists (select from unnest(a.ipv4s || a.ipv6s) as i (address)
                  where ${addressOf(sql`i.address`)} <<= any(${ip}::inet[]))`,
    uuid && sql`a.asset_id in (select l.asset_id from asset_alias l where l.native_id = any(${uuid}::text[]))`,
  ]
}

/** Only what the default count asks, with what the filter itself decides. */
export function countingConditions(filter: AssetFilter): Fragment[] {
  return present(countingRule(filter.include, filter.status, filter.is_licensed, filter.is_tracked))
}

/** Whether assets outside the scope of their source are left out. */
export function leavesOutOutside(filter: AssetFilter): boolean {
  const isNamed = filter.is_out_of_scope !== undefined
  return !isNamed && !filter.include?.some(one => one === 'all' || one === 'out_of_scope')
}

/** Conditions on the finding itself, its severity apart. */
export function findingConditions(access: Access, filter: FindingFilter): Fragment[] {
  return present([
    ...visible(access, 'f'),
    // As finding_open_idx spells it: another spelling of the same would not use the index.
    leavesOutFixed(filter) && sql`f.state <> 'fixed'`,
    filter.state && filter.state.length < 3 && sql`f.state = any(${filter.state}::text[])`,
    leavesOutEnded(filter) && sql`f.ended_at is null`,
    filter.end_cause && sql`f.end_cause = any(${filter.end_cause}::text[])`,
    filter.source_id && sql`f.source_id = any(${filter.source_id}::integer[])`,
    filter.asset_id && sql`f.asset_id = any(${filter.asset_id}::bigint[])`,
    filter.plugin_id && sql`f.plugin_id = any(${filter.plugin_id}::integer[])`,
    filter.severity_modification && sql`f.severity_modification = any(${filter.severity_modification}::text[])`,
    // As finding_modified_idx has it.
    filter.severity_modification &&
      !filter.severity_modification.includes('none') &&
      sql`f.severity_modification <> 'none'`,
    filter.port && sql`f.port = any(${filter.port}::integer[])`,
    filter.protocol && sql`f.protocol = any(${filter.protocol.map(one => one.toLowerCase())}::text[])`,
    filter.first_found_from !== undefined && sql`f.first_found >= ${filter.first_found_from}::timestamptz`,
    filter.first_found_to !== undefined && sql`f.first_found < ${filter.first_found_to}::timestamptz`,
    filter.last_found_from !== undefined && sql`f.last_found >= ${filter.last_found_from}::timestamptz`,
    filter.last_found_to !== undefined && sql`f.last_found < ${filter.last_found_to}::timestamptz`,
    filter.last_fixed_from !== undefined && sql`f.last_fixed >= ${filter.last_fixed_from}::timestamptz`,
    filter.last_fixed_to !== undefined && sql`f.last_fixed < ${filter.last_fixed_to}::timestamptz`,
    filter.resurfaced_from !== undefined && sql`f.resurfaced_date >= ${filter.resurfaced_from}::timestamptz`,
    filter.resurfaced_to !== undefined && sql`f.resurfaced_date < ${filter.resurfaced_to}::timestamptz`,
    filter.is_overdue !== undefined && (filter.is_overdue ? isOverdue : sql`not ${isOverdue}`),
    filter.updated_since !== undefined && sql`f.changed_at >= ${filter.updated_since}::timestamptz`,
  ])
}

export function severityCondition(filter: FindingFilter): Fragment[] {
  return filter.severity ? [sql`f.severity = any(${filter.severity}::text[])`] : []
}

/** One condition for each severity wanted, as finding_open_idx orders them: worst first. */
export function severityRanks(filter: FindingFilter): Fragment[] {
  return severities
    .map((severity, rank) => ({ severity, rank }))
    .filter(({ severity }) => filter.severity === undefined || filter.severity.includes(severity))
    .reverse()
    .map(({ rank }) => sql`severity_rank(f.severity) = ${sql.lit(rank)}`)
}

/** Of open, fixed and ended findings those that the filter can choose, as the indexes in the order of lists have them. */
export function standingsOf(filter: FindingFilter): Fragment[] {
  const canBeOpen = filter.state === undefined || filter.state.some(state => state !== 'fixed')
  return present([
    canBeOpen && !filter.end_cause && sql`(f.state <> 'fixed' and f.ended_at is null)`,
    !leavesOutFixed(filter) && !filter.end_cause && sql`(f.state = 'fixed' and f.ended_at is null)`,
    !leavesOutEnded(filter) && sql`f.ended_at is not null`,
  ])
}

function leavesOutFixed(filter: FindingFilter): boolean {
  if (filter.state) return !filter.state.includes('fixed')
  return !filter.end_cause && !filter.include?.some(one => one === 'all' || one === 'fixed')
}

function leavesOutEnded(filter: FindingFilter): boolean {
  return !filter.end_cause && !filter.include?.some(one => one === 'all' || one === 'ended')
}

/** Conditions on the asset of a finding; who may see it is a condition of the finding. */
export function assetOfFindingConditions(filter: FindingFilter): Fragment[] {
  const include = filter.include?.filter(one => one !== 'fixed' && one !== 'ended')
  return present([
    ...countingRule(include, filter.asset_status, filter.is_licensed, filter.is_tracked),
    filter.has_agent !== undefined && sql`coalesce(a.has_agent, false) = ${filter.has_agent}`,
    filter.cloud && sql`${cloudProvider} = any(${filter.cloud}::text[])`,
    filter.network_id && sql`a.network_id = any(${filter.network_id}::text[])`,
    ...tagged(filter.tag),
    ...owned(filter),
  ])
}

/** Conditions on a plugin that findings are chosen by too. */
export function pluginFactConditions(filter: PluginFacts): Fragment[] {
  return present([
    filter.family && sql`p.family = any(${filter.family}::text[])`,
    filter.cve && sql`p.cves && ${filter.cve.map(one => one.toUpperCase())}::text[]`,
    // As plugin_score_kev_idx has it.
    filter.is_kev !== undefined && (filter.is_kev ? scoredSo(sql`ps.is_kev`) : sql`not ${scoredSo(sql`ps.is_kev`)}`),
    filter.kev_due_from !== undefined &&
      scoredSo(sql`ps.is_kev and ps.kev_due_on >= ${filter.kev_due_from}::timestamptz`),
    filter.kev_due_to !== undefined && scoredSo(sql`ps.is_kev and ps.kev_due_on < ${filter.kev_due_to}::timestamptz`),
    filter.exploit_available !== undefined && sql`coalesce(p.exploit_available, false) = ${filter.exploit_available}`,
    filter.has_patch !== undefined && sql`coalesce(p.has_patch, false) = ${filter.has_patch}`,
    filter.vpr_min !== undefined && sql`p.vpr_score >= ${filter.vpr_min}`,
    filter.vpr_max !== undefined && sql`p.vpr_score <= ${filter.vpr_max}`,
    filter.cvss_min !== undefined && sql`p.cvss3_base_score >= ${filter.cvss_min}`,
    filter.cvss_max !== undefined && sql`p.cvss3_base_score <= ${filter.cvss_max}`,
    // As plugin_score_epss_idx has it.
    filter.epss_min !== undefined &&
      scoredSo(sql`ps.epss_score is not null and coalesce(ps.epss_score, -1) >= ${filter.epss_min}`),
    filter.epss_max !== undefined && scoredSo(sql`ps.epss_score <= ${filter.epss_max}`),
  ])
}

/** Of what feeds and vendor say today. */
function scoredSo(condition: Fragment): Fragment {
  return sql`exists (select from plugin_score ps where ${scoreOfPlugin} and ${condition})`
}

/** The score `ps` of a plugin `p`; each has one. */
export const scoreOfPlugin = sql`ps.plugin_id = p.plugin_id and ps.owner_source_id = p.owner_source_id`

export function pluginConditions(access: Access, filter: PluginFilter): Fragment[] {
  return present([
    ...visiblePlugins(access),
    ...pluginFactConditions(filter),
    filter.q !== undefined && pluginMatches(filter.q),
    filter.plugin_id && sql`p.plugin_id = any(${filter.plugin_id}::integer[])`,
    filter.owner_source_id && sql`p.owner_source_id = any(${filter.owner_source_id}::integer[])`,
    filter.risk_factor && sql`p.risk_factor = any(${filter.risk_factor}::text[])`,
    filter.published_from !== undefined && sql`p.published_at >= ${filter.published_from}::timestamptz`,
    filter.published_to !== undefined && sql`p.published_at < ${filter.published_to}::timestamptz`,
    filter.modified_from !== undefined && sql`p.modified_at >= ${filter.modified_from}::timestamptz`,
    filter.modified_to !== undefined && sql`p.modified_at < ${filter.modified_to}::timestamptz`,
    filter.updated_since !== undefined && sql`p.changed_at >= ${filter.updated_since}::timestamptz`,
  ])
}

function scannedConditions(filter: AssetFilter): (Fragment | false | undefined)[] {
  return [
    filter.last_scan_from !== undefined && sql`a.last_scan_at >= ${filter.last_scan_from}::timestamptz`,
    filter.last_scan_to !== undefined && sql`a.last_scan_at < ${filter.last_scan_to}::timestamptz`,
    filter.last_authenticated_scan_from !== undefined &&
      sql`a.last_authenticated_scan_at >= ${filter.last_authenticated_scan_from}::timestamptz`,
    filter.last_authenticated_scan_to !== undefined &&
      sql`a.last_authenticated_scan_at < ${filter.last_authenticated_scan_to}::timestamptz`,
    filter.last_scan_id && sql`a.last_scan_id = any(${filter.last_scan_id}::text[])`,
    filter.never_scanned !== undefined && sql`(a.last_scan_at is null) = ${filter.never_scanned}`,
    filter.never_scanned_with_credentials !== undefined &&
      sql`(a.last_authenticated_scan_at is null) = ${filter.never_scanned_with_credentials}`,
  ]
}

/** Over `compliance_result r`, `compliance_check c` and `asset a`. */
export function complianceConditions(access: Access, filter: ComplianceFilter): Fragment[] {
  return [...visible(access, 'r'), ...complianceAssetConditions(filter), ...complianceResultConditions(filter)]
}

/** Those on the result and its check alone. */
export function complianceResultConditions(filter: ComplianceFilter): Fragment[] {
  return present([
    !filter.include?.some(one => one === 'all' || one === 'ended') && sql`r.ended_at is null`,
    ...checkConditions(filter).map(ofChecks),
    filter.source_id && sql`r.source_id = any(${filter.source_id}::integer[])`,
    filter.state && sql`r.state = any(${filter.state}::text[])`,
    filter.audit_file && sql`c.audit_file = any(${filter.audit_file}::text[])`,
    filter.check_id && sql`r.check_id = any(${filter.check_id}::bigint[])`,
    filter.asset_id && sql`r.asset_id = any(${filter.asset_id}::bigint[])`,
    filter.is_unconfirmed !== undefined && sql`(r.unconfirmed_at is not null) = ${filter.is_unconfirmed}`,
    filter.last_seen_from !== undefined && sql`r.last_seen >= ${filter.last_seen_from}::timestamptz`,
    filter.last_seen_to !== undefined && sql`r.last_seen < ${filter.last_seen_to}::timestamptz`,
    filter.updated_since !== undefined && sql`r.changed_at >= ${filter.updated_since}::timestamptz`,
  ])
}

/** What is asked of a check `k` by what is written in it. */
export function checkConditions({ q, framework, reference }: ComplianceFilter): Fragment[] {
  return present([
    q !== undefined && sql`concat_ws(' ', k.name, k.audit_file, array_to_string(k.refs, ' ')) ilike ${pattern(q)}`,
    framework &&
      sql`exists (select from unnest(k.refs) as ref (name)
                  where split_part(ref.name, '|', 1) = any(${framework}::text[]))`,
    reference && sql`k.refs && ${reference}::text[]`,
  ])
}

/** Asked of each check, not of each of its results again. */
const ofChecks = (condition: Fragment) =>
  sql`r.check_id in (select k.check_id from compliance_check k where ${condition})`

/** Conditions on the asset of a result; who may see it is a condition of the result. */
export function complianceAssetConditions(filter: ComplianceFilter): Fragment[] {
  const include = filter.include?.filter(one => one !== 'ended')
  return present([
    ...countingRule(include, undefined, undefined, undefined),
    ...tagged(filter.tag),
    filter.network_id && sql`a.network_id = any(${filter.network_id}::text[])`,
  ])
}

/** `true` for no conditions at all. */
export function allOf(conditions: readonly Fragment[]): Fragment {
  return conditions.length === 0 ? sql`true` : sql`${sql.join(conditions, sql` and `)}`
}

/** For `ilike`: the text anywhere, its own wildcards taken literally. */
export function pattern(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`
}

/** For `ilike`: `*` anything, `?` one character, everything else itself. */
export function globPattern(glob: string): string {
  return glob
    .replace(/[\\%_]/g, '\\$&')
    .replaceAll('*', '%')
    .replaceAll('?', '_')
}

export function assetMatches(q: string): Fragment {
  return sql`concat_ws(' ', a.name, a.native_id, array_to_string(a.hostnames, ' '), array_to_string(a.fqdns, ' '),
                       array_to_string(a.ipv4s, ' '), array_to_string(a.ipv6s, ' '),
                       array_to_string(a.netbios_names, ' '), array_to_string(a.mac_addresses, ' ')) ilike ${pattern(q)}`
}

export function pluginMatches(q: string): Fragment {
  const wanted = q.trim()
  if (/^cve-\d{4}-\d+$/i.test(wanted)) return sql`p.cves @> array[${wanted.toUpperCase()}]`
  // As plugin_name_idx spells the name, so that the index alone is read.
  const byName = sql`lower(coalesce(p.name, '')) collate "C" like lower(${pattern(wanted)})`
  return /^\d{1,9}$/.test(wanted) ? sql`(p.plugin_id = ${Number(wanted)} or ${byName})` : byName
}

/** What the default count asks of an asset, but for the rules that the filter itself decides. */
function countingRule(
  includes: readonly AssetInclude[] | undefined,
  status: readonly string[] | undefined,
  isLicensed: boolean | undefined,
  isTracked: boolean | undefined,
): (Fragment | false)[] {
  const include = new Set(includes)
  const all = include.has('all')
  return [
    status ? sql`a.status = any(${status}::text[])` : !all && !include.has('gone') && sql`a.status = 'live'`,
    isLicensed === undefined
      ? !all && !include.has('unlicensed') && sql`a.is_licensed is not false`
      : sql`a.is_licensed = ${isLicensed}`,
    isTracked === undefined
      ? !all && !include.has('untracked') && sql`a.is_tracked is not false`
      : sql`a.is_tracked = ${isTracked}`,
  ]
}

function tagged(tags: readonly string[] | undefined): Fragment[] {
  return (tags ?? []).map(tag => isTagged(sql`a.asset_id`, [tag]))
}

/** What rules and people say of the asset. */
function owned({ owner, has_owner, group, assigned_criticality }: Ownership): (Fragment | false | undefined)[] {
  const groupedSo = (condition: Fragment) =>
    sql`exists (select from asset_group ag where ag.asset_id = a.asset_id and ${condition})`
  return [
    owner && groupedSo(sql`ag.owner = any(${owner}::text[])`),
    has_owner !== undefined && sql`${groupedSo(sql`ag.owner is not null`)} = ${has_owner}`,
    group && groupedSo(sql`ag.group_names && ${group}::text[]`),
    assigned_criticality && groupedSo(sql`ag.criticality = any(${assigned_criticality}::text[])`),
  ]
}

function hasOpen(severities: readonly string[]): Fragment {
  const counts = severities.map(
    severity => sql`t.${sql.ref(`open_${severity}`)} + t.${sql.ref(`reopened_${severity}`)}`,
  )
  return sql`${sql.join(counts, sql` + `)} > 0`
}

function present(conditions: readonly (Fragment | false | undefined)[]): Fragment[] {
  return conditions.filter(condition => condition !== false && condition !== undefined)
}
