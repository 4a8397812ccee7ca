import type { FindingTarget } from '../connectors/connector.ts'
import type { StreamName } from '../domain/batch.ts'
import { describeScope, isSameScope, type SourceScope, scopeOfSettings } from '../domain/scope.ts'
import type { Database } from '../store/database.ts'
import * as ledger from '../store/ledger.ts'
import { lastScopes, makeFull, settleScope } from '../store/run-scope.ts'
import { emptyAddresses, loadTargetAssets } from '../store/targeted-runs.ts'
import type { HeldRun } from './run.ts'

/** A run that knows which part of its source it reads. */
export interface PlannedRun extends HeldRun {
  readonly scope: SourceScope
  /** The last complete reading of assets or findings asked for another part of the source: what this one finds or misses may be due to that. */
  readonly isRescoped: boolean
  /** Of findings only these; null for all of the scope. */
  readonly target: FindingTarget | null
}

const scoped: readonly StreamName[] = ['assets', 'findings', 'compliance']

/** Settles what the run reads, for all its lives, and makes it a full one where a delta would leave a gap. */
export async function planRun(database: Database, run: HeldRun): Promise<PlannedRun> {
  const { row, source } = run
  const scope = await settleScope(database, row.run_id, scopeOfSettings(source.settings))
  if (row.kind === 'targeted') {
    const target = await findingTargetOf(database, row)
    return { ...run, scope, isRescoped: false, target }
  }
  const streams = scoped.filter(stream => row.streams.includes(stream))
  const before = await lastScopes(database, source.id, row.run_id, streams)
  const others = [...before].filter(([, each]) => !isSameScope(each, scope))
  const other = others[0]?.[1]
  if (!other) return { ...run, scope, isRescoped: false, target: null }
  await ledger.addNote(
    database,
    row.run_id,
    `The scope of the source is now: ${describeScope(scope)}. It was: ${describeScope(other)}. Everything within it is read.`,
  )
  if (row.kind === 'delta') await makeFull(database, row.run_id)
  return {
    ...run,
    row: { ...row, kind: row.kind === 'delta' ? 'full' : row.kind },
    scope,
    isRescoped: others.some(([stream]) => stream !== 'compliance'),
    target: null,
  }
}

/** The vendor has no filter by asset: what an asset has is asked for by its address. */
async function findingTargetOf(database: Database, { run_id: runId, target }: ledger.RunRow): Promise<FindingTarget> {
  if (target?.plugin_ids) return { pluginIds: target.plugin_ids, addresses: [] }
  const assets = await loadTargetAssets(database, target?.asset_ids ?? [])
  for (const { name, address } of assets) {
    if (address !== null) continue
    await ledger.addNote(
      database,
      runId,
      `The findings of ${name} were not asked for: it has no IPv4 address, and the source has no other way to ask for those of one asset. The next sync reads them.`,
    )
  }
  return { pluginIds: [], addresses: [...new Set(assets.flatMap(asset => asset.address ?? []))] }
}

/** Says which addresses had nothing: nothing ends by that, so it would look as if nothing had been asked. */
export async function noteEmptyAddresses(database: Database, runId: number): Promise<void> {
  for (const address of await emptyAddresses(database, runId)) {
    await ledger.addNote(
      database,
      runId,
      `The source shows no finding at ${address}. What it no longer shows ends only after full syncs; if the address has changed, the next sync reads what is at the new one.`,
    )
  }
}
