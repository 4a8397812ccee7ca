import { dayMs } from './clock.ts'
import { hexOf, topic, uuidOf } from './random.ts'

/** The fixed furniture of the tenant: networks, tags, scan definitions, users. */
export interface Network {
  readonly uuid: string
  readonly name: string
  readonly isDefault: boolean
  readonly description: string | undefined
  readonly ttlDays: number | undefined
}

export interface TagValue {
  readonly uuid: string
  readonly category: string
  readonly categoryUuid: string
  readonly value: string
  readonly isDynamic: boolean
}

export interface ScanDefinition {
  readonly id: number
  readonly scheduleUuid: string
  readonly name: string
  readonly type: 'remote' | 'agent' | 'ps' | 'pvs'
  readonly templateUuid: string
  readonly policyId: number
  readonly periodMs: number
  /** Runs start when the clock is this far into the period. */
  readonly phaseMs: number
  readonly enabled: boolean
  readonly createdAt: number
}

export interface User {
  readonly id: number
  readonly uuid: string
  readonly name: string
  readonly permissions: number
}

export interface Tenant {
  readonly containerUuid: string
  readonly serverUuid: string
  readonly networks: readonly Network[]
  readonly tags: readonly TagValue[]
  readonly scans: readonly ScanDefinition[]
  readonly users: readonly User[]
}

const tagNames: readonly (readonly [string, readonly string[]])[] = [
  ['Location', ['Columbia', 'Dublin', 'Zürich', 'Singapore']],
  ['Environment', ['Production', 'Staging', 'Development']],
  ['Business Unit', ['Payments', 'Logistics', 'Research & Development']],
  ['operating_system_linux', ['linux']],
]

export function createTenant(seed: number, startMs: number): Tenant {
  return {
    containerUuid: uuidOf(seed, topic.tenant, 1),
    serverUuid: longUuid(seed, topic.tenant, 2),
    networks: [
      {
        uuid: '00000000-0000-0000-0000-000000000000',
        name: 'Default',
        isDefault: true,
        description: undefined,
        ttlDays: undefined,
      },
      {
        uuid: uuidOf(seed, topic.network, 1),
        name: 'Headquarters',
        isDefault: false,
        description: 'Offices and data centre',
        ttlDays: 180,
      },
      {
        uuid: uuidOf(seed, topic.network, 2),
        name: 'Plant',
        isDefault: false,
        description: 'Production lines',
        ttlDays: 365,
      },
    ],
    tags: tagNames.flatMap(([category, values], c) =>
      values.map((value, v) => ({
        uuid: uuidOf(seed, topic.tag, c, v + 1),
        category,
        categoryUuid: uuidOf(seed, topic.tag, c, 0),
        value,
        isDynamic: category.startsWith('operating_system'),
      })),
    ),
    scans: scanTable.map((row, n) => ({
      id: 20 + n * 3,
      scheduleUuid: n % 2 === 0 ? `template-${longUuid(seed, topic.scan, n)}` : longUuid(seed, topic.scan, n),
      name: row.name,
      type: row.type,
      templateUuid: longUuid(seed, topic.scan, 100 + (n % 3)),
      policyId: 10 + n,
      periodMs: row.days * dayMs,
      phaseMs: ((n * 7) % 24) * 3_600_000 + 600_000 + (row.days > 1 ? (n % row.days) * dayMs : 0),
      enabled: row.enabled ?? true,
      createdAt: startMs - (700 - n * 40) * dayMs,
    })),
    users: [
      { id: 3, uuid: uuidOf(seed, topic.user, 3), name: 'integration@tenant.example', permissions: 64 },
      { id: 4, uuid: uuidOf(seed, topic.user, 4), name: 'analyst@tenant.example', permissions: 32 },
      { id: 5, uuid: uuidOf(seed, topic.user, 5), name: 'reader@tenant.example', permissions: 16 },
    ],
  }
}

interface ScanRow {
  readonly name: string
  readonly type: ScanDefinition['type']
  readonly days: number
  readonly enabled?: boolean
}

const scanTable: readonly ScanRow[] = [
  { name: 'Servers, weekly, credentialed', type: 'remote', days: 7 },
  { name: 'Agents, daily', type: 'agent', days: 1 },
  { name: 'Cloud instances, daily', type: 'ps', days: 1 },
  { name: 'Network devices, weekly', type: 'remote', days: 7 },
  { name: 'Discovery, weekly', type: 'remote', days: 7 },
  { name: 'Retired data centre', type: 'remote', days: 30, enabled: false },
]

/** Index into the tenant's scans by what covers an asset. */
export const schedules = { servers: 0, agents: 1, cloud: 2, network: 3, discovery: 4 } as const

/** The vendor's 52-character identifiers: a UUID and 16 more digits. */
export function longUuid(seed: number, about: number, a: number, b = 0): string {
  return uuidOf(seed, about, a, b) + hexOf(seed, about, a, 16, b + 7)
}

/** The latest scheduled start at or before an instant. */
export function runAtOrBefore(scan: ScanDefinition, at: number): number {
  return Math.floor((at - scan.phaseMs) / scan.periodMs) * scan.periodMs + scan.phaseMs
}

/** The id of the run of a scan that started then. */
export function runUuid(seed: number, schedule: number, startedAt: number): string {
  return schedule % 2 === 0
    ? uuidOf(seed, topic.run, schedule, Math.floor(startedAt / 1000))
    : longUuid(seed, topic.run, schedule, Math.floor(startedAt / 1000))
}
