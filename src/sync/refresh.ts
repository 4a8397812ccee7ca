import type { StreamName } from '../domain/batch.ts'
import { ConfigError } from '../platform/errors.ts'
import { type ScopedDatabase, unrestricted } from '../store/access.ts'
import { type Actor, recordAudit } from '../store/audit.ts'
import type { Database, Queryable } from '../store/database.ts'
import { hasCompleteFindings, type RunRow, type RunTarget } from '../store/ledger.ts'
import { getAssetId } from '../store/queries/asset-detail.ts'
import type { Source } from '../store/sources.ts'
import { findRunBeside, loadTargetAssets, queueTargetedRun } from '../store/targeted-runs.ts'

/** More assets than this are quicker read by a delta: each costs the source an export of its own. */
export const targetAssetsAtMost = 25
const openAtMost = 20

export interface RefreshRequest {
  readonly sourceId: number
  readonly target: RunTarget
  readonly streams: readonly StreamName[]
  readonly trigger: 'cli' | 'api'
}

export interface QueuedRefresh {
  readonly runId: number
  /** False: a refresh of the same was waiting already. */
  readonly created: boolean
  /** When it will be done, for a person. */
  readonly message: string
}

/**
 * Queues a refresh in the transaction of the caller; the audit tells who asked.
 * @throws ConfigError `never_complete`, `no_address`, `too_many_refreshes`
 */
export async function requestRefreshIn(
  connection: Queryable,
  source: Source,
  request: RefreshRequest,
  actor: Actor,
): Promise<QueuedRefresh> {
  if (!(await hasCompleteFindings(connection, source.id))) {
    throw new ConfigError(
      'never_complete',
      `Source ${source.name} has never been read to its end; a refresh adds to what is there. Synchronise it first.`,
    )
  }
  await refuseWithoutAddress(connection, request)
  const queued = await queueTargetedRun(connection, request, openAtMost)
  if (!queued) {
    throw new ConfigError(
      'too_many_refreshes',
      `${openAtMost} refreshes of source ${source.name} are waiting already. Wait for them, or synchronise the source: a delta reads all that changed at once.`,
    )
  }
  if (queued.created) {
    const detail = { source: source.name, kind: 'targeted', trigger: request.trigger, ...jsonOf(request.target) }
    await recordAudit(connection, { actor, action: 'run.requested', subject: `run:${queued.runId}`, detail })
  }
  return { runId: queued.runId, created: queued.created, message: await explain(connection, source, queued) }
}

/** When findings alone are asked for there must be a way to ask for them. */
async function refuseWithoutAddress(connection: Queryable, { target, streams }: RefreshRequest): Promise<void> {
  if (!target.asset_ids || streams.includes('assets')) return
  const assets = await loadTargetAssets(connection, target.asset_ids)
  if (assets.some(asset => asset.address !== null)) return
  throw new ConfigError(
    'no_address',
    'The source has no way to ask for the findings of one asset but by its IPv4 address, and none of these assets has one. A delta of the source reads what changed.',
  )
}

async function explain(
  connection: Queryable,
  source: Source,
  queued: { readonly runId: number; readonly created: boolean; readonly ahead: number },
): Promise<string> {
  const run = await findRunBeside(connection, source.id)
  const beside = run ? ` It does not wait for run ${run.run_id} (${run.kind}), which goes on beside it.` : ''
  const ahead =
    queued.ahead === 0 ? '' : ` ${queued.ahead} asked for earlier ${queued.ahead === 1 ? 'goes' : 'go'} first.`
  const what = queued.created ? 'is queued' : 'was queued already for the same'
  return `Refresh ${queued.runId} of ${source.name} ${what}.${beside}${ahead}`
}

function jsonOf(target: RunTarget): { asset_ids: number[] } | { plugin_ids: number[] } {
  return target.asset_ids ? { asset_ids: [...target.asset_ids] } : { plugin_ids: [...target.plugin_ids] }
}

export interface AssetTarget {
  readonly sourceId: number
  readonly target: RunTarget
}

/**
 * The source and the ids of some assets, which may be named by our ids or by the source's.
 * @throws NotFoundError `asset_not_found`
 * @throws ConfigError `several_sources_meant`, `too_many_assets`
 */
export async function targetOfAssets(
  database: Database,
  names: readonly string[],
  /** As whoever asks may see it. */
  seen: ScopedDatabase = unrestricted(database),
): Promise<AssetTarget> {
  if (names.length === 0 || names.length > targetAssetsAtMost) {
    throw new ConfigError(
      'too_many_assets',
      `A refresh takes 1 to ${targetAssetsAtMost} assets; these are ${names.length}. A delta of the source reads all that changed at once.`,
    )
  }
  const ids = new Set<number>()
  for (const name of names) ids.add(await getAssetId(seen, name))
  const assetIds = [...ids].sort((a, b) => a - b)
  const sources = new Set((await loadTargetAssets(database, assetIds)).map(asset => asset.source_id))
  const [sourceId] = sources
  if (sourceId === undefined || sources.size > 1) {
    throw new ConfigError(
      'several_sources_meant',
      'These assets are of several sources. Refresh those of one source at a time.',
    )
  }
  return { sourceId, target: { asset_ids: assetIds } }
}

/** Of the targeted runs of a source only the one asked for first: they take turns. Other runs as they are. */
export function inTurn(open: readonly RunRow[]): readonly RunRow[] {
  const taken = new Set<number>()
  return open.filter(run => {
    if (run.kind !== 'targeted') return true
    const isFirst = !taken.has(run.source_id)
    taken.add(run.source_id)
    return isFirst
  })
}
