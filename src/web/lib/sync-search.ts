import type { RunFilter, RunKind, RunStatus } from '../../contract/sync.ts'
import { oneOf, type RawSearch, valuesOf } from './search-params.ts'

export const syncTabs = ['runs', 'charts', 'sweeps', 'rejected', 'quality'] as const
export type SyncTab = (typeof syncTabs)[number]

/** What the URL of the sync page holds: the filter's own names. */
export interface SyncSearch {
  readonly tab?: SyncTab
  readonly kind?: RunKind
  readonly status?: RunStatus
  readonly trigger?: RunTrigger
  readonly source_id?: number
  /** Part of what is said of a record. */
  readonly q?: string
  /** A day; its first moment in UTC. */
  readonly started_from?: string
  /** Not included. */
  readonly started_to?: string
}

type RunTrigger = NonNullable<RunFilter['trigger']>[number]

const kinds = ['full', 'delta', 'targeted', 'import'] as const satisfies readonly RunKind[]
const statuses = [
  'pending',
  'running',
  'completed',
  'partial',
  'failed',
  'cancelled',
] as const satisfies readonly RunStatus[]
const triggers = ['schedule', 'api', 'cli', 'start', 'demo'] as const satisfies readonly RunTrigger[]

export function readSyncSearch(raw: RawSearch): SyncSearch {
  const tab = oneOf(raw, 'tab', syncTabs)
  const kind = oneOf(raw, 'kind', kinds)
  const status = oneOf(raw, 'status', statuses)
  const trigger = oneOf(raw, 'trigger', triggers)
  const [source = ''] = valuesOf(raw, 'source_id')
  const [q = ''] = valuesOf(raw, 'q')
  const from = dayIn(raw, 'started_from')
  const to = dayIn(raw, 'started_to')
  return {
    ...(tab === undefined || tab === 'runs' ? {} : { tab }),
    ...(kind ? { kind } : {}),
    ...(status ? { status } : {}),
    ...(trigger ? { trigger } : {}),
    ...(/^[1-9]\d{0,8}$/.test(source) ? { source_id: Number(source) } : {}),
    ...(q.trim() === '' ? {} : { q: q.trim().slice(0, 200) }),
    ...(from === undefined ? {} : { started_from: from }),
    ...(to === undefined ? {} : { started_to: to }),
  }
}

/** The filter of the list of runs. */
export function runFilterOf(search: SyncSearch): RunFilter {
  const { kind, status, trigger, source_id, started_from, started_to } = search
  return {
    ...(kind ? { kind: [kind] } : {}),
    ...(status ? { status: [status] } : {}),
    ...(trigger ? { trigger: [trigger] } : {}),
    ...(source_id === undefined ? {} : { source_id: [source_id] }),
    ...(started_from === undefined ? {} : { started_from }),
    ...(started_to === undefined ? {} : { started_to }),
  }
}

/** The filter of the lists of records. */
export function recordFilterOf({ q }: SyncSearch): { readonly q?: string } {
  return q === undefined ? {} : { q }
}

export function hasRunFilter(search: SyncSearch): boolean {
  return Object.keys(runFilterOf(search)).length > 0
}

function dayIn(raw: RawSearch, key: string): string | undefined {
  const [value = ''] = valuesOf(raw, key)
  return /^\d{4}-\d\d-\d\d$/.test(value) && !Number.isNaN(Date.parse(value)) ? value : undefined
}
