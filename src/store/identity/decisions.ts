import { ConfigError, NotFoundError } from '../../platform/errors.ts'
import { type Actor, recordAudit } from '../audit.ts'
import type { Connection, Database } from '../database.ts'
import { holdTenant, lookAndCount } from './correlate.ts'

// What people say of two assets: one machine, or two. It stands over the evidence until they take it back.

export interface DecisionInput {
  readonly assetIds: readonly [number, number]
  readonly isSame: boolean
  readonly reason: string | null
}

/**
 * Joins or parts two assets, and looks again at all that hangs together with them.
 * @throws NotFoundError `asset_not_found` when one of them takes no part
 * @throws ConfigError `same_asset`, `several_tenants`, `decided_already`
 * @returns the id of the decision
 */
export async function decide(database: Database, input: DecisionInput, actor: Actor): Promise<number> {
  const [a, b] = input.assetIds
  if (a === b) throw new ConfigError('same_asset', 'Name two assets; the same was named twice.', field)
  return decideAll(database, { pairs: [[a, b]], isSame: input.isSame, reason: input.reason }, actor)
}

export interface ActInput {
  /** Each is two assets, all of one tenant. */
  readonly pairs: readonly (readonly [number, number])[]
  readonly isSame: boolean
  readonly reason: string | null
}

/** Says that two machines are one: every record of the one is of the other. @see decideAll */
export function mergeDevices(
  database: Database,
  {
    ours,
    theirs,
    reason,
  }: { readonly ours: readonly number[]; readonly theirs: readonly number[]; readonly reason: string | null },
  actor: Actor,
): Promise<number> {
  return decideAll(database, { pairs: pairsOf(ours, theirs), isSame: true, reason }, actor)
}

/** Says that some records of a machine are another machine than the rest of it. @see decideAll */
export function splitDevice(
  database: Database,
  {
    away,
    rest,
    reason,
  }: { readonly away: readonly number[]; readonly rest: readonly number[]; readonly reason: string | null },
  actor: Actor,
): Promise<number> {
  return decideAll(database, { pairs: pairsOf(away, rest), isSame: false, reason }, actor)
}

function pairsOf(some: readonly number[], others: readonly number[]): [number, number][] {
  return some.flatMap(one => others.map((other): [number, number] => [one, other]))
}

/** More pairs than this are no decision about a machine. */
const pairsAtMost = 400

/**
 * Decides pairs together: in one transaction, and to be undone together. What was decided otherwise of them is taken back.
 * @throws NotFoundError `asset_not_found`; ConfigError `several_tenants`, `too_many_pairs`, and `decided_already` when
 *   nothing of it is new
 * @returns the id of the act, which is that of its first decision
 */
async function decideAll(database: Database, { pairs, isSame, reason }: ActInput, actor: Actor): Promise<number> {
  if (pairs.length > pairsAtMost) {
    throw new ConfigError(
      'too_many_pairs',
      `That would decide ${pairs.length} pairs of records at once, and ${pairsAtMost} is the most. Do it in parts.`,
    )
  }
  const sorted = pairs.map(([a, b]) => (a < b ? [a, b] : [b, a]) as [number, number])
  return database.transaction(async connection => {
    const tenantId = await tenantOf(connection, [...new Set(sorted.flat())])
    await holdTenant(connection, tenantId)
    const standing = await standingOn(connection, sorted)
    const isNews = ([a, b]: readonly [number, number]) => standing.get(`${a}|${b}`)?.is_same !== isSame
    const news = sorted.filter(isNews)
    if (news.length === 0) {
      const known = standing.get(sorted[0]!.join('|'))!.decision_id
      throw new ConfigError(
        'decided_already',
        `That was decided already (decision ${known}); take it back to leave it to the evidence.`,
        field,
      )
    }
    // Whoever decides otherwise takes the older word back.
    for (const [a, b] of news) {
      const other = standing.get(`${a}|${b}`)
      if (other) await markUndone(connection, [other.decision_id], actor)
    }
    const actId = await insertAct(connection, { tenantId, pairs: news, isSame, reason }, actor)
    const assets = [...new Set(news.flat())].sort((x, y) => x - y)
    await recordAudit(connection, {
      actor,
      action: isSame ? 'device.merged' : 'device.split',
      subject: `device_decision:${actId}`,
      detail: { assets, reason, ...(news.length > 1 ? { pairs: news } : {}) },
    })
    await lookAndCount(connection, tenantId, assets)
    return actId
  })
}

async function insertAct(
  connection: Connection,
  { tenantId, pairs, isSame, reason }: ActInput & { readonly tenantId: number },
  actor: Actor,
): Promise<number> {
  const { rows } = await connection.query<{ decision_id: number }>(
    `with numbered as (
       select a, b, nextval(pg_get_serial_sequence('device_decision', 'decision_id')) as id
       from unnest($2::bigint[], $3::bigint[]) as p (a, b)
     )
     insert into device_decision (decision_id, act_id, tenant_id, asset_a, asset_b, is_same, reason, decided_by)
     overriding system value
     select id, min(id) over (), $1, a, b, $4, $5, $6 from numbered
     returning act_id as decision_id`,
    [tenantId, pairs.map(([a]) => a), pairs.map(([, b]) => b), isSame, reason, actor.name],
  )
  return rows[0]!.decision_id
}

/**
 * Takes a decision back, with those that were made with it and still stand.
 * @throws NotFoundError `decision_not_found`; ConfigError `undone_already`
 */
export function undoDecision(database: Database, decisionId: number, actor: Actor): Promise<void> {
  return database.transaction(async connection => {
    const found = await actOf(connection, decisionId)
    const named = found.find(one => one.decision_id === decisionId)
    if (!named) throw new NotFoundError('decision_not_found', `There is no decision ${decisionId}.`)
    await holdTenant(connection, named.tenant_id)
    const standing = (await actOf(connection, decisionId)).filter(one => !one.is_undone)
    if (!standing.some(one => one.decision_id === decisionId)) {
      throw new ConfigError('undone_already', `Decision ${decisionId} was taken back already.`)
    }
    await markUndone(
      connection,
      standing.map(one => one.decision_id),
      actor,
    )
    const assets = [...new Set(standing.flatMap(one => [one.asset_a, one.asset_b]))].sort((x, y) => x - y)
    await recordAudit(connection, {
      actor,
      action: 'device.decision_undone',
      subject: `device_decision:${decisionId}`,
      detail: { assets },
    })
    // Apart from each other nothing may lead from the one to the other any more: all are looked at.
    await lookAndCount(connection, named.tenant_id, assets)
  })
}

interface Decided {
  readonly decision_id: number
  readonly tenant_id: number
  readonly asset_a: number
  readonly asset_b: number
  readonly is_undone: boolean
}

async function actOf(connection: Connection, decisionId: number): Promise<readonly Decided[]> {
  const { rows } = await connection.query<Decided & Record<string, unknown>>(
    `select decision_id, tenant_id, asset_a, asset_b, undone_at is not null as is_undone
     from device_decision
     where decision_id = $1 or act_id = (select act_id from device_decision where decision_id = $1)
     order by decision_id`,
    [decisionId],
  )
  return rows
}

const field = { context: { field: 'asset_ids' } }

async function tenantOf(connection: Connection, assetIds: readonly number[]): Promise<number> {
  const { rows } = await connection.query<{ asset_id: number; tenant_id: number }>(
    'select asset_id, tenant_id from asset_identity where asset_id = any($1)',
    [assetIds],
  )
  const missing = assetIds.find(id => !rows.some(row => row.asset_id === id))
  if (missing !== undefined) {
    throw new NotFoundError('asset_not_found', `Asset ${missing} takes no part in the identity of machines.`)
  }
  const tenants = new Set(rows.map(row => row.tenant_id))
  if (tenants.size > 1) {
    throw new ConfigError('several_tenants', 'The two are of different tenants, which are never mixed.', field)
  }
  return rows[0]!.tenant_id
}

interface Standing {
  readonly decision_id: number
  readonly is_same: boolean
}

/** What stands of these pairs, by `a|b`. */
async function standingOn(
  connection: Connection,
  pairs: readonly (readonly [number, number])[],
): Promise<ReadonlyMap<string, Standing>> {
  const { rows } = await connection.query<Standing & { asset_a: number; asset_b: number }>(
    `select decision_id, is_same, asset_a, asset_b
     from device_decision
     join unnest($1::bigint[], $2::bigint[]) as p (asset_a, asset_b) using (asset_a, asset_b)
     where undone_at is null`,
    [pairs.map(([a]) => a), pairs.map(([, b]) => b)],
  )
  return new Map(rows.map(row => [`${row.asset_a}|${row.asset_b}`, row]))
}

async function markUndone(connection: Connection, decisionIds: readonly number[], actor: Actor): Promise<void> {
  await connection.query(
    'update device_decision set undone_at = now(), undone_by = $2 where decision_id = any($1::bigint[]) and undone_at is null',
    [decisionIds, actor.name],
  )
}
