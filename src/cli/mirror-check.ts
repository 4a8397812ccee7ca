import { createHash } from 'node:crypto'
import { type FindingState, findingStates } from '../domain/finding.ts'
import type { Hub } from '../hub.ts'
import type { Truth } from '../simulator/truth.ts'
import { table } from './text.ts'

/** What the mirror holds, counted from its own export as the simulated tenant counts itself. */
export interface MirrorCount {
  readonly assets: {
    readonly total: number
    readonly live: number
    readonly deleted: number
    readonly terminated: number
    readonly checksum: string
  }
  readonly findings: {
    readonly total: number
    readonly state: Readonly<Record<FindingState, number>>
    readonly checksum: string
  }
}

export interface MirrorCheck {
  readonly isEqual: boolean
  readonly rows: readonly {
    readonly what: string
    readonly source: string | number
    readonly mirror: string | number
  }[]
}

/** Reads every row of a source. Keeps a line for each, which is fine for a demonstration and nothing larger. */
export async function countMirror(hub: Hub, sourceId: number): Promise<MirrorCount> {
  const filter = { source_id: [sourceId], include: ['all' as const] }
  const assets = { total: 0, live: 0, deleted: 0, terminated: 0 }
  const assetLines: string[] = []
  for await (const text of hub.read.exportAssets({ filter, format: 'ndjson' })) {
    for (const row of rowsIn<AssetRow>(text)) {
      // Named by findings alone: no asset export tells them, so the tenant does not count them as told.
      if (row.is_provisional) continue
      assets.total += 1
      if (row.status !== 'aged_out') assets[row.status] += 1
      assetLines.push(assetLine(row))
    }
  }
  const state = { open: 0, reopened: 0, fixed: 0 }
  const findingLines: string[] = []
  for await (const text of hub.read.exportFindings({ filter, format: 'ndjson', withOutput: false })) {
    for (const row of rowsIn<FindingRow>(text)) {
      state[row.state] += 1
      findingLines.push(findingLine(row))
    }
  }
  return {
    assets: { ...assets, checksum: checksumOf(assetLines) },
    findings: { total: findingLines.length, state, checksum: checksumOf(findingLines) },
  }
}

export function compare(truth: Truth, mirror: MirrorCount): MirrorCheck {
  const rows = [
    { what: 'assets', source: truth.assets.total, mirror: mirror.assets.total },
    { what: '  live', source: truth.assets.live, mirror: mirror.assets.live },
    { what: '  deleted', source: truth.assets.deleted, mirror: mirror.assets.deleted },
    { what: '  terminated', source: truth.assets.terminated, mirror: mirror.assets.terminated },
    { what: '  checksum', source: truth.assets.checksum, mirror: mirror.assets.checksum },
    { what: 'findings', source: truth.findings.total, mirror: mirror.findings.total },
    ...findingStates.map(state => ({
      what: `  ${state}`,
      source: truth.findings.state[vendorStates[state]],
      mirror: mirror.findings.state[state],
    })),
    { what: '  checksum', source: truth.findings.checksum, mirror: mirror.findings.checksum },
  ]
  return { isEqual: rows.every(row => row.source === row.mirror), rows }
}

export function describeCheck({ isEqual, rows }: MirrorCheck): string {
  const shown = (value: string | number) => (typeof value === 'string' ? `${value.slice(0, 12)}…` : value)
  return [
    table<MirrorCheck['rows'][number]>(
      [
        // Their indent is ours; cells lose leading blanks to nobody.
        { title: '', value: row => row.what },
        { title: 'the source', align: 'right', value: row => shown(row.source) },
        { title: 'the mirror', align: 'right', value: row => shown(row.mirror) },
        { title: '', value: row => (row.source === row.mirror ? 'equal' : 'DIFFERENT') },
      ],
      rows,
    ),
    '',
    isEqual
      ? 'The mirror is equal to the source’s truth: every key, state and date.'
      : 'The mirror is NOT equal to the source’s truth.',
  ].join('\n')
}

const vendorStates = { open: 'OPEN', reopened: 'REOPENED', fixed: 'FIXED' } as const satisfies Record<
  FindingState,
  string
>

interface AssetRow {
  readonly asset_uuid: string
  readonly status: 'live' | 'deleted' | 'terminated' | 'aged_out'
  readonly is_provisional: boolean
  readonly created_at: string | null
  readonly deleted_at: string | null
  readonly terminated_at: string | null
}

interface FindingRow {
  readonly asset_uuid: string
  readonly plugin_id: number
  readonly port: number
  readonly protocol: string
  readonly state: FindingState
  readonly severity: string
  readonly first_found: string | null
  readonly last_found: string | null
  readonly last_fixed: string | null
  readonly resurfaced_date: string | null
}

// The lines of the simulator's checksum, as its documentation describes them.

function assetLine(row: AssetRow): string {
  const dates = [row.created_at, row.deleted_at, row.terminated_at].map(milliseconds)
  return [row.asset_uuid, row.status, ...dates].join('|').toLowerCase()
}

function findingLine(row: FindingRow): string {
  const dates = [row.first_found, row.last_found, row.last_fixed, row.resurfaced_date].map(milliseconds)
  return [row.asset_uuid, row.plugin_id, row.port, row.protocol, row.state, row.severity, ...dates]
    .join('|')
    .toLowerCase()
}

function milliseconds(iso: string | null): string {
  return iso === null ? '' : new Date(iso).toISOString()
}

function checksumOf(lines: string[]): string {
  const hash = createHash('sha256')
  // In byte order: everything in a line is ASCII.
  for (const line of lines.sort()) hash.update(`${line}\n`)
  return hash.digest('hex')
}

function* rowsIn<T>(text: string): Generator<T> {
  for (const line of text.split('\n')) if (line !== '') yield JSON.parse(line) as T
}
