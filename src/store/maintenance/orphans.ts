import { firstCustomPluginId } from '../../domain/plugin.ts'

// Rows that belong to nothing, as a table. A row is an orphan when `verify` would name it as damage, or when it was only
// ever scaffolding of something that has ended. Taking any of them out of a sound store leaves it sound.

export const orphanKinds = [
  'provisional_asset',
  'asset_part',
  'finding_part',
  'total',
  'alias',
  'history',
  'plugin',
  'sweep_list',
] as const
export type OrphanKind = (typeof orphanKinds)[number]

interface OrphanSpec {
  readonly about: string
  /** In the order they are removed; the condition is over `t`. */
  readonly tables: readonly { readonly table: string; readonly isOrphan: string }[]
}

const withoutAsset = 'not exists (select from asset a where a.asset_id = t.asset_id)'
const withoutFinding = `not exists (select from finding f
  where f.asset_id = t.asset_id and f.plugin_id = t.plugin_id and f.port = t.port and f.protocol = t.protocol
    and f.instance = t.instance)`

/** A part of a run that is being merged makes its asset in a transaction before its findings. */
const isForgottenAsset = `t.is_provisional and t.changed_at < now() - make_interval(days => $days)
  and not exists (select from finding f where f.asset_id = t.asset_id)`
const ofForgottenAsset = `exists (select from asset t2 where t2.asset_id = t.asset_id and ${isForgottenAsset.replaceAll('t.', 't2.')})`

/** A run that still goes on, or waits for a decision, needs its lists. */
const ofEndedRun = `not exists (select from run r where r.run_id = t.run_id and r.status in ('pending', 'running'))`

export const orphanSpecs: Readonly<Record<OrphanKind, OrphanSpec>> = {
  provisional_asset: {
    about: 'assets that only a finding had named, without any finding for a long time',
    tables: [
      ...[
        ...[
          'asset_event',
          'asset_tag',
          'asset_interface',
          'asset_software',
          'asset_scan',
          'asset_total',
          'asset_alias',
        ],
      ].map(table => ({
        table,
        isOrphan: ofForgottenAsset,
      })),
      { table: 'asset', isOrphan: isForgottenAsset },
    ],
  },
  asset_part: {
    about: 'tags, interfaces, software and scans of assets that are missing',
    tables: ['asset_tag', 'asset_interface', 'asset_software', 'asset_scan'].map(table => ({
      table,
      isOrphan: withoutAsset,
    })),
  },
  finding_part: {
    about: 'outputs and sightings of findings that are missing',
    tables: ['finding_output', 'finding_sighting'].map(table => ({ table, isOrphan: withoutFinding })),
  },
  total: {
    about: 'counts of assets that are missing',
    tables: [{ table: 'asset_total', isOrphan: withoutAsset }],
  },
  alias: {
    about: 'names of assets that are missing',
    // A name is given its number a moment before the asset is written.
    tables: [{ table: 'asset_alias', isOrphan: `t.created_at < now() - interval '1 day' and ${withoutAsset}` }],
  },
  history: {
    about: 'events of findings and assets that are missing',
    tables: [
      { table: 'finding_event', isOrphan: withoutFinding },
      { table: 'asset_event', isOrphan: withoutAsset },
    ],
  },
  plugin: {
    about: 'custom plugins of removed sources that no finding names, and changes of plugins that are missing',
    tables: [
      {
        table: 'plugin',
        isOrphan: `t.plugin_id >= ${firstCustomPluginId} and t.owner_source_id <> 0
          and exists (select from source s where s.source_id = t.owner_source_id and s.removed_at is not null)
          and not exists (select from finding f where f.plugin_id = t.plugin_id and f.source_id = t.owner_source_id)`,
      },
      {
        table: 'plugin_change',
        isOrphan: `not exists (select from plugin p
          where p.plugin_id = t.plugin_id and p.owner_source_id = t.owner_source_id)`,
      },
    ],
  },
  sweep_list: {
    about: 'lists for sweeps of runs that have ended and wait for nobody',
    tables: [
      ...['run_asset_seen', 'run_finding_missed'].map(table => ({ table, isOrphan: ofEndedRun })),
      ...['sweep_asset', 'sweep_finding'].map(table => ({
        table,
        isOrphan: `${ofEndedRun} and not exists (select from sweep s where s.run_id = t.run_id and s.status in ('held', 'confirmed'))`,
      })),
    ],
  },
}
