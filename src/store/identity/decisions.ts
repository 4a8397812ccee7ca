import { ConfigError, NotFoundError } from '../../platform/errors.ts'
import { type Actor, recordAudit } from '../audit.ts'
import type { Connection, Database } from '../database.ts'
import { holdTenant, lookAgain } from './correlate.ts'

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
  const [a, b] = [...input.assetIds].sort((x, y) => x - y) as [number, number]
  if (a === b) throw new ConfigError('same_asset', 'Name two assets; the same was named twice.', field)
  return database.transaction(async connection => {
    const tenantId = await tenantOf(connection, a, b)
    await holdTenant(connection, tenantId)
    const standing = await standingOn(connection, a, b)
    if (standing?.is_same === input.isSame) {
      throw new ConfigError(
        'decided_already',
        `That was decided already (decision ${standing.decision_id}); take it back to leave it to the evidence.`,
        field,
      )
    }
    // Whoever decides otherwise takes the older word back.
    if (standing) await markUndone(connection, standing.decision_id, actor)
    const { rows } = await connection.query<{ decision_id: number }>(
      `insert into device_decision (tenant_id, asset_a, asset_b, is_same, reason, decided_by)
       values ($1, $2, $3, $4, $5, $6)
       returning decision_id`,
      [tenantId, a, b, input.isSame, input.reason, actor.name],
    )
    const id = rows[0]!.decision_id
    await recordAudit(connection, {
      actor,
      action: input.isSame ? 'device.merged' : 'device.split',
      subject: `device_decision:${id}`,
      detail: { assets: [a, b], reason: input.reason },
    })
    await lookAgain(connection, tenantId, { assetIds: [a, b], before: [] })
    return id
  })
}

/** @throws NotFoundError `decision_not_found`; ConfigError `undone_already` */
export function undoDecision(database: Database, decisionId: number, actor: Actor): Promise<void> {
  return database.transaction(async connection => {
    const { rows } = await connection.query<{
      tenant_id: number
      asset_a: number
      asset_b: number
      is_undone: boolean
    }>(
      `select tenant_id, asset_a, asset_b, undone_at is not null as is_undone
       from device_decision
       where decision_id = $1`,
      [decisionId],
    )
    const found = rows[0]
    if (!found) throw new NotFoundError('decision_not_found', `There is no decision ${decisionId}.`)
    await holdTenant(connection, found.tenant_id)
    if (found.is_undone || !(await markUndone(connection, decisionId, actor))) {
      throw new ConfigError('undone_already', `Decision ${decisionId} was taken back already.`)
    }
    await recordAudit(connection, {
      actor,
      action: 'device.decision_undone',
      subject: `device_decision:${decisionId}`,
      detail: { assets: [found.asset_a, found.asset_b] },
    })
    // Apart from each other nothing may lead from the one to the other any more: both are looked at.
    await lookAgain(connection, found.tenant_id, { assetIds: [found.asset_a, found.asset_b], before: [] })
  })
}

const field = { context: { field: 'asset_ids' } }

async function tenantOf(connection: Connection, a: number, b: number): Promise<number> {
  const { rows } = await connection.query<{ asset_id: number; tenant_id: number }>(
    'select asset_id, tenant_id from asset_identity where asset_id = any($1)',
    [[a, b]],
  )
  const missing = [a, b].find(id => !rows.some(row => row.asset_id === id))
  if (missing !== undefined) {
    throw new NotFoundError('asset_not_found', `Asset ${missing} takes no part in the identity of machines.`)
  }
  const tenants = new Set(rows.map(row => row.tenant_id))
  if (tenants.size > 1) {
    throw new ConfigError('several_tenants', 'The two assets are of different tenants, which are never mixed.', field)
  }
  return rows[0]!.tenant_id
}

async function standingOn(
  connection: Connection,
  a: number,
  b: number,
): Promise<{ decision_id: number; is_same: boolean } | undefined> {
  const { rows } = await connection.query<{ decision_id: number; is_same: boolean }>(
    'select decision_id, is_same from device_decision where asset_a = $1 and asset_b = $2 and undone_at is null',
    [a, b],
  )
  return rows[0]
}

async function markUndone(connection: Connection, decisionId: number, actor: Actor): Promise<boolean> {
  const { rowCount } = await connection.query(
    `update device_decision set undone_at = now(), undone_by = $2 where decision_id = $1 and undone_at is null`,
    [decisionId, actor.name],
  )
  return rowCount === 1
}
