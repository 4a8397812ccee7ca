import { findingStates } from '../../domain/finding.ts'
import { firstCustomPluginId } from '../../domain/plugin.ts'
import { severities } from '../../domain/severity.ts'
import type { Check } from './check.ts'

// What belongs together, and what is counted twice.

const key = 'asset_id, plugin_id, port, protocol, instance'

/** The id that the API gives a finding, but for an instance, which is shown as it is. */
export const findingName = (alias: string) =>
  `concat_ws('.', ${alias}.asset_id, ${alias}.plugin_id, ${alias}.port, ${alias}.protocol, nullif(${alias}.instance, ''))`

const sameKey = (a: string, b: string) =>
  key
    .split(', ')
    .map(column => `${a}.${column} = ${b}.${column}`)
    .join(' and ')

const missing = (child: string, parent: string, on: string) =>
  `from ${child} where not exists (select from ${parent} where ${on})`

const counted = [
  ...findingStates.flatMap(state =>
    severities.map(severity => ({
      column: `${state}_${severity}`,
      rule: `f.state = '${state}' and f.severity = '${severity}' and f.ended_at is null`,
    })),
  ),
  { column: 'ended', rule: 'f.ended_at is not null' },
  { column: 'out_of_scope', rule: "f.end_cause = 'out_of_scope'" },
]

export const rowChecks: readonly Check[] = [
  {
    name: 'finding_without_asset',
    about: 'findings whose asset is missing',
    sql: `select ${findingName('f')} ${missing('finding f', 'asset a', 'a.asset_id = f.asset_id')}`,
  },
  {
    name: 'finding_without_plugin',
    about: 'findings whose plugin is missing',
    sql: `select ${findingName('f')}
      ${missing(
        'finding f',
        'plugin p',
        `p.plugin_id = f.plugin_id
          and p.owner_source_id = case when f.plugin_id >= ${firstCustomPluginId} then f.source_id else 0 end`,
      )}`,
  },
  {
    name: 'finding_without_scan',
    about: 'findings that name a scan which is missing',
    sql: `select ${findingName('f')}
      from finding f
      where f.scan_run_id is not null
        and not exists (select from scan_run s where s.scan_run_id = f.scan_run_id)`,
  },
  {
    name: 'scan_run_without_scan',
    about: 'runs of a scan that is missing',
    sql: `select concat('run ', r.scan_uuid)
      from scan_run r
      where r.scan_id is not null and not exists (select from scan s where s.scan_id = r.scan_id)`,
  },
  {
    name: 'compliance_without_asset',
    about: 'compliance results whose asset is missing',
    sql: `select concat_ws('.', r.asset_id, r.check_id)
      ${missing('compliance_result r', 'asset a', 'a.asset_id = r.asset_id')}`,
  },
  {
    name: 'compliance_without_check',
    about: 'compliance results whose check is missing',
    sql: `select concat_ws('.', r.asset_id, r.check_id)
      ${missing('compliance_result r', 'compliance_check c', 'c.check_id = r.check_id')}`,
  },
  {
    name: 'compliance_history_differs',
    about: 'compliance results that are not what their last event says',
    sql: `select concat_ws('.', r.asset_id, r.check_id)
      from (select distinct on (asset_id, check_id) asset_id, check_id, kind, state
            from compliance_event
            order by asset_id, check_id, recorded_at desc, event_id desc) e
      left join compliance_result r using (asset_id, check_id)
      where r.asset_id is null or r.state <> e.state or (r.ended_at is not null) <> (e.kind = 'ended')`,
  },
  {
    name: 'finding_of_other_source',
    about: 'findings of another source than their asset',
    sql: `select ${findingName('f')} from finding f join asset a using (asset_id) where a.source_id <> f.source_id`,
  },
  {
    name: 'output_without_finding',
    about: 'outputs whose finding is missing',
    sql: `select ${findingName('o')} ${missing('finding_output o', 'finding f', sameKey('f', 'o'))}`,
  },
  {
    name: 'output_missing',
    about: 'findings whose output is missing',
    sql: `select ${findingName('f')}
      from finding f
      where f.output_hash is not null
        and not exists (select from finding_output o where ${sameKey('o', 'f')})
        -- those of old findings that are fixed or have ended are in the archive
        and not ((f.state = 'fixed' or f.ended_at is not null)
                 and f.changed_at < coalesce((select archive_horizon(array['finding_output'])), '-infinity'))`,
  },
  {
    name: 'output_unexpected',
    about: 'outputs of findings that have none',
    sql: `select ${findingName('o')} from finding_output o join finding f using (${key}) where f.output_hash is null`,
  },
  {
    name: 'asset_part_without_asset',
    about: 'tags, interfaces and software whose asset is missing',
    sql: ['asset_tag', 'asset_interface', 'asset_software']
      .map(
        table =>
          `select concat('${table} of asset ', t.asset_id) ${missing(`${table} t`, 'asset a', 'a.asset_id = t.asset_id')}`,
      )
      .join(' union all '),
  },
  {
    name: 'asset_without_source',
    about: 'assets of a source that is missing',
    sql: `select a.asset_id::text ${missing('asset a', 'source s', 's.source_id = a.source_id')}`,
  },
  {
    name: 'asset_without_alias',
    about: 'assets that their own name does not lead to',
    sql: `select a.asset_id::text
      ${missing(
        'asset a',
        'asset_alias n',
        'n.source_id = a.source_id and n.native_id = a.native_id and n.asset_id = a.asset_id',
      )}`,
  },
  {
    name: 'alias_of_other_source',
    about: 'names of one source that lead to an asset of another',
    sql: `select concat(n.native_id, ' of source ', n.source_id)
      from asset_alias n join asset a using (asset_id)
      where a.source_id <> n.source_id`,
  },
  {
    name: 'total_without_asset',
    about: 'counts whose asset is missing',
    repair: 'totals',
    sql: `select t.asset_id::text ${missing('asset_total t', 'asset a', 'a.asset_id = t.asset_id')}`,
  },
  {
    name: 'total_missing',
    about: 'assets with findings and no counts',
    repair: 'totals',
    sql: `select f.asset_id::text
      from (select distinct asset_id from finding) f
      where exists (select from asset a where a.asset_id = f.asset_id)
        and not exists (select from asset_total t where t.asset_id = f.asset_id)`,
  },
  {
    name: 'total_differs',
    about: 'assets whose counts are not those of their findings',
    repair: 'totals',
    sql: `select t.asset_id::text
      from asset_total t
      left join (
        select f.asset_id, ${counted.map(({ column, rule }) => `count(*) filter (where ${rule}) as ${column}`).join(', ')}
        from finding f
        group by f.asset_id
      ) as recount using (asset_id)
      join asset a using (asset_id)
      where t.source_id <> a.source_id
         or (${counted.map(({ column }) => `t.${column}`).join(', ')})
            is distinct from (${counted.map(({ column }) => `coalesce(recount.${column}, 0)`).join(', ')})`,
  },
  {
    name: 'finding_outside_scope',
    about: 'findings that have not ended, on assets outside the scope of their source',
    sql: `select ${findingName('f')}
      from asset a
      join finding f using (asset_id)
      where a.out_of_scope_at is not null and f.ended_at is null`,
  },
  {
    name: 'plugin_change_without_plugin',
    about: 'changes of a plugin that is missing',
    sql: `select concat('plugin ', c.plugin_id, ' in run ', c.run_id)
      ${missing('plugin_change c', 'plugin p', 'p.plugin_id = c.plugin_id and p.owner_source_id = c.owner_source_id')}`,
  },
]
