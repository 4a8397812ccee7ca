import { type ScSimulator, type ScSimulatorOptions, startScSimulator } from '../../src/simulator/sc/index.ts'
import type { ScTruthFinding } from '../../src/simulator/sc/truth.ts'
import type { Database } from '../../src/store/database.ts'
import type { SourceLimits } from '../../src/sync/connection.ts'
import { type Mirror, type MirrorSurroundings, openMirrorOf } from './mirror.ts'

export type ScMirror = Mirror<ScSimulator>

export interface ScMirrorOptions extends ScSimulatorOptions {
  readonly auth?: 'keys' | 'password'
}

/** A simulated Security Center, a database and an engine between them. Small pages, so that there are many. */
export async function openScMirror(
  { auth = 'keys', ...options }: ScMirrorOptions = {},
  limits: Partial<SourceLimits> = {},
  surroundings: Omit<MirrorSurroundings, 'through'> = {},
): Promise<ScMirror> {
  const simulator = await startScSimulator({ assets: 60, findings: 1500, ...options })
  const [accessKey, secretKey] =
    auth === 'keys' ? [simulator.accessKey, simulator.secretKey] : [simulator.username, simulator.password]
  const source = { kind: 'tenable-sc', baseUrl: simulator.url, accessKey, secretKey, settings: { auth } } as const
  return openMirrorOf(simulator, source, { rowsPerPage: 100, pagesPerPart: 2, ...limits }, surroundings)
}

/** What a complete mirror holds, one line for each finding, sorted. */
export function truthLines(simulator: ScSimulator): string[] {
  return [...simulator.truth()].map(lineOf).sort()
}

function lineOf(row: ScTruthFinding): string {
  const host = Object.entries(row.host)
    .map(([field, value]) => `${field}=${value.toLowerCase()}`)
    .join('|')
  return [
    host,
    row.plugin_id,
    row.port,
    row.protocol.toLowerCase(),
    row.state,
    row.severity,
    row.risk,
    row.first_seen,
    row.last_seen,
    row.last_mitigated ?? '',
  ].join(' ')
}

/** What went away of a host that is gone itself stays what it was, and Security Center no longer shows it. */
export async function mirrorLines(database: Database): Promise<string[]> {
  const epoch = (column: string) => `coalesce(extract(epoch from ${column})::bigint::text, '')`
  const { rows } = await database.query<{ line: string }>(
    `select concat_ws(' ', a.native_id, f.plugin_id, f.port, f.protocol, f.state, f.severity,
       f.severity_modification, ${epoch('f.first_found')}, ${epoch('f.last_found')}, ${epoch('f.last_fixed')}) as line
     from finding f join asset a using (asset_id)
     where f.ended_at is null and (a.status = 'live' or f.state <> 'fixed')`,
  )
  return rows.map(row => row.line).sort()
}
