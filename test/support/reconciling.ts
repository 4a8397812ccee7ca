import { systemClock } from '../../src/platform/clock.ts'
import type { Simulator } from '../../src/simulator/index.ts'
import type { LifePace } from '../../src/simulator/life-pace.ts'
import type { TruthFinding } from '../../src/simulator/truth-rows.ts'
import type { Database } from '../../src/store/database.ts'
import { fileSourceFor } from '../../src/store/imports/file-source.ts'
import { getImport, type ImportRow, type ImportScope } from '../../src/store/imports/imports.ts'
import type { Importer } from '../../src/sync/imports/importer.ts'
import { importActor } from './imports.ts'
import { csvOf } from './read-file.ts'

/** Time passes and nothing happens but what a test does. */
export const still: LifePace = {
  ...{ reached: 0, indexedLate: 0, found: 0, fixed: 0, resurfaced: 0, recast: 0, accepted: 0 },
  ...{
    assetsCreated: 0,
    assetsDeleted: 0,
    assetsTerminated: 0,
    assetsUnlicensed: 0,
    assetsRenamed: 0,
    assetsTagged: 0,
  },
  ...{ assetsAgedOut: 0, pluginsModified: 0, pluginsRescored: 0 },
}

const header = [
  ...['definition.id', 'severity', 'state', 'asset.id', 'asset.display_fqdn', 'port', 'protocol'],
  ...['first_observed', 'last_seen', 'last_fixed', 'resurfaced_date', 'risk_modified'],
]

/** One row of a findings export. */
export interface CsvRow {
  readonly plugin: number
  readonly severity: string
  readonly state: 'NEW' | 'ACTIVE' | 'RESURFACED' | 'FIXED'
  readonly asset: string
  readonly fqdn: string
  readonly port: number
  readonly protocol: string
  readonly first: string
  readonly last: string
  readonly fixed: string
  readonly resurfaced: string
  readonly modified: string
}

export const keyOf = (asset: string, plugin: number, port: number, protocol: string) =>
  `${asset}|${plugin}|${port}|${protocol}`

export const keyOfTruth = (row: TruthFinding) => keyOf(row.asset_uuid, row.plugin_id, row.port, row.protocol)
export const keyOfRow = (row: CsvRow) => keyOf(row.asset || row.fqdn, row.plugin, row.port, row.protocol)

const windowMs = 30 * 86_400_000

/** What somebody exports by hand, with the filters that the vendor's page has from the start. */
export function handExport(simulator: Simulator): CsvRow[] {
  const after = Date.parse(simulator.control.now()) - windowMs
  return [...simulator.control.truthFindings()]
    .filter(row => row.state !== 'FIXED' && row.severity !== 'info' && row.severity_modification_type !== 'ACCEPTED')
    .filter(row => row.asset_licensed && row.asset_tracked && Date.parse(row.last_found) >= after)
    .map(rowOf)
}

export function rowOf(row: TruthFinding): CsvRow {
  return {
    plugin: row.plugin_id,
    severity: row.severity[0]!.toUpperCase() + row.severity.slice(1),
    state: row.state === 'REOPENED' ? 'RESURFACED' : row.state === 'FIXED' ? 'FIXED' : 'ACTIVE',
    asset: row.asset_uuid,
    fqdn: '',
    port: row.port,
    protocol: row.protocol.toUpperCase(),
    first: row.first_found,
    last: row.last_found,
    fixed: row.last_fixed ?? '',
    resurfaced: row.resurfaced_date ?? '',
    modified: row.severity_modification_type,
  }
}

export function csvOfRows(rows: readonly CsvRow[]): string {
  return csvOf([
    header,
    ...rows.map(row => [
      ...[String(row.plugin), row.severity, row.state, row.asset, row.fqdn, String(row.port), row.protocol],
      ...[row.first, row.last, row.fixed, row.resurfaced, row.modified],
    ]),
  ])
}

export interface Brought {
  readonly name?: string
  readonly source?: string
  /** The moment it speaks for. */
  readonly at: string
  readonly scope?: ImportScope
}

const waitMs = 60_000

/** Stages a file and applies it. */
export async function bring(
  database: Database,
  importer: Importer,
  text: string,
  { name = 'weekly.csv', source = 'Files', at, scope = { covers: 'nothing' } }: Brought,
): Promise<ImportRow> {
  const { id } = await fileSourceFor(database, source, undefined, importActor)
  async function* bytes() {
    yield Buffer.from(text)
  }
  const file = await importer.receive(bytes())
  const request = { sourceId: id, fileName: name, trigger: 'cli', options: { observedAt: at }, scope } as const
  const importId = await importer.add(file, request, importActor)
  const staged = await importer.settle(importId, waitMs)
  if (staged.status !== 'ready') throw new Error(`${name} is ${staged.status}: ${staged.error_message}`)
  await importer.apply(importId, (await getImport(database, importId)).numbers!, importActor)
  return importer.settle(importId, waitMs)
}

export interface FoundDifference {
  readonly level: 'asset' | 'finding' | 'count'
  readonly kind: string
  readonly cause: string
  readonly was: string | null
  readonly key: string
  readonly plugin_id: number | null
  readonly evidence: Record<string, unknown>
}

/** Differences of a comparison; of findings by the vendor's id of the asset, where one is known. */
export async function differencesOf(database: Database, comparisonId: number): Promise<FoundDifference[]> {
  const { rows } = await database.query<FoundDifference & Record<string, unknown>>(
    `select d.level, d.kind, d.cause, d.was, d.plugin_id, d.evidence,
            concat_ws('|', regexp_replace(coalesce(p.native_id, f.native_id), '^(uuid|fqdn):', ''), d.plugin_id, d.port, upper(d.protocol)) as key
     from reconciliation_difference d
     left join asset p on p.asset_id = d.api_asset_id
     left join asset f on f.asset_id = d.files_asset_id
     where d.reconciliation_id = $1
     order by d.difference_no`,
    [comparisonId],
  )
  return rows
}

export interface StoredComparison {
  readonly id: number
  readonly status: string
  readonly trigger: string
  readonly totals: {
    readonly open: number
    readonly causes: Record<string, { findings: number; assets: number }>
    readonly assets: Record<string, number>
    readonly findings: Record<string, number>
    readonly timing_before: Record<string, number>
  }
  readonly error_message: string | null
}

export async function latestComparison(database: Database, pairId: number): Promise<StoredComparison | undefined> {
  const { rows } = await database.query<StoredComparison & Record<string, unknown>>(
    `select reconciliation_id as id, status, trigger, totals, error_message from reconciliation
     where pair_id = $1 order by reconciliation_id desc limit 1`,
    [pairId],
  )
  return rows[0]
}

/** The next comparison after one, when it has ended: it follows the run or the import that makes it. */
export async function comparisonAfter(database: Database, pairId: number, after = 0): Promise<StoredComparison> {
  for (let tries = 0; tries < 600; tries++) {
    const latest = await latestComparison(database, pairId)
    if (latest && latest.id > after && latest.status !== 'running') return latest
    await systemClock.sleep(50)
  }
  throw new Error(`no comparison of pair ${pairId} after ${after}`)
}
