import { findingStates } from '../../domain/finding.ts'
import { limitsAssets, type SourceScope } from '../../domain/scope.ts'
import { severities } from '../../domain/severity.ts'
import type { Connection, Database } from '../database.ts'
import { refuseFenced } from '../merge/fence.ts'
import { recountAssets } from '../merge/totals.ts'
import { noteChanges } from '../rollups/changes.ts'
import { noteDueAssets } from '../rollups/device-due.ts'
import { takeTurn } from '../turns.ts'
import { endComplianceOutside } from './compliance.ts'
import { writtenByOthers } from './others.ts'

// After a complete full run under a scope: what it leaves outside is marked as that, and never as gone, fixed or withdrawn.

/** A complete full run, and what it asked for. */
export interface ScopedRun {
  readonly runId: number
  readonly sourceId: number
  readonly fence: number
  readonly scope: SourceScope
  readonly isRescoped: boolean
  /** Those of some assets that the source says it no longer has. */
  findGone(nativeIds: readonly string[]): Promise<ReadonlySet<string>>
}

export interface ScopeCounts {
  readonly assets: number
  readonly findings: number
  /** Assets that may have been deleted rather than moved, and were too many to ask about. */
  readonly unasked: number
}

// A transaction for so many assets: a large estate must not be locked while it is swept.
const assetsAtOnce = 200
/** Each costs a call to the source. */
const asksAtMost = 50

/** Marks what is outside the scope of the run. Safe to repeat: what is marked is left alone. */
export async function markOutOfScope(database: Database, run: ScopedRun): Promise<ScopeCounts> {
  const assets = limitsAssets(run.scope) ? await markAssets(database, run) : { assets: 0, findings: 0, unasked: 0 }
  const findings = run.scope.severities.length > 0 ? await markFindings(database, run) : 0
  return { ...assets, findings: assets.findings + findings }
}

interface Unmet {
  readonly asset_id: number
  readonly native_id: string
  readonly status: string
  readonly is_provisional: boolean
  /** What we last knew of it is within the scope. */
  readonly matches: boolean
}

/** Assets that the run met in neither stream: web applications are not in every asset export, but their findings are. */
const selectUnmet = `
select a.asset_id, a.native_id, a.status, a.is_provisional,
       (cardinality($3::text[]) = 0 or a.network_id = any($3::text[]))
       and not exists (
         select from jsonb_to_recordset($4) as t (key text, "values" text[])
         where not exists (select from asset_tag g
                           where g.asset_id = a.asset_id and g.tag_key = t.key and g.tag_value = any(t."values"))
       ) as matches
from asset a
where a.source_id = $2 and a.asset_id > $5 and a.out_of_scope_at is null
  and not exists (select from run_asset_seen s where s.run_id = $1 and s.asset_id = a.asset_id)
  and not ${writtenByOthers('a')}
order by a.asset_id
limit ${assetsAtOnce}`

async function markAssets(database: Database, run: ScopedRun): Promise<ScopeCounts> {
  const { scope } = run
  const tags = [...Map.groupBy(scope.tags, tag => tag.key)].map(([key, of]) => ({
    key,
    values: of.map(tag => tag.value),
  }))
  let after = 0
  let asks = asksAtMost
  const counts = { assets: 0, findings: 0, unasked: 0 }
  for (;;) {
    const values = [run.runId, run.sourceId, scope.networks, JSON.stringify(tags), after]
    const { rows } = await database.query<Unmet & Record<string, unknown>>(selectUnmet, values)
    const last = rows.at(-1)
    if (!last) return counts
    after = last.asset_id
    // Whether it left the scope or the source cannot be told from what is not shown: the source is asked.
    const doubtful = rows.filter(row => row.matches && row.status === 'live' && !row.is_provisional)
    const asked = doubtful.slice(0, asks)
    asks -= asked.length
    counts.unasked += doubtful.length - asked.length
    const gone = asked.length > 0 ? await run.findGone(asked.map(row => row.native_id)) : new Set<string>()
    const outside = rows.filter(row => isOutside(row, run.isRescoped, gone)).map(row => row.asset_id)
    counts.assets += outside.length
    counts.findings += await inTransaction(database, run, outside, connection => endAssets(connection, run, outside))
  }
}

function isOutside(row: Unmet, isRescoped: boolean, gone: ReadonlySet<string>): boolean {
  // Named by findings alone, it has no tags to know it by: what is missing under the same scope is for the sweep.
  if (row.is_provisional) return isRescoped
  if (!row.matches) return true
  return row.status === 'live' && !gone.has(row.native_id)
}

const watermark = (stream: 'assets' | 'findings') =>
  `coalesce((select r.watermark_at from run_stream r where r.run_id = $1 and r.stream = '${stream}'), now())`

/** Fixed ones too: what is outside is not mirrored any more, whatever its state. */
const endEvents = (condition: string) => `
insert into finding_event (asset_id, recorded_at, happened_at, run_id, plugin_id, port, source_id, protocol, instance,
                           kind, state, severity, severity_modification, cause, before)
select f.asset_id, now(), ${watermark('findings')}, $1::bigint, f.plugin_id, f.port, f.source_id, f.protocol, f.instance,
       'ended', f.state, f.severity, f.severity_modification, 'out_of_scope',
       jsonb_build_object('state', f.state, 'severity', f.severity, 'last_found', f.last_found)
from finding f
where f.asset_id = any($2::bigint[]) and f.ended_at is null and ${condition}`

const endFindings = (condition: string) => `
update finding f
set ended_at = ${watermark('findings')}, end_cause = 'out_of_scope', unconfirmed_at = null, changed_at = now()
where f.asset_id = any($2::bigint[]) and f.ended_at is null and ${condition}`

const assetEvents = `
insert into asset_event (asset_id, happened_at, run_id, source_id, is_licensed, is_tracked, kind, status, cause, before, after)
select a.asset_id, ${watermark('assets')}, $1::bigint, a.source_id, a.is_licensed, a.is_tracked, 'scope', a.status, 'absent',
       '{"in_scope": true}', '{"in_scope": false}'
from asset a
where a.asset_id = any($2::bigint[]) and a.out_of_scope_at is null
order by a.asset_id`

const markAsset = `
update asset a
set out_of_scope_at = ${watermark('assets')}, changed_at = now()
where a.asset_id = any($2::bigint[]) and a.out_of_scope_at is null`

async function endAssets(connection: Connection, run: ScopedRun, assetIds: readonly number[]): Promise<number> {
  const values = [run.runId, assetIds]
  await connection.query(endEvents('true'), values)
  const ended = await connection.query(endFindings('true'), values)
  await endComplianceOutside(connection, run.runId, assetIds)
  await connection.query(assetEvents, values)
  await noteDueAssets(connection, run.sourceId, assetIds)
  await connection.query(markAsset, values)
  return ended.rowCount ?? 0
}

/** Findings of other severities: the run asked for none of them, so what we hold is not of its scope. */
async function markFindings(database: Database, run: ScopedRun): Promise<number> {
  const outside = severities.filter(severity => !run.scope.severities.includes(severity))
  const held = outside.flatMap(severity => findingStates.map(state => `t.${state}_${severity}`)).join(' + ')
  const condition = `f.severity = any($3::text[]) and not ${writtenByOthers('f')}`
  let after = 0
  let findings = 0
  for (;;) {
    const { rows } = await database.query<{ asset_id: number }>(
      `select t.asset_id from asset_total t
       where t.source_id = $1 and t.asset_id > $2 and ${held} > 0
       order by t.asset_id limit ${assetsAtOnce}`,
      [run.sourceId, after],
    )
    const ids = rows.map(row => row.asset_id)
    if (ids.length === 0) return findings
    after = ids.at(-1)!
    findings += await inTransaction(database, run, ids, async connection => {
      const values = [run.runId, ids, outside]
      await connection.query(endEvents(condition), values)
      return (await connection.query(endFindings(condition), values)).rowCount ?? 0
    })
  }
}

async function inTransaction(
  database: Database,
  run: ScopedRun,
  assetIds: readonly number[],
  work: (connection: Connection) => Promise<number>,
): Promise<number> {
  if (assetIds.length === 0) return 0
  return database.transaction(async connection => {
    await takeTurn(connection, run.sourceId, 'alone')
    const ended = await work(connection)
    await recountAssets(connection, run.sourceId, assetIds)
    await noteChanges(connection, run.sourceId, assetIds)
    await refuseFenced(connection, run, 'for share')
    return ended
  })
}
