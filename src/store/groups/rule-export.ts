// Rules as flat rows; a list of them is whole at once.

import type { Database } from '../database.ts'
import type { StreamOptions } from '../queries/export-rows.ts'
import { listGroupRules } from './rule-rows.ts'
import { type GroupRuleView, groupRuleView } from './rule-view.ts'

export type GroupRuleExportRow = Omit<GroupRuleView, 'conditions'> & { readonly conditions: string }

/** In the order of the file's columns. */
export const groupRuleExportColumns = [
  ...(['id', 'priority', 'name', 'conditions', 'owner', 'criticality', 'group', 'valid_from', 'valid_to'] as const),
  ...(['is_enabled', 'holds_today'] as const),
] as const satisfies readonly (keyof GroupRuleExportRow)[]

export async function* exportGroupRules(
  database: Database,
  now: Date,
  { signal }: StreamOptions,
): AsyncGenerator<GroupRuleExportRow[]> {
  signal?.throwIfAborted()
  const rules = (await listGroupRules(database)).map(rule => groupRuleView(rule, now))
  yield rules.map(rule => ({ ...rule, conditions: JSON.stringify(rule.conditions) }))
}
