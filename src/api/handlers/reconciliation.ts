import type { z } from 'zod'
import {
  type Comparison,
  Cutover,
  type Difference,
  type NewComparison,
  type Reconciliation,
} from '../../contract/reconciliation.ts'
import type { JsonObject } from '../../domain/json.ts'
import {
  causeNames,
  type DifferenceCause,
  differenceCauses,
  explain,
  isOpenCause,
} from '../../domain/reconciliation/index.ts'
import { type Severity, severities } from '../../domain/severity.ts'
import { reachesWholeSource, type ScopedDatabase } from '../../store/access.ts'
import { recordAudit } from '../../store/audit.ts'
import { loadDataQuality } from '../../store/queries/data-quality.ts'
import * as read from '../../store/queries/reconciliation.ts'
import { type DifferenceRow, listDifferences } from '../../store/queries/reconciliation-differences.ts'
import { getSourceToActOn, listVisibleSources } from '../../store/queries/visible-sources.ts'
import { closeImports, reopenImports, signCutover } from '../../store/reconciliation/cutovers.ts'
import { declarePair, removePair } from '../../store/reconciliation/pairs.ts'
import { differenceFile } from '../../store/table-files.ts'
import type { Asked } from '../../sync/reconciliation/reconciler.ts'
import { type Handlers, type Services, WithStatus } from '../handler.ts'
import { pageRequest } from '../page-request.ts'
import { exported, sendFile } from './streams.ts'

/** Most comparisons end before somebody wonders; what takes longer goes on by itself. */
const waitMs = 5_000

const overview = async ({ database }: Services): Promise<z.infer<typeof Reconciliation>> => {
  const [pairs, sources] = await Promise.all([read.listPairs(database), listVisibleSources(database)])
  const whole = sources.filter(source => reachesWholeSource(database.access, source.id))
  return {
    items: pairs.map(presentPair),
    can_pair: {
      files: whole.filter(source => source.kind === 'files').map(({ id, name }) => ({ id, name })),
      api: whole
        .filter(source => source.kind !== 'files')
        .map(({ id, name, kind }) => ({ id, name, counts: kind === 'tenable-vm' })),
    },
  }
}

/** From files to the API. */
export const reconciliationHandlers = {
  getReconciliation: overview,
  getReconciliationAlias: overview,
  declarePair: async ({ database, unscoped }, { body, actor }) => {
    await getSourceToActOn(database, body.files_source_id)
    await getSourceToActOn(database, body.api_source_id)
    const pairId = await declarePair(
      unscoped,
      { filesSourceId: body.files_source_id, apiSourceId: body.api_source_id, isAutomatic: body.is_automatic },
      actor,
    )
    return new WithStatus<'declarePair'>(201, presentPair(await read.getPairView(database, pairId)))
  },
  removePair: async ({ database, unscoped }, { params, actor }) => {
    const pair = await read.getPairView(database, params.id)
    await removePair(unscoped, params.id, actor)
    return presentPair(pair)
  },
  startComparison: async ({ database, reconciler }, { body, actor }) => {
    const asked = await askedOf(database, body)
    const comparisonId = await reconciler.start(asked, 'api', actor)
    await reconciler.settle(comparisonId, waitMs)
    return new WithStatus<'startComparison'>(202, presentComparison(await read.getComparison(database, comparisonId)))
  },
  listComparisons: async ({ database }, { query }) => {
    const { page, filter } = pageRequest(query)
    const list = await read.listComparisons(database, { ...page, filter })
    return { ...list, items: list.items.map(presentComparison) }
  },
  getComparison: async ({ database }, { params }) => presentComparison(await read.getComparison(database, params.id)),
  listDifferences: async ({ database }, { params, query }) => {
    const { page, filter } = pageRequest(query)
    const list = await listDifferences(database, params.id, { ...page, filter })
    return { ...list, items: list.items.map(presentDifference) }
  },
  exportDifferences: async ({ database, unscoped, slots }, { params, query, actor, signal }, reply) => {
    const { format, ...filter } = query
    await read.getComparison(database, params.id)
    await recordAudit(unscoped, exported(actor, 'differences', { format, comparison: params.id, filter }))
    return sendFile(
      slots,
      reply,
      'differences',
      format,
      differenceFile(database, params.id, filter, { format, signal }),
    )
  },
  listCutovers: async ({ database }) => ({ items: (await read.listCutovers(database)).map(presentCutover) }),
  signCutover: async ({ database, unscoped }, { body, actor }) => {
    // Whoever may not see the comparison has nothing to sign.
    await read.getComparison(database, body.comparison_id)
    const cutoverId = await signCutover(unscoped, body.comparison_id, body.accepted_reason, actor)
    return new WithStatus<'signCutover'>(201, presentCutover(await read.getCutoverView(database, cutoverId)))
  },
  getCutover: async ({ database }, { params }) => presentCutover(await read.getCutoverView(database, params.id)),
  reopenImports: async ({ database, unscoped }, { params, body, actor }) => {
    await read.getCutoverView(database, params.id)
    await reopenImports(unscoped, params.id, body.reason, actor)
    return presentCutover(await read.getCutoverView(database, params.id))
  },
  closeImports: async ({ database, unscoped }, { params, actor }) => {
    await read.getCutoverView(database, params.id)
    await closeImports(unscoped, params.id, actor)
    return presentCutover(await read.getCutoverView(database, params.id))
  },
  undoCutover: async ({ database, reconciler }, { params, body, actor }) => {
    await read.getCutoverView(database, params.id)
    const terms = { reason: body.reason, withImports: body.undo_imports }
    await reconciler.undoCutover(params.id, terms, actor)
    return presentCutover(await read.getCutoverView(database, params.id))
  },
  getDataQuality: async ({ database }, { query }) => ({ items: await loadDataQuality(database, query) }),
} satisfies Partial<Handlers>

async function askedOf(database: ScopedDatabase, body: z.output<typeof NewComparison>): Promise<Asked> {
  if ('pair_id' in body) {
    await read.getPairView(database, body.pair_id)
    return { pairId: body.pair_id }
  }
  const source = await getSourceToActOn(database, body.source_id)
  return { sourceId: source.id }
}

function presentPair({ comparison, latest, cutover, ...pair }: read.PairView) {
  return {
    ...pair,
    comparison: comparison && presentComparison(comparison),
    latest: latest && presentComparison(latest),
    cutover: cutover && presentCutover(cutover),
  }
}

type Totals = Pick<Comparison, 'assets' | 'findings' | 'severities' | 'causes' | 'open' | 'timing_before'>

/** Totals as they were stored; null parts where the kind of comparison has none. */
function presentTotals(totals: JsonObject | null): Totals {
  const { assets, findings, severities: counted, causes, open, timing_before, partial } = totals ?? {}
  return {
    assets: (assets ?? null) as Totals['assets'],
    findings: (findings ?? null) as Totals['findings'],
    severities: counted ? severitiesOf(counted as Counted, (partial ?? []) as readonly string[]) : null,
    causes: causesOf((causes ?? {}) as Causes),
    open: typeof open === 'number' ? open : null,
    timing_before: (timing_before ?? null) as Totals['timing_before'],
  }
}

type Counted = Readonly<Partial<Record<Severity, { readonly source: number; readonly mirror: number }>>>

function severitiesOf(counted: Counted, partial: readonly string[]): NonNullable<Totals['severities']> {
  return severities.toReversed().map(severity => ({
    severity,
    ...(counted[severity] ?? { source: 0, mirror: 0 }),
    is_partial: partial.includes(severity),
  }))
}

type Causes = Readonly<
  Partial<Record<DifferenceCause, { readonly assets: number; readonly findings: number; readonly counts: number }>>
>

function causesOf(causes: Causes): Totals['causes'] {
  return differenceCauses
    .flatMap(cause => {
      const counts = causes[cause]
      return counts ? [{ cause, name: causeNames[cause], ...counts, is_open: isOpenCause(cause) }] : []
    })
    .sort((a, b) => Number(b.is_open) - Number(a.is_open) || b.findings + b.counts - a.findings - a.counts)
}

function presentComparison({ totals, ...view }: read.ComparisonView): Comparison {
  return { ...view, ...presentTotals(totals) }
}

function presentDifference(row: DifferenceRow): Difference {
  return { ...row, cause_name: causeNames[row.cause], reason: explain(row.cause, row.evidence) }
}

function presentCutover({ numbers, restore_point, undo_numbers, ...view }: read.CutoverView): Cutover {
  const { assets, findings, causes } = presentTotals(numbers)
  return {
    ...view,
    assets,
    findings,
    causes,
    restore_point: Cutover.shape.restore_point.parse(restore_point),
    undo: Cutover.shape.undo.parse(undo_numbers),
  }
}
