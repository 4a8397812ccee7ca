import { type DifferenceCause, differenceCauses } from '../../domain/reconciliation/facts.ts'
import { oneOf, type RawSearch, valuesOf } from './search-params.ts'

export const reconciliationTabs = ['differences', 'counts', 'quality', 'cutovers'] as const
export type ReconciliationTab = (typeof reconciliationTabs)[number]

/** What the URL of the reconciliation page holds: which pair, which part, and which of its differences. */
export interface ReconciliationSearch {
  readonly pair?: number
  readonly tab?: ReconciliationTab
  readonly cause?: DifferenceCause
  readonly level?: 'asset' | 'finding'
  readonly q?: string
}

export function readReconciliationSearch(raw: RawSearch): ReconciliationSearch {
  const pair = Number(valuesOf(raw, 'pair')[0])
  const tab = oneOf(raw, 'tab', reconciliationTabs)
  const cause = oneOf(raw, 'cause', differenceCauses)
  const level = oneOf(raw, 'level', ['asset', 'finding'] as const)
  const q = valuesOf(raw, 'q')[0]
  return {
    ...(Number.isInteger(pair) && pair > 0 ? { pair } : {}),
    ...(tab === undefined ? {} : { tab }),
    ...(cause === undefined ? {} : { cause }),
    ...(level === undefined ? {} : { level }),
    ...(q === undefined ? {} : { q: q.slice(0, 200) }),
  }
}
