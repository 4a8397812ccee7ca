// The tables of a HexTrackr database, as docs/hextrackr.md lists them: what is brought over, and what is not.

/** A cell as either kind of file has it. */
export type HexCell = string | number | null
/** A row by the lower-case names of its columns; a column that the file does not have is not there. */
export type HexRecord = Readonly<Record<string, HexCell | undefined>>

/** Some rows of a table, and what stood where a row should be. */
export interface HexPiece {
  readonly records: readonly HexRecord[]
  readonly broken: readonly { readonly reason: string; readonly raw: string }[]
}

const observed = [
  ...([
    'id',
    'import_id',
    'scan_date',
    'hostname',
    'ip_address',
    'cve',
    'severity',
    'vpr_score',
    'cvss_score',
  ] as const),
  ...(['first_seen', 'last_seen', 'plugin_id', 'plugin_name', 'description', 'solution', 'vendor_reference'] as const),
  ...(['vendor', 'vulnerability_date', 'state', 'created_at', 'confidence_score', 'dedup_tier'] as const),
  ...(['operating_system', 'solution_text'] as const),
] as const

const totals = [
  ...(['scan_date', 'critical_count', 'critical_total_vpr', 'high_count', 'high_total_vpr'] as const),
  ...(['medium_count', 'medium_total_vpr', 'low_count', 'low_total_vpr'] as const),
  ...(['total_vulnerabilities', 'total_vpr'] as const),
] as const

/** Tables that are brought over, in the order in which they are read, with the columns that are asked for. */
export const readTables = {
  vulnerabilities_current: [
    ...observed,
    ...(['lifecycle_state', 'resolved_date', 'resolution_reason', 'is_fix_available'] as const),
  ],
  vulnerability_snapshots: observed,
  vulnerability_daily_totals: [...totals, 'resolved_count', 'reopened_count'],
  vendor_daily_totals: [...totals, 'vendor'],
} as const satisfies Readonly<Record<string, readonly string[]>>
export type ReadTable = keyof typeof readTables
export const readTableNames = Object.keys(readTables) as readonly ReadTable[]

/** Tables that stay where they are; their rows are counted, so that nobody thinks they came along. */
export const otherTables = [
  ...(['vulnerability_imports', 'tickets', 'ticket_vulnerabilities', 'kev_status', 'cisco_advisories'] as const),
  ...(['cisco_fixed_versions', 'palo_alto_advisories', 'vulnerability_templates', 'ticket_templates'] as const),
  ...(['email_templates', 'users', 'user_preferences', 'audit_logs', 'vulnerabilities', 'lost_and_found'] as const),
] as const

/** Where rows of HexTrackr come from. */
export interface HexSource {
  readonly format: 'hextrackr:database' | 'hextrackr:backup'
  readonly notes: readonly string[]
  has(table: ReadTable): boolean
  /** The rows of one table, a bounded piece at a time; what of it is damaged is said in `damages`. */
  read(table: ReadTable, signal: AbortSignal): AsyncIterable<HexPiece>
  /** Tables that are not read and have rows. */
  others(signal: AbortSignal): Promise<readonly { readonly table: string; readonly rows: number }[]>
  /** What could not be read, in words; complete when everything was asked for. */
  readonly damages: readonly string[]
  /** Unpacked bytes read so far. */
  bytes(): number
  close(): void
}
