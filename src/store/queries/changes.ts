// What changed between two instants, and how long did fixes take?

import type { EndCause, FindingEventCause, FindingState } from '../../domain/finding.ts'
import type { Severity } from '../../domain/severity.ts'
import { type Access, type ScopedDatabase, sourcesWithin } from '../access.ts'
import { sql } from '../database.ts'
import { allOf, type Fragment } from './conditions.ts'
import { findingId } from './finding-id.ts'
import { decodeCursor, keyColumns, type Order, page } from './keyset.ts'
import { type HistoryNote, happened, loadHistoryNote, refuseArchived } from './moment.ts'
import { toPage, withoutKey } from './rows-page.ts'
import { visible } from './scope.ts'
import type { SeverityCounts } from './severity-counts.ts'

export const changeKinds = [
  'opened',
  'fixed',
  'resurfaced',
  'worsened',
  'lowered',
  'modified',
  'ended',
  'returned',
] as const
export type ChangeKind = (typeof changeKinds)[number]

export interface ChangesRequest {
  /** Instants; `to` is exclusive. */
  readonly from: string
  readonly to: string
  readonly known_at?: string | undefined
  readonly source_id?: readonly number[] | undefined
  readonly asset_id?: readonly number[] | undefined
  readonly severity?: readonly Severity[] | undefined
  readonly change?: readonly ChangeKind[] | undefined
  readonly limit: number
  readonly cursor?: string | undefined
}

export interface Change {
  readonly change: ChangeKind
  readonly happened_at: string
  readonly recorded_at: string
  readonly finding_id: string
  readonly source_id: number
  readonly asset_id: number
  readonly asset_name: string
  readonly plugin_id: number
  readonly plugin_name: string | null
  readonly port: number
  readonly protocol: string
  readonly state: FindingState
  readonly severity: Severity
  readonly severity_before: Severity | null
  readonly cause: FindingEventCause
  readonly is_reconstructed: boolean
  readonly run_id: number | null
}

export interface Changes {
  readonly from: string
  readonly to: string
  readonly level: 'source'
  /** Of every kind, whatever kinds the rows are limited to. */
  readonly counts: Readonly<Record<ChangeKind, number>>
  /** Of those, by severity. */
  readonly by_severity: Readonly<Record<ChangeKind, SeverityCounts>>
  readonly ended_by_cause: Readonly<Record<EndCause, number>>
  readonly mttr: Mttr
  readonly items: Change[]
  readonly next_cursor: string | null
  readonly history: HistoryNote
}

/** Of the fixes of the period, from the opening or resurfacing before each. What ended was not fixed. */
export interface Mttr {
  readonly fixes: number
  readonly mean_days: number | null
  readonly median_days: number | null
}

const changeOf = sql`
case e.kind
  when 'severity' then case when severity_rank(e.severity) > severity_rank(e.before ->> 'severity') then 'worsened' else 'lowered' end
  when 'modification' then 'modified'
  else e.kind end`

/**
 * Newest first. Counts everything, whatever the default count makes of the asset: what ends is mostly gone with it.
 * @throws ConfigError `bad_cursor`, `history_archived`
 */
export async function loadChanges(database: ScopedDatabase, request: ChangesRequest): Promise<Changes> {
  const { from, to, known_at, source_id } = request
  await refuseArchived(database, { asOf: from, knownAt: known_at })
  const conditions = conditionsOf(database.access, request)
  const [counted, mttr, rows, history] = await Promise.all([
    countChanges(database, conditions),
    loadMttr(database, conditions, known_at),
    listChanges(database, request, conditions),
    loadHistoryNote(database, { asOf: from, knownAt: known_at }, source_id),
  ])
  return { from, to, level: 'source', ...counted, mttr, ...rows, history }
}

function conditionsOf(access: Access, request: ChangesRequest): Fragment[] {
  const { from, to, known_at, asset_id, severity } = request
  const sourceIds = sourcesWithin(access, request.source_id)
  const ofSources = sourceIds
    ? sql`e.source_id = any(${sourceIds}::integer[])`
    : // Named, so that the index on them and the instant can be used.
      sql`e.source_id in (select s.source_id from source s)`
  return [
    ofSources,
    ...visible(access, 'e'),
    sql`${happened('e')} >= ${from}::timestamptz and ${happened('e')} < ${to}::timestamptz`,
    ...(known_at === undefined ? [] : [sql`e.recorded_at <= ${known_at}::timestamptz`]),
    ...(asset_id ? [sql`e.asset_id = any(${asset_id}::bigint[])`] : []),
    ...(severity ? [sql`e.severity = any(${severity}::text[])`] : []),
    notToldAnew('e', known_at),
  ]
}

/**
 * What a run of a scan says that was read late is told with its date, and what still holds of the days after it once more:
 * each opening, fix or other change counts once, as it was told last.
 */
function notToldAnew(alias: 'e' | 'o', knownAt: string | undefined): Fragment {
  const { raw } = sql
  const same = ['asset_id', 'plugin_id', 'port', 'protocol', 'instance', 'kind'].map(
    name => `l.${name} = ${alias}.${name}`,
  )
  return sql`(${sql.ref(`${alias}.source_id`)} not in (select s.source_id from source s where s.kind = 'nessus') or not exists (
  select from finding_event l
  where ${raw(same.join(' and '))} and (l.recorded_at, l.event_id) > (${raw(`${alias}.recorded_at, ${alias}.event_id`)})
    and (${happened('l')} = ${happened(alias)}
         or ${sql.ref(`${alias}.kind`)} in ('opened', 'fixed') and ${happened('l')} < ${happened(alias)})
    and ${isKnown('l', knownAt)}))`
}

function isKnown(alias: string, knownAt: string | undefined): Fragment {
  return sql`(${knownAt ?? null}::timestamptz is null or ${sql.ref(`${alias}.recorded_at`)} <= ${knownAt ?? null}::timestamptz)`
}

async function countChanges(
  database: ScopedDatabase,
  conditions: readonly Fragment[],
): Promise<Pick<Changes, 'counts' | 'by_severity' | 'ended_by_cause'>> {
  const { rows } = await sql<{ change: ChangeKind; cause: EndCause; severity: Severity; changes: number }>`
select ${changeOf} as change, e.cause, e.severity, count(*) as changes
from finding_event e
where ${allOf(conditions)}
group by 1, 2, 3`.execute(database.kysely)
  const sum = (of: (row: (typeof rows)[number]) => boolean) =>
    rows.filter(of).reduce((total, row) => total + row.changes, 0)
  const perKind = <T>(of: (kind: ChangeKind) => T) =>
    Object.fromEntries(changeKinds.map(kind => [kind, of(kind)])) as Record<ChangeKind, T>
  const ended = (cause: EndCause) => sum(row => row.change === 'ended' && row.cause === cause)
  return {
    counts: perKind(kind => sum(row => row.change === kind)),
    by_severity: perKind(kind => {
      const of = (severity: Severity) => sum(row => row.change === kind && row.severity === severity)
      return { info: of('info'), low: of('low'), medium: of('medium'), high: of('high'), critical: of('critical') }
    }),
    ended_by_cause: {
      asset_gone: ended('asset_gone'),
      withdrawn: ended('withdrawn'),
      superseded: ended('superseded'),
      out_of_scope: ended('out_of_scope'),
    },
  }
}

async function loadMttr(
  database: ScopedDatabase,
  conditions: readonly Fragment[],
  knownAt: string | undefined,
): Promise<Mttr> {
  const { rows } = await sql<Mttr>`
with fix as (
  select e.asset_id, e.plugin_id, e.port, e.protocol, e.instance, e.event_id, ${happened('e')} as fixed_at
  from finding_event e
  where e.kind = 'fixed' and ${allOf(conditions)}
), took as (
  select extract(epoch from f.fixed_at - max(${happened('o')})) / 86400 as days
  from fix f
  join finding_event o using (asset_id, plugin_id, port, protocol, instance)
  where o.kind in ('opened', 'resurfaced') and ${happened('o')} <= f.fixed_at and ${isKnown('o', knownAt)}
    and ${notToldAnew('o', knownAt)}
  group by asset_id, plugin_id, port, protocol, instance, f.event_id, f.fixed_at
)
select count(*) as fixes, avg(days)::float8 as mean_days,
       percentile_cont(0.5) within group (order by days)::float8 as median_days
from took`.execute(database.kysely)
  return rows[0]!
}

const order: Order = {
  name: '-happened_at',
  isDescending: true,
  sort: [{ expression: happened('e'), type: 'timestamptz' }],
  unique: [
    { expression: sql`e.asset_id`, type: 'bigint' },
    { expression: sql`e.recorded_at`, type: 'timestamptz' },
    { expression: sql`e.event_id`, type: 'bigint' },
  ],
}

type Row = Omit<Change, 'finding_id'> & { readonly instance: string }

async function listChanges(
  database: ScopedDatabase,
  { limit, cursor, ...filter }: ChangesRequest,
  conditions: readonly Fragment[],
): Promise<Pick<Changes, 'items' | 'next_cursor'>> {
  const wanted = filter.change ? [sql`${changeOf} = any(${filter.change}::text[])`] : []
  const keys = page({
    select: sql`select ${keyColumns(order)} from finding_event e`,
    conditions: [...conditions, ...wanted],
    order,
    after: decodeCursor(cursor, order, filter),
    limit: limit + 1,
  })
  const { rows } = await sql<Row & Record<string, unknown>>`
with keys as (
${keys}
)
select ${changeOf} as change, ${happened('e')} as happened_at, e.recorded_at, e.source_id, e.asset_id, a.name as asset_name,
       e.plugin_id, p.name as plugin_name, e.port, e.protocol, e.instance, e.state, e.severity,
       e.before ->> 'severity' as severity_before, e.cause, e.is_reconstructed, e.run_id, keys.*
from keys
join finding_event e on e.asset_id = keys.k1 and e.recorded_at = keys.k2 and e.event_id = keys.k3
join asset a on a.asset_id = e.asset_id
left join lateral (
  select p.name
  from plugin p
  where p.plugin_id = e.plugin_id and p.owner_source_id in (0, e.source_id)
  order by p.owner_source_id desc
  limit 1
) as p on true
order by keys.k0 desc, keys.k1 desc, keys.k2 desc, keys.k3 desc`.execute(database.kysely)
  const present = (row: Row & Record<string, unknown>): Change => {
    const { instance, ...change } = withoutKey<Row & Record<string, unknown>>(row)
    return { ...change, finding_id: findingId({ ...change, instance }) }
  }
  const { items, next_cursor } = toPage(rows, { limit, order, filter, asOf: null, total: null, present })
  return { items, next_cursor }
}
