import type { ScopedDatabase } from './access.ts'
import { type ExportFormat, formatRows } from './export-format.ts'
import { microsecondsOf, type ParquetColumn, type ParquetType, type ParquetValue } from './parquet/columns.ts'
import { parquetBytes } from './parquet/write.ts'
import {
  type AssetExportOptions,
  type AssetExportRow,
  assetExportColumns,
  exportAssets,
} from './queries/asset-export.ts'
import {
  exportFindings,
  type FindingExportOptions,
  type FindingExportRow,
  findingExportColumns,
} from './queries/finding-export.ts'

/** Which columns of a file, and in which order; every one when left out. */
interface Chosen<C extends string> {
  readonly columns?: readonly C[] | undefined
}

/** Every asset that a filter chooses as the bytes of a file; text comes as text. */
export function assetFile(
  database: ScopedDatabase,
  { columns = assetExportColumns, ...options }: AssetExportOptions & Chosen<keyof AssetExportRow>,
  format: ExportFormat,
): AsyncGenerator<string | Uint8Array> {
  return fileOf(exportAssets(database, options), [...new Set(columns)], assetTypes, format)
}

export function findingFile(
  database: ScopedDatabase,
  { columns: chosen, ...options }: FindingExportOptions & Chosen<keyof FindingExportRow>,
  format: ExportFormat,
): AsyncGenerator<string | Uint8Array> {
  const every = options.withOutput ? [...findingExportColumns, 'output' as const] : findingExportColumns
  const columns = [...new Set(chosen ?? every)]
  // An output may be a megabyte, and a batch is in memory whole.
  const batchSize = options.withOutput ? { batchSize: 200 } : {}
  return fileOf(exportFindings(database, { ...batchSize, ...options }), columns, findingTypes, format)
}

function fileOf<R extends object>(
  rows: AsyncIterable<readonly R[]>,
  columns: readonly (keyof R & string)[],
  types: Readonly<Record<string, ParquetType>>,
  format: ExportFormat,
): AsyncGenerator<string | Uint8Array> {
  if (format !== 'parquet') return formatRows(rows, columns, format)
  const typed = columns.map((name): ParquetColumn => ({ name, type: types[name] ?? 'text' }))
  return parquetBytes(parquetRows(rows, typed), typed)
}

async function* parquetRows<R extends object>(batches: AsyncIterable<readonly R[]>, columns: readonly ParquetColumn[]) {
  for await (const batch of batches) {
    yield batch.map(row => columns.map(({ name, type }) => parquetValue(type, row[name as keyof R])))
  }
}

function parquetValue(type: ParquetType, value: unknown): ParquetValue {
  if (value === null || value === undefined) return null
  if (type === 'instant') return microsecondsOf(String(value))
  if (type === 'bigint') return BigInt(value as number)
  return value as ParquetValue
}

const each = <K extends string>(type: ParquetType, names: readonly K[]) =>
  Object.fromEntries(names.map(name => [name, type])) as Record<K, ParquetType>

/** What is not named is text. */
const assetTypes = {
  asset_id: 'bigint',
  ...each('boolean', ['is_provisional', 'is_licensed', 'is_tracked', 'is_counted', 'has_agent']),
  ...each('texts', ['types', 'hostnames', 'fqdns', 'ipv4s', 'ipv6s', 'mac_addresses', 'netbios_names']),
  ...each('texts', ['operating_systems', 'tags', 'groups']),
  ...each('double', ['acr_score', 'exposure_score']),
  ...each('integer', ['open_critical', 'open_high', 'open_medium', 'open_low', 'open_info']),
  ...each('instant', ['first_seen', 'last_seen', 'last_scan_at', 'last_authenticated_scan_at', 'created_at']),
  ...each('instant', ['updated_at', 'deleted_at', 'terminated_at']),
} satisfies Partial<Record<keyof AssetExportRow, ParquetType>>

const findingTypes = {
  is_kev: 'boolean',
  ...each('integer', ['plugin_id', 'port']),
  ...each('instant', ['first_found', 'last_found', 'last_fixed', 'resurfaced_date', 'ended_at', 'kev_due_at']),
  ...each('double', ['vpr_score', 'cvss3_base_score', 'epss_score']),
} satisfies Partial<Record<keyof FindingExportRow, ParquetType>>
