import type { Database } from '../../src/store/database.ts'

// Plain folds over the rows of the two histories: what each statement about the past must answer.

export interface StoredEvent {
  readonly key: string
  readonly asset_id: number
  readonly kind: string
  readonly state: string
  readonly severity: string
  readonly severity_modification: string
  readonly cause: string
  readonly happened: number
  readonly recorded: number
}

export interface StoredAssetEvent {
  readonly asset_id: number
  readonly kind: string
  readonly standing: string
  readonly happened: number
  readonly recorded: number
}

export interface Stored {
  readonly findings: readonly StoredEvent[]
  readonly assets: readonly StoredAssetEvent[]
}

const micros = (column: string) => `(extract(epoch from ${column}) * 1000000)::bigint`

/** In the order in which they were told. */
export async function readEvents(database: Database): Promise<Stored> {
  const findings = await database.query<StoredEvent & Record<string, unknown>>(
    `select concat_ws('.', asset_id, plugin_id, port, protocol) as key, asset_id, kind, state, severity,
            severity_modification, cause, ${micros('coalesce(happened_at, recorded_at)')} as happened,
            ${micros('recorded_at')} as recorded
     from finding_event order by recorded_at, event_id`,
  )
  const assets = await database.query<StoredAssetEvent & Record<string, unknown>>(
    `select asset_id, kind,
            case when status <> 'live' then 'gone' when is_licensed = false then 'unlicensed'
                 when is_tracked = false then 'untracked' else 'counted' end as standing,
            ${micros('coalesce(happened_at, recorded_at)')} as happened, ${micros('recorded_at')} as recorded
     from asset_event
     where kind in ('appeared', 'status', 'licence', 'tracking')
     order by recorded_at, event_id`,
  )
  return { findings: findings.rows, assets: assets.rows }
}

export interface Was {
  readonly key: string
  readonly state: string
  readonly severity: string
  readonly modification: string
  readonly endCause: string | null
  readonly standing: string
}

/** Microseconds. Every finding at an instant by what had been told at another. */
export function foldEvents({ findings, assets }: Stored, asOf: number, knownAt: number): Was[] {
  const told = findings.filter(event => event.happened <= asOf && event.recorded <= knownAt)
  const keys = [...new Set(told.map(event => event.key))]
  return keys.flatMap(key => {
    const own = told.filter(event => event.key === key)
    const last = (...kinds: string[]) => own.findLast(event => kinds.includes(event.kind))
    const state = last('opened', 'fixed', 'resurfaced')
    const severity = last('opened', 'severity')
    const modification = last('opened', 'modification')
    const end = last('ended', 'returned')
    if (!state || !severity || !modification || !last('opened')) return []
    const of = assets.filter(event => event.asset_id === state.asset_id)
    const standing =
      of.findLast(event => event.recorded <= knownAt && (event.kind === 'appeared' || event.happened <= asOf)) ?? of[0]!
    return {
      key,
      state: state.state,
      severity: severity.severity,
      modification: modification.severity_modification,
      endCause: end?.kind === 'ended' ? end.cause : null,
      standing: standing.standing,
    }
  })
}
