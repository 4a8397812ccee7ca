import {
  type NessusSimulator,
  type NessusSimulatorOptions,
  startNessusSimulator,
} from '../../src/simulator/nessus/index.ts'
import type { NessusTruthFinding } from '../../src/simulator/nessus/truth.ts'
import type { Database } from '../../src/store/database.ts'
import type { SourceLimits } from '../../src/sync/connection.ts'
import { type Mirror, type MirrorSurroundings, openMirrorOf } from './mirror.ts'

export type NessusMirror = Mirror<NessusSimulator>

export interface NessusMirrorOptions extends NessusSimulatorOptions {
  readonly auth?: 'keys' | 'password'
}

/** A simulated scanner, a database and an engine between them. */
export async function openNessusMirror(
  { auth = 'keys', ...options }: NessusMirrorOptions = {},
  limits: Partial<SourceLimits> = {},
  surroundings: Omit<MirrorSurroundings, 'through'> = {},
): Promise<NessusMirror> {
  const simulator = await startNessusSimulator(options)
  const [accessKey, secretKey] =
    auth === 'keys' ? [simulator.accessKey, simulator.secretKey] : [simulator.username, simulator.password]
  const source = { kind: 'nessus', baseUrl: simulator.url, accessKey, secretKey, settings: { auth } } as const
  return openMirrorOf(simulator, source, limits, surroundings)
}

/** What a complete mirror holds, one line for each finding, sorted. */
export function nessusTruthLines(simulator: NessusSimulator): string[] {
  return simulator.truth().map(lineOf).sort()
}

function lineOf(row: NessusTruthFinding): string {
  const { host, plugin_id, port, protocol, state, severity, first_seen, last_seen, last_fixed } = row
  return [host, plugin_id, port, protocol, state, severity, first_seen, last_seen, last_fixed ?? ''].join(' ')
}

export async function nessusMirrorLines(database: Database): Promise<string[]> {
  const epoch = (column: string) => `coalesce(extract(epoch from ${column})::bigint::text, '')`
  const { rows } = await database.query<{ line: string }>(
    `select concat_ws(' ', a.native_id, f.plugin_id, f.port, f.protocol, f.state, f.severity,
       ${epoch('f.first_found')}, ${epoch('f.last_found')}, ${epoch('f.last_fixed')}) as line
     from finding f join asset a using (asset_id)
     where f.ended_at is null`,
  )
  return rows.map(row => row.line).sort()
}
